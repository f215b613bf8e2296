//! What can go wrong on the wire, told apart as far as a caller can act on it.

use std::error::Error as StdError;

/// How far an exchange got before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The name did not resolve. Nothing was sent.
    Dns,
    /// The connection was refused or the host unreachable. Nothing was sent.
    Connect,
    /// No connection within the connect timeout. Nothing was sent.
    ConnectTimeout,
    /// The TLS handshake failed. Nothing was sent.
    Tls,
    /// The connection broke before the response head: the upstream may have worked on the request.
    ResetBeforeHead,
    /// No response head within [`head_timeout`](super::TransportRequest::head_timeout).
    HeadTimeout,
    /// The connection broke, or the framing was wrong, inside the response body.
    Body,
    /// What came back was not HTTP, or broke its limits.
    Protocol,
    /// The request's own body stream failed, so that it was never sent whole.
    RequestBody,
}

/// A failed exchange. Its text names no URL, since a URL's query may hold a credential.
#[derive(Debug, thiserror::Error)]
#[error("{kind:?}: {message}")]
pub struct TransportError {
    /// How far the exchange got.
    pub kind: TransportErrorKind,
    /// For a log, not for a caller.
    pub message: String,
    /// The underlying error.
    #[source]
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// An error with a text for the log.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }
}
