//! Says how far a failed exchange got, from the errors that reqwest has wrapped into each other.

use std::{error::Error as StdError, io};

use super::{
    TransportError, TransportErrorKind,
    error::{RequestBodyFailed, causes},
};

/// An exchange that failed before its response head.
pub(super) fn head_error(error: reqwest::Error) -> TransportError {
    let kind = head_error_kind(&error);
    TransportError::with_source(kind, error.without_url())
}

/// A response body that failed.
pub(super) fn body_error(error: reqwest::Error) -> TransportError {
    TransportError::with_source(TransportErrorKind::Body, error.without_url())
}

fn head_error_kind(error: &reqwest::Error) -> TransportErrorKind {
    if error.is_builder() {
        // The URL cannot be connected to: its scheme is unknown, or it is no URI.
        TransportErrorKind::Connect
    } else if error.is_connect() {
        connect_error_kind(error)
    } else {
        exchange_error_kind(error)
    }
}

fn connect_error_kind(error: &reqwest::Error) -> TransportErrorKind {
    if error.is_dns() {
        TransportErrorKind::Dns
    } else if error.is_timeout() {
        TransportErrorKind::ConnectTimeout
    } else if is_handshake_error(error) {
        TransportErrorKind::Tls
    } else {
        TransportErrorKind::Connect
    }
}

/// Under reqwest's error lies that of the client, and under it what its connector returned: an error of its own
/// while it makes the TCP connection, a bare IO error while it shakes hands.
fn is_handshake_error(error: &reqwest::Error) -> bool {
    let connector_error = error.source().and_then(StdError::source);
    matches!(connector_error, Some(cause) if cause.is::<io::Error>())
}

fn exchange_error_kind(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    std::iter::once(error)
        .chain(causes(error))
        .find_map(|cause| {
            let hyper = cause.downcast_ref::<hyper::Error>();
            if cause.is::<RequestBodyFailed>() || hyper.is_some_and(hyper::Error::is_user) {
                Some(TransportErrorKind::RequestBody)
            } else if hyper.is_some_and(hyper::Error::is_parse) {
                Some(TransportErrorKind::Protocol)
            } else {
                None
            }
        })
        .unwrap_or(TransportErrorKind::ResetBeforeHead)
}
