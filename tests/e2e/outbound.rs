//! The transport towards providers, over what the other stories do not use: TLS with a private authority, HTTP/2 where
//! TLS agrees on it, and a forward proxy.

use std::net::SocketAddr;

use gateway_client::transport::{
    DnsResolver, HttpTransport, HttpTransportConfig, HttpVersion, RequestBody, Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
    TrustRoots,
};
use gateway_testkit::{
    Gate, GatewayUnderTest, Reply, ScriptedUpstream, runtime,
    upstream::{AUTHORITY_PEM, ClosedPort, ForwardProxy, SIGNED_CERTIFICATE_PEM, SIGNED_KEY_PEM},
};

use crate::support::{FINISH, GOOD_CHAT, HELLO, UPSTREAM_KEY, each, good_upstream, lab_config};

fn transport(change: impl FnOnce(&mut HttpTransportConfig)) -> HttpTransport {
    let mut config = HttpTransportConfig::default();
    change(&mut config);
    HttpTransport::new(config).unwrap()
}

fn authority() -> Vec<u8> {
    AUTHORITY_PEM.as_bytes().to_vec()
}

fn chat(url: &str, model: &str, stream: bool) -> TransportRequest {
    let body = format!(r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"x"}}]}}"#);
    let mut request = get(url);
    request.method = "POST".parse().unwrap();
    request.headers.insert("content-type", "application/json".parse().unwrap());
    request.headers.insert("authorization", format!("Bearer {UPSTREAM_KEY}").parse().unwrap());
    request.body = RequestBody::Full(body.into());
    request
}

fn get(url: &str) -> TransportRequest {
    TransportRequest { method: Default::default(), url: url.parse().unwrap(), headers: Default::default(), body: RequestBody::Empty, head_timeout: None }
}

async fn text(response: TransportResponse) -> String {
    let mut body = response.body;
    let mut text = Vec::new();
    while let Some(piece) = next(&mut body).await {
        text.extend_from_slice(&piece.unwrap());
    }
    String::from_utf8(text).unwrap()
}

async fn next(body: &mut gateway_client::transport::ByteStream) -> Option<Result<bytes::Bytes, TransportError>> {
    std::future::poll_fn(|context| body.as_mut().poll_next(context)).await
}

fn send(transport: &HttpTransport, request: TransportRequest) -> Result<String, TransportErrorKind> {
    runtime().block_on(async {
        match transport.send(request).await {
            Ok(response) => Ok(text(response).await),
            Err(error) => {
                assert!(!error.to_string().contains(UPSTREAM_KEY), "{error}");
                Err(error.kind)
            }
        }
    })
}

/// Every name leads to this machine.
#[derive(Debug)]
struct Here;

#[async_trait::async_trait]
impl DnsResolver for Here {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<SocketAddr>> {
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))])
    }
}

#[test]
fn a_private_authority_is_trusted_where_it_is_set_and_for_its_names_only() {
    let upstream = ScriptedUpstream::start_signed(good_upstream);
    let port = upstream.address().port();
    for roots in [TrustRoots::Only(authority()), TrustRoots::PlatformAnd(authority())] {
        let trusting = transport(|config| {
            config.trust_roots = roots;
            config.dns_resolver = Some(std::sync::Arc::new(Here));
        });
        for host in ["127.0.0.1", "localhost"] {
            let answer = send(&trusting, chat(&format!("https://{host}:{port}/v1/chat/completions"), "alpha", false));
            assert_eq!(answer.as_deref(), Ok(GOOD_CHAT), "{host}");
        }
        let other_name = chat(&format!("https://other.example:{port}/v1/chat/completions"), "alpha", false);
        assert_eq!(send(&trusting, other_name), Err(TransportErrorKind::Tls));
    }
    let before = upstream.heads();
    let url = upstream.url("/v1/chat/completions");
    assert_eq!(send(&transport(|_| {}), chat(&url, "alpha", false)), Err(TransportErrorKind::Tls), "nobody else trusts it");
    let self_signed = ScriptedUpstream::start_tls(good_upstream);
    let trusting = transport(|config| config.trust_roots = TrustRoots::Only(authority()));
    assert_eq!(send(&trusting, chat(&self_signed.url("/v1/chat/completions"), "alpha", false)), Err(TransportErrorKind::Tls));
    assert_eq!((upstream.heads(), self_signed.heads()), (before, 0), "nothing was sent to whom nobody trusts");
}

/// Five streams and a look at the server's metrics: how many connections that takes tells the protocol.
#[test]
fn http2_is_negotiated_where_both_sides_know_it() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, SIGNED_CERTIFICATE_PEM).unwrap();
    std::fs::write(&key, SIGNED_KEY_PEM).unwrap();
    for (version, connections) in [(HttpVersion::Negotiated, 1), (HttpVersion::Http2, 1), (HttpVersion::Http1, 6)] {
        let upstream = ScriptedUpstream::start(good_upstream);
        let gate = Gate::new();
        upstream.script("open", Reply::sse(&[HELLO]).gate(&gate).event(FINISH).done());
        // The other side is a gateway, which offers both over TLS.
        let tls = format!("[server.tls]\ncert_path = {certificate:?}\nkey_path = {key:?}\n");
        let server = GatewayUnderTest::start(&format!("{}\n{tls}", lab_config(&upstream)), &[]);
        let url = |path: &str| server.url(path).replace("http:", "https:");
        let transport = transport(|config| {
            config.trust_roots = TrustRoots::Only(authority());
            config.http_version = version;
        });
        let texts = runtime().block_on(async {
            let mut streams = Vec::new();
            for _ in 0..5 {
                let mut response = transport.send(chat(&url("/v1/chat/completions"), "lab/open", true)).await.unwrap();
                let first = next(&mut response.body).await.unwrap().unwrap();
                streams.push((first, response));
            }
            let metrics = text(transport.send(get(&url("/metrics"))).await.unwrap()).await;
            assert!(metrics.contains(&format!("\ngateway_connections {connections}\n")), "{version:?}: {metrics}");
            gate.open();
            let mut texts = Vec::new();
            for (first, response) in streams {
                texts.push(format!("{}{}", String::from_utf8_lossy(&first), text(response).await));
            }
            texts
        });
        each(texts, |text| assert!(text.contains("Hello") && text.ends_with("data: [DONE]\n\n"), "{version:?}: {text}"));
    }
    // One that knows HTTP/1.1 alone is spoken to in that.
    let upstream = ScriptedUpstream::start_signed(good_upstream);
    let transport = transport(|config| {
        config.trust_roots = TrustRoots::Only(authority());
        config.http_version = HttpVersion::Negotiated;
    });
    assert_eq!(send(&transport, chat(&upstream.url("/v1/chat/completions"), "alpha", false)).as_deref(), Ok(GOOD_CHAT));
}

/// Over TLS the proxy sees where a request goes, and nothing of what it holds.
#[test]
fn a_proxy_is_used_for_everything_and_sees_what_it_must() {
    let (plain, secure) = (ScriptedUpstream::start(good_upstream), ScriptedUpstream::start_signed(good_upstream));
    let proxy = ForwardProxy::open();
    let through = transport(|config| {
        config.proxy = Some(format!("http://user:pass@{}", proxy.address()).parse().unwrap());
        config.trust_roots = TrustRoots::Only(authority());
    });
    for upstream in [&secure, &plain] {
        let url = upstream.url("/v1/chat/completions");
        assert_eq!(send(&through, chat(&url, "alpha", false)).as_deref(), Ok(GOOD_CHAT), "{url}");
        let seen = upstream.only_request_for("alpha");
        assert_eq!(seen.header("authorization"), Some(format!("Bearer {UPSTREAM_KEY}").as_str()));
    }
    assert!(secure.only_request_for("alpha").header("proxy-authorization").is_none(), "the proxy's own credential stays with it");
    let heads = proxy.heads();
    let lines: Vec<_> = heads.iter().map(|head| head.start_line.as_str()).collect();
    assert_eq!(lines, [format!("CONNECT {} HTTP/1.1", secure.address()), format!("POST {} HTTP/1.1", plain.url("/v1/chat/completions"))]);
    assert!(heads.iter().all(|head| head.header("proxy-authorization") == Some("Basic dXNlcjpwYXNz")), "{heads:?}");
    assert!(!String::from_utf8_lossy(&heads[0].raw).contains(UPSTREAM_KEY), "{heads:?}");
}

/// A proxy that is not there is no reason to go without it.
#[test]
fn without_its_proxy_nothing_is_sent() {
    let upstreams = [ScriptedUpstream::start(good_upstream), ScriptedUpstream::start_signed(good_upstream)];
    let nobody = ClosedPort::take();
    let through = transport(|config| {
        config.proxy = Some(format!("http://{}", nobody.address()).parse().unwrap());
        config.trust_roots = TrustRoots::Only(authority());
    });
    for upstream in &upstreams {
        assert_eq!(send(&through, chat(&upstream.url("/v1/chat/completions"), "alpha", false)), Err(TransportErrorKind::Connect));
        assert_eq!(upstream.connections(), 0);
    }
}
