//! F8 to F32: streams that break, and streams that are merely odd.

use std::time::Duration;

use gateway_testkit::{
    Reply, Response,
    client::End,
    sse::{self, event},
};
use serde_json::Value;

use crate::support::{FINISH, GOOD_STREAM, HELLO, ROLE, USAGE, assert_error, assert_error_object, assert_no_canary, each, impatient, lab};

const REPLIED: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","reasoning_content":"hm","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#;

fn begun() -> Reply {
    Reply::sse(&[ROLE, HELLO])
}

fn ended() -> Reply {
    Reply::sse(&[ROLE, HELLO, FINISH])
}

/// What holds for every stream that broke after it had begun: 200, the text so far, one error event at the very
/// end, no `[DONE]`, and a body that is complete by its framing, since a broken one is no signal to every client.
#[track_caller]
fn assert_broken(id: &str, response: &Response, error_type: &str, code: Option<&str>) {
    let shown = format!("{id}: {} {:?} {}", response.head.start_line, response.end, response.text());
    assert_eq!((response.status(), response.end), (200, End::Complete), "{shown}");
    assert!(response.header("content-type").is_some_and(|value| value.starts_with("text/event-stream")), "{shown}");
    let events = response.events();
    assert!(!events.contains(&"[DONE]".to_owned()), "{shown}");
    assert_eq!(response.streamed_text(), "Hello", "{shown}");
    let errors: Vec<Value> = response.chunks().into_iter().filter(|chunk| chunk.get("error").is_some()).collect();
    assert_eq!(errors.len(), 1, "{shown}");
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    let error = last.get("error").unwrap_or_else(|| panic!("the error is not the last event: {shown}"));
    assert_eq!(error["type"].as_str(), Some(error_type), "{shown}");
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{shown}");
    if let Some(code) = code {
        assert_eq!(error["code"].as_str(), Some(code), "{shown}");
    }
    assert_no_canary(response);
}

/// What holds for every stream that counts as complete.
#[track_caller]
fn assert_whole(id: &str, response: &Response, text: &str) {
    let shown = format!("{id}: {} {:?} {}", response.head.start_line, response.end, response.text());
    assert_eq!((response.status(), response.end), (200, End::Complete), "{shown}");
    let events = response.events();
    assert_eq!(events.iter().filter(|data| *data == "[DONE]").count(), 1, "{shown}");
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"), "{shown}");
    assert_eq!(response.streamed_text(), text, "{shown}");
    assert!(response.chunks().iter().all(|chunk| chunk.get("error").is_none_or(Value::is_null)), "{shown}");
    assert!(response.chunks().iter().any(|chunk| chunk.pointer("/choices/0/finish_reason").is_some_and(Value::is_string)), "{shown}");
}

#[test]
fn a_stream_that_breaks_after_it_began() {
    let bytes = |piece: &'static [u8]| begun().send(piece).done();
    let rows: Vec<(&str, Reply, &str, Option<&str>)> = vec![
        ("F10", begun().reset(), "backend_connection_reset", Some("backend_connection_reset")),
        ("F11", begun(), "backend_stream_truncated", Some("backend_stream_truncated")),
        ("F12", begun().cut(), "backend_connection_reset", Some("backend_connection_reset")),
        ("F12 mid-event", begun().send("data: {\"id\":\"c1\",\"cho").cut(), "backend_connection_reset", Some("backend_connection_reset")),
        ("F27 half an event", begun().send("data: {\"id\":\"c1\",\"cho"), "backend_stream_truncated", Some("backend_stream_truncated")),
        ("F20", begun().send("{\"not\":\"framed\"}\n").event(FINISH).done(), "backend_protocol_error", Some("backend_protocol_error")),
        ("F21", begun().event("{\"id\":").done(), "backend_protocol_error", Some("backend_protocol_error")),
        ("F21 two", begun().event("{}{}").done(), "backend_protocol_error", Some("backend_protocol_error")),
        ("F25", bytes(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xff\"}}]}\n\n"), "backend_protocol_error", Some("backend_protocol_error")),
        (
            "F25 surrogate bytes",
            bytes(b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xed\xa0\x80\"}}]}\n\n"),
            "backend_protocol_error",
            Some("backend_protocol_error"),
        ),
        ("F49 close-delimited", begun().until_close().http10(), "backend_stream_truncated", Some("backend_stream_truncated")),
        (
            "F51 chunk garbage",
            Reply::raw(
                [
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".as_slice(),
                    chunk(&event(ROLE)).as_bytes(),
                    chunk(&event(HELLO)).as_bytes(),
                    b"zzz\r\n",
                ]
                .concat(),
            ),
            "backend_connection_reset",
            None,
        ),
    ];
    each(rows, |(id, reply, error_type, code)| {
        let response = lab().chat("stream", true, reply);
        assert_broken(id, &response, error_type, code);
    });
}

#[test]
fn f8_a_stream_that_falls_silent() {
    let response = impatient().chat("f8", true, begun().hang());
    assert_broken("F8", &response, "backend_timeout", Some("idle_timeout"));
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[test]
fn f17_to_f19_an_error_in_the_middle_is_told_in_one_shape() {
    let rows = [
        ("F17", event(r#"{"error":{"message":"no more","type":"server_error","code":"overloaded","param":null}}"#), "no more"),
        ("F18", "event: error\ndata: {\"type\":\"error\",\"message\":\"no more\"}\n\n".to_owned(), "no more"),
        ("F20 error", "{\"error\":{\"message\":\"no more\"}}\n".to_owned(), "no more"),
        ("F18 openai", "event: error\ndata: {\"error\":{\"message\":\"no more\",\"type\":\"x\"}}\n\n".to_owned(), "no more"),
        ("F19", event(r#"{"error":"no more"}"#), "no more"),
        ("F17 key", event(&format!(r#"{{"error":{{"message":"no more for {}","type":"x"}}}}"#, crate::support::UPSTREAM_KEY)), "no more for"),
    ];
    each(rows, |(id, piece, message)| {
        for rest in ["", "data: [DONE]\n\n"] {
            let response = lab().chat("f17", true, begun().send(format!("{piece}{rest}")));
            let shown = format!("{id}: {}", response.text());
            assert_eq!((response.status(), response.end), (200, End::Complete), "{shown}");
            let items = sse::items(&response.body);
            let last = response.chunks().pop().unwrap();
            assert!(last["error"]["message"].as_str().is_some_and(|text| text.contains(message)), "{shown}");
            assert_error_object(&shown, &last["error"]);
            assert!(!response.text().contains("[DONE]"), "{shown}");
            assert!(items.iter().all(|item| !matches!(item, sse::Item::Event { name, .. } if name == "error")), "one shape: {shown}");
            assert_no_canary(&response);
        }
    });
}

/// (id, first event, status at the client)
#[test]
fn f17_an_error_as_the_first_event_gets_its_status() {
    let rows = [
        ("rate", event(r#"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#), 429),
        ("number", event(r#"{"error":{"message":"busy","code":503}}"#), 503),
        ("bad request", event(r#"{"error":{"message":"bad","type":"invalid_request_error"}}"#), 400),
        ("server", event(r#"{"error":{"message":"oops","type":"server_error"}}"#), 500),
        ("auth", event(r#"{"error":{"message":"key","type":"authentication_error","code":"invalid_api_key"}}"#), 502),
        ("flat", "event: error\ndata: {\"type\":\"error\",\"message\":\"oops\"}\n\n".to_owned(), 502),
        ("string", event(r#"{"error":"oops"}"#), 502),
        ("after a comment", format!(": hi\n\n{}", event(r#"{"error":{"message":"x","code":429}}"#)), 429),
    ];
    each(rows, |(id, piece, status)| {
        let response = lab().chat("f17-first", true, Reply::stream().send(piece).done());
        let shown = format!("F17 {id}: {} {}", response.head.start_line, response.text());
        assert_eq!(response.status(), status, "{shown}");
        assert!(response.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{shown}");
        assert!(response.json().get("error").is_some_and(Value::is_object), "{shown}");
        assert!(response.header("x-should-retry").is_some(), "{shown}");
    });
}

/// Faults before the first valid event: no 200 was sent yet, so the client gets a status.
#[test]
fn a_stream_that_breaks_before_it_began() {
    let rows: Vec<(&str, Reply, &str)> = vec![
        ("F31 empty", Reply::stream(), "backend_empty_response"),
        ("F31 [DONE]", Reply::sse(&["[DONE]"]), "backend_empty_response"),
        ("F31 comments", Reply::stream().send(": hello\n\n").done(), "backend_empty_response"),
        ("F20 first", Reply::stream().send("{\"not\":\"framed\"}\n"), "backend_invalid_response"),
        ("F21 first", Reply::stream().event("{\"id\":"), "backend_protocol_error"),
        ("F25 first", Reply::stream().send(&b"data: \"\xff\"\n\n"[..]), "backend_protocol_error"),
        ("F10 first", Reply::stream().reset(), "backend_connection_reset"),
        ("F12 first", Reply::stream().cut(), "backend_connection_reset"),
        ("F34 html", Reply::text(200, "text/html", "<html>hi</html>"), "backend_invalid_response"),
        ("F34 text", Reply::text(200, "text/plain", "hi"), "backend_invalid_response"),
        ("F37 empty json", Reply::text(200, "application/json", ""), "backend_empty_response"),
        ("F37 cut json", Reply::text(200, "application/json", "{\"id\":"), "backend_invalid_response"),
    ];
    each(rows, |(id, reply, error_type)| {
        let response = lab().chat("first", true, reply);
        let code = if error_type == "backend_invalid_response" { "invalid_response" } else { error_type };
        assert_error(id, &response, 502, error_type, code);
    });
}

#[test]
fn a_stream_that_is_odd_but_right() {
    let crlf = GOOD_STREAM.iter().map(|data| format!("data: {data}\r\n\r\n")).collect::<String>();
    let cr = GOOD_STREAM.iter().map(|data| format!("data: {data}\r\r")).collect::<String>();
    let tight = GOOD_STREAM.iter().map(|data| format!("data:{data}\n\n")).collect::<String>();
    let lines = format!("data: {{\"choices\":\ndata: [{{\"index\":0,\"delta\":{{\"content\":\"Hello\"}}}}]}}\n\n{}{}", event(FINISH), event("[DONE]"));
    let named = format!("event: message\nid: 7\nretry: 10\n{}{}{}", event(HELLO), event(FINISH), event("[DONE]"));
    let noise = format!("retry: 5\n\nevent: ping\n\ndata:\n\nid: 1\n\n: c\n\n{}event: ping\ndata: \n\n{}{}", event(HELLO), event(FINISH), event("[DONE]"));
    let canonical = GOOD_STREAM.iter().map(|data| event(data)).collect::<String>();
    let rows: Vec<(&str, Reply)> = vec![
        ("plain", Reply::sse(GOOD_STREAM)),
        ("one write", Reply::stream().send(canonical.clone())),
        ("F9 trickle", Reply::stream().send(canonical.clone()).trickle(23, Duration::from_millis(5))),
        ("F13", ended()),
        ("F14 cut", ended().cut()),
        ("F14 reset", ended().reset()),
        ("F15 reset", ended().done().reset()),
        ("F16", ended().done().event(r#"{"error":{"message":"late"}}"#).event(HELLO)),
        ("F16 twice", ended().done().done()),
        ("F22", Reply::stream().send(noise)),
        ("F23 crlf", Reply::stream().send(crlf.clone())),
        ("F23 crlf split", Reply::stream().send(crlf).trickle(1, Duration::from_micros(10))),
        ("F23 cr", Reply::stream().send(cr)),
        ("F23 lines", Reply::stream().send(lines)),
        ("F23 tight", Reply::stream().send(tight)),
        ("F23 fields", Reply::stream().send(named)),
        ("F23 spaces", Reply::sse(&[ROLE, HELLO, FINISH]).send("data:   [DONE] \r\n\r\n")),
        ("F24 bom", Reply::stream().send(format!("\u{feff}{canonical}"))),
        ("F27", Reply::sse(&[ROLE, HELLO]).send(format!("data: {FINISH}\n"))),
        ("F27 no line end", Reply::sse(&[ROLE, HELLO]).send(format!("data: {FINISH}"))),
        ("F19 null", Reply::sse(&[ROLE, HELLO]).event(&FINISH.replacen('{', "{\"error\":null,", 1)).done()),
        ("F34 sniffed", Reply::sse(GOOD_STREAM).content_type("application/json")),
        ("F34 no type", Reply::status(200).chunked().send(canonical.clone())),
        ("F49", ended().until_close().http10()),
        ("F50", Reply::sse(GOOD_STREAM).interim("HTTP/1.1 103 Early Hints")),
        ("length", Reply::stream().content_length(canonical.len()).send(canonical)),
    ];
    each(rows, |(id, reply)| {
        let response = lab().chat("odd-stream", true, reply);
        assert_whole(id, &response, "Hello");
        assert!(!response.text().contains('\r') && !response.text().contains('\u{feff}'), "{id}: one canonical form");
    });
}

#[test]
fn f23_a_character_may_be_split_anywhere() {
    let content = r#"{"choices":[{"index":0,"delta":{"content":"häß 🦀"}}]}"#;
    let reply = Reply::stream().send([event(content), event(FINISH), event("[DONE]")].concat()).trickle(1, Duration::from_micros(10));
    assert_whole("F23 utf-8", &lab().chat("utf8", true, reply), "häß 🦀");
}

/// F15: what happens to the connection after `[DONE]` is of no interest. A lab of its own: the connection dies in
/// the pool.
#[test]
fn f15_a_reset_after_the_end_is_nothing() {
    let lab = crate::support::Lab::start("", &[]);
    assert_whole("F15", &lab.chat("f15", true, ended().done().complete_then_reset()), "Hello");
}

/// A stream that ends with `[DONE]` and no finish reason says itself that it is complete.
#[test]
fn done_without_a_finish_reason_is_an_end() {
    let response = lab().chat("done", true, begun().done());
    assert_eq!((response.status(), response.end, response.streamed_text().as_str()), (200, End::Complete, "Hello"));
    assert_eq!(response.events().iter().filter(|data| *data == "[DONE]").count(), 1);
}

/// A stream that was asked for and came as a whole answer is turned into one, nothing lost.
#[test]
fn f32_a_whole_answer_to_a_streaming_request() {
    let response = lab().chat("f32", true, Reply::text(200, "application/json", REPLIED));
    assert_whole("F32", &response, "Hello");
    let chunks = response.chunks();
    let find = |pointer: &str| chunks.iter().find_map(|chunk| chunk.pointer(pointer).filter(|value| !value.is_null()).cloned());
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk["id"] == "c1"), "{}", response.text());
    assert_eq!(find("/choices/0/delta/role").unwrap(), "assistant");
    assert_eq!(find("/choices/0/delta/reasoning_content").unwrap(), "hm");
    assert_eq!(find("/choices/0/delta/tool_calls/0/id").unwrap(), "t1");
    assert_eq!(find("/choices/0/delta/tool_calls/0/index").unwrap(), 0);
    assert_eq!(find("/choices/0/finish_reason").unwrap(), "tool_calls");
}

#[test]
fn f26_an_event_without_end_is_cut_off() {
    let lab = crate::support::Lab::start("", &[]);
    let endless = begun().send(format!("data: {{\"choices\":\"{}", "a".repeat(9 * 1024 * 1024))).hang();
    let model = lab.model("f26", endless);
    let response = lab.gateway.send(&gateway_testkit::Request::chat(&model, true));
    assert_broken("F26", &response, "backend_response_too_large", Some("backend_response_too_large"));
    lab.upstream.only_request_for(model.trim_start_matches("lab/")).wait_until_peer_left(Duration::from_secs(2));
}

/// F28 and F29: several usage reports pass to a client that asked for them; none is made up.
#[test]
fn f28_f29_usage_is_relayed_as_it_came() {
    let lab = lab();
    for (id, reply, count) in [("F28", ended().event(USAGE).event(USAGE).done(), 2), ("F29", ended().done(), 0)] {
        let model = lab.model("f28", reply);
        let body = format!(r#"{{"model":"{model}","stream":true,"stream_options":{{"include_usage":true}},"messages":[{{"role":"user","content":"x"}}]}}"#);
        let response = lab.gateway.send(&gateway_testkit::Request::post("/v1/chat/completions", body));
        assert_whole(id, &response, "Hello");
        let reports = response.chunks().iter().filter(|chunk| chunk["usage"].is_object()).count();
        assert_eq!(reports, count, "{id}: {}", response.text());
    }
}
