//! What an upstream did wrong: the kind, and with it everything that follows (status, words, retry) as data.

use std::time::Duration;

use bytes::Bytes;
use gateway_client::transport::{TransportError, TransportErrorKind};
use http::{HeaderMap, StatusCode};

/// What an upstream did wrong. Each kind's consequences are in [`FaultKind::spec`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The connection was refused, or the host cannot be reached.
    Unreachable,
    /// The name does not resolve.
    Dns,
    /// The TLS handshake failed.
    Tls,
    /// No connection in time.
    ConnectTimeout,
    /// The connection broke before or inside the answer.
    Reset,
    /// No first byte, or no first valid event, in time.
    FirstTokenTimeout,
    /// A stream fell silent.
    IdleTimeout,
    /// The whole answer took too long.
    Deadline,
    /// The answer ended before it was complete.
    Truncated,
    /// A success without any content.
    Empty,
    /// A success whose body is not what was asked for: HTML, broken JSON.
    InvalidResponse,
    /// A stream that breaks its own rules: invalid JSON or UTF-8 in an event, text outside of events.
    Protocol,
    /// More bytes than the limits allow.
    TooLarge,
    /// A redirect, which is never followed.
    Redirect,
    /// An error inside an answer that began as a success.
    InStream,
    /// An error status with the upstream's own body.
    Status,
}

/// Whether another attempt can help, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryClass {
    /// No.
    Never,
    /// The same target may do better.
    Same,
    /// Another target may do better.
    Alternate,
}

/// What follows from a kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultSpec {
    /// The status for the client, where the upstream's own is not used.
    pub status: StatusCode,
    /// The error object's `type`.
    pub error_type: &'static str,
    /// The error object's `code`.
    pub code: &'static str,
    /// What the client is told. It names no host and no credential.
    pub message: &'static str,
    /// Whether another attempt can help.
    pub retry: RetryClass,
    /// Whether a client that tries again can expect another outcome.
    pub client_may_retry: bool,
}

impl FaultKind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 16] = [
        Self::Unreachable,
        Self::Dns,
        Self::Tls,
        Self::ConnectTimeout,
        Self::Reset,
        Self::FirstTokenTimeout,
        Self::IdleTimeout,
        Self::Deadline,
        Self::Truncated,
        Self::Empty,
        Self::InvalidResponse,
        Self::Protocol,
        Self::TooLarge,
        Self::Redirect,
        Self::InStream,
        Self::Status,
    ];

    /// What follows from this kind.
    #[expect(clippy::too_many_lines, reason = "a table with one row a kind")]
    pub const fn spec(self) -> FaultSpec {
        use RetryClass::{Alternate, Never};
        const fn spec(
            status: StatusCode,
            error_type: &'static str,
            code: &'static str,
            message: &'static str,
            retry: RetryClass,
            client_may_retry: bool,
        ) -> FaultSpec {
            FaultSpec {
                status,
                error_type,
                code,
                message,
                retry,
                client_may_retry,
            }
        }
        const BAD: StatusCode = StatusCode::BAD_GATEWAY;
        const LATE: StatusCode = StatusCode::GATEWAY_TIMEOUT;
        match self {
            Self::Unreachable => spec(
                BAD,
                "backend_unreachable",
                "connect_failed",
                "The backend could not be reached.",
                Alternate,
                true,
            ),
            Self::Dns => spec(
                BAD,
                "backend_unreachable",
                "dns_failed",
                "The backend's name does not resolve.",
                Alternate,
                true,
            ),
            Self::Tls => spec(
                BAD,
                "backend_tls_error",
                "tls_failed",
                "No secure connection to the backend could be made.",
                Alternate,
                false,
            ),
            Self::ConnectTimeout => spec(
                LATE,
                "backend_timeout",
                "connect_timeout",
                "The backend did not accept a connection in time.",
                Alternate,
                true,
            ),
            Self::Reset => spec(
                BAD,
                "backend_connection_reset",
                "backend_connection_reset",
                "The backend closed the connection before its answer was complete.",
                Alternate,
                true,
            ),
            Self::FirstTokenTimeout => spec(
                LATE,
                "backend_timeout",
                "first_token_timeout",
                "The backend did not begin to answer in time.",
                Never,
                false,
            ),
            Self::IdleTimeout => spec(
                LATE,
                "backend_timeout",
                "idle_timeout",
                "The backend fell silent in the middle of its answer.",
                Never,
                false,
            ),
            Self::Deadline => spec(
                LATE,
                "backend_timeout",
                "deadline_exceeded",
                "The backend did not finish its answer in time.",
                Never,
                false,
            ),
            Self::Truncated => spec(
                BAD,
                "backend_stream_truncated",
                "backend_stream_truncated",
                "The backend's answer ended before it was complete.",
                Alternate,
                true,
            ),
            Self::Empty => spec(
                BAD,
                "backend_empty_response",
                "backend_empty_response",
                "The backend answered without any content.",
                Alternate,
                true,
            ),
            Self::InvalidResponse => spec(
                BAD,
                "backend_invalid_response",
                "invalid_response",
                "The backend's answer is not what its protocol promises.",
                Alternate,
                true,
            ),
            Self::Protocol => spec(
                BAD,
                "backend_protocol_error",
                "backend_protocol_error",
                "The backend's stream breaks its own protocol.",
                Alternate,
                true,
            ),
            Self::TooLarge => spec(
                BAD,
                "backend_response_too_large",
                "backend_response_too_large",
                "The backend's answer is larger than this gateway accepts.",
                Never,
                false,
            ),
            Self::Redirect => spec(
                BAD,
                "backend_redirect",
                "backend_redirect",
                "The backend answered with a redirect, which is never followed. The provider's base URL may be wrong.",
                Never,
                false,
            ),
            Self::InStream => spec(
                BAD,
                "backend_error",
                "backend_error",
                "The backend reported an error.",
                Alternate,
                true,
            ),
            Self::Status => spec(
                BAD,
                "backend_error",
                "backend_error",
                "The backend answered with an error.",
                Alternate,
                true,
            ),
        }
    }
}

/// One failed attempt: what happened, and what the upstream said about it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind:?}: {detail}")]
pub struct Fault {
    /// What happened.
    pub kind: FaultKind,
    /// For the log: never shown to a caller.
    pub detail: String,
    /// What the upstream itself answered, where it did.
    pub upstream: Option<UpstreamError>,
}

/// An error as the upstream put it.
#[derive(Debug, Clone)]
pub struct UpstreamError {
    /// Its status: the answer's own, or for an error inside a stream the one that its body implies.
    pub status: StatusCode,
    /// Headers of the error that may go to the client.
    pub headers: HeaderMap,
    /// The body as it came, our own credentials redacted; `None` where it was not JSON.
    pub body: Option<Bytes>,
    /// How long the upstream asks to wait, as it said it.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A fault without an answer of the upstream.
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            upstream: None,
        }
    }

    /// What an error on the wire means in the middle of an answer that is passed on as it comes.
    pub fn in_body(error: &TransportError) -> Self {
        let kind = match error.kind {
            TransportErrorKind::Protocol => FaultKind::Protocol,
            TransportErrorKind::BodyTimeout => FaultKind::IdleTimeout,
            _ => FaultKind::Reset,
        };
        Self::new(kind, error.to_string())
    }

    /// The status that the upstream gave, if it gave one.
    pub fn upstream_status(&self) -> Option<StatusCode> {
        self.upstream.as_ref().map(|error| error.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once_and_in_order() {
        for (index, kind) in FaultKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "{kind:?}");
        }
        // An exhaustive list of one: a kind that is added after the last one does not compile until it is here.
        let last = FaultKind::Status;
        match last {
            FaultKind::Unreachable
            | FaultKind::Dns
            | FaultKind::Tls
            | FaultKind::ConnectTimeout
            | FaultKind::Reset
            | FaultKind::FirstTokenTimeout
            | FaultKind::IdleTimeout
            | FaultKind::Deadline
            | FaultKind::Truncated
            | FaultKind::Empty
            | FaultKind::InvalidResponse
            | FaultKind::Protocol
            | FaultKind::TooLarge
            | FaultKind::Redirect
            | FaultKind::InStream
            | FaultKind::Status => {}
        }
        assert_eq!(FaultKind::ALL.last(), Some(&last));
    }
}
