//! `[connection]`: how upstreams are reached.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::SecretText;

/// How upstreams are reached. A provider may differ in its own `connection`, key by key.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Connection {
    /// A PEM file with certificates of authorities that are trusted beside those of the platform, e.g. one's own.
    pub ca_file: Option<PathBuf>,
    /// The proxy through which everything goes, e.g. `http://user:password@proxy.example:3128`; `direct` for none,
    /// where `[connection]` names one. A secret. The environment's proxy is used where it is named:
    /// `"${HTTPS_PROXY}"`.
    pub outbound_proxy: Option<SecretText>,
    /// Which version of HTTP is spoken. `1.1` when left out.
    pub http_version: Option<HttpVersion>,
}

/// Which version of HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum HttpVersion {
    /// HTTP/2 where the TLS handshake agrees on it, else HTTP/1.1.
    #[serde(rename = "auto")]
    Auto,
    /// HTTP/1.1: each exchange has a connection to itself.
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2 only, also without TLS.
    #[serde(rename = "2")]
    Http2,
}
