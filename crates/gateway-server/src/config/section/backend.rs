//! `[backend]`: the one backend of a single-backend gateway.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::value::SecretText;

/// The one backend of a single-backend gateway: model names and request bodies go to it as they are. With
/// `[providers]` beside it, it becomes the first of several providers.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Backend {
    /// Its kind: the id of a vendor, e.g. `vllm`, `sglang`, `tgi`, `ollama`, `localai`, `llamacpp`, `openai`. Any
    /// OpenAI-compatible server when left out.
    pub kind: Option<String>,
    /// Its base URL, e.g. `http://127.0.0.1:8000`; `/v1` is added where there is no path. The kind's usual place when
    /// left out, where it has one.
    pub url: Option<String>,
    /// Its credential, where it wants one.
    pub api_key: Option<SecretText>,
}
