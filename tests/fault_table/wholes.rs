//! F33 to F37 and F48 to F53: whole answers that are none, and some that are merely odd.

use std::time::Duration;

use gateway_testkit::Reply;

use super::{
    Ends::Whole,
    On::{Both, Wholes},
    Row,
    Then::{Nobody, Second, SecondOrAgain},
    Told,
    row::{fault, row, theirs},
};
use crate::answers::GOOD_CHAT;

fn good() -> Reply {
    json(GOOD_CHAT)
}

fn json(body: impl Into<bytes::Bytes>) -> Reply {
    Reply::text(200, "application/json", body)
}

fn half() -> Reply {
    json(GOOD_CHAT.get(..40).unwrap_or_default())
}

const INVALID: Told = fault(502, "backend_invalid_response", "invalid_response").again();
const TRUNCATED: Told = fault(502, "backend_stream_truncated", "backend_stream_truncated").again();
const PROTOCOL: Told = fault(502, "backend_protocol_error", "backend_protocol_error").again();
const TOO_LARGE: Told = fault(502, "backend_response_too_large", "backend_response_too_large");
const REDIRECT: Told = fault(502, "backend_redirect", "backend_redirect");

const RATE: &str = r#"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#;
const NUMBER: &str = r#"{"error":{"message":"overloaded","code":503}}"#;
const REQUEST: &str = r#"{"error":{"message":"bad","type":"invalid_request_error","code":null}}"#;
const STRANGE: &str = r#"{"error":{"message":"something","type":"strange"}}"#;

/// Whole answers that are none.
pub(super) const ROWS: &[Row] = &[
    row("F33", "a rate limit under 200", Both, || json(RATE), theirs(429, "429").again().end(), SecondOrAgain),
    row("F33", "a status as code under 200", Both, || json(NUMBER), theirs(503, "503").again().end(), SecondOrAgain),
    row("F35", "a refused request under 200", Both, || json(REQUEST), theirs(400, "400").end(), Nobody),
    row("F35", "an unknown error under 200", Both, || json(STRANGE), theirs(502, "502").again().end(), SecondOrAgain),
    row("F35", "an error that is a text under 200", Both, || json(r#"{"error":"something"}"#), theirs(502, "502").again().end(), SecondOrAgain),
    row("F34", "HTML under the type of JSON", Wholes, || json("<html><title>Welcome</title></html>"), INVALID.end(), Second),
    row("F36", "less than the length says", Wholes, || good().content_length(5000).cut(), TRUNCATED.end(), Second),
    row("F36", "no last chunk", Wholes, || good().chunked().cut(), TRUNCATED.end(), Second),
    row("F36", "a reset before the last chunk", Wholes, || good().chunked().reset(), TRUNCATED.end(), Second),
    row("F36", "a chunk that is none", Wholes, || Reply::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"), TRUNCATED.end(), Second),
    row("F37", "half a JSON", Wholes, half, INVALID.end(), Second),
    row("F37", "nothing", Wholes, || json(""), INVALID.end(), Second),
    row("F37", "no UTF-8", Wholes, || json(&b"{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}"[..]), INVALID.end(), Second),
    row("F37", "two values", Wholes, || json(GOOD_CHAT.repeat(2)), INVALID.end(), Second),
    row("F37", "a number", Wholes, || json("17"), INVALID.end(), Second),
    row("F48", "a redirect, 301", Both, || redirect(301), REDIRECT.end(), Nobody),
    row("F48", "a redirect, 302", Both, || redirect(302), REDIRECT.end(), Nobody),
    row("F48", "a redirect, 303", Both, || redirect(303), REDIRECT.end(), Nobody),
    row("F48", "a redirect, 307", Both, || redirect(307), REDIRECT.end(), Nobody),
    row("F48", "a redirect, 308", Both, || redirect(308), REDIRECT.end(), Nobody),
    row("F49", "HTTP/1.0, and half a JSON", Wholes, || half().until_close().http10(), INVALID.end(), Second),
    row("F51", "a wrong gzip", Both, || good().header("content-encoding", "gzip"), INVALID.end(), Second),
    row("F52", "a body beyond the limit", Wholes, huge, TOO_LARGE.end(), Nobody),
    row("F52", "chunks beyond the limit", Wholes, || huge().chunked().hang(), TOO_LARGE.end(), Nobody).cancels(),
    row("F53", "headers beyond the limit", Both, || good().header("x-bomb", &"b".repeat(100 * 1024)), PROTOCOL.end(), Second),
    row("F53", "no HTTP", Both, || Reply::raw("NOT HTTP AT ALL\r\n\r\n"), PROTOCOL.end(), Second),
    row("F53", "a bare CR in a header", Both, || Reply::raw("HTTP/1.1 200 OK\r\nx-a: b\rc\r\ncontent-length: 2\r\n\r\n{}"), PROTOCOL.end(), Second),
];

/// To an address where nothing is; the suite sees that nobody goes there.
fn redirect(status: u16) -> Reply {
    Reply::status(status).header("location", "http://127.0.0.1:1/v1/chat/completions")
}

fn huge() -> Reply {
    json(format!("{{\"choices\":[{{\"message\":{{\"content\":\"{}\"}}}}]}}", "a".repeat(1_200_000)))
}

const CAFE: super::Ends = Whole("café");

/// Whole answers that are odd, and still right: their bytes are the upstream's.
pub(super) const ODD: &[Row] = &[
    row("F9", "a trickle", Wholes, || good().trickle(40, Duration::from_millis(5)), CAFE, Nobody),
    row("F9", "a head that takes its time", Wholes, || good().slow_head(Duration::from_millis(200)), CAFE, Nobody),
    row("F34", "JSON under another type", Wholes, || good().content_type("text/plain"), CAFE, Nobody),
    row("F35", "an error that is null", Wholes, null_error, CAFE, Nobody),
    row("F37", "space before the JSON", Wholes, || json(format!("\n\n   \n{GOOD_CHAT}")), CAFE, Nobody),
    row("F49", "HTTP/1.0", Wholes, || good().until_close().http10(), CAFE, Nobody),
    row("F50", "100 that nobody asked for", Wholes, || good().interim("HTTP/1.1 100 Continue"), CAFE, Nobody),
    row("F50", "early hints, twice", Wholes, || good().interim("HTTP/1.1 103 Early Hints").interim("HTTP/1.1 103 Early Hints"), CAFE, Nobody),
];

fn null_error() -> Reply {
    json(GOOD_CHAT.replacen('{', "{\"error\":null,", 1))
}
