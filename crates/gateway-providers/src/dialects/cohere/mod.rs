//! Cohere's own protocol: v2 of chat, embeddings and reranking.
//!
//! Spec: <https://docs.cohere.com/reference/about>

mod embed;
mod fault;
mod models;
mod request;
mod rerank;
mod response;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use self::stream::CohereDecoder;
use super::{Ask, Decoder, Dialect, Encoded, ModelsPage, NativePath, NativeRequest};
use crate::{Fault, Operation, ProviderSettings, TranslateError, fault::UpstreamError};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Cohere;

impl Dialect for Cohere {
    fn name(&self) -> &'static str {
        "cohere"
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat, Operation::Embeddings, Operation::Rerank]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        match ask.operation {
            Operation::Chat => chat(ask),
            Operation::Embeddings => embed::encode(ask),
            Operation::Rerank => rerank::encode(ask),
            operation => Err(TranslateError::UnsupportedOperation {
                provider: ask.settings.name.clone(),
                operation,
            }),
        }
    }

    fn error(&self, status: StatusCode, _: &HeaderMap, body: &Bytes) -> UpstreamError {
        fault::with_status(status, body)
    }

    fn models_path(&self, _: &ProviderSettings, page: Option<&str>) -> Option<NativePath> {
        Some(models::path(page))
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
    Ok(Encoded {
        requests: vec![NativeRequest::post(NativePath::new(["v2", "chat"]), body)],
        dropped,
        decoder: Decoder::Chat(Box::new(CohereDecoder::new(hide_thinking))),
    })
}
