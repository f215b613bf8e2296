//! One operation asked of one provider: what goes in, what comes out.

use std::{fmt, time::Duration};

use bytes::Bytes;
use futures::stream::BoxStream;
use gateway_client::transport::ByteStream;
use gateway_types::json::RawObject;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::{Fault, Operation, TokenUsage};

/// One operation asked of one provider.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub operation: Operation,
    /// The model as the upstream names it.
    pub model: String,
    /// The client's body, still with the client's model name.
    pub payload: Payload,
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// Ask the upstream for usage in the stream, and hide it from a client that did not ask.
    pub count_tokens: bool,
    /// Refuse what would lose a member of the request on its way, instead of naming it beside the answer.
    pub strict: bool,
    /// The client's headers that may go upstream: an allow-list, never a credential.
    pub headers: HeaderMap,
    /// How long each phase may take.
    pub timeouts: Timeouts,
}

/// A request's body.
pub enum Payload {
    /// A checked JSON object.
    Json(RawObject),
    /// A body that passes through as it is: multipart forms. The model name in it is the upstream's already.
    Opaque {
        /// The client's content type, boundary included.
        content_type: HeaderValue,
        /// The bytes as they arrive.
        body: ByteStream,
        /// The length in bytes, where known.
        length: Option<u64>,
    },
}

/// How long each phase of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Of a stream: from sending to the first valid event. Default 120 s.
    pub first_token: Duration,
    /// Of a stream: between two pieces. Default 300 s.
    pub idle: Duration,
    /// Of a whole answer: from sending to its last byte. Default 600 s.
    pub total: Duration,
    /// How long a stream's head is held back for the first valid event; after that the client gets its 200
    /// and later faults arrive inside the stream. Default 25 s.
    pub hold: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            first_token: Duration::from_secs(120),
            idle: Duration::from_secs(300),
            total: Duration::from_secs(600),
            hold: Duration::from_secs(25),
        }
    }
}

/// How large an upstream's answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimits {
    /// The largest whole answer in bytes. Default 64 MiB, room for several images in base64.
    pub whole_bytes: usize,
    /// The largest event of a stream in bytes. Default 8 MiB, room for one image in base64.
    pub event_bytes: usize,
}

impl Default for AnswerLimits {
    fn default() -> Self {
        Self {
            whole_bytes: 64 << 20,
            event_bytes: 8 << 20,
        }
    }
}

/// What a call would be sent as.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The bodies in the provider's words, one a request.
    pub bodies: Vec<Bytes>,
    /// Members of the request that the provider would not be told.
    pub dropped: Vec<String>,
}

/// A provider's answer, checked: what is here may go to the client.
#[derive(Debug)]
pub struct Reply {
    /// The upstream's status, always a success.
    pub status: StatusCode,
    /// Headers that may go to the client.
    pub headers: HeaderMap,
    /// The body.
    pub body: ReplyBody,
}

/// An answer's body.
pub enum ReplyBody {
    /// A whole JSON answer, byte for byte the upstream's.
    Whole {
        /// The bytes.
        bytes: Bytes,
        /// What the answer says it used.
        usage: Option<TokenUsage>,
    },
    /// An event stream, checked event by event.
    Events(EventStream),
    /// Bytes that are not ours to read: audio, a text transcript. Silence for longer than the call's idle time is its last
    /// item, an error; [`Fault::in_body`] says what an error means.
    Binary(ByteStream),
}

impl ReplyBody {
    /// Whether only its beginning is there, so that it can still break.
    pub fn goes_on(&self) -> bool {
        matches!(self, Self::Events(_) | Self::Binary(_))
    }
}

/// Events that may go to the client as they are. It ends after a complete answer, the `[DONE]` included where
/// the operation has one; a fault is the last item, and then there is no `[DONE]`.
pub type EventStream = BoxStream<'static, Result<EventBatch, Fault>>;

/// Events that were ready together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventBatch {
    /// Whole events, ready to be written.
    pub bytes: Bytes,
    /// How many events with data these are, `[DONE]` not counted.
    pub events: u32,
    /// The newest usage report, when one of these events carried one.
    pub usage: Option<TokenUsage>,
}

/// Why a call gave no reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The request cannot be put into the provider's words.
    #[error(transparent)]
    Translate(#[from] TranslateError),
    /// The upstream failed.
    #[error(transparent)]
    Fault(Box<Fault>),
}

impl From<Box<Fault>> for CallError {
    fn from(fault: Box<Fault>) -> Self {
        Self::Fault(fault)
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

/// Why a request cannot be put into the provider's words. The text is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TranslateError {
    /// The provider does not offer the operation; nothing was sent.
    #[error("provider `{provider}` does not offer {operation}")]
    UnsupportedOperation {
        /// The provider's name.
        provider: String,
        /// What was asked.
        operation: Operation,
    },
    /// A raw request whose path or query does not pass; nothing was sent.
    #[error("{0}")]
    PathNotAllowed(#[from] crate::ProxyPathError),
    /// A member has a value that cannot be expressed.
    #[error("{message}")]
    InvalidValue {
        /// The member's path, e.g. `messages[0].content`.
        param: String,
        /// What is wrong and what to do.
        message: String,
    },
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(_) => f.write_str("Json(..)"),
            Self::Opaque {
                content_type,
                length,
                ..
            } => write!(f, "Opaque({content_type:?}, {length:?})"),
        }
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole { bytes, usage } => write!(f, "Whole({} bytes, {usage:?})", bytes.len()),
            Self::Events(_) => f.write_str("Events(..)"),
            Self::Binary(_) => f.write_str("Binary(..)"),
        }
    }
}
