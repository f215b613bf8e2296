//! A call in a dialect's words.

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::{AnswerDecoder, WholeDecoder};
use crate::framing::Framing;

/// What is sent, and what reads the answer.
#[derive(Debug)]
pub struct Encoded {
    /// The requests. More than one only with a [`Decoder::Whole`]: an upstream that takes fewer inputs at a
    /// time gets them in several, and their answers are read together, in this order.
    pub requests: Vec<NativeRequest>,
    /// Members of the client's request that the upstream does not get, as paths: `seed`,
    /// `messages[2].name`.
    pub dropped: Vec<String>,
    /// Reads the answer.
    pub decoder: Decoder,
}

/// One request in a dialect's words.
#[derive(Debug, Clone)]
pub struct NativeRequest {
    /// `POST`, mostly.
    pub method: Method,
    /// Where, below the provider's base URL.
    pub path: NativePath,
    /// Headers of this request beside the provider's own: versions, features. No credential.
    pub headers: HeaderMap,
    /// The body: JSON.
    pub body: Bytes,
    /// How a streamed answer is framed.
    pub framing: Framing,
}

/// A path below a provider's base URL. Its segments are encoded when it becomes a URL: no text in them can
/// add a segment, climb or reach the query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NativePath {
    /// The segments, not encoded.
    pub segments: Vec<String>,
    /// What stands behind a colon at the end of the last segment, as Google names its methods:
    /// `generateContent`.
    pub verb: Option<&'static str>,
    /// Query parameters beside the vendor's own, not encoded.
    pub query: Vec<(String, String)>,
}

/// Reads an answer.
#[derive(Debug)]
pub enum Decoder {
    /// A chat answer, streamed or whole.
    Chat(Box<dyn AnswerDecoder>),
    /// Any other answer: never streamed.
    Whole(WholeDecoder),
}

impl NativeRequest {
    /// A `POST` of a JSON body, its answer in server-sent events when it is streamed.
    pub fn post(path: NativePath, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            path,
            headers: HeaderMap::new(),
            body: body.into(),
            framing: Framing::Sse,
        }
    }
}

impl NativePath {
    /// A path of these segments.
    pub fn new<S: Into<String>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self {
            segments: segments.into_iter().map(Into::into).collect(),
            verb: None,
            query: Vec::new(),
        }
    }

    /// With a method behind the last segment.
    #[must_use]
    pub fn with_verb(mut self, verb: &'static str) -> Self {
        self.verb = Some(verb);
        self
    }

    /// With one more query parameter.
    #[must_use]
    pub fn with_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }
}
