//! Gemini's `generateContent`, as Google AI Studio and Vertex AI speak it.
//!
//! Spec: <https://ai.google.dev/api/generate-content>. What is Google's alone travels under the name `google`: in
//! `provider_options`, in `provider_data`, and in the `extra_content` of calls.

pub(crate) mod api;
mod choice;
pub(crate) mod embeddings;
mod fault;
mod models;
mod partial_args;
mod request;
mod response;
mod signature;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use self::api::{AI_STUDIO, Api};
use super::{Ask, Dialect, Encoded, ModelsPage, NativePath, native_error};
use crate::{Fault, Operation, ProviderSettings, TranslateError, fault::UpstreamError};

/// The name under which what only Google has travels.
pub(crate) const NAME: &str = "google";

/// The names of the state that goes back.
pub(crate) const STATE: &[&str] = &[signature::FORMAT, NAME];

/// How many models one page of the list has: the most that there can be.
const PAGE_SIZE: &str = "1000";

/// Google AI Studio's API.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gemini;

impl Dialect for Gemini {
    fn name(&self) -> &'static str {
        NAME
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat, Operation::Embeddings]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        match ask.operation {
            Operation::Embeddings => embeddings::encode(ask),
            _ => chat(ask, &AI_STUDIO),
        }
    }

    fn options_go_into(&self, operation: Operation) -> Option<&'static str> {
        (operation == Operation::Embeddings).then_some(embeddings::REQUESTS)
    }

    fn takes_state(&self, _: &str) -> &'static [&'static str] {
        STATE
    }

    fn names_resources(&self) -> bool {
        true
    }

    fn error(&self, status: StatusCode, _: &HeaderMap, body: &Bytes) -> UpstreamError {
        error(status, body)
    }

    fn models_path(&self, _: &ProviderSettings, page: Option<&str>) -> Option<NativePath> {
        let path = NativePath::new(["models"]).with_query("pageSize", PAGE_SIZE);
        Some(match page {
            Some(token) => path.with_query("pageToken", token),
            None => path,
        })
    }

    fn models_page(&self, _: &ProviderSettings, answer: &Bytes) -> Result<ModelsPage, Box<Fault>> {
        models::read(answer)
    }
}

/// Puts a chat call into the protocol's words.
pub(crate) fn chat(ask: &Ask<'_>, api: &'static Api) -> Result<Encoded, TranslateError> {
    request::encode(ask, api)
}

/// An error answer in OpenAI's shape.
pub(crate) fn error(status: StatusCode, body: &Bytes) -> UpstreamError {
    native_error::with_status(status, fault::read(body))
}
