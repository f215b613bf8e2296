//! How dialects cut a streamed answer into events: server-sent events, a JSON array, lines of JSON, and the
//! frames of AWS.
//!
//! Content types lie, so the first byte has the last word: what was to be an event stream may turn out to be a
//! JSON array (Gemini without `alt=sse`) or one whole JSON answer. All of it is pure, linear in its input, and
//! bounded by the largest event that is accepted.

mod array;
pub(crate) mod aws;
mod framer;
mod lines;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::HeaderValue;

pub use self::framer::Framer;

/// How a streamed answer is cut into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Server-sent events: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
    Sse,
    /// One JSON value a line.
    Lines,
    /// AWS's binary frames: <https://smithy.io/2.0/aws/amazon-eventstream.html>. An event's name is its
    /// `:event-type`, an exception's its `:exception-type`.
    AwsEventStream,
}

impl Framing {
    /// The media type to ask for.
    pub fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Sse => "text/event-stream",
            Self::Lines => "application/x-ndjson",
            Self::AwsEventStream => "application/vnd.amazon.eventstream",
        })
    }
}

/// One event in its dialect's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeEvent {
    /// What it is.
    pub kind: EventKind,
    /// Its name, where the framing carries one beside the data (`event:` of server-sent events).
    pub name: Option<Bytes>,
    /// Its data: valid UTF-8, mostly JSON; `[DONE]` and the like come as they are.
    pub data: Bytes,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A piece of an answer.
    Event,
    /// An error that the framing itself marks as one.
    Exception,
    /// A whole answer, or a whole error, where a stream was asked for.
    Whole,
}

/// Why bytes cannot be cut into events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// An event is larger than the limit.
    #[error("an event of more than {0} bytes")]
    TooLarge(usize),
    /// The bytes are not what the framing says they are.
    #[error("{0}")]
    Malformed(&'static str),
}

impl NativeEvent {
    fn event(data: Bytes) -> Self {
        Self {
            kind: EventKind::Event,
            name: None,
            data,
        }
    }
}
