//! Settings of the real transport, each with the default that suits a gateway.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use url::Url;

/// Settings of [`HttpTransport`](super::HttpTransport).
///
/// ```
/// use std::time::Duration;
/// use gateway_client::transport::{HttpTransport, HttpTransportConfig};
///
/// # fn main() -> Result<(), gateway_client::transport::TransportError> {
/// let mut config = HttpTransportConfig::default();
/// config.connect_timeout = Duration::from_secs(3);
/// let transport = HttpTransport::new(config)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpTransportConfig {
    /// How long name resolution, TCP and TLS handshake may take together. 10 s by default.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept. 55 s by default, which is below the 60 s after which common load
    /// balancers close it, so that few requests meet a connection that is just being closed.
    pub pool_idle_timeout: Duration,
    /// How many unused connections to one host are kept. 1024 by default.
    pub pool_max_idle_per_host: usize,
    /// After how long without traffic TCP asks whether the other end is there. 30 s by default.
    pub tcp_keepalive: Duration,
    /// Which versions of HTTP are spoken. HTTP/1.1 by default.
    pub http_version: HttpVersion,
    /// How many exchanges share one HTTP/2 connection before another one is opened. 100 by default, which is
    /// what most servers allow. Without this, the exchange over the server's limit would wait for another to
    /// end.
    pub max_streams_per_connection: usize,
    /// How many header lines a response may have. 100 by default.
    pub max_headers: usize,
    /// How large the names and values of a response's headers may be together, in bytes. 64 KiB by default.
    pub max_header_bytes: usize,
    /// Whose certificates are trusted. The platform's by default.
    pub trust_roots: TrustRoots,
    /// The proxy all traffic goes through, but for what a machine asks its own metadata service, which no proxy
    /// reaches. None by default; the environment's `HTTPS_PROXY` is not read.
    pub proxy: Option<Url>,
    /// Who resolves names. The operating system by default. Hosts that are written as an IP address are never
    /// resolved, so a filter of addresses has to look at those in the URL as well.
    pub dns_resolver: Option<Arc<dyn DnsResolver>>,
}

/// Which versions of HTTP are spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpVersion {
    /// HTTP/1.1 only: one exchange per connection, as many connections as there are exchanges.
    #[default]
    Http1,
    /// HTTP/2 where the TLS handshake agrees on it, else HTTP/1.1. Plain `http` stays HTTP/1.1.
    Negotiated,
    /// HTTP/2 only, also over plain `http`.
    Http2,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrustRoots {
    /// The platform's.
    #[default]
    Platform,
    /// The platform's and those of a PEM bundle.
    PlatformAnd(Vec<u8>),
    /// Those of a PEM bundle only; for images without a certificate store, and for pinning a private authority.
    Only(Vec<u8>),
}

/// Resolves host names, in place of the operating system.
#[async_trait]
pub trait DnsResolver: Send + Sync + fmt::Debug {
    /// The addresses of a host, in the order they are tried. Port 0 stands for the URL's port; a port in the
    /// URL always wins.
    ///
    /// # Errors
    /// Whatever keeps the name from being resolved; it becomes
    /// [`TransportErrorKind::Dns`](super::TransportErrorKind::Dns).
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

impl Default for HttpTransportConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            pool_idle_timeout: Duration::from_secs(55),
            pool_max_idle_per_host: 1024,
            tcp_keepalive: Duration::from_secs(30),
            http_version: HttpVersion::default(),
            max_streams_per_connection: 100,
            max_headers: 100,
            max_header_bytes: 64 << 10,
            trust_roots: TrustRoots::default(),
            proxy: None,
            dns_resolver: None,
        }
    }
}

/// The proxy's URL may hold a password, so only its host is shown.
impl fmt::Debug for HttpTransportConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTransportConfig")
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("pool_max_idle_per_host", &self.pool_max_idle_per_host)
            .field("tcp_keepalive", &self.tcp_keepalive)
            .field("http_version", &self.http_version)
            .field(
                "max_streams_per_connection",
                &self.max_streams_per_connection,
            )
            .field("max_headers", &self.max_headers)
            .field("max_header_bytes", &self.max_header_bytes)
            .field("proxy_host", &self.proxy.as_ref().and_then(Url::host_str))
            .field("dns_resolver", &self.dns_resolver)
            .finish_non_exhaustive()
    }
}
