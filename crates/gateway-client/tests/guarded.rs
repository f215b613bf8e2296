//! Places that somebody else chose: what is refused is not connected to, and what is checked is what is connected to.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[expect(dead_code, reason = "the other test files use the rest")]
mod support;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_client::transport::{
    DnsResolver, HttpTransportConfig, RequestBody, Transport as _, TransportErrorKind,
    TransportRequest, TransportResponse,
    guard::{
        AddressPolicy, Admitted, CallersUrl, GuardError, GuardPolicy, GuardedTransport, Unresolved,
    },
};
use http::{HeaderMap, Method};
use serde::Deserialize;
use support::{read_request, serve};
use tokio::io::AsyncWriteExt as _;
use url::Url;

/// Spellings of places that must not be reached. `{port}` stands for a port at which every address of this machine
/// listens; a name leads to what is written beside it.
const REFUSED: &str = include_str!("guard/refused.json");

#[derive(Deserialize)]
struct Group {
    why: String,
    urls: Vec<Spelling>,
}

#[derive(Deserialize)]
struct Spelling {
    url: String,
    leads_to: Option<Vec<IpAddr>>,
}

/// Counts who connects to this machine, whichever of its addresses is used.
struct Sink {
    listeners: Vec<std::net::TcpListener>,
    port: u16,
}

impl Sink {
    fn open() -> Self {
        let v4 = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let port = v4.local_addr().unwrap().port();
        let listeners = match std::net::TcpListener::bind(("::1", port)) {
            Ok(v6) => vec![v4, v6],
            // Not every machine has IPv6.
            Err(_) => vec![v4],
        };
        for listener in &listeners {
            listener.set_nonblocking(true).unwrap();
        }
        Self { listeners, port }
    }

    /// How many connections have been made so far and were not counted yet.
    fn accepts(&self) -> usize {
        let accepted = |listener: &std::net::TcpListener| {
            std::iter::from_fn(|| listener.accept().ok()).count()
        };
        self.listeners.iter().map(accepted).sum()
    }
}

/// Answers with a script for each name: the first answer first, the last one for ever.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
}

impl Script {
    fn of(name: &str, answers: &[&[&str]]) -> Arc<Self> {
        let script = Self::default();
        let addresses =
            |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(addresses).collect();
        script
            .answers
            .lock()
            .unwrap()
            .insert(name.to_owned(), answers);
        Arc::new(script)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl DnsResolver for Script {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        // Whoever asks for what was not foreseen is led inside.
        let inside = || vec![IpAddr::from([127, 0, 0, 1])];
        let answer = match answers.get_mut(host) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers.first().cloned().unwrap_or_else(inside),
            None => inside(),
        };
        Ok(answer
            .into_iter()
            .map(|address| SocketAddr::new(address, 0))
            .collect())
    }
}

fn guard(policy: GuardPolicy, resolver: Arc<dyn DnsResolver>) -> GuardedTransport {
    let mut config = HttpTransportConfig::default();
    config.dns_resolver = Some(resolver);
    config.connect_timeout = Duration::from_secs(5);
    GuardedTransport::new(policy, config).unwrap()
}

fn public(ports: &[u16], opened: &[&str]) -> GuardPolicy {
    GuardPolicy {
        public: true,
        ports: ports.to_vec(),
        addresses: AddressPolicy::opening(opened.iter().map(|range| range.parse().unwrap())),
        ..GuardPolicy::default()
    }
}

fn get(url: &str) -> TransportRequest {
    TransportRequest {
        method: Method::GET,
        url: Url::parse(url).unwrap(),
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        head_timeout: Some(Duration::from_secs(5)),
    }
}

async fn fetch(admitted: &Admitted, url: &str) -> TransportResponse {
    admitted.send(get(url)).await.unwrap()
}

async fn admit(guard: &GuardedTransport, url: &str) -> Result<Admitted, GuardError> {
    guard.admit(&CallersUrl::endpoint(url).unwrap()).await
}

#[tokio::test]
async fn no_spelling_of_a_place_inside_is_connected_to() {
    let sink = Sink::open();
    let port = sink.port.to_string();
    let groups: Vec<Group> = serde_json::from_str(REFUSED).unwrap();
    let count: usize = groups.iter().map(|group| group.urls.len()).sum();
    assert!(count >= 150, "{count} spellings");
    let mut wrong = Vec::new();
    for Group { why, urls } in groups {
        for Spelling { url, leads_to } in urls {
            let text = url.replace("{port}", &port);
            let script = Arc::new(Script::default());
            if let (Some(addresses), Ok(url)) = (leads_to, Url::parse(&text)) {
                let name = url.host_str().unwrap_or_default().to_owned();
                script.answers.lock().unwrap().insert(name, vec![addresses]);
            }
            let guard = guard(public(&[sink.port, 80, 443, 8000], &[]), script);
            let Ok(parsed) = CallersUrl::endpoint(&text) else {
                continue;
            };
            if let Ok(admitted) = guard.admit(&parsed).await {
                // What it does then counts as well.
                let _ = admitted.send(get(parsed.as_url().as_str())).await;
                wrong.push(format!("{why}: {text}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(sink.accepts(), 0);
}

/// The sink counts: the same spellings reach it where nothing is guarded.
#[tokio::test]
async fn the_sink_would_have_noticed() {
    let sink = Sink::open();
    let everything = public(&[sink.port], &["0.0.0.0/0", "::/0"]);
    let guard = guard(everything, Arc::new(Script::default()));
    for host in ["127.1", "0x7f000001", "[::ffff:7f00:1]", "localhost."] {
        let url = format!("http://{host}:{}/", sink.port);
        let admitted = admit(&guard, &url).await.unwrap();
        let request = TransportRequest {
            head_timeout: Some(Duration::from_millis(50)),
            ..get(&url)
        };
        assert!(admitted.send(request).await.is_err());
        assert_eq!(sink.accepts(), 1, "{host}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_leads_where_it_was_checked() {
    let target = serve(|_, mut socket| async move {
        let head = read_request(&mut socket).await;
        let host = head
            .lines()
            .find(|line| line.to_lowercase().starts_with("host:"));
        let body = host.unwrap_or_default().to_owned();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(answer.as_bytes()).await.unwrap();
    })
    .await;
    let port = target.port();
    let inside = std::net::TcpListener::bind(("127.0.0.2", port)).unwrap();
    inside.set_nonblocking(true).unwrap();
    let script = Script::of("rebind.example", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let guard = guard(public(&[port], &["127.0.0.1/32"]), Arc::clone(&script) as _);
    let url = format!("http://rebind.example:{port}/v1");
    let admitted = admit(&guard, &url).await.unwrap();
    for _ in 0..3 {
        let response = fetch(&admitted, &url).await;
        let text = body(response).await;
        assert!(text.ends_with(&format!("rebind.example:{port}")), "{text}");
    }
    assert_eq!(script.asked(), 1, "looked up once for all that goes there");
    // Whoever asks anew gets the new answer, which is refused.
    let refused = admit(&guard, &url).await.map(|_| ());
    assert!(
        matches!(refused, Err(GuardError::Name(Unresolved::Refused(_)))),
        "{refused:?}"
    );
    // And what was admitted before still leads where it was checked.
    assert_eq!(body(fetch(&admitted, &url).await).await, text_of(port));
    assert!(inside.accept().is_err(), "nobody went inside");
}

fn text_of(port: u16) -> String {
    format!("host: rebind.example:{port}")
}

async fn body(response: TransportResponse) -> String {
    use futures::TryStreamExt as _;
    let pieces: Vec<bytes::Bytes> = response.body.try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nothing_follows_it() {
    let sink = Sink::open();
    let location = format!("http://127.0.0.1:{}/", sink.port);
    let statuses = ["301", "302", "303", "307", "308"];
    let server = serve(move |number, mut socket| {
        let status = statuses[number % statuses.len()];
        let answer =
            format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        async move {
            read_request(&mut socket).await;
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    let guard = guard(
        public(&[server.port()], &["127.0.0.1"]),
        Arc::new(Script::default()),
    );
    let url = format!("http://{server}/v1");
    let admitted = admit(&guard, &url).await.unwrap();
    for status in statuses {
        assert_eq!(fetch(&admitted, &url).await.status.as_str(), status);
    }
    assert_eq!(sink.accepts(), 0);
}

#[tokio::test]
async fn what_was_checked_for_one_place_sends_to_no_other() {
    let sink = Sink::open();
    let guard = guard(
        public(&[sink.port, 443], &["127.0.0.1"]),
        Arc::new(Script::default()),
    );
    let admitted = admit(&guard, "https://127.0.0.1").await.unwrap();
    for url in [
        format!("http://127.0.0.1:{}/", sink.port),
        format!("https://127.0.0.1:{}/", sink.port),
        format!("https://other.example:{}/", sink.port),
    ] {
        let error = admitted.send(get(&url)).await.err().unwrap();
        assert_eq!(error.kind, TransportErrorKind::Connect, "{url}");
    }
    assert_eq!(sink.accepts(), 0);
}

#[tokio::test]
async fn connections_are_not_kept_for_the_next_request() {
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    let server = serve(move |_, mut socket| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move {
            loop {
                if read_request(&mut socket).await.is_empty() {
                    return;
                }
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                socket.write_all(answer).await.unwrap();
            }
        }
    })
    .await;
    let guard = guard(
        public(&[server.port()], &["127.0.0.1"]),
        Arc::new(Script::default()),
    );
    let url = format!("http://{server}/");
    let admitted = admit(&guard, &url).await.unwrap();
    for count in 1..=3 {
        assert_eq!(body(fetch(&admitted, &url).await).await, "ok");
        assert_eq!(connections.load(Ordering::SeqCst), count);
    }
}

#[tokio::test]
async fn where_this_process_listens_is_refused_whatever_is_opened() {
    let sink = Sink::open();
    let policy = GuardPolicy {
        own: vec![SocketAddr::from(([0, 0, 0, 0], sink.port))],
        ..public(&[sink.port], &["0.0.0.0/0", "::/0"])
    };
    let guard = guard(policy, Script::of("self.example", &[&["127.0.0.1"]]));
    for (host, expected) in [
        ("127.0.0.1", GuardError::Own),
        ("127.9.9.9", GuardError::Own),
        ("[::1]", GuardError::Own),
        ("self.example", GuardError::Name(Unresolved::Own)),
    ] {
        let found = admit(&guard, &format!("http://{host}:{}/", sink.port)).await;
        assert_eq!(found.map(|_| ()).err(), Some(expected), "{host}");
    }
    assert_eq!(sink.accepts(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_takes_its_time_is_given_up() {
    #[derive(Debug)]
    struct Never;
    #[async_trait::async_trait]
    impl DnsResolver for Never {
        async fn resolve(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
            std::future::pending().await
        }
    }
    let guard = guard(public(&[80], &[]), Arc::new(Never));
    let found = admit(&guard, "http://slow.example").await.map(|_| ());
    assert_eq!(found, Err(GuardError::Name(Unresolved::Late)));
}
