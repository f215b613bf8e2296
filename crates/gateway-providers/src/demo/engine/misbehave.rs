//! Upstreams that go wrong, made out of a good answer: each way once, as the fault tests need them.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use serde_json::{Value, json};

use super::answer::{DemoAnswer, Ending, JSON, Part, Piece};

/// A way to go wrong. What concerns a stream leaves a whole answer as it is, unless the name says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// An error status with a JSON body.
    Status(u16),
    /// An error status with an HTML page.
    HtmlStatus(u16),
    /// An error status without a body.
    EmptyStatus(u16),
    /// A redirect.
    Redirect,
    /// A late first byte.
    Slow,
    /// Events in pieces of a few bytes.
    Trickle,
    /// Silence after half of the answer.
    Stall,
    /// Silence after the head.
    Silent,
    /// A clean end after half of the events or bytes.
    Cut,
    /// A broken connection after half of the events or bytes.
    Reset,
    /// A clean end before `[DONE]`.
    NoDone,
    /// A broken connection after the finish reason.
    FinishReset,
    /// A broken connection after `[DONE]`.
    DoneReset,
    /// An error after `[DONE]`.
    AfterDone,
    /// A stream that ends in the line of its finish reason.
    NoBlankLine,
    /// An error as the first event.
    ErrorFirst,
    /// An error event after half of the events.
    ErrorInStream,
    /// A flat error under `event: error` after half of the events.
    ErrorEvent,
    /// An error that is a string after half of the events.
    ErrorString,
    /// `"error":null` in every event.
    ErrorNull,
    /// A JSON error with status 200.
    JsonError,
    /// A JSON line that is no event after half of the events.
    BareJson,
    /// An event with broken JSON after half of the events.
    BadJson,
    /// An event with invalid UTF-8 after half of the events.
    BadUtf8,
    /// Events without data between the events.
    Noise,
    /// CRLF line ends and comments.
    Crlf,
    /// A byte order mark.
    Bom,
    /// An event of 9 MiB after half of the events.
    Big,
    /// No body.
    Empty,
    /// `[DONE]` alone.
    OnlyDone,
    /// An HTML page with status 200.
    Html,
    /// A text with status 200 that says it is JSON.
    NotJson,
    /// A broken connection in the middle of an event, or of a whole body.
    Truncated,
    /// A whole answer where a stream was asked for.
    WholeForStream,
    /// A stream that says it is JSON.
    WrongType,
    /// No usage.
    NoUsage,
    /// A usage of zero.
    ZeroUsage,
    /// Usage reported twice.
    UsageTwice,
}

const FIRST_BYTE_DELAY: Duration = Duration::from_secs(5);
const BIG_EVENT: usize = 9 << 20;
const PAGE: &str =
    "<!doctype html><html><head><title>demo</title></head><body><h1>Not the API</h1></body></html>";

impl Misbehaviour {
    /// Whether it starts from a whole answer although a stream was asked for.
    pub(super) fn refuses_streams(self) -> bool {
        matches!(self, Self::WholeForStream)
    }

    /// Turns a good answer into one that goes wrong.
    pub(super) fn spoil(self, good: DemoAnswer) -> DemoAnswer {
        match self {
            Self::Status(code) => status_error(code),
            Self::HtmlStatus(code) => DemoAnswer::whole(status(code), "text/html", PAGE),
            Self::EmptyStatus(code) => DemoAnswer::whole(status(code), "text/plain", Bytes::new()),
            Self::Redirect => redirect(),
            Self::JsonError => DemoAnswer::ok(&error_body("An error that came with status 200.")),
            Self::Html => DemoAnswer::whole(StatusCode::OK, "text/html; charset=utf-8", PAGE),
            Self::NotJson => DemoAnswer::whole(StatusCode::OK, JSON, "this is not JSON"),
            Self::Slow => delayed(good),
            Self::Trickle => rewritten(good, trickle),
            Self::Stall => halved(good, Ending::Silence),
            Self::Silent => ended_after(good, |_| false, Ending::Silence),
            Self::Cut => halved(good, Ending::Clean),
            Self::Reset => halved(good, Ending::Reset),
            Self::Empty => ended_after(good, |_| false, Ending::Clean),
            Self::WrongType => relabelled(good),
            Self::Truncated => truncated(good),
            Self::Bom => with_bom(good),
            Self::NoUsage => rewritten(good, |piece| usage_rewritten(piece, None)),
            Self::ZeroUsage => rewritten(good, |piece| usage_rewritten(piece, Some(0))),
            Self::WholeForStream => good,
            _ if !good.is_stream() => good,
            stream_only => stream_only.spoil_stream(good),
        }
    }

    fn spoil_stream(self, good: DemoAnswer) -> DemoAnswer {
        match self {
            Self::NoDone => ended_after(good, |part| part != Part::Done, Ending::Clean),
            Self::FinishReset => ended_after(good, before_usage, Ending::Reset),
            Self::DoneReset => DemoAnswer {
                ending: Ending::Reset,
                ..good
            },
            Self::AfterDone => appended(good, error_event()),
            Self::NoBlankLine => no_blank_line(good),
            Self::ErrorFirst => only(good, error_event()),
            Self::OnlyDone => only(good, Piece::done().bytes),
            Self::ErrorInStream => broken_by(good, error_event()),
            Self::ErrorEvent => broken_by(good, flat_error_event()),
            Self::ErrorString => broken_by(
                good,
                data(&json!({ "error": "The demo provider failed on purpose." })),
            ),
            Self::BareJson => broken_by(
                good,
                format!("{}\n", error_body("An error that is no event.")).into(),
            ),
            Self::BadJson => broken_by(
                good,
                Bytes::from_static(b"data: {\"id\":\"demo\",\"choices\":[\n\n"),
            ),
            Self::BadUtf8 => inserted(
                good,
                Bytes::from_static(b"data: {\"id\":\"\xff\xfe\",\"choices\":[]}\n\n"),
            ),
            Self::Big => inserted(good, big_event()),
            Self::ErrorNull => rewritten(good, |piece| {
                vec![json_rewritten(piece, "error", Some(Value::Null))]
            }),
            Self::Noise => rewritten(good, with_noise),
            Self::Crlf => rewritten(good, |piece| vec![with_crlf(&piece)]),
            Self::UsageTwice => rewritten(good, usage_twice),
            _ => good,
        }
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn status_error(code: u16) -> DemoAnswer {
    let (kind, error_code) = match code {
        401 => ("authentication_error", Some("invalid_api_key")),
        402 => ("insufficient_quota", Some("insufficient_quota")),
        403 => ("permission_error", None),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("rate_limit_error", Some("rate_limit_exceeded")),
        400..=499 => ("invalid_request_error", None),
        _ => ("server_error", None),
    };
    let message = format!("The demo provider answers {code} on purpose.");
    let body =
        json!({ "error": { "message": message, "type": kind, "param": null, "code": error_code } });
    let mut answer = DemoAnswer::json(status(code), &body);
    if matches!(code, 429 | 503) {
        answer
            .headers
            .insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    answer
}

fn redirect() -> DemoAnswer {
    let mut answer = DemoAnswer::whole(StatusCode::TEMPORARY_REDIRECT, "text/plain", Bytes::new());
    answer.headers.insert(
        LOCATION,
        HeaderValue::from_static("https://redirected.invalid/v1"),
    );
    answer
}

fn error_body(message: &str) -> Value {
    json!({ "error": { "message": message, "type": "server_error", "param": null, "code": "demo_fault" } })
}

fn data(value: &Value) -> Bytes {
    format!("data: {value}\n\n").into()
}

fn error_event() -> Bytes {
    data(&error_body("The demo provider failed on purpose."))
}

fn flat_error_event() -> Bytes {
    let error = json!({ "type": "error", "message": "The demo provider failed on purpose.", "code": "demo_fault" });
    format!("event: error\ndata: {error}\n\n").into()
}

fn big_event() -> Bytes {
    let padding = "x".repeat(BIG_EVENT);
    format!("data: {{\"id\":\"demo\",\"choices\":[],\"padding\":\"{padding}\"}}\n\n").into()
}

fn fault_piece(bytes: Bytes) -> Piece {
    Piece {
        delay: Duration::ZERO,
        bytes,
        part: Part::Fault,
    }
}

fn before_usage(part: Part) -> bool {
    !matches!(part, Part::Usage | Part::Done)
}

fn delayed(mut good: DemoAnswer) -> DemoAnswer {
    if let Some(first) = good.script.first_mut() {
        first.delay += FIRST_BYTE_DELAY;
    }
    good
}

fn relabelled(mut good: DemoAnswer) -> DemoAnswer {
    good.headers
        .insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    good
}

/// Half of the events, or half of the bytes of a body that is no stream.
fn halved(mut good: DemoAnswer, ending: Ending) -> DemoAnswer {
    if good.is_stream() {
        let half = half_of(&good.script);
        good.script.truncate(half);
    } else {
        halve_last(&mut good.script);
    }
    DemoAnswer { ending, ..good }
}

/// Where the middle of the content is: there is always content after it.
fn half_of(script: &[Piece]) -> usize {
    let content = script
        .iter()
        .filter(|piece| piece.part == Part::Content)
        .count();
    content.div_ceil(2)
}

fn halve_last(script: &mut [Piece]) {
    if let Some(last) = script.last_mut() {
        last.bytes.truncate(last.bytes.len() / 2);
    }
}

fn truncated(good: DemoAnswer) -> DemoAnswer {
    let mut answer = if good.is_stream() {
        halved(good, Ending::Reset)
    } else {
        good
    };
    halve_last(&mut answer.script);
    DemoAnswer {
        ending: Ending::Reset,
        ..answer
    }
}

fn ended_after(mut good: DemoAnswer, keep: impl Fn(Part) -> bool, ending: Ending) -> DemoAnswer {
    good.script.retain(|piece| keep(piece.part));
    DemoAnswer { ending, ..good }
}

fn no_blank_line(good: DemoAnswer) -> DemoAnswer {
    let mut answer = ended_after(good, before_usage, Ending::Clean);
    if let Some(last) = answer.script.last_mut() {
        last.bytes.truncate(last.bytes.len().saturating_sub(2));
    }
    answer
}

fn only(good: DemoAnswer, bytes: Bytes) -> DemoAnswer {
    DemoAnswer {
        script: vec![fault_piece(bytes)],
        ..good
    }
}

fn appended(mut good: DemoAnswer, bytes: Bytes) -> DemoAnswer {
    good.script.push(fault_piece(bytes));
    good
}

/// Half of the events, then these bytes and a clean end.
fn broken_by(good: DemoAnswer, bytes: Bytes) -> DemoAnswer {
    appended(halved(good, Ending::Clean), bytes)
}

/// These bytes in the middle of an answer that goes on.
fn inserted(mut good: DemoAnswer, bytes: Bytes) -> DemoAnswer {
    let half = half_of(&good.script);
    good.script.insert(half, fault_piece(bytes));
    good
}

fn with_bom(mut good: DemoAnswer) -> DemoAnswer {
    if let Some(first) = good.script.first_mut() {
        first.bytes = [b"\xef\xbb\xbf".as_slice(), &first.bytes].concat().into();
    }
    good
}

fn rewritten(mut good: DemoAnswer, rewrite: impl Fn(Piece) -> Vec<Piece>) -> DemoAnswer {
    good.script = good.script.into_iter().flat_map(rewrite).collect();
    good
}

fn trickle(piece: Piece) -> Vec<Piece> {
    const BYTES: usize = 7;
    let Piece { delay, bytes, part } = piece;
    let parts = bytes.chunks(BYTES).count();
    let each = delay / u32::try_from(parts.max(1)).unwrap_or(u32::MAX);
    (0..parts)
        .map(|index| {
            let end = bytes.len().min((index + 1) * BYTES);
            Piece {
                delay: each,
                bytes: bytes.slice(index * BYTES..end),
                part,
            }
        })
        .collect()
}

fn with_noise(piece: Piece) -> Vec<Piece> {
    const NOISE: &[u8] = b": a comment\n\nevent: ping\n\ndata:\n\nretry: 1000\n\nid: 7\n\n";
    vec![fault_piece(Bytes::from_static(NOISE)), piece]
}

fn with_crlf(piece: &Piece) -> Piece {
    let text = String::from_utf8_lossy(&piece.bytes).replace('\n', "\r\n");
    Piece {
        bytes: format!(": demo\r\n{text}").into(),
        ..*piece
    }
}

fn usage_twice(piece: Piece) -> Vec<Piece> {
    if piece.part == Part::Usage {
        vec![piece.clone(), piece]
    } else {
        vec![piece]
    }
}

/// The usage taken out, or every count in it replaced. An event that is there for the usage alone goes too.
fn usage_rewritten(piece: Piece, count: Option<u64>) -> Vec<Piece> {
    match (piece.part, count) {
        (Part::Usage, None) => Vec::new(),
        (_, None) => vec![json_rewritten(piece, "usage", None)],
        (_, Some(count)) => {
            let usage = json!({ "prompt_tokens": count, "completion_tokens": count, "total_tokens": count });
            let reports = json_of(&piece.bytes)
                .is_some_and(|(_, body)| body.get("usage").is_some_and(Value::is_object));
            vec![if reports {
                json_rewritten(piece, "usage", Some(usage))
            } else {
                piece
            }]
        }
    }
}

/// A member of a piece's JSON replaced or taken out; other pieces stay as they are.
fn json_rewritten(piece: Piece, key: &str, value: Option<Value>) -> Piece {
    let Some((prefix, Value::Object(mut body))) = json_of(&piece.bytes) else {
        return piece;
    };
    match value {
        Some(value) => _ = body.insert(key.to_owned(), value),
        None => _ = body.shift_remove(key),
    }
    let end = if prefix.is_empty() { "" } else { "\n\n" };
    Piece {
        bytes: format!("{prefix}{}{end}", Value::Object(body)).into(),
        ..piece
    }
}

/// The JSON of an event or of a whole body, and what stands before it.
fn json_of(bytes: &[u8]) -> Option<(String, Value)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let start = if text.starts_with('{') {
        0
    } else {
        text.find("data: ")? + "data: ".len()
    };
    let (prefix, json) = text.split_at(start);
    Some((prefix.to_owned(), serde_json::from_str(json).ok()?))
}
