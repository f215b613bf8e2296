//! The relay of a stream: nothing is delayed, silence is filled, usage is counted without being shown, and a client
//! that leaves takes the upstream's work with it.

use std::{
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use gateway_testkit::{Gate, Reply, Request, client::End, sse};
use serde_json::Value;

use crate::support::{FINISH, GOOD_STREAM, HELLO, Lab, ROLE, USAGE, each, lab};

/// How long a client's leaving may take to reach the upstream, on a machine that is busy with other tests.
const CANCEL_LIMIT: Duration = Duration::from_secs(1);
/// What it has to be on a quiet machine; printed when missed.
const CANCEL_GOAL: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(10);

/// Timeouts long enough for silence, heartbeats short enough to see.
fn patient() -> &'static Lab {
    static PATIENT: LazyLock<Lab> =
        LazyLock::new(|| Lab::configured(|config| config.replace("[server]", "[server]\nheartbeat = \"150ms\"").replace("idle = ", "hold = \"400ms\", idle = ")));
    &PATIENT
}

#[test]
fn a_good_stream_and_its_head() {
    let response = lab().gateway.send(&Request::chat("lab/alpha", true));
    assert_eq!((response.status(), response.end), (200, End::Complete));
    assert_eq!(response.header("content-type"), Some("text/event-stream"));
    assert_eq!(response.header("cache-control"), Some("no-cache"));
    assert_eq!(response.header("x-accel-buffering"), Some("no"));
    assert_eq!(response.header("transfer-encoding"), Some("chunked"));
    assert_ne!(response.header("connection"), Some("close"), "Node takes a cut stream with it for a whole one");
    assert!(response.header("x-request-id").is_some() && response.header("content-length").is_none());
    assert_eq!(response.events(), GOOD_STREAM);
}

/// Each event leaves when it has come: the client has it while the upstream still holds back the next.
#[test]
fn events_are_not_delayed() {
    let gates = [Gate::new(), Gate::new(), Gate::new()];
    let piece = |text: &str| HELLO.replace("Hello", text);
    let reply = Reply::sse(&[ROLE]).event(&piece("one")).gate(&gates[0]).event(&piece("two")).gate(&gates[1]).event(&piece("three")).gate(&gates[2]).event(FINISH).done();
    let model = patient().model("paced", reply);
    let mut client = patient().gateway.client();
    let mut response = client.begin(&Request::chat(&model, true));
    each(["one", "two", "three"].iter().zip(&gates), |(text, gate)| {
        let opened = Instant::now();
        response.read_until(&format!("\"{text}\""), PATIENCE);
        assert!(opened.elapsed() < Duration::from_millis(500), "{text} took {:?}", opened.elapsed());
        gate.open();
    });
    let whole = response.collect();
    assert_eq!(whole.streamed_text(), "onetwothree");
    assert_eq!(whole.events().last().map(String::as_str), Some("[DONE]"));
}

/// T-07: the 200 waits for the first valid event, so that a fault before it still has a status.
#[test]
fn the_head_waits_for_the_first_event() {
    let gate = Gate::new();
    let reply = Reply::stream().send(": hello\n\n").gate(&gate).event(r#"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#);
    let model = patient().model("held", reply);
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(150));
        gate.open();
    });
    let response = patient().gateway.send(&Request::chat(&model, true));
    assert_eq!(response.status(), 429, "{}", response.text());
}

/// Once the hold is over the client gets its 200 and comments, and a fault after that is told in the stream.
#[test]
fn a_long_silence_is_filled_with_comments() {
    let gate = Gate::new();
    let model = patient().model("silent", Reply::stream().gate(&gate).event(HELLO).event(FINISH).done());
    let mut client = patient().gateway.client();
    let began = Instant::now();
    let mut response = client.begin(&Request::chat(&model, true));
    let held = began.elapsed();
    assert_eq!(response.status(), 200);
    assert!(held >= Duration::from_millis(350) && held < Duration::from_secs(3), "held {held:?}");
    response.read_until(":", PATIENCE);
    response.read_until("\n\n:", PATIENCE);
    gate.open();
    let whole = response.collect();
    assert_eq!(whole.streamed_text(), "Hello");
    let comments = sse::items(&whole.body).iter().filter(|item| matches!(item, sse::Item::Comment(_))).count();
    assert!(comments >= 2, "{}", whole.text());
    assert!(!whole.text().contains("data:\n") && !whole.text().contains("event: ping"));
}

#[test]
fn a_fault_after_the_hold_is_told_in_the_stream() {
    let gate = Gate::new();
    let model = patient().model("late-fault", Reply::stream().gate(&gate).event(r#"{"error":{"message":"no more","type":"server_error"}}"#));
    let mut client = patient().gateway.client();
    let response = client.begin(&Request::chat(&model, true));
    assert_eq!(response.status(), 200);
    gate.open();
    let whole = response.collect();
    assert_eq!(whole.end, End::Complete);
    assert!(whole.text().contains("no more") && !whole.text().contains("[DONE]"), "{}", whole.text());
}

/// Silence in the middle of a stream as well.
#[test]
fn silence_between_events_is_filled() {
    let model = patient().model("gap", Reply::sse(&[HELLO]).wait(Duration::from_millis(600)).event(FINISH).done());
    let whole = patient().gateway.send(&Request::chat(&model, true));
    let comments = sse::items(&whole.body).iter().filter(|item| matches!(item, sse::Item::Comment(_))).count();
    assert!((1..=6).contains(&comments), "{}", whole.text());
    assert_eq!(whole.events().len(), 3);
}

fn chat(model: &str, options: &str) -> Request {
    Request::post("/v1/chat/completions", format!(r#"{{"model":"{model}","stream":true,{options}"messages":[{{"role":"user","content":"x"}}]}}"#))
}

/// T-11: usage is asked for, and hidden from a client that did not ask.
#[test]
fn usage_is_counted_but_shown_only_on_request() {
    let with_null = FINISH.replacen("\"model\":\"m\"", "\"model\":\"m\",\"usage\":null", 1);
    let reply = || Reply::sse(&[ROLE, HELLO, &with_null, USAGE, "[DONE]"]);
    // (options of the client, whether it asked, what the upstream is asked)
    let rows = [
        ("", false, true),
        (r#""stream_options":null,"#, false, true),
        (r#""stream_options":{},"#, false, true),
        (r#""stream_options":{"include_usage":false},"#, false, true),
        (r#""stream_options":{"include_usage":false,"include_obfuscation":false},"#, false, true),
        (r#""stream_options":{"include_usage":true},"#, true, true),
        (r#""stream_options":{ "include_usage" : true , "x":1.0 },"#, true, true),
        (r#""stream_options":"{\"include_usage\": true}","#, true, true),
    ];
    each(rows, |(options, asked, injected)| {
        let model = lab().model("usage", reply());
        let response = lab().gateway.send(&chat(&model, options));
        assert_eq!(response.status(), 200, "{options}: {}", response.text());
        let seen = lab().upstream.only_request_for(model.trim_start_matches("lab/")).json();
        assert_eq!(seen.pointer("/stream_options/include_usage"), Some(&Value::Bool(injected)), "{options}: {seen}");
        if options.contains("obfuscation") {
            assert_eq!(seen.pointer("/stream_options/include_obfuscation"), Some(&Value::Bool(false)), "its other options stay");
        }
        let with_usage = response.chunks().iter().filter(|chunk| chunk.get("usage").is_some()).count();
        let empty = response.chunks().iter().filter(|chunk| chunk["choices"].as_array().is_some_and(Vec::is_empty)).count();
        assert_eq!((with_usage, empty), if asked { (2, 1) } else { (0, 0) }, "{options}: {}", response.text());
        assert_eq!(response.streamed_text(), "Hello");
        assert_eq!(response.events().iter().filter(|data| *data == "[DONE]").count(), 1);
    });
}

/// A request that is not a stream gets no `stream_options`.
#[test]
fn usage_is_injected_into_streams_only() {
    let model = lab().model("whole", Reply::text(200, "application/json", crate::support::GOOD_CHAT));
    assert_eq!(lab().gateway.send(&Request::chat(&model, false)).status(), 200);
    assert!(lab().upstream.only_request_for(model.trim_start_matches("lab/")).json().get("stream_options").is_none());
}

/// F55: measured from the client's hanging up to the upstream's noticing.
#[test]
fn a_client_that_leaves_cancels_the_upstream() {
    let before_first = || ("before the first event", Reply::stream().hang());
    let in_the_middle = || ("in the middle", Reply::sse(&[ROLE, HELLO]).hang());
    // What was read last decides how the connection is watched: all of a small prompt, or the rest of a large one.
    let cases = [1, 100_000, 300_000].map(|prompt| [(prompt, before_first()), (prompt, in_the_middle())]);
    each(cases.into_iter().flatten(), |(prompt, (phase, reply))| {
        let model = patient().model("leave", reply);
        let name = model.trim_start_matches("lab/").to_owned();
        let mut client = patient().gateway.client();
        let messages = serde_json::json!([{"role": "user", "content": "x".repeat(prompt)}]);
        let request = Request::json("/v1/chat/completions", &serde_json::json!({"model": model, "messages": messages, "stream": true}));
        if phase == "in the middle" {
            client.begin(&request).read_until("Hello", PATIENCE);
        } else {
            client.send(&request.to_bytes("x")).unwrap();
        }
        let seen = patient().upstream.wait_for(PATIENCE, |request| request.model().as_deref() == Some(&name));
        thread::sleep(Duration::from_millis(50));
        let left = Instant::now();
        client.close();
        let noticed = seen.wait_until_peer_left(PATIENCE);
        let took = noticed.saturating_duration_since(left);
        eprintln!("client left {phase}, after {prompt} bytes of prompt: the upstream noticed after {took:?}");
        assert!(took < CANCEL_LIMIT, "{phase}, {prompt}: {took:?}");
        if took > CANCEL_GOAL {
            eprintln!("that is more than the goal of {CANCEL_GOAL:?}");
        }
    });
}

/// Many streams at once, each with its own bytes and each complete.
#[test]
fn streams_do_not_mix() {
    let models: Vec<String> = (0..40)
        .map(|number| {
            let text = HELLO.replace("Hello", &format!("<{number}>"));
            let mut reply = Reply::sse(&[ROLE]);
            for _ in 0..25 {
                reply = reply.event(&text).wait(Duration::from_millis(2));
            }
            lab().model("mix", reply.event(FINISH).done())
        })
        .collect();
    thread::scope(|scope| {
        for (number, model) in models.iter().enumerate() {
            scope.spawn(move || {
                let response = lab().gateway.send(&Request::chat(model, true));
                assert_eq!(response.streamed_text(), format!("<{number}>").repeat(25));
                assert_eq!(response.events().last().map(String::as_str), Some("[DONE]"));
            });
        }
    });
}

/// A stream of many megabytes passes, and a reader that is slow does not break it.
#[test]
fn a_slow_reader_gets_everything() {
    let long = HELLO.replace("Hello", &"z".repeat(64 * 1024));
    let mut reply = Reply::sse(&[ROLE]);
    for _ in 0..100 {
        reply = reply.event(&long);
    }
    let model = patient().model("slow-reader", reply.event(FINISH).done());
    let mut client = patient().gateway.client();
    let mut response = client.begin(&Request::chat(&model, true));
    response.read_until("assistant", PATIENCE);
    thread::sleep(Duration::from_millis(700));
    let whole = response.collect();
    assert_eq!((whole.end, whole.streamed_text().len()), (End::Complete, 100 * 64 * 1024));
}
