//! How one upstream is reached, looked up and checked. Upstreams with the same settings share their connections.

use std::{fmt, time::Duration};

use gateway_client::transport::{HttpTransportConfig, HttpVersion, TrustRoots};
use url::Url;

/// How one upstream is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ConnectionSettings {
    /// For a connection, TLS included.
    pub connect_timeout: Duration,
    /// Which versions of HTTP are spoken.
    pub http_version: HttpVersion,
    /// Whose certificates are trusted.
    pub trust_roots: TrustRoots,
    /// The proxy through which it is reached.
    pub proxy: Option<OutboundProxy>,
}

/// A proxy's address, perhaps with a password in it, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OutboundProxy(pub(super) Url);

impl fmt::Debug for OutboundProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutboundProxy")
            .field(&self.0.host_str())
            .finish()
    }
}

impl ConnectionSettings {
    /// What a transport with these settings is made of.
    pub fn transport(&self) -> HttpTransportConfig {
        let mut config = HttpTransportConfig::default();
        config.connect_timeout = self.connect_timeout;
        config.http_version = self.http_version;
        config.trust_roots = self.trust_roots.clone();
        config.proxy = self.proxy.as_ref().map(|proxy| proxy.0.clone());
        config
    }
}
