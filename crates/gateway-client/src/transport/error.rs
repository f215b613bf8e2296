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
    /// The response body was silent for longer than its reader allows.
    BodyTimeout,
    /// What came back was not HTTP, or broke its limits.
    Protocol,
    /// The request's own body stream failed, so that it was never sent whole.
    RequestBody,
}

impl TransportErrorKind {
    /// True when not one byte of the request has left: sending it again cannot do anything twice.
    #[must_use]
    pub fn nothing_was_sent(self) -> bool {
        matches!(
            self,
            Self::Dns | Self::Connect | Self::ConnectTimeout | Self::Tls
        )
    }

    /// A short name for a log line or a metric label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::ConnectTimeout => "connect_timeout",
            Self::Tls => "tls",
            Self::ResetBeforeHead => "reset_before_head",
            Self::HeadTimeout => "head_timeout",
            Self::Body => "body",
            Self::BodyTimeout => "body_timeout",
            Self::Protocol => "protocol",
            Self::RequestBody => "request_body",
        }
    }
}

/// A failed exchange. Its text names no URL, since a URL's query may hold a credential.
#[derive(Debug, thiserror::Error)]
#[error("{}: {message}", kind.as_str())]
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

    /// An error whose text for the log is that of the underlying error and of all that it has wrapped. The
    /// caller makes sure that no URL is in it.
    pub fn with_source(
        kind: TransportErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let source = source.into();
        let mut message = source.to_string();
        for cause in causes(&*source) {
            let text = cause.to_string();
            if !message.ends_with(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
        }
        Self {
            kind,
            message,
            source: Some(source),
        }
    }
}

/// What an error has wrapped, outermost first.
pub(super) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| {
        (*cause).source()
    })
}

/// Marks an error of the request's own body among those that an HTTP client returns.
#[derive(Debug, thiserror::Error)]
#[error("the request body failed: {0}")]
pub(super) struct RequestBodyFailed(pub(super) TransportError);
