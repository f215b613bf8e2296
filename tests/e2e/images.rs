//! Images by their address, for a provider that takes bytes only: fetched where that is on, guarded and within bounds.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use gateway_client::transport::{
    DnsResolver, HttpTransport, HttpTransportConfig, TrustRoots,
    guard::{AddressPolicy, GuardPolicy, GuardedTransport},
};
use gateway_providers::{
    Call, CallError, Catalog, Operation, Payload, ProviderInput, ProviderSettings, Reply as Answer, TranslateError,
    call::Timeouts,
    images::{FetchLimits, ImageFetcher, WithImages},
    provider::SharedProvider,
    registry::build_provider,
};
use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, ScriptedUpstream, runtime, upstream::AUTHORITY_PEM};
use gateway_types::json::{RawObject, ScanLimits};
use serde_json::{Value, json};

use crate::support::{ONE_ATTEMPT, UPSTREAM_KEY, assert_error, each};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot looked at";
/// The same in base64.
const PNG_BASE64: &str = "iVBORw0KGgpub3QgbG9va2VkIGF0";
const LARGEST: usize = 64 << 10;

/// `localhost` is this machine, and every other name is its other address.
#[derive(Debug)]
struct Names;

#[async_trait::async_trait]
impl DnsResolver for Names {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<SocketAddr>> {
        let last = if host == "localhost" { 1 } else { 2 };
        Ok(vec![SocketAddr::from(([127, 0, 0, last], 0))])
    }
}

/// A server of images, and a provider that is given them.
struct Gallery {
    images: ScriptedUpstream,
    upstream: ScriptedUpstream,
    provider: SharedProvider,
}

impl Gallery {
    fn open(elsewhere: &ScriptedUpstream) -> Self {
        let location = elsewhere.url("/a.png");
        let images = ScriptedUpstream::start_signed(move |request| picture(request, &location));
        let upstream = ScriptedUpstream::start(ollama);
        let catalog = Catalog::builtin().unwrap();
        let mut input = ProviderInput::new(Arc::clone(catalog.get("ollama").unwrap()));
        input.base_url = Some(upstream.url(""));
        input.overrides.dialect = Some("ollama".to_owned());
        input.credential = Some(UPSTREAM_KEY.into());
        let transport = Arc::new(HttpTransport::new(HttpTransportConfig::default()).unwrap());
        let provider = build_provider(ProviderSettings::resolve(input).unwrap(), transport).unwrap();
        assert!(provider.wants_image_bytes());
        let fetcher = Arc::new(fetcher(images.address().port()));
        Self { images, upstream, provider: Arc::new(WithImages::new(provider, fetcher)) }
    }

    fn call(&self, urls: &[String]) -> Result<Answer, CallError> {
        runtime().block_on(self.provider.call(call(urls)))
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.images.address().port())
    }
}

/// The test's own policy: one address of this machine, one port.
fn fetcher(port: u16) -> ImageFetcher {
    let policy = GuardPolicy { public: true, ports: vec![port], addresses: AddressPolicy::opening(["127.0.0.1".parse().unwrap()]), ..GuardPolicy::default() };
    let mut config = HttpTransportConfig::default();
    config.trust_roots = TrustRoots::Only(AUTHORITY_PEM.as_bytes().to_vec());
    config.dns_resolver = Some(Arc::new(Names));
    let limits = FetchLimits { bytes: LARGEST, time: Duration::from_millis(1500), ..FetchLimits::default() };
    ImageFetcher::over(GuardedTransport::new(policy, config).unwrap(), limits)
}

fn picture(request: &RecordedRequest, location: &str) -> Reply {
    let png = |kind: &str| Reply::text(200, kind, PNG);
    match request.path() {
        "/a.png" | "/b.png" => png("image/png"),
        "/bytes" => png("application/octet-stream"),
        "/says-jpeg" => png("image/jpeg"),
        "/page" => Reply::text(200, "text/html", "<html>"),
        "/svg" => Reply::text(200, "image/svg+xml", "<svg/>"),
        "/gone" => Reply::status(404),
        "/moved" => Reply::status(302).header("location", location),
        "/zipped" => png("image/png").header("content-encoding", "gzip"),
        "/large" => Reply::text(200, "image/png", [PNG, &vec![0; LARGEST][..]].concat()),
        "/half" => Reply::text(200, "image/png", [PNG, &vec![0; LARGEST / 2][..]].concat()),
        _ => Reply::never(),
    }
}

fn ollama(_: &RecordedRequest) -> Reply {
    Reply::json(
        200,
        &json!({"model": "m", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": "a cat"}, "done": true, "done_reason": "stop", "prompt_eval_count": 1, "eval_count": 1}),
    )
}

fn body(urls: &[String]) -> Value {
    let parts: Vec<Value> = urls.iter().map(|url| json!({"type": "image_url", "image_url": {"url": url}})).collect();
    json!({"model": "m", "messages": [{"role": "system", "content": "short"}, {"role": "user", "content": parts}]})
}

fn call(urls: &[String]) -> Call {
    let body = Bytes::from(body(urls).to_string());
    Call {
        operation: Operation::Chat,
        model: "m".to_owned(),
        payload: Payload::Json(RawObject::parse(body, ScanLimits::default()).unwrap()),
        stream: false,
        count_tokens: false,
        strict: false,
        headers: Default::default(),
        timeouts: Timeouts::default(),
    }
}

#[test]
fn the_bytes_stand_where_the_address_stood() {
    let elsewhere = ScriptedUpstream::start(|_| Reply::status(200));
    let gallery = Gallery::open(&elsewhere);
    let inline = format!("data:image/png;base64,{PNG_BASE64}");
    gallery.call(&[gallery.url("/a.png"), inline, gallery.url("/bytes"), gallery.url("/a.png")]).unwrap();
    let sent = gallery.upstream.only_request_for("m");
    assert_eq!(sent.json()["messages"][1]["images"], json!([PNG_BASE64, PNG_BASE64, PNG_BASE64, PNG_BASE64]));
    let asked = gallery.images.requests();
    let mut paths: Vec<_> = asked.iter().map(|request| request.path().to_owned()).collect();
    paths.sort();
    assert_eq!(paths, ["/a.png", "/bytes"], "each is fetched once");
    for request in asked {
        let head = String::from_utf8_lossy(&request.head.raw).to_lowercase();
        assert!(!head.contains(UPSTREAM_KEY) && !head.contains("authorization") && !head.contains("cookie"), "{head}");
        assert_eq!(request.method(), "GET");
    }
}

#[test]
fn what_cannot_be_had_is_named_and_nothing_is_sent() {
    let elsewhere = ScriptedUpstream::start(|_| Reply::text(200, "image/png", PNG));
    let gallery = Gallery::open(&elsewhere);
    let port = gallery.images.address().port();
    let many = vec![gallery.url("/a.png"); 51];
    let one = |path: &str| vec![gallery.url(path)];
    each(
        [
            (one("/says-jpeg"), "says it is image/jpeg"),
            (one("/page"), "no PNG, JPEG, GIF or WebP"),
            (one("/svg"), "no PNG, JPEG, GIF or WebP"),
            (one("/gone"), "answered 404"),
            (one("/moved"), "points to another address"),
            (one("/zipped"), "compressed"),
            (one("/large"), "larger than 65536 bytes"),
            (vec![gallery.url("/half"), gallery.url("/half?again"), gallery.url("/half?more")], "larger than 65536 bytes"),
            (one("/never"), "did not come within"),
            (many, "50 images"),
            (vec![format!("https://other.example:{port}/a.png")], "host name does not lead"),
            (vec![format!("https://127.0.0.2:{port}/a.png")], "not one that callers may choose"),
            (vec!["https://169.254.169.254/latest".to_owned()], "port 443 is not open"),
            (vec![format!("https://169.254.169.254:{port}/latest")], "not one that callers may choose"),
            (vec![format!("https://user@localhost:{port}/a.png")], "user name"),
            (vec![format!("http://localhost:{port}/a.png")], "bytes only"),
        ],
        |(urls, why)| {
            let Err(CallError::Translate(TranslateError::InvalidValue { param, message })) = gallery.call(&urls) else { panic!("{urls:?} passed") };
            assert!(message.contains(why), "{urls:?}: {message}");
            assert!(param.starts_with("messages[1].content["), "{param}");
        },
    );
    assert_eq!((gallery.upstream.requests().len(), elsewhere.connections()), (0, 0));
}

/// As configured: off, an address is refused with what to do; on, only public addresses are called.
#[test]
fn it_is_off_unless_it_is_configured() {
    let upstream = ScriptedUpstream::start(ollama);
    let images = ScriptedUpstream::start_signed(|_| Reply::text(200, "image/png", PNG));
    let url = images.url("/a.png");
    for (on, why) in [(false, "takes bytes only"), (true, "cannot be fetched")] {
        let config =
            format!("[features]\nvision = true\nfetch_images = {on}\n[providers.ollama]\ndialect = \"ollama\"\nbase_url = \"{}\"\n{ONE_ATTEMPT}", upstream.url(""));
        let gateway = GatewayUnderTest::start(&config, &[]);
        let mut body = body(std::slice::from_ref(&url));
        body["model"] = json!("ollama/m");
        let response = gateway.send(&Request::json("/v1/chat/completions", &body));
        assert_error(why, &response, 400, "invalid_request", "invalid_value");
        assert!(response.text().contains(why), "{}", response.text());
        assert_eq!(response.error()["param"], "messages[1].content[0].image_url.url");
    }
    assert_eq!(images.connections(), 0);
}
