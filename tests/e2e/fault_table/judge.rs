//! Whether an answer is what its row promises.

use gateway_e2e::fault_table::{Case, Ends, FIRST_KEY, SECOND_KEY, Said, Told};
use gateway_testkit::{Response, client::End};
use serde_json::Value;

use crate::support::{GOOD_CHAT, assert_error_headers, assert_error_object};

/// What of an upstream must never be seen by a client: its address, its pages, its credential.
const SECRETS: [&str; 6] = ["127.0.0.1", "no-such-host.invalid", "nginx", "Welcome", FIRST_KEY, SECOND_KEY];

/// Asserts that the answer is the one that the row promises after so many tries.
#[track_caller]
pub(super) fn assert_promised(case: Case, response: &Response, tries: usize) {
    let shown = shown(case, response);
    assert_nothing_leaks(&shown, response);
    match case.row.ends {
        Ends::Whole(text) if case.stream => assert_whole_stream(&shown, response, text),
        Ends::Whole(text) => assert_whole_answer(case, &shown, response, text),
        Ends::Broken(said) => assert_broken(&shown, response, said),
        Ends::Error(told) => assert_told(case, &shown, response, told, tries),
    }
}

/// Asserts that the answer is the second target's.
#[track_caller]
pub(super) fn assert_second(case: Case, response: &Response) {
    let shown = shown(case, response);
    assert_nothing_leaks(&shown, response);
    assert_eq!(response.header("x-selected-provider"), Some("second"), "{shown}");
    assert!(response.header("x-error-source").is_none(), "{shown}");
    if case.stream {
        assert_whole_stream(&shown, response, "Hello");
    } else {
        assert_eq!((response.status(), response.text().as_str()), (200, GOOD_CHAT), "{shown}");
    }
}

/// The case and the whole answer, for a message.
pub(super) fn shown(case: Case, response: &Response) -> String {
    let text: String = response.text().chars().take(1500).collect();
    format!("{}: {} {:?} {text}\n{:?}", case.title(), response.head.start_line, response.end, response.head.headers)
}

#[track_caller]
fn assert_nothing_leaks(shown: &str, response: &Response) {
    let head = String::from_utf8_lossy(&response.head.raw).into_owned();
    let found: Vec<&str> = SECRETS.into_iter().filter(|secret| head.contains(secret) || response.text().contains(secret)).collect();
    assert!(found.is_empty(), "{found:?} leaks: {shown}");
    assert!(response.header("location").is_none() && response.header("link").is_none(), "{shown}");
}

/// A complete stream in its one canonical form, with one `[DONE]` at its end.
#[track_caller]
pub(super) fn assert_whole_stream(shown: &str, response: &Response, text: &str) {
    assert_eq!((response.status(), response.end), (200, End::Complete), "{shown}");
    let events = response.events();
    assert_eq!(events.iter().filter(|data| *data == "[DONE]").count(), 1, "{shown}");
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"), "{shown}");
    assert_eq!(response.streamed_text(), text, "{shown}");
    assert!(!response.text().contains('\r') && !response.text().contains('\u{feff}'), "one canonical form: {shown}");
    assert!(response.chunks().iter().all(|chunk| chunk.get("error").is_none_or(Value::is_null)), "{shown}");
}

/// A whole answer whose bytes are the upstream's.
#[track_caller]
fn assert_whole_answer(case: Case, shown: &str, response: &Response, text: &str) {
    assert_eq!((response.status(), response.end), (200, End::Complete), "{shown}");
    assert_eq!(response.json().pointer("/choices/0/message/content").and_then(Value::as_str), Some(text), "{shown}");
    assert!(case.reply().is_some_and(|reply| reply.body() == response.body), "the bytes are the upstream's: {shown}");
    assert_json_type(shown, response);
}

/// 200, the text so far, one error event at the very end, no `[DONE]`, and a body that is complete by its framing, since a
/// broken one is no signal to every client.
#[track_caller]
fn assert_broken(shown: &str, response: &Response, said: Said) {
    assert_eq!((response.status(), response.end), (200, End::Complete), "{shown}");
    assert!(response.header("content-type").is_some_and(|value| value.starts_with("text/event-stream")), "{shown}");
    assert!(response.header("connection").is_none_or(|value| value != "close"), "to some clients that makes a broken stream a whole one: {shown}");
    assert!(!response.text().contains("[DONE]") && !response.text().contains("event:"), "{shown}");
    assert_eq!(response.streamed_text(), "Hello", "{shown}");
    let mut chunks = response.chunks();
    let last = chunks.pop().unwrap_or_default();
    assert!(chunks.iter().all(|chunk| chunk.get("error").is_none()), "{shown}");
    assert_error_object(shown, &last["error"]);
    match said {
        Said::Ours(error_type, code) => assert_eq!((last["error"]["type"].as_str(), last["error"]["code"].as_str()), (Some(error_type), Some(code)), "{shown}"),
        Said::Theirs(message) => assert_eq!(last["error"]["message"], message, "{shown}"),
    }
}

#[track_caller]
fn assert_told(case: Case, shown: &str, response: &Response, told: Told, tries: usize) {
    assert_eq!((response.status(), response.end), (told.status, End::Complete), "{shown}");
    assert_json_type(shown, response);
    assert_error_headers(shown, response);
    assert_eq!(response.header("x-error-source").is_some(), !case.row.rests, "{shown}");
    let again = told.should_retry(tries);
    assert_eq!(response.header("x-should-retry"), Some(again.to_string().as_str()), "{shown}");
    let wait: u64 = response.header("retry-after").and_then(|value| value.parse().ok()).unwrap_or(u64::MAX);
    // A target that is left alone is so for a second at least, whatever it said.
    let wanted = match told.wait {
        Some(said) => said.saturating_sub(u64::from(case.row.rests))..=said.max(1),
        None if again => 1..=4,
        None => 0..=0,
    };
    assert!(wanted.contains(&wait), "retry-after {wait}, not {wanted:?}: {shown}");
    match told.said {
        Said::Ours(error_type, code) => {
            let error = response.error();
            assert_error_object(shown, &error);
            assert_eq!((error["type"].as_str(), error["code"].as_str()), (Some(error_type), Some(code)), "{shown}");
        }
        Said::Theirs(_) => assert_verbatim(case, shown, response),
    }
}

/// The upstream's own words: byte for byte where they were an answer, and as an error object where they were an event.
#[track_caller]
fn assert_verbatim(case: Case, shown: &str, response: &Response) {
    let body = case.reply().unwrap().body();
    if body.windows(5).any(|window| window == b"data:") {
        assert!(response.error().is_object() || response.error().is_string(), "{shown}");
    } else {
        assert_eq!(response.body, body, "{shown}");
    }
}

#[track_caller]
fn assert_json_type(shown: &str, response: &Response) {
    assert!(response.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{shown}");
}
