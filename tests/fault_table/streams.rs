//! F9 to F34: streams that break, that break before they begin, and that are merely odd.

use std::time::Duration;

use gateway_testkit::{Reply, sse::event};

use super::{
    Ends::{Broken, Whole},
    On::{Both, Streams},
    Row, Said,
    Then::{Nobody, Second, SecondOrAgain},
    Told,
    row::{broken, fault, row, theirs},
};
use crate::answers::{FINISH, GOOD_STREAM, HELLO, ROLE, USAGE};

fn begun() -> Reply {
    Reply::sse(&[ROLE, HELLO])
}

fn ended() -> Reply {
    Reply::sse(&[ROLE, HELLO, FINISH])
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

const RESET: super::Ends = broken("backend_connection_reset", "backend_connection_reset");
const TRUNCATED: super::Ends = broken("backend_stream_truncated", "backend_stream_truncated");
const PROTOCOL: super::Ends = broken("backend_protocol_error", "backend_protocol_error");
const TOO_LARGE: super::Ends = broken("backend_response_too_large", "backend_response_too_large");
const NO_MORE: super::Ends = Broken(Said::Theirs("no more"));

/// Faults after the first event: a 200 has gone out, so the stream tells of them itself, and nobody else is asked.
pub(super) const BROKEN: &[Row] = &[
    row("F10", "a reset in the middle", Streams, || begun().reset(), RESET, Nobody),
    row("F11", "a clean end in the middle", Streams, begun, TRUNCATED, Nobody),
    row("F12", "an end without terminator", Streams, || begun().cut(), RESET, Nobody),
    row("F12", "an end in the middle of an event", Streams, || begun().send("data: {\"id\":\"c1\",\"cho").cut(), RESET, Nobody),
    row("F12", "a chunk that is none", Streams, broken_chunk, RESET, Nobody),
    row(
        "F17",
        "an error in the middle",
        Streams,
        || begun().event(r#"{"error":{"message":"no more","type":"server_error","code":"overloaded","param":null}}"#),
        NO_MORE,
        Nobody,
    ),
    row("F17", "an error in the middle, then [DONE]", Streams, || begun().event(r#"{"error":{"message":"no more","type":"x"}}"#).done(), NO_MORE, Nobody),
    row("F18", "a flat error under its own name", Streams, || begun().send("event: error\ndata: {\"type\":\"error\",\"message\":\"no more\"}\n\n"), NO_MORE, Nobody),
    row(
        "F18",
        "an error under its own name",
        Streams,
        || begun().send("event: error\ndata: {\"error\":{\"message\":\"no more\",\"type\":\"x\"}}\n\n").done(),
        NO_MORE,
        Nobody,
    ),
    row("F19", "an error that is a text", Streams, || begun().event(r#"{"error":"no more"}"#), NO_MORE, Nobody),
    row("F20", "a bare error", Streams, || begun().send("{\"error\":{\"message\":\"no more\"}}\n"), NO_MORE, Nobody),
    row("F20", "a bare line", Streams, || begun().send("{\"not\":\"framed\"}\n").event(FINISH).done(), PROTOCOL, Nobody),
    row("F21", "an event that is no JSON", Streams, || begun().event("{\"id\":").done(), PROTOCOL, Nobody),
    row("F21", "an event of two values", Streams, || begun().event("{}{}").done(), PROTOCOL, Nobody),
    row(
        "F25",
        "an event that is no UTF-8",
        Streams,
        || begun().send(&b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xff\"}}]}\n\n"[..]).done(),
        PROTOCOL,
        Nobody,
    ),
    row(
        "F25",
        "half a surrogate",
        Streams,
        || begun().send(&b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\xed\xa0\x80\"}}]}\n\n"[..]).done(),
        PROTOCOL,
        Nobody,
    ),
    row("F26", "an event without end", Streams, || begun().send(format!("data: {{\"choices\":\"{}", "a".repeat(600 * 1024))).hang(), TOO_LARGE, Nobody).cancels(),
    row("F26", "a line without end", Streams, || begun().send("a".repeat(600 * 1024)).hang(), TOO_LARGE, Nobody).cancels(),
    row("F27", "half an event at the end", Streams, || begun().send("data: {\"id\":\"c1\",\"cho"), TRUNCATED, Nobody),
    row("F49", "HTTP/1.0, and no reason to finish", Streams, || begun().until_close().http10(), TRUNCATED, Nobody),
];

fn broken_chunk() -> Reply {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    Reply::raw([head, &chunk(&event(ROLE)), &chunk(&event(HELLO)), "zzz\r\n"].concat())
}

const EMPTY: Told = fault(502, "backend_empty_response", "backend_empty_response").again();
const INVALID: Told = fault(502, "backend_invalid_response", "invalid_response").again();
const RESET_FIRST: Told = fault(502, "backend_connection_reset", "backend_connection_reset").again();
const PROTOCOL_FIRST: Told = fault(502, "backend_protocol_error", "backend_protocol_error").again();

fn first_event(error: &str) -> Reply {
    Reply::sse(&[error]).done()
}

/// Faults before the first event: no 200 has gone out, so the client gets a status, and another target may be asked.
pub(super) const FIRST: &[Row] = &[
    row("F10", "a reset before the first event", Streams, || Reply::stream().reset(), RESET_FIRST.end(), SecondOrAgain),
    row("F12", "an end without terminator before the first event", Streams, || Reply::stream().cut(), RESET_FIRST.end(), SecondOrAgain),
    row(
        "F17",
        "a rate limit as the first event",
        Streams,
        || first_event(r#"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#),
        theirs(429, "429").again().end(),
        SecondOrAgain,
    ),
    row(
        "F17",
        "a status as the first event's code",
        Streams,
        || first_event(r#"{"error":{"message":"busy","code":503}}"#),
        theirs(503, "503").again().end(),
        SecondOrAgain,
    ),
    row(
        "F17",
        "a bad request as the first event",
        Streams,
        || first_event(r#"{"error":{"message":"bad","type":"invalid_request_error"}}"#),
        theirs(400, "400").end(),
        Nobody,
    ),
    row(
        "F17",
        "a server error as the first event",
        Streams,
        || first_event(r#"{"error":{"message":"oops","type":"server_error"}}"#),
        theirs(500, "500").again().end(),
        SecondOrAgain,
    ),
    row(
        "F17",
        "a refused credential as the first event",
        Streams,
        || first_event(r#"{"error":{"message":"key","type":"authentication_error","code":"invalid_api_key"}}"#),
        theirs(502, "401").in_words("backend_auth_error", "backend_auth_error").end(),
        Second,
    ),
    row(
        "F17",
        "an error after a comment",
        Streams,
        || Reply::stream().send(": hi\n\n").event(r#"{"error":{"message":"x","code":429}}"#).done(),
        theirs(429, "429").again().end(),
        SecondOrAgain,
    ),
    row(
        "F18",
        "a flat error as the first event",
        Streams,
        || Reply::stream().send("event: error\ndata: {\"type\":\"error\",\"message\":\"oops\"}\n\n"),
        theirs(502, "502").again().end(),
        SecondOrAgain,
    ),
    row("F19", "an error that is a text as the first event", Streams, || first_event(r#"{"error":"oops"}"#), theirs(502, "502").again().end(), SecondOrAgain),
    row("F20", "a bare line as the first", Streams, || Reply::stream().send("{\"not\":\"framed\"}\n"), INVALID.end(), Second),
    row("F21", "a first event that is no JSON", Streams, || Reply::sse(&["{\"id\":"]), PROTOCOL_FIRST.end(), Second),
    row("F25", "a first event that is no UTF-8", Streams, || Reply::stream().send(&b"data: \"\xff\"\n\n"[..]), PROTOCOL_FIRST.end(), Second),
    row("F31", "an empty stream", Streams, Reply::stream, EMPTY.end(), Second),
    row("F31", "only [DONE]", Streams, || Reply::sse(&["[DONE]"]), EMPTY.end(), Second),
    row("F31", "only comments", Streams, || Reply::stream().send(": hello\n\n").done(), EMPTY.end(), Second),
    row("F34", "HTML", Both, || Reply::text(200, "text/html", "<html>hello</html>"), INVALID.end(), Second),
    row("F34", "plain text", Both, || Reply::text(200, "text/plain", "hello"), INVALID.end(), Second),
    row("F37", "half a JSON in place of a stream", Streams, || Reply::text(200, "application/json", "{\"id\":"), INVALID.end(), Second),
    row("F37", "nothing in place of a stream", Streams, || Reply::text(200, "application/json", ""), EMPTY.end(), Second),
];

/// The same events with another line end.
fn lines(end: &str) -> String {
    GOOD_STREAM.iter().map(|data| format!("data: {data}{end}{end}")).collect()
}

fn split_characters() -> Reply {
    let content = event(r#"{"choices":[{"index":0,"delta":{"content":"häß 🦀"}}]}"#);
    Reply::stream().send([content, event(FINISH), event("[DONE]")].concat()).trickle(1, Duration::from_micros(10))
}

fn fields_without_data() -> Reply {
    let noise = format!("retry: 5\n\nevent: ping\n\ndata:\n\nid: 1\n\n: c\n\n{}event: ping\ndata: \n\n{}{}", event(HELLO), event(FINISH), event("[DONE]"));
    Reply::stream().send(noise)
}

fn data_in_lines() -> Reply {
    let first = "data: {\"choices\":\ndata: [{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n";
    Reply::stream().send([first, &event(FINISH), &event("[DONE]")].concat())
}

fn usage(tokens: &str) -> String {
    USAGE.replace("\"prompt_tokens\":3", &format!("\"prompt_tokens\":{tokens}"))
}

/// A whole answer to a request for a stream.
const REPLIED: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#;

const HELLO_WHOLE: super::Ends = Whole("Hello");

/// What is odd, and still right: the client gets a whole stream in one canonical form.
pub(super) const ODD: &[Row] = &[
    row("F9", "a trickle", Streams, || Reply::stream().send(lines("\n")).trickle(23, Duration::from_millis(5)), HELLO_WHOLE, Nobody),
    row("F13", "no [DONE]", Streams, ended, HELLO_WHOLE, Nobody),
    row("F13", "[DONE] without a reason to finish", Streams, || begun().done(), HELLO_WHOLE, Nobody),
    row("F14", "finished, then an end without terminator", Streams, || ended().cut(), HELLO_WHOLE, Nobody),
    row("F14", "finished, then a reset", Streams, || ended().reset(), HELLO_WHOLE, Nobody),
    row("F15", "[DONE], then a reset", Streams, || ended().done().reset(), HELLO_WHOLE, Nobody),
    row("F15", "a clean end, then a reset", Streams, || ended().done().complete_then_reset(), HELLO_WHOLE, Nobody),
    row("F16", "an error after [DONE]", Streams, || ended().done().event(r#"{"error":{"message":"late"}}"#).event(HELLO), HELLO_WHOLE, Nobody),
    row("F16", "[DONE] twice", Streams, || ended().done().done(), HELLO_WHOLE, Nobody),
    row("F19", "an error that is null", Streams, || begun().event(&FINISH.replacen('{', "{\"error\":null,", 1)).done(), HELLO_WHOLE, Nobody),
    row("F22", "fields without data", Streams, fields_without_data, HELLO_WHOLE, Nobody),
    row("F23", "CRLF", Streams, || Reply::stream().send(lines("\r\n")), HELLO_WHOLE, Nobody),
    row("F23", "CRLF, byte by byte", Streams, || Reply::stream().send(lines("\r\n")).trickle(1, Duration::from_micros(10)), HELLO_WHOLE, Nobody),
    row("F23", "CR", Streams, || Reply::stream().send(lines("\r")), HELLO_WHOLE, Nobody),
    row("F23", "data in several lines", Streams, data_in_lines, HELLO_WHOLE, Nobody),
    row("F23", "no space after the colon", Streams, || Reply::stream().send(lines("\n").replace("data: ", "data:")), HELLO_WHOLE, Nobody),
    row("F23", "events with names and ids", Streams, || Reply::stream().send(format!("event: message\nid: 7\nretry: 10\n{}", lines("\n"))), HELLO_WHOLE, Nobody),
    row("F23", "space around [DONE]", Streams, || ended().send("data:   [DONE] \r\n\r\n"), HELLO_WHOLE, Nobody),
    row("F23", "characters in pieces", Streams, split_characters, Whole("häß 🦀"), Nobody),
    row("F24", "a byte order mark", Streams, || Reply::stream().send(format!("\u{feff}{}", lines("\n"))), HELLO_WHOLE, Nobody),
    row("F27", "no last empty line", Streams, || begun().send(format!("data: {FINISH}\n")), HELLO_WHOLE, Nobody),
    row("F27", "no last line end", Streams, || begun().send(format!("data: {FINISH}")), HELLO_WHOLE, Nobody),
    row("F28", "usage twice", Streams, || ended().event(USAGE).event(USAGE).done(), HELLO_WHOLE, Nobody),
    row("F29", "no usage", Streams, || ended().done(), HELLO_WHOLE, Nobody),
    row("F30", "usage of zero", Streams, || ended().event(&usage("0")).done(), HELLO_WHOLE, Nobody),
    row("F30", "usage below zero", Streams, || ended().event(&usage("-7")).done(), HELLO_WHOLE, Nobody),
    row("F30", "usage beyond all numbers", Streams, || ended().event(&usage("99999999999999999999")).done(), HELLO_WHOLE, Nobody),
    row("F32", "a whole answer in place of a stream", Streams, || Reply::text(200, "application/json", REPLIED), HELLO_WHOLE, Nobody),
    row("F34", "a stream under another type", Streams, || Reply::sse(GOOD_STREAM).content_type("application/json"), HELLO_WHOLE, Nobody),
    row("F34", "a stream under no type", Streams, || Reply::status(200).chunked().send(lines("\n")), HELLO_WHOLE, Nobody),
    row("F49", "HTTP/1.0", Streams, || ended().until_close().http10(), HELLO_WHOLE, Nobody),
    row("F50", "early hints", Streams, || Reply::sse(GOOD_STREAM).interim("HTTP/1.1 103 Early Hints"), HELLO_WHOLE, Nobody),
];
