//! `[connection]`: what the configuration says of how upstreams are reached is what happens.

use std::{fmt::Write as _, time::Duration};

use gateway_client::transport::{HttpTransport, HttpTransportConfig, RequestBody, Transport, TransportRequest, TrustRoots};
use gateway_testkit::{
    Gate, GatewayUnderTest, Reply, Request, ScriptedUpstream, runtime,
    upstream::{AUTHORITY_PEM, ClosedPort, ForwardProxy, SIGNED_CERTIFICATE_PEM, SIGNED_KEY_PEM},
};
use tempfile::TempDir;

use crate::support::{FINISH, GOOD_CHAT, HELLO, ONE_ATTEMPT, UPSTREAM_KEY, assert_error, good_upstream, lab_config};

/// The password of the outbound proxy. It must be seen there and nowhere else.
const PROXY_PASSWORD: &str = "proxy-canary-77d0";

/// For what comes when it comes.
const PATIENCE: Duration = Duration::from_secs(20);

fn file(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A gateway with these providers (name, base URL, more of its table) and this `[connection]`.
fn gateway(connection: &str, providers: &[(&str, String, &str)]) -> GatewayUnderTest {
    let mut config = format!("{ONE_ATTEMPT}\n[connection]\n{connection}\n");
    for (name, base_url, more) in providers {
        write!(config, "[providers.{name}]\nvendor = \"custom\"\nbase_url = {base_url:?}\napi_key = \"{UPSTREAM_KEY}\"\n{more}\n").unwrap();
    }
    GatewayUnderTest::start(&config, &[])
}

#[test]
fn a_private_authority_is_trusted_by_whom_it_is_named_for() {
    let folder = TempDir::new().unwrap();
    let authority = format!("ca_file = {:?}", file(&folder, "ca.pem", AUTHORITY_PEM));
    let upstream = ScriptedUpstream::start_signed(good_upstream);
    let base = upstream.url("/v1");
    let own = format!("connection.{authority}");
    let gateways = [gateway(&authority, &[("lab", base.clone(), "")]), gateway("", &[("lab", base.clone(), &own), ("other", base, "")])];
    for (place, gateway) in gateways.iter().enumerate() {
        let answer = gateway.send(&Request::chat(&format!("lab/alpha-{place}"), false));
        assert_eq!((answer.status(), answer.text().as_str()), (200, GOOD_CHAT));
        let seen = upstream.only_request_for(&format!("alpha-{place}"));
        assert_eq!(seen.header("authorization"), Some(format!("Bearer {UPSTREAM_KEY}").as_str()));
    }
    let before = upstream.heads();
    let untrusted = gateways[1].send(&Request::chat("other/beta", false));
    assert_error("no authority for this provider", &untrusted, 502, "backend_tls_error", "tls_failed");
    assert_eq!(upstream.heads(), before, "nothing was sent to whom nobody trusts");
}

/// An endpoint that a caller brings along is judged by the same authorities as everybody else.
#[test]
fn a_private_authority_is_trusted_at_callers_endpoints() {
    let folder = TempDir::new().unwrap();
    let authority = format!("ca_file = {:?}", file(&folder, "ca.pem", AUTHORITY_PEM));
    let (near, callers) = (ScriptedUpstream::start(good_upstream), ScriptedUpstream::start_signed(good_upstream));
    let origin = callers.url("");
    let listed = format!("\n[caller_endpoints]\norigins = [{origin:?}]\naddresses = [\"127.0.0.0/8\", \"::1/128\"]\n");
    let ask = Request::chat("alpha", false).header("x-opengateway-vllm-endpoint", &origin);
    let trusting = gateway(&format!("{authority}{listed}"), &[("lab", near.url("/v1"), "")]);
    let answer = trusting.send(&ask);
    assert_eq!((answer.status(), answer.text().as_str()), (200, GOOD_CHAT), "{}", answer.text());
    let before = callers.heads();
    let refused = gateway(&listed, &[("lab", near.url("/v1"), "")]).send(&ask);
    assert_eq!((refused.status(), refused.error()["code"].as_str()), (502, Some("tls_failed")), "{}", refused.text());
    assert_eq!(callers.heads(), before, "nothing was sent to whom nobody trusts");
}

#[test]
fn a_proxy_is_used_by_all_but_those_that_go_direct() {
    let folder = TempDir::new().unwrap();
    let (plain, secure, near) = (ScriptedUpstream::start(good_upstream), ScriptedUpstream::start_signed(good_upstream), ScriptedUpstream::start(good_upstream));
    let proxy = ForwardProxy::open();
    let connection = format!("ca_file = {:?}\noutbound_proxy = \"http://user:{PROXY_PASSWORD}@{}\"", file(&folder, "ca.pem", AUTHORITY_PEM), proxy.address());
    let gateway = gateway(
        &connection,
        &[("plain", plain.url("/v1"), ""), ("secure", secure.url("/v1"), ""), ("near", near.url("/v1"), "connection = { outbound_proxy = \"direct\" }")],
    );
    for name in ["plain/a", "secure/a", "near/a"] {
        let answer = gateway.send(&Request::chat(name, false));
        assert_eq!((answer.status(), answer.text().as_str()), (200, GOOD_CHAT), "{name}");
    }
    let heads = proxy.heads();
    let lines: Vec<_> = heads.iter().map(|head| head.start_line.clone()).collect();
    assert!(lines.contains(&format!("CONNECT {} HTTP/1.1", secure.address())), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(&plain.url("/v1/"))), "{lines:?}");
    assert!(!lines.concat().contains(&near.address().to_string()), "{lines:?}");
    assert!(heads.iter().all(|head| head.header("proxy-authorization").is_some_and(|value| value.starts_with("Basic "))), "{heads:?}");
    for upstream in [&secure, &near] {
        let seen = upstream.only_request_for("a");
        assert!(seen.header("proxy-authorization").is_none(), "the proxy's own credential stays with it");
    }
}

#[test]
fn without_its_proxy_nothing_is_sent_and_the_password_is_not_told() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let nobody = ClosedPort::take();
    let connection = format!("outbound_proxy = \"http://user:{PROXY_PASSWORD}@{}\"", nobody.address());
    let gateway = gateway(&connection, &[("lab", upstream.url("/v1"), "")]);
    let answer = gateway.send(&Request::chat("lab/a", false));
    assert_error("no proxy", &answer, 502, "backend_unreachable", "connect_failed");
    assert!(!answer.text().contains(PROXY_PASSWORD), "{}", answer.text());
    assert_eq!(upstream.connections(), 0);
}

/// How many connections a gateway that speaks TLS has, beside the one that asks.
fn connections_of(server: &GatewayUnderTest) -> usize {
    let mut config = HttpTransportConfig::default();
    config.trust_roots = TrustRoots::Only(AUTHORITY_PEM.into());
    let url = server.url("/metrics").replace("http:", "https:").parse().unwrap();
    let request = TransportRequest { method: Default::default(), url, headers: Default::default(), body: RequestBody::Empty, head_timeout: None };
    let text = runtime().block_on(async {
        let mut body = HttpTransport::new(config).unwrap().send(request).await.unwrap().body;
        let mut text = Vec::new();
        while let Some(piece) = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
            text.extend_from_slice(&piece.unwrap());
        }
        String::from_utf8(text).unwrap()
    });
    let count = text.lines().find_map(|line| line.strip_prefix("gateway_connections ")).unwrap();
    count.parse::<usize>().unwrap() - 1
}

/// Five streams to another gateway, which offers both versions over TLS: how many connections that takes tells the
/// version.
#[test]
fn http2_is_spoken_where_it_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let tls = format!("[server.tls]\ncert_path = {:?}\nkey_path = {:?}\n", file(&folder, "cert.pem", SIGNED_CERTIFICATE_PEM), file(&folder, "key.pem", SIGNED_KEY_PEM));
    let authority = file(&folder, "ca.pem", AUTHORITY_PEM);
    for (version, is_shared) in [("auto", true), ("2", true), ("1.1", false)] {
        let upstream = ScriptedUpstream::start(good_upstream);
        let gate = Gate::new();
        upstream.script("open", Reply::sse(&[HELLO]).gate(&gate).event(FINISH).done());
        let server = GatewayUnderTest::start(&format!("{}\n{tls}", lab_config(&upstream)), &[]);
        let base = server.url("/v1").replace("http:", "https:");
        let connection = format!("ca_file = {authority:?}\nhttp_version = \"{version}\"");
        let gateway = gateway(&connection, &[("far", base, "")]);
        let mut clients: Vec<_> = (0..5).map(|_| gateway.client()).collect();
        let mut streams: Vec<_> = clients.iter_mut().map(|client| client.begin(&Request::chat("far/lab/open", true))).collect();
        for stream in &mut streams {
            stream.read_until("Hello", PATIENCE);
        }
        assert_eq!(connections_of(&server) == 1, is_shared, "{version}");
        gate.open();
        for stream in streams {
            let text = stream.collect().text();
            assert!(text.contains("Hello") && text.contains("data: [DONE]"), "{version}: {text}");
        }
    }
}
