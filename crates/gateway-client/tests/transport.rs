//! The real transport against servers that misbehave.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use gateway_client::transport::{
    DnsResolver, HttpTransport, HttpTransportConfig, RequestBody, Transport as _, TransportError,
    TransportErrorKind as Kind, TransportRequest, TransportResponse, TrustRoots,
};
use http::{HeaderMap, HeaderValue, Method};
use support::{read_request, serve, serve_bytes};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};
use url::Url;

fn transport() -> HttpTransport {
    transport_with(|_| {})
}

fn transport_with(change: impl FnOnce(&mut HttpTransportConfig)) -> HttpTransport {
    let mut config = HttpTransportConfig::default();
    config.connect_timeout = Duration::from_millis(500);
    change(&mut config);
    HttpTransport::new(config).unwrap()
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

fn post(address: SocketAddr, body: RequestBody) -> TransportRequest {
    TransportRequest {
        method: Method::POST,
        body,
        ..get(&format!("http://{address}/x"))
    }
}

async fn send(address: SocketAddr) -> Result<TransportResponse, TransportError> {
    transport()
        .send(get(&format!("http://{address}/path?key=SECRET")))
        .await
}

/// The error's kind, after a look at what it says: nothing of the URL's query may be in it.
fn kind<T>(result: Result<T, TransportError>) -> Kind {
    let error = result.err().unwrap();
    let text = format!("{error} {error:?}");
    assert!(
        !text.contains("SECRET") && !text.contains("/path"),
        "{text}"
    );
    error.kind
}

async fn body(response: TransportResponse) -> Result<Vec<u8>, TransportError> {
    response
        .body
        .map_ok(|chunk| chunk.to_vec())
        .try_concat()
        .await
}

#[tokio::test]
async fn a_refused_port_is_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let kind = kind(send(address).await);
    assert_eq!(kind, Kind::Connect);
    assert!(kind.nothing_was_sent());
}

#[tokio::test]
async fn an_unknown_scheme_is_connect() {
    assert_eq!(
        kind(
            transport()
                .send(get("ftp://127.0.0.1/path?key=SECRET"))
                .await
        ),
        Kind::Connect
    );
}

#[derive(Debug)]
struct Resolver(Option<SocketAddr>);

#[async_trait]
impl DnsResolver for Resolver {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<SocketAddr>> {
        assert_eq!(host, "models.invalid");
        self.0
            .map(|address| vec![address])
            .ok_or_else(|| std::io::Error::other("no such host"))
    }
}

#[tokio::test]
async fn names_are_resolved_by_the_hook() {
    let transport = transport_with(|config| config.dns_resolver = Some(Arc::new(Resolver(None))));
    let result = transport
        .send(get("http://models.invalid/path?key=SECRET"))
        .await;
    assert_eq!(kind(result), Kind::Dns);

    let address = serve_bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let resolver = Arc::new(Resolver(Some(address)));
    let transport = transport_with(|config| config.dns_resolver = Some(resolver));
    let url = format!("http://models.invalid:{}/", address.port());
    assert_eq!(
        body(transport.send(get(&url)).await.unwrap())
            .await
            .unwrap(),
        b"ok"
    );
}

#[derive(Debug)]
struct SlowResolver;

#[async_trait]
impl DnsResolver for SlowResolver {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<SocketAddr>> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_connection_that_takes_too_long_is_connect_timeout() {
    let transport = transport_with(|config| {
        config.connect_timeout = Duration::from_millis(50);
        config.dns_resolver = Some(Arc::new(SlowResolver));
    });
    let result = transport
        .send(get("http://models.invalid/path?key=SECRET"))
        .await;
    assert_eq!(kind(result), Kind::ConnectTimeout);
}

#[tokio::test]
async fn a_failed_handshake_is_tls() {
    for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
        let address = serve(move |_, mut socket| async move {
            let mut hello = [0; 64];
            let _ = socket.read(&mut hello).await;
            socket.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let result = transport()
            .send(get(&format!("https://{address}/path?key=SECRET")))
            .await;
        assert_eq!(kind(result), Kind::Tls, "{answer:?}");
    }
}

#[tokio::test]
async fn roots_that_are_no_certificates_are_refused() {
    let mut config = HttpTransportConfig::default();
    config.trust_roots = TrustRoots::Only(b"-----BEGIN CERTIFICATE-----\nx\n".to_vec());
    assert_eq!(HttpTransport::new(config).err().unwrap().kind, Kind::Tls);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_head_is_told_apart() {
    let closed = serve_bytes("").await;
    assert_eq!(kind(send(closed).await), Kind::ResetBeforeHead);

    let reset = serve(|_, mut socket| async move {
        read_request(&mut socket).await;
        socket.set_zero_linger().unwrap();
    })
    .await;
    assert_eq!(kind(send(reset).await), Kind::ResetBeforeHead);

    let cut = serve_bytes("HTTP/1.1 200 OK\r\ncontent-le").await;
    assert_eq!(kind(send(cut).await), Kind::ResetBeforeHead);
}

#[tokio::test]
async fn a_slow_head_is_head_timeout() {
    let address = serve(|_, mut socket| async move {
        read_request(&mut socket).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut request = get(&format!("http://{address}/path?key=SECRET"));
    request.head_timeout = Some(Duration::from_millis(50));
    assert_eq!(kind(transport().send(request).await), Kind::HeadTimeout);
}

#[tokio::test]
async fn what_is_not_http_is_protocol() {
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
    let large_headers = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(70_000));
    let answers = [
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        &many_headers,
        &large_headers,
    ];
    for answer in answers {
        let address = serve_bytes(answer).await;
        assert_eq!(kind(send(address).await), Kind::Protocol, "{answer:.40}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_fails_after_what_came() {
    let answers = [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n",
    ];
    for answer in answers {
        let response = send(serve_bytes(answer).await).await.unwrap();
        let chunks: Vec<_> = response.body.collect().await;
        let (last, came) = chunks.split_last().unwrap();
        let came: Vec<u8> = came
            .iter()
            .flat_map(|chunk| chunk.as_ref().unwrap().to_vec())
            .collect();
        assert_eq!(came, b"hello", "{answer}");
        assert_eq!(last.as_ref().err().unwrap().kind, Kind::Body, "{answer}");
    }
}

#[tokio::test]
async fn whole_bodies_end_without_an_error() {
    let answers = [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nhello",
        "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    ];
    for answer in answers {
        let response = send(serve_bytes(answer).await).await.unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(body(response).await.unwrap(), b"hello", "{answer}");
    }
}

#[tokio::test]
async fn a_redirect_is_given_to_the_caller() {
    let address = serve(|number, mut socket| async move {
        assert_eq!(number, 0, "the redirect was followed");
        read_request(&mut socket).await;
        let answer =
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n";
        socket.write_all(answer.as_bytes()).await.unwrap();
        assert_eq!(
            read_request(&mut socket).await,
            "",
            "the redirect was followed"
        );
    })
    .await;
    let response = send(address).await.unwrap();
    assert_eq!(response.status, 307);
    assert_eq!(response.headers["location"], "/there");
}

#[tokio::test]
async fn the_request_goes_out_as_it_was_given_and_cookies_do_not_come_back() {
    let (sender, mut requests) = mpsc::unbounded_channel();
    let address = serve(move |_, mut socket| {
        let sender = sender.clone();
        async move {
            loop {
                let request = read_request(&mut socket).await;
                if request.is_empty() {
                    return;
                }
                sender.send(request).unwrap();
                let answer = "HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n";
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    let transport = transport();
    for _ in 0..2 {
        let mut request = post(address, RequestBody::Full(Bytes::from_static(b"{}")));
        request
            .headers
            .insert("authorization", HeaderValue::from_static("Bearer k"));
        body(transport.send(request).await.unwrap()).await.unwrap();
        let text = requests.recv().await.unwrap();
        let mut lines: Vec<_> = text.split("\r\n").collect();
        lines[1..5].sort_unstable();
        assert_eq!(
            lines,
            [
                "POST /x HTTP/1.1",
                "accept-encoding: identity",
                "accept: */*",
                "authorization: Bearer k",
                &format!("host: {address}"),
                "content-length: 2",
                "",
                "{}",
            ]
        );
    }
}

#[tokio::test]
async fn compressed_bytes_are_left_alone() {
    let answer =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x00\xff";
    let response = send(serve_bytes(*answer).await).await.unwrap();
    assert_eq!(response.headers["content-encoding"], "gzip");
    assert_eq!(body(response).await.unwrap(), b"\x1f\x8b\x00\xff");
}

#[tokio::test]
async fn a_streamed_request_body_has_the_length_it_was_given() {
    let (sender, mut requests) = mpsc::unbounded_channel();
    let address = serve(move |_, mut socket| {
        let sender = sender.clone();
        async move {
            sender.send(read_request(&mut socket).await).unwrap();
            socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .await
                .unwrap();
        }
    })
    .await;
    let pieces = || {
        stream::iter([
            Ok(Bytes::from_static(b"he")),
            Ok(Bytes::from_static(b"llo")),
        ])
        .boxed()
    };
    let known = RequestBody::Stream {
        stream: pieces(),
        length: Some(5),
    };
    transport().send(post(address, known)).await.unwrap();
    let text = requests.recv().await.unwrap();
    assert!(
        text.contains("content-length: 5\r\n") && text.ends_with("\r\n\r\nhello"),
        "{text}"
    );

    let in_pieces = RequestBody::Pieces(vec!["he".into(), Bytes::new(), "llo".into()]);
    transport().send(post(address, in_pieces)).await.unwrap();
    let text = requests.recv().await.unwrap();
    assert!(
        text.contains("content-length: 5\r\n") && text.ends_with("\r\n\r\nhello"),
        "{text}"
    );

    let unknown = RequestBody::Stream {
        stream: pieces(),
        length: None,
    };
    transport().send(post(address, unknown)).await.unwrap();
    let text = requests.recv().await.unwrap();
    assert!(
        text.contains("transfer-encoding: chunked\r\n") && !text.contains("content-length"),
        "{text}"
    );
}

#[tokio::test]
async fn a_request_body_that_fails_is_told_apart() {
    let address = serve(|_, mut socket| async move {
        let mut bytes = Vec::new();
        let _ = socket.read_to_end(&mut bytes).await;
    })
    .await;
    let broken = TransportError::new(Kind::Body, "the client has gone");
    let pieces = stream::iter([Ok(Bytes::from_static(b"he")), Err(broken)]).boxed();
    let body = RequestBody::Stream {
        stream: pieces,
        length: Some(5),
    };
    assert_eq!(
        kind(transport().send(post(address, body)).await),
        Kind::RequestBody
    );
}

/// Sends on the channel when the client has closed its connection.
async fn serve_until_closed(answer: &'static str) -> (SocketAddr, mpsc::UnboundedReceiver<()>) {
    let (sender, closed) = mpsc::unbounded_channel();
    let address = serve(move |_, mut socket| {
        let sender = sender.clone();
        async move {
            read_request(&mut socket).await;
            socket.write_all(answer.as_bytes()).await.unwrap();
            assert_eq!(socket.read(&mut [0; 8]).await.unwrap_or(0), 0);
            sender.send(()).unwrap();
        }
    })
    .await;
    (address, closed)
}

#[tokio::test]
async fn a_dropped_body_cancels_the_exchange() {
    let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let (address, mut closed) = serve_until_closed(answer).await;
    let mut response = send(address).await.unwrap();
    assert_eq!(response.body.next().await.unwrap().unwrap(), "hello");
    drop(response);
    tokio::time::timeout(Duration::from_millis(250), closed.recv())
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_dropped_call_cancels_the_exchange() {
    let (address, mut closed) = serve_until_closed("").await;
    let call = tokio::time::timeout(Duration::from_millis(100), send(address));
    assert!(call.await.is_err());
    tokio::time::timeout(Duration::from_millis(250), closed.recv())
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_costs_nothing() {
    let connections = Arc::new(Mutex::new(0));
    let counted = connections.clone();
    let address = serve(move |_, mut socket| {
        *counted.lock().unwrap() += 1;
        async move {
            read_request(&mut socket).await;
            socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await
                .unwrap();
        }
    })
    .await;
    let transport = transport();
    for _ in 0..20 {
        let response = transport
            .send(post(address, RequestBody::Full("x".into())))
            .await
            .unwrap();
        assert_eq!(body(response).await.unwrap(), b"ok");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(*connections.lock().unwrap(), 20);
}

#[tokio::test]
async fn connections_are_reused() {
    let address = serve(|number, mut socket| async move {
        assert_eq!(number, 0, "a second connection was opened");
        while !read_request(&mut socket).await.is_empty() {
            socket
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await
                .unwrap();
        }
    })
    .await;
    let transport = transport();
    for _ in 0..5 {
        let response = transport
            .send(post(address, RequestBody::Full("x".into())))
            .await
            .unwrap();
        assert_eq!(body(response).await.unwrap(), b"ok");
        tokio::task::yield_now().await;
    }
}
