//! The real transport: reqwest, without redirects and without anything that touches bytes.

use async_trait::async_trait;

use super::{Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse};

/// Settings of [`HttpTransport`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HttpTransportConfig {}

/// [`Transport`] over HTTP/1.1 and HTTP/2.
#[derive(Debug, Clone)]
pub struct HttpTransport {}

impl HttpTransport {
    /// Builds a transport with its own connection pool.
    ///
    /// # Errors
    /// When the TLS set-up of the process does not work.
    pub fn new(_config: HttpTransportConfig) -> Result<Self, TransportError> {
        Ok(Self {})
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, _request: TransportRequest) -> Result<TransportResponse, TransportError> {
        Err(TransportError::new(
            TransportErrorKind::Connect,
            "not connected yet",
        ))
    }
}
