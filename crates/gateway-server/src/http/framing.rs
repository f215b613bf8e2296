//! What a client never needs here and an attacker might: another protocol on this connection, an address in the
//! request's target that is not ours, or more headers than there may be.
//!
//! What is wrong with the bytes of a head or with a body's framing, hyper refuses before there is a request; also a head
//! that is larger than what is read at once.

use axum::body::Body;
use http::{HeaderMap, HeaderName, Method, Request, Version, header};

use super::{
    error::{ApiError, ErrorKind},
    refuse,
};

/// Bounds of a request's head; parsers take a little more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLimits {
    /// The most headers.
    pub max_headers: usize,
    /// The most bytes, counted as HTTP/2 does.
    pub max_bytes: usize,
}

/// What HTTP/2 counts for each field beside its own bytes (RFC 9113, section 6.5.2).
const FIELD_OVERHEAD: usize = 32;

static HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Refuses such a request, and takes out of it what may be ignored.
///
/// # Errors
/// 400 for CONNECT, for a target that is not a path, and for `upgrade` to anything but h2c; 431 over the limits.
pub fn check(request: &mut Request<Body>, limits: HeadLimits) -> Result<(), ApiError> {
    if request.method() == Method::CONNECT {
        return Err(no_proxy());
    }
    check_size(request, limits)?;
    // Over HTTP/2 every target has an authority, and `upgrade` is malformed.
    if request.version() >= Version::HTTP_2 {
        return Ok(());
    }
    if request.uri().authority().is_some() {
        return Err(no_proxy());
    }
    if request.headers().contains_key(header::UPGRADE) {
        ignore_h2c(request.headers_mut())?;
    }
    Ok(())
}

fn check_size(request: &Request<Body>, limits: HeadLimits) -> Result<(), ApiError> {
    let headers = request.headers();
    let size = || {
        let fields = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + FIELD_OVERHEAD);
        let target = request.uri().path_and_query();
        fields.sum::<usize>() + target.map_or(0, |target| target.as_str().len())
    };
    if headers.len() > limits.max_headers || size() > limits.max_bytes {
        return Err(refuse::head_too_large());
    }
    Ok(())
}

/// Clients that would rather speak HTTP/2 over plain TCP (Java's, `curl --http2`) ask so with their first request,
/// and take an answer over HTTP/1.1 for a 'no' (RFC 9110, section 7.8; RFC 9113 has done away with the upgrade).
fn ignore_h2c(headers: &mut HeaderMap) -> Result<(), ApiError> {
    let only_h2c = headers.get_all(header::UPGRADE).iter().all(|value| {
        let mut protocols = value.as_bytes().split(|&byte| byte == b',');
        protocols.all(|name| name.trim_ascii().eq_ignore_ascii_case(b"h2c"))
    });
    if !only_h2c {
        let message = "Another protocol on this connection is not offered. Send the request without `upgrade`.";
        return Err(ApiError::new(ErrorKind::InvalidHeader, message).param("upgrade"));
    }
    headers.remove(header::UPGRADE);
    headers.remove(&HTTP2_SETTINGS);
    Ok(())
}

fn no_proxy() -> ApiError {
    let message = "The request's target must be a path: this is no proxy for other hosts.";
    ApiError::new(ErrorKind::InvalidRequest, message)
}
