//! T28: a client that dawdles holds its connection for a bounded time, and hurts nobody else.

use std::{
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use gateway_testkit::Request;

use crate::support::Lab;

const HEAD: Duration = Duration::from_millis(600);

fn strict() -> &'static Lab {
    static STRICT: LazyLock<Lab> = LazyLock::new(|| {
        Lab::configured(|config| config.replace("[server]", "[server]\nheader_timeout = \"600ms\"\nbody_idle_timeout = \"500ms\"\nkeep_alive_timeout = \"700ms\""))
    });
    &STRICT
}

#[track_caller]
fn assert_closed_after(what: &str, began: Instant, limit: Duration) {
    let took = began.elapsed();
    assert!(took >= limit.saturating_sub(Duration::from_millis(100)), "{what}: closed after {took:?} already");
    assert!(took < limit + Duration::from_secs(2), "{what}: closed after {took:?} only");
}

#[test]
fn a_slow_head_is_cut_off() {
    for (what, first) in [("nothing", ""), ("half a line", "POST /v1/chat/comp"), ("half a head", "GET /health HTTP/1.1\r\nhost: x\r\nx-a: ")] {
        let mut client = strict().gateway.client();
        let began = Instant::now();
        client.send(first.as_bytes()).unwrap();
        let answer = client.read_to_close(Duration::from_secs(10));
        assert!(answer.is_ok(), "{what}: still open");
        assert_closed_after(what, began, HEAD);
    }
}

/// One byte at a time does not buy more time.
#[test]
fn a_trickled_head_is_cut_off_too() {
    let mut client = strict().gateway.client();
    let began = Instant::now();
    let mut sent = 0;
    let head = format!("GET /health HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(400));
    for byte in head.as_bytes().chunks(1) {
        if client.send(byte).is_err() || began.elapsed() > Duration::from_secs(5) {
            break;
        }
        sent += 1;
        thread::sleep(Duration::from_millis(20));
    }
    assert!(sent < 200, "{sent} bytes in {:?}", began.elapsed());
}

#[test]
fn a_slow_body_is_told_and_cut_off() {
    for (what, framing) in [("length", "content-length: 100"), ("chunks", "transfer-encoding: chunked")] {
        let mut client = strict().gateway.client();
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{framing}\r\n\r\n");
        client.send(head.as_bytes()).unwrap();
        let began = Instant::now();
        let response = client.response().unwrap_or_else(|| panic!("{what}: no answer"));
        assert_eq!((response.status(), response.error()["code"].as_str()), (408, Some("request_timeout")), "{what}: {}", response.text());
        assert_closed_after(what, began, Duration::from_millis(500));
        assert!(client.read_to_close(Duration::from_secs(5)).is_ok(), "{what}: still open");
    }
}

#[test]
fn an_idle_connection_is_closed() {
    let mut client = strict().gateway.client();
    assert_eq!(client.call(&Request::get("/health")).status(), 200);
    let began = Instant::now();
    assert!(client.read_to_close(Duration::from_secs(10)).is_ok());
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

/// A body that breaks off is nobody's crash.
#[test]
fn a_body_that_breaks_off() {
    let mut client = strict().gateway.client();
    client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"model\"").unwrap();
    client.close();
    assert_eq!(strict().gateway.send(&Request::get("/health")).status(), 200);
}

#[test]
fn slow_clients_do_not_slow_down_others() {
    let mut crowd: Vec<_> = (0..200).map(|_| strict().gateway.client()).collect();
    for client in &mut crowd {
        client.send(b"GET /heal").unwrap();
    }
    let began = Instant::now();
    assert_eq!(strict().gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

/// Time between two requests is idle time, also after an answer that no endpoint gave.
#[test]
fn the_deadline_of_heads_does_not_run_between_requests() {
    let lab = Lab::configured(|config| config.replace("[server]", "[server]\nheader_timeout = \"600ms\"\nkeep_alive_timeout = \"30s\""));
    for path in ["/nothing-here", "/docs/", "/health"] {
        let mut client = lab.gateway.client();
        client.call(&Request::get(path));
        thread::sleep(HEAD + Duration::from_millis(300));
        assert_eq!(client.call(&Request::get("/health")).status(), 200, "after {path}");
    }
}
