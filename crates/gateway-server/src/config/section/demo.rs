//! `[demo]`: the built-in provider that needs no key and no network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::Wait;

/// The built-in provider that needs no key and no network. Its models are `demo/chat` and others.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Demo {
    /// Whether it is there. When left out: only while nothing else is configured, or with a `[providers.demo]` table.
    pub enabled: Option<bool>,
    /// The wait before each word of a stream.
    pub pace: Wait,
    /// Whether its models that misbehave on purpose are listed. They always answer. Default false.
    pub list_faults: bool,
}

impl Default for Demo {
    fn default() -> Self {
        Self {
            enabled: None,
            pace: Wait(std::time::Duration::from_millis(20)),
            list_faults: false,
        }
    }
}
