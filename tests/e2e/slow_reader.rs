//! T28: a client that does not read its answer holds the provider for a bounded time, whatever it speaks.

use std::time::{Duration, Instant};

use gateway_testkit::{Reply, Request};

use crate::{
    h2_frames::{Connection, DATA, RST_STREAM},
    support::{FINISH, HELLO, Lab},
};

const STALL: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(10);

fn strict() -> Lab {
    Lab::configured(|config| config.replace("[server]", "[server]\nwrite_stall_timeout = \"800ms\""))
}

fn chat(model: &str, stream: bool) -> String {
    format!(r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"x"}}]}}"#)
}

#[track_caller]
fn assert_in_time(began: Instant, left: Instant) {
    let took = left.duration_since(began);
    assert!(took >= STALL && took < STALL * 4, "the provider was let go after {took:?}");
}

#[test]
fn a_closed_window_lets_the_provider_go() {
    let lab = strict();
    // Nothing at all, or less than the first event: a window of HTTP/2 that never opens again.
    for window in [0, 16] {
        let model = lab.model("unread", Reply::sse(&[HELLO]).wait(STALL / 8).event(HELLO).hang());
        let mut client = Connection::open(lab.gateway.address(), window);
        let began = Instant::now();
        client.request(1, "POST", "/v1/chat/completions", &chat(&model, true));
        let name = model.trim_start_matches("lab/").to_owned();
        let seen = lab.upstream.wait_for(PATIENCE, |request| request.model().as_deref() == Some(&name));
        assert_in_time(began, seen.wait_until_peer_left(PATIENCE));
        client.wait_for(|frame| (frame.kind, frame.stream) == (RST_STREAM, 1));
        // The connection's other streams do not suffer for it.
        client.request(3, "GET", "/health", "");
        client.widen(3, 1000);
        let answer = client.wait_for(|frame| (frame.kind, frame.stream) == (DATA, 3) && !frame.payload.is_empty());
        assert!("{\"status\":\"ok\"".as_bytes().starts_with(&answer.payload[..answer.payload.len().min(14)]), "{answer:?}");
    }
}

/// A whole answer is there at once, however large; it does not stay for ever either.
#[test]
fn a_whole_answer_that_is_not_read_is_dropped() {
    let lab = strict();
    let text = format!(
        r#"{{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}]}}"#,
        "a".repeat(1 << 20)
    );
    let model = lab.model("whole", Reply::text(200, "application/json", text));
    let mut client = Connection::open(lab.gateway.address(), 100);
    client.request(1, "POST", "/v1/chat/completions", &chat(&model, false));
    client.wait_for(|frame| (frame.kind, frame.stream) == (DATA, 1));
    let began = Instant::now();
    client.wait_for(|frame| (frame.kind, frame.stream) == (RST_STREAM, 1));
    assert!(began.elapsed() >= STALL - Duration::from_millis(100), "{:?}", began.elapsed());
}

/// Time in which the provider is silent is not the client's.
#[test]
fn a_silent_provider_does_not_count() {
    let lab = strict();
    let model = lab.model("silent", Reply::sse(&[HELLO]).wait(STALL * 2).event(FINISH).done());
    let mut client = Connection::open(lab.gateway.address(), 60_000);
    client.request(1, "POST", "/v1/chat/completions", &chat(&model, true));
    let last = client.wait_for(|frame| frame.kind == RST_STREAM || String::from_utf8_lossy(&frame.payload).contains("[DONE]"));
    assert_eq!(last.kind, DATA);
}

/// A client that reads slowly, but reads, gets everything.
#[test]
fn a_slow_reader_gets_everything() {
    let lab = strict();
    let events = vec![HELLO; 8];
    let model = lab.model("slow", Reply::sse(&events).event(FINISH).done());
    let mut client = Connection::open(lab.gateway.address(), 100);
    client.request(1, "POST", "/v1/chat/completions", &chat(&model, true));
    let began = Instant::now();
    let mut text = String::new();
    while !text.contains("[DONE]") {
        let frame = client.wait_for(|frame| frame.kind == RST_STREAM || (frame.kind == DATA && !frame.payload.is_empty()));
        assert_eq!(frame.kind, DATA, "after {:?}: {text}", began.elapsed());
        text.push_str(&String::from_utf8_lossy(&frame.payload));
        std::thread::sleep(STALL / 5);
        client.widen(1, 100);
    }
    assert!(began.elapsed() > STALL * 2, "{:?} is no slow reading", began.elapsed());
    assert_eq!(text.matches("Hello").count(), 8);
}

#[test]
fn a_full_socket_lets_the_provider_go() {
    let lab = strict();
    let event = HELLO.replace("Hello", &"a".repeat(100_000));
    let model = lab.model("full", Reply::sse(&vec![event; 400]).hang());
    let mut client = lab.gateway.client();
    client.send(&Request::chat(&model, true).to_bytes("x")).unwrap();
    let name = model.trim_start_matches("lab/").to_owned();
    let began = Instant::now();
    let seen = lab.upstream.wait_for(PATIENCE, |request| request.model().as_deref() == Some(&name));
    assert_in_time(began, seen.wait_until_peer_left(PATIENCE));
}
