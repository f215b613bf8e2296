//! `[proxy]`: raw requests to a provider.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Raw requests to a provider, `/proxy/{provider}/{path}`. What passes is decided by vendor, or by a provider's own
/// `proxy` list.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Whether the endpoint is served.
    pub enabled: bool,
}

impl Default for Proxy {
    fn default() -> Self {
        Self { enabled: true }
    }
}
