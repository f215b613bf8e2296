//! F33 to F37 and F48 to F53: whole answers that are not what they should be.

use std::time::Duration;

use gateway_testkit::{Reply, Request, client::End};
use serde_json::json;

use crate::support::{GOOD_CHAT, Lab, assert_error, assert_no_canary, each, lab};

fn good() -> Reply {
    Reply::text(200, "application/json", GOOD_CHAT)
}

/// (id, reply, type and code, whether the client may try again)
type Row = (&'static str, Reply, &'static str, &'static str, bool);

#[test]
fn a_whole_answer_that_is_none() {
    let html = "<html><title>Welcome</title></html>";
    let rows: Vec<Row> = vec![
        ("F34 html", Reply::text(200, "text/html", html), "backend_invalid_response", "invalid_response", true),
        ("F34 json type", Reply::text(200, "application/json", html), "backend_invalid_response", "invalid_response", true),
        ("F36 length", good().content_length(5000).cut(), "backend_stream_truncated", "backend_stream_truncated", true),
        ("F36 chunks", good().chunked().cut(), "backend_stream_truncated", "backend_stream_truncated", true),
        ("F36 reset", good().chunked().reset(), "backend_stream_truncated", "backend_stream_truncated", true),
        ("F37 cut json", Reply::text(200, "application/json", &GOOD_CHAT[..40]), "backend_invalid_response", "invalid_response", true),
        ("F37 empty", Reply::text(200, "application/json", ""), "backend_invalid_response", "invalid_response", true),
        (
            "F37 utf-8",
            Reply::text(200, "application/json", &b"{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}"[..]),
            "backend_invalid_response",
            "invalid_response",
            true,
        ),
        ("F37 two", Reply::text(200, "application/json", format!("{GOOD_CHAT}{GOOD_CHAT}")), "backend_invalid_response", "invalid_response", true),
        ("F37 scalar", Reply::text(200, "application/json", "17"), "backend_invalid_response", "invalid_response", true),
        ("F49 cut", Reply::text(200, "application/json", &GOOD_CHAT[..40]).until_close().http10(), "backend_invalid_response", "invalid_response", true),
        ("F51 gzip", good().header("content-encoding", "gzip"), "backend_invalid_response", "invalid_response", true),
        ("F53 headers", good().header("x-bomb", &"b".repeat(600 * 1024)), "backend_protocol_error", "backend_protocol_error", true),
        ("F53 garbage", Reply::raw("NOT HTTP AT ALL\r\n\r\n"), "backend_protocol_error", "backend_protocol_error", true),
        ("F53 bare cr", Reply::raw("HTTP/1.1 200 OK\r\nx-a: b\rc\r\ncontent-length: 2\r\n\r\n{}"), "backend_protocol_error", "backend_protocol_error", true),
        ("F53 chunk size", Reply::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"), "backend_stream_truncated", "backend_stream_truncated", true),
    ];
    each(rows, |(id, reply, error_type, code, retry)| {
        let response = lab().chat("whole", false, reply);
        assert_error(id, &response, 502, error_type, code);
        assert_eq!(response.header("x-should-retry"), Some(retry.to_string().as_str()), "{id}");
        assert!(!response.text().contains("Welcome"), "{id}");
    });
}

#[test]
fn a_whole_answer_that_is_odd_but_right() {
    let rows = [
        ("plain", good()),
        ("chunked", good().chunked()),
        ("F49 until close", good().until_close().http10()),
        ("F50 100", good().interim("HTTP/1.1 100 Continue")),
        ("F50 103", good().interim("HTTP/1.1 103 Early Hints").interim("HTTP/1.1 103 Early Hints")),
        ("trickle", good().trickle(40, Duration::from_millis(5))),
        ("slow head", good().slow_head(Duration::from_millis(200))),
        ("text/plain", good().content_type("text/plain")),
        ("charset", good().content_type("application/json; charset=utf-8")),
    ];
    each(rows, |(id, reply)| {
        let response = lab().chat("odd", false, reply);
        assert_eq!((response.status(), response.end), (200, End::Complete), "{id}: {}", response.text());
        assert_eq!(response.text(), GOOD_CHAT, "{id}: the bytes are the upstream's");
        assert!(response.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{id}: {:?}", response.head);
        assert!(response.header("link").is_none(), "{id}");
    });
}

/// Leading white space is what some upstreams keep a connection awake with.
#[test]
fn leading_space_is_json_too() {
    let spaced = format!("\n\n   \n{GOOD_CHAT}");
    let response = lab().chat("spaced", false, Reply::text(200, "application/json", spaced.clone()));
    assert_eq!((response.status(), response.text()), (200, spaced));
}

/// (id, body, status at the client): an error that came with 200 gets the status that its own code implies.
#[test]
fn f33_f35_an_error_with_200_becomes_an_error() {
    let rows = [
        ("rate", json!({"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}), 429),
        ("number", json!({"error": {"message": "overloaded", "code": 503}}), 503),
        ("request", json!({"error": {"message": "bad", "type": "invalid_request_error", "code": null}}), 400),
        ("unknown", json!({"error": {"message": "something", "type": "strange"}}), 502),
        ("text", json!({"error": "something"}), 502),
    ];
    each(rows, |(id, body, status)| {
        for stream in [false, true] {
            let response = lab().chat("f35", stream, Reply::json(200, &body));
            let shown = format!("F33/F35 {id} stream={stream}: {} {}", response.head.start_line, response.text());
            assert_eq!(response.status(), status, "{shown}");
            assert!(response.json().get("error").is_some(), "{shown}");
            assert!(response.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{shown}");
            assert!(response.header("x-should-retry").is_some() && response.header("x-request-id").is_some(), "{shown}");
            assert_no_canary(&response);
        }
    });
}

#[test]
fn f35_a_null_error_is_none() {
    let body = json!({"error": null, "id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}]});
    let response = lab().chat("f35-null", false, Reply::json(200, &body));
    assert_eq!((response.status(), response.json()), (200, body));
}

#[test]
fn f48_a_redirect_is_never_followed() {
    let elsewhere = gateway_testkit::ScriptedUpstream::replying(good());
    each([301, 302, 303, 307, 308], |status| {
        for stream in [false, true] {
            let lab = lab();
            let model = lab.model("f48", Reply::status(status).header("location", &elsewhere.url("/v1/chat/completions")));
            let response = lab.gateway.send(&Request::chat(&model, stream));
            assert_error("F48", &response, 502, "backend_redirect", "backend_redirect");
            assert_eq!(response.header("x-should-retry"), Some("false"));
            assert!(response.header("location").is_none() && !response.text().contains(&elsewhere.address().to_string()));
        }
    });
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn f52_a_huge_answer_is_not_kept_in_memory() {
    let lab = Lab::start("", &[]);
    let huge = format!("{{\"choices\":[{{\"message\":{{\"content\":\"{}\"}}}}]}}", "a".repeat(66 * 1024 * 1024));
    let announced = lab.chat("f52", false, Reply::text(200, "application/json", huge.clone()));
    assert_error("F52 announced", &announced, 502, "backend_response_too_large", "backend_response_too_large");
    assert_eq!(announced.header("x-should-retry"), Some("false"));
    let chunked = lab.chat("f52", false, Reply::text(200, "application/json", huge).chunked());
    assert_error("F52 chunked", &chunked, 502, "backend_response_too_large", "backend_response_too_large");
}
