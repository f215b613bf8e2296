//! Ollama's own protocol: chat as lines of JSON, embeddings, and the list of local models. It stands beside the
//! OpenAI endpoint of the same server and offers what that one does not: `keep_alive`, `num_ctx` and all other options
//! of a model, through `provider_options`.
//!
//! Spec: <https://docs.ollama.com/api>

mod embed;
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

use self::stream::OllamaDecoder;
use super::{Ask, Decoder, Dialect, Encoded, ModelsPage, NativePath, NativeRequest};
use crate::{
    Fault, Operation, ProviderSettings, TranslateError, fault::UpstreamError, framing::Framing,
};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Ollama;

impl Dialect for Ollama {
    fn name(&self) -> &'static str {
        "ollama"
    }

    fn wants_image_bytes(&self) -> bool {
        true
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat, Operation::Embeddings]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        match ask.operation {
            Operation::Chat => chat(ask),
            Operation::Embeddings => embed::encode(ask),
            operation => Err(TranslateError::UnsupportedOperation {
                provider: ask.settings.name.clone(),
                operation,
            }),
        }
    }

    fn error(&self, status: StatusCode, _: &HeaderMap, body: &Bytes) -> UpstreamError {
        fault::with_status(status, body)
    }

    fn models_path(&self, _: &ProviderSettings, _: Option<&str>) -> Option<NativePath> {
        Some(NativePath::new(["api", "tags"]))
    }

    fn models_page(&self, _: &ProviderSettings, answer: &Bytes) -> Result<ModelsPage, Box<Fault>> {
        models::page(answer)
    }
}

fn chat(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let request::Encoded {
        body,
        dropped,
        hide_thinking,
    } = request::encode(ask)?;
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut request = NativeRequest::post(NativePath::new(["api", "chat"]), body);
    request.framing = Framing::Lines;
    Ok(Encoded {
        requests: vec![request],
        dropped,
        decoder: Decoder::Chat(Box::new(OllamaDecoder::new(hide_thinking))),
    })
}
