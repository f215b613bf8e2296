//! F1 to F7: no answer at all. Each holds for streams and for whole answers alike.

use std::{
    collections::HashSet,
    sync::Mutex,
    time::{Duration, Instant},
};

use gateway_testkit::{
    GatewayUnderTest, Reply, Request, ScriptedUpstream,
    upstream::{Babbler, ClosedPort, FullBacklog},
};

use crate::support::{ONE_ATTEMPT, UPSTREAM_KEY, assert_error, each, good_upstream, impatient, lab, lab_config};

/// (id, provider, status, type, code, whether the client may try again)
type Row = (&'static str, &'static str, u16, &'static str, &'static str, bool);

const ROWS: &[Row] = &[
    ("F1", "refused", 502, "backend_unreachable", "connect_failed", true),
    ("F2", "nameless", 502, "backend_unreachable", "dns_failed", true),
    ("F3 untrusted", "untrusted", 502, "backend_tls_error", "tls_failed", false),
    ("F3 no TLS", "plain", 502, "backend_tls_error", "tls_failed", false),
    ("F4", "full", 504, "backend_timeout", "connect_timeout", true),
];

#[test]
fn an_upstream_that_cannot_be_reached() {
    let closed = ClosedPort::take();
    let full = FullBacklog::open();
    let untrusted = ScriptedUpstream::start_tls(good_upstream);
    let plain = Babbler::open(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    let bases = [
        ("refused", format!("http://{}/v1", closed.address())),
        ("nameless", "http://no-such-host.invalid/v1".to_owned()),
        ("untrusted", untrusted.url("/v1")),
        ("plain", format!("https://{}/v1", plain.address())),
        ("full", format!("http://{}/v1", full.address())),
    ];
    let config: String = bases
        .iter()
        .map(|(name, base)| {
            format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{base}\"\napi_key = \"{UPSTREAM_KEY}\"\ntimeouts = {{ connect = \"400ms\" }}\n")
        })
        .collect();
    let gateway = GatewayUnderTest::start(&format!("{ONE_ATTEMPT}[server]\nlisten = [\"127.0.0.1:0\"]\n{config}"), &[]);
    each(ROWS, |(id, provider, status, error_type, code, retry)| {
        for stream in [false, true] {
            let response = gateway.send(&Request::chat(&format!("{provider}/m"), stream));
            assert_error(id, &response, *status, error_type, code);
            assert_eq!(response.header("x-should-retry"), Some(retry.to_string().as_str()), "{id}");
            assert!(!response.text().contains("127.0.0.1") && !response.text().contains("invalid/"), "{id}: {}", response.text());
        }
    });
    assert_eq!(untrusted.requests().len(), 0);
}

#[test]
fn f6_a_connection_that_breaks_before_the_head() {
    for (id, reply) in [("F6 reset", Reply::reset_at_once()), ("F6 eof", Reply::close_at_once())] {
        for stream in [false, true] {
            let response = lab().chat("f6", stream, reply.clone());
            assert_error(id, &response, 502, "backend_connection_reset", "backend_connection_reset");
            assert_eq!(response.header("x-should-retry"), Some("true"), "{id}");
        }
    }
}

/// A kept-alive connection that the upstream closes while the next request is under way is nobody's fault: the
/// request goes out once more on a fresh one.
#[test]
fn f6_a_reused_connection_that_was_closed_is_tried_once_more() {
    let used = Mutex::new(HashSet::new());
    let upstream = ScriptedUpstream::start(move |request| {
        let is_fresh = used.lock().unwrap().insert(request.connection);
        if request.model().as_deref() == Some("second") && !is_fresh { Reply::reset_at_once() } else { good_upstream(request) }
    });
    let gateway = GatewayUnderTest::start(&lab_config(&upstream), &[]);
    assert_eq!(gateway.send(&Request::chat("lab/first", false)).status(), 200);
    let response = gateway.send(&Request::chat("lab/second", false));
    let tries: Vec<u64> = upstream.requests_for("second").iter().map(|request| request.connection).collect();
    assert!(response.status() == 200 && tries.len() == 2 && tries[0] != tries[1], "{tries:?} {}", response.text());
}

#[test]
fn f7_an_upstream_that_never_begins_to_answer() {
    let table = [(false, "deadline_exceeded", 1500), (true, "first_token_timeout", 800)];
    each(table, |(stream, code, milliseconds)| {
        let began = Instant::now();
        let response = impatient().chat("f7", stream, Reply::never());
        assert_error("F7", &response, 504, "backend_timeout", code);
        assert_eq!(response.header("x-should-retry"), Some("false"), "three tries cost three times");
        let took = began.elapsed();
        let limit = Duration::from_millis(milliseconds);
        assert!(took >= limit - Duration::from_millis(50) && took < limit + Duration::from_secs(2), "{took:?}");
    });
}

/// A head without a first event is no answer either.
#[test]
fn f7_a_stream_that_begins_with_silence() {
    let response = impatient().chat("f7-head", true, Reply::stream().hang());
    assert_error("F7", &response, 504, "backend_timeout", "first_token_timeout");
}
