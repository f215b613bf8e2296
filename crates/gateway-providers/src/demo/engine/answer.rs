//! An answer as a script: status, headers and the pieces of the body with the waits between them.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;

use crate::demo::DEMO_HEADER;

/// The media type of a whole answer.
pub(super) const JSON: &str = "application/json";
/// The media type of a stream.
pub(super) const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

/// What the demo provider answers: the same for the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers, the content type and `x-gateway-demo` among them; no `content-length`.
    pub headers: HeaderMap,
    /// The body in order.
    pub script: Vec<Piece>,
    /// What comes after the last piece.
    pub ending: Ending,
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// How long to wait before it.
    pub delay: Duration,
    /// The bytes: of a stream one whole event, unless the model misbehaves.
    pub bytes: Bytes,
    /// What it is.
    pub part: Part,
}

/// What a piece of a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole body of an answer that is no stream.
    Whole,
    /// An event with content, or before it.
    Content,
    /// An event that says how a choice ended.
    Finish,
    /// The event with the usage.
    Usage,
    /// The last event: `[DONE]`, or the typed event in its place.
    Done,
    /// What a model that misbehaves adds.
    Fault,
}

/// What comes after the last piece of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The body ends cleanly.
    Clean,
    /// The connection breaks.
    Reset,
    /// Nothing more comes, and the body never ends.
    Silence,
}

impl DemoAnswer {
    /// An answer of one piece.
    pub(super) fn whole(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let piece = Piece {
            delay: Duration::ZERO,
            bytes: body.into(),
            part: Part::Whole,
        };
        Self {
            status,
            headers: headers(content_type),
            script: vec![piece],
            ending: Ending::Clean,
        }
    }

    /// A whole JSON answer.
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self::whole(status, JSON, body.to_string())
    }

    /// A successful JSON answer.
    pub(super) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// A stream.
    pub(super) fn stream(script: Vec<Piece>) -> Self {
        Self {
            status: StatusCode::OK,
            headers: headers(EVENT_STREAM),
            script,
            ending: Ending::Clean,
        }
    }

    /// Whether the body is an event stream.
    pub fn is_stream(&self) -> bool {
        self.headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
    }

    /// All bytes of the body, the waits left out.
    pub fn body(&self) -> Bytes {
        self.script
            .iter()
            .flat_map(|piece| piece.bytes.iter().copied())
            .collect()
    }
}

impl Piece {
    /// An event with JSON data.
    pub(super) fn event(part: Part, delay: Duration, data: &Value) -> Self {
        Self {
            delay,
            bytes: format!("data: {data}\n\n").into(),
            part,
        }
    }

    /// An event with a name and JSON data whose `type` is that name.
    pub(super) fn named_event(part: Part, delay: Duration, name: &str, data: &Value) -> Self {
        Self {
            delay,
            bytes: format!("event: {name}\ndata: {data}\n\n").into(),
            part,
        }
    }

    /// The end of a chunked stream.
    pub(super) fn done() -> Self {
        Self {
            delay: Duration::ZERO,
            bytes: Bytes::from_static(b"data: [DONE]\n\n"),
            part: Part::Done,
        }
    }
}

fn headers(content_type: &'static str) -> HeaderMap {
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            HeaderName::from_static(DEMO_HEADER),
            HeaderValue::from_static("true"),
        ),
    ])
}
