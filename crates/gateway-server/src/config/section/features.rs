//! `[features]`: what is switched on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is switched on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Features {
    /// Lets images in chat messages through. When off, such a request is refused with 400 `vision_disabled`. When left
    /// out: on with a single backend, off with several providers.
    pub vision: Option<bool>,
    /// Serves the image endpoints.
    pub images: bool,
    /// Switches on every vendor whose key is in the environment, e.g. by `GROQ_API_KEY`, beside the providers of the
    /// file.
    pub discover_providers: bool,
    /// Refuses a request that would lose a member on its way to a provider which cannot be told it, with 400 and the
    /// member's name. When off, the answer names what was dropped in `x-gateway-dropped`. A request says otherwise with
    /// the header `x-gateway-strict: true` or `false`.
    pub strict_translation: bool,
    /// Fetches images that a request names by an `https` address, for providers that take bytes only (Bedrock, Ollama's
    /// own API): from public addresses at port 443, at most 50 images, 20 MiB and 10 seconds for a request. When off,
    /// such a request is refused with 400; providers that fetch images themselves are given the address in any case.
    pub fetch_images: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            vision: None,
            images: true,
            discover_providers: true,
            strict_translation: false,
            fetch_images: false,
        }
    }
}
