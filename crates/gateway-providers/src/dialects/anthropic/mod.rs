//! Anthropic's Messages API, on Anthropic's own host or on a cloud.
//!
//! Spec: <https://docs.anthropic.com/en/api/messages>
//!
//! What OpenAI's chat has no place for is told at `provider_data.<dialect>` of the answer's message, and put
//! back into native history when the client sends that message again:
//! - `blocks`: blocks of server-side tools, compactions and the like, whole and in Anthropic's words;
//! - `citations`: every citation in Anthropic's words (those of web pages also stand in `annotations`);
//! - `layout`: the order in which text, thinking, calls, `blocks` and `citations` stood in the answer, told
//!   only where it is not the plain one (thinking, one text, calls);
//! - `stop_sequence`, `stop_details`, `container`, `context_management` and other members of the message.
//!
//! Thinking is told as `reasoning_details` in the format `anthropic-claude-v1`, signatures included; they must
//! come back unchanged. What belongs to one call alone (`caller`) rides in its `extra_content.anthropic`.

mod fault;
mod host;
mod models;
mod pause;
mod request;
mod response;
mod schema;
mod stream;
#[cfg(test)]
mod tests;
mod usage;
mod wire;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

pub use self::host::{ANTHROPIC, BetaPlace, Host, VersionPlace};
use super::{Ask, Dialect, Encoded, ModelsPage, NativePath};
use crate::{Fault, Operation, ProviderSettings, TranslateError, fault::UpstreamError};

/// The format that thinking has in `reasoning_details`.
const REASONING_FORMAT: &str = "anthropic-claude-v1";

/// The Messages API on one host.
#[derive(Debug, Clone, Copy)]
pub struct Anthropic {
    host: &'static Host,
}

impl Anthropic {
    /// On Anthropic's own host.
    pub const fn new() -> Self {
        Self::on(&ANTHROPIC)
    }

    /// On another host; see [`Host`].
    pub const fn on(host: &'static Host) -> Self {
        Self { host }
    }
}

impl Default for Anthropic {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for Anthropic {
    fn name(&self) -> &'static str {
        self.host.dialect
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        request::encode(self.host, ask)
    }

    fn takes_state(&self, _: &str) -> &'static [&'static str] {
        &["anthropic*", ""]
    }

    fn names_resources(&self) -> bool {
        true
    }

    fn error(&self, status: StatusCode, _: &HeaderMap, body: &Bytes) -> UpstreamError {
        fault::with_status(status, body)
    }

    fn models_path(&self, _: &ProviderSettings, page: Option<&str>) -> Option<NativePath> {
        self.host.models_path.map(|path| path(page))
    }

    fn models_page(&self, _: &ProviderSettings, answer: &Bytes) -> Result<ModelsPage, Box<Fault>> {
        models::page(answer)
    }
}
