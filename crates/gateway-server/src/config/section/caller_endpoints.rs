//! `[caller_endpoints]`: endpoints that callers bring along.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::TextList;

/// Endpoints that callers bring along with `x-opengateway-vllm-endpoint`. Off while neither `origins` nor `public` says
/// otherwise. Such an endpoint is sent the caller's own `x-opengateway-vllm-api-key` and no secret of this configuration.
/// Needs API keys, unless the gateway listens on loopback only.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CallerEndpoints {
    /// The origins that callers may name: scheme, host and port, e.g. `https://vllm.example.com` or
    /// `http://10.0.0.7:8000`. One with an address opens that address; one with a name must lead to public addresses or
    /// to those of `addresses`.
    pub origins: TextList,
    /// Lets callers name every public address, at one of the `ports`.
    pub public: bool,
    /// The ports of endpoints that are not in `origins`.
    pub ports: Vec<u16>,
    /// Ranges of addresses that are not public and that names may lead to nevertheless, e.g. `10.1.0.0/16`. Link-local
    /// addresses, clouds' metadata services and the gateway's own addresses stay shut whatever stands here.
    pub addresses: TextList,
}

impl Default for CallerEndpoints {
    fn default() -> Self {
        Self {
            origins: TextList::default(),
            public: false,
            ports: vec![80, 443, 8000, 8080],
            addresses: TextList::default(),
        }
    }
}
