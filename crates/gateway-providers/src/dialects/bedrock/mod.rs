//! Amazon Bedrock: Converse and ConverseStream for chat, InvokeModel for embeddings.
//!
//! Converse is one shape for the models of all makers; what is beyond it goes through
//! `additionalModelRequestFields`. How a chat is put:
//!
//! - Instructions go to `system`, in their order; where the model's rule allows it, those that stand between
//!   other messages stay there. A chat of instructions alone is put as the user's.
//! - Messages of one role are joined, for roles must alternate. Tool answers are the user's.
//! - A request whose history has tool blocks must have tools: where it offers none, those of the history are
//!   offered again, described as no longer there. `tool_choice: "none"` takes the tools out; with such a history
//!   it cannot, and is named.
//! - `cache_control` (and `prompt_cache_breakpoint`) becomes a `cachePoint` behind what carries it.
//! - Images, documents, videos and audio are inline bytes, or lie in S3: `s3://` stands wherever a URL does.
//! - A tool's id or a document's name that has other characters than Bedrock takes is rewritten, always alike.
//!
//! Blocks that only Bedrock has come out at `provider_data.bedrock`: `blocks` (server tools; they go back into the
//! history), `citations`, `trace` (guardrails), `metrics`, `usage`, `additional_fields`.
//!
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>

mod embeddings;
mod fault;
mod models;
mod request;
mod response;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{Ask, Dialect, Encoded, ModelsPage, NativePath};
use crate::{Fault, Operation, ProviderSettings, TranslateError, fault::UpstreamError};

/// The dialect. It has no state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bedrock;

impl Dialect for Bedrock {
    fn name(&self) -> &'static str {
        "bedrock"
    }

    fn wants_image_bytes(&self) -> bool {
        true
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat, Operation::Embeddings]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        match ask.operation {
            Operation::Embeddings => embeddings::encode(ask),
            _ => request::encode(ask),
        }
    }

    fn takes_state(&self, _: &str) -> &'static [&'static str] {
        &[
            response::CLAUDE_FORMAT,
            response::OPAQUE_FORMAT,
            "bedrock",
            "",
        ]
    }

    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> UpstreamError {
        fault::read(status, headers, body)
    }

    fn models_path(&self, _: &ProviderSettings, page: Option<&str>) -> Option<NativePath> {
        Some(models::path(page))
    }

    fn page_may_be_missing(&self, page: &str) -> bool {
        models::may_be_missing(page)
    }

    fn models_page(
        &self,
        settings: &ProviderSettings,
        answer: &Bytes,
    ) -> Result<ModelsPage, Box<Fault>> {
        models::page(settings, answer)
    }
}
