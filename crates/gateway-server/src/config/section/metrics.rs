//! `[metrics]`: numbers for Prometheus.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers for Prometheus.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Whether `GET /metrics` is served.
    pub enabled: bool,
    /// An address of its own for `/metrics`, `host:port`, e.g. `127.0.0.1:9464`. When left out it is served beside
    /// everything else.
    pub listen: Option<String>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: None,
        }
    }
}
