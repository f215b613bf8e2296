//! `[auth]`: who may call, and which models.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::value::{KeyList, TextList};

/// Who may call, and which models.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Callers")]
pub struct Auth {
    /// The keys that callers may use. With none, any or no key is accepted, on loopback addresses only.
    pub api_keys: KeyList,
    /// Refuses to start without keys, also on loopback addresses. Default false.
    pub required: bool,
    /// Serves callers without a key on every address. Default false. Only for networks where every machine may spend
    /// the providers' credit.
    pub allow_anonymous: bool,
    /// The only models that may be asked for, by full name (`provider/model`), bare name or alias; letter case does
    /// not count. Empty: all. It wins over `disallowed_models`.
    pub allowed_models: TextList,
    /// Models that may not be asked for, named like `allowed_models`.
    pub disallowed_models: TextList,
}
