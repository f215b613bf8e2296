//! OpenAI's Responses API as an upstream behind a chat client.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/responses>
//!
//! A conversation is a list of items here: messages, thinking, calls and their outputs each stand for themselves,
//! in an order that matters. A chat message has one text and one list of calls; what that cannot say (the order,
//! the phase of a text, the calls of hosted tools) is told at `provider_data.responses.items` and put back from
//! there, so that the upstream gets its own history again. Thinking travels in `reasoning_details`.
//!
//! Nothing is kept by the upstream (`store: false`) unless the client asks for it: what must come back is in the
//! answer.

mod fault;
mod item;
mod message;
mod reader;
mod reasoning;
mod request;
mod response;
mod stream;
#[cfg(test)]
mod tests;
mod usage;
mod wire;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::{Ask, Decoder, Dialect, Encoded, ModelsPage, NativePath, NativeRequest};
use crate::{Fault, Operation, ProviderSettings, TranslateError, fault::UpstreamError};

/// The dialect's name, in vendor rows and in `provider_data`.
pub const NAME: &str = "responses";

/// The format of `reasoning_details` that this dialect makes and takes back.
const REASONING_FORMAT: &str = "openai-responses-v1";

/// Chat through `POST /responses`. Everything else that such an upstream offers needs no translation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Responses;

impl Dialect for Responses {
    fn name(&self) -> &'static str {
        NAME
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        let request::Translated {
            body,
            dropped,
            hides_reasoning,
        } = request::translate(ask)?;
        let path = path(ask.settings, ask.model);
        Ok(Encoded {
            requests: vec![NativeRequest::post(path, body)],
            dropped,
            decoder: Decoder::Chat(Box::new(stream::ResponsesDecoder::new(hides_reasoning))),
        })
    }

    fn takes_state(&self, _: &str) -> &'static [&'static str] {
        &[REASONING_FORMAT, NAME]
    }

    fn names_resources(&self) -> bool {
        true
    }

    fn error(&self, status: StatusCode, _: &HeaderMap, body: &Bytes) -> UpstreamError {
        fault::answer(status, body)
    }

    /// The list of models needs no translation: the provider around this dialect asks for it.
    fn models_path(&self, _: &ProviderSettings, _: Option<&str>) -> Option<NativePath> {
        None
    }

    fn models_page(&self, _: &ProviderSettings, _: &Bytes) -> Result<ModelsPage, Box<Fault>> {
        Ok(ModelsPage::default())
    }
}

/// The row's own path for responses.
fn path(settings: &ProviderSettings, model: &str) -> NativePath {
    let segments = settings
        .vendor
        .path(Operation::Responses)
        .trim_matches('/')
        .split('/')
        .map(|segment| if segment == "{model}" { model } else { segment });
    NativePath::new(segments)
}
