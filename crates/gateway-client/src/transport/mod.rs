//! The edge where bytes leave and enter: one trait, one request, one response, one error.
//!
//! Everything above this module is free of sockets. A test puts a script behind [`Transport`], an embedder
//! its own connection pool; [`HttpTransport`] is the real one.

mod classify;
mod config;
mod connector;
mod error;
pub mod guard;
mod http_transport;
mod plain;
mod shards;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

pub use self::{
    config::{DnsResolver, HttpTransportConfig, HttpVersion, TrustRoots},
    error::{TransportError, TransportErrorKind},
    http_transport::HttpTransport,
};

/// A body as it arrives: pieces in order, each either bytes or the error that ended the body.
pub type ByteStream = BoxStream<'static, Result<Bytes, TransportError>>;

/// One HTTP exchange with an upstream.
///
/// An implementation follows no redirect, adds no credential and changes no byte of a body.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends the request and returns once the response head has arrived.
    ///
    /// # Errors
    /// Says how far the exchange got, see [`TransportErrorKind`]. The message never holds the URL's query.
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError>;
}

/// What goes out.
pub struct TransportRequest {
    /// The HTTP method.
    pub method: Method,
    /// The whole address; the caller has built it from checked parts.
    pub url: Url,
    /// Headers, credentials among them (marked sensitive).
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// How long to wait for the response head, counted from the call. `None` waits for ever.
    pub head_timeout: Option<Duration>,
}

/// A request's body.
pub enum RequestBody {
    /// No body at all.
    Empty,
    /// A body that is in memory.
    Full(Bytes),
    /// A body that is in memory in several pieces, which are sent one after the other.
    Pieces(Vec<Bytes>),
    /// A body that is passed on as it arrives. It cannot be sent twice.
    Stream {
        /// The pieces.
        stream: ByteStream,
        /// The length in bytes where it is known; it becomes the `content-length`.
        length: Option<u64>,
    },
}

/// What came back: the head, and a body still to be read.
pub struct TransportResponse {
    /// The status; a redirect is given like any other.
    pub status: StatusCode,
    /// All headers as they came.
    pub headers: HeaderMap,
    /// The body. Dropping it cancels the exchange.
    pub body: ByteStream,
}

/// Leaves the URL's query out, since some vendors want the key there.
impl fmt::Debug for TransportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportRequest")
            .field("method", &self.method)
            .field("url", &&self.url[..url::Position::AfterPath])
            .field("headers", &self.headers)
            .field("body", &self.body)
            .field("head_timeout", &self.head_timeout)
            .finish()
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Full(bytes) => write!(f, "Full({} bytes)", bytes.len()),
            Self::Pieces(pieces) => write!(f, "Pieces({})", pieces.len()),
            Self::Stream { length, .. } => write!(f, "Stream({length:?})"),
        }
    }
}

impl fmt::Debug for TransportResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_request_holds_no_secret() {
        let mut headers = HeaderMap::new();
        let mut key = http::HeaderValue::from_static("SECRET");
        key.set_sensitive(true);
        headers.insert("x-api-key", key);
        let request = TransportRequest {
            method: Method::POST,
            url: Url::parse("https://a.example/v1/chat?key=SECRET").unwrap(),
            headers,
            body: RequestBody::Full(Bytes::from_static(b"SECRET")),
            head_timeout: None,
        };
        let shown = format!("{request:?}");
        assert!(
            shown.contains("https://a.example/v1/chat") && !shown.contains("SECRET"),
            "{shown}"
        );
    }
}
