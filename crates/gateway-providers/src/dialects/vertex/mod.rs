//! Vertex AI: Gemini in Google's own protocol, Claude in Anthropic's, embeddings in two more.
//!
//! Whose a model is stands in its name (`anthropic/claude-x`), or in a table of patterns. What only the provider has
//! travels under the name `google`, as with Google AI Studio: a history goes from one to the other.
//!
//! Spec: <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>.

mod embeddings;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{
    Ask, Dialect, Encoded, ModelsPage, NativePath,
    anthropic::{Anthropic, BetaPlace, Host, VersionPlace},
    gemini::{self, api},
};
use crate::{
    Fault, FaultKind, Operation, ProviderSettings, TranslateError,
    fault::UpstreamError,
    rules::{ModelId, ModelPattern},
};

/// Vertex AI.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vertex;

/// The publisher whose models speak Anthropic's protocol.
const ANTHROPIC: &str = "anthropic";

/// Whose a model is that does not say it itself; all others are Google's.
const PUBLISHERS: &[(&str, &str)] = &[("claude-*", ANTHROPIC)];

/// Claude on Vertex: <https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude>.
static CLAUDE: Host = Host {
    dialect: gemini::NAME,
    chat_path: |model, stream| {
        let verb = if stream {
            "streamRawPredict"
        } else {
            "rawPredict"
        };
        NativePath::new(["publishers", ANTHROPIC, "models", model]).with_verb(verb)
    },
    models_path: None,
    model_in_body: false,
    stream_in_body: true,
    version: VersionPlace::Member {
        usual: "vertex-2023-10-16",
    },
    betas: BetaPlace::Header,
    url_sources: false,
};

impl Dialect for Vertex {
    fn name(&self) -> &'static str {
        gemini::NAME
    }

    fn operations(&self) -> &'static [Operation] {
        &[Operation::Chat, Operation::Embeddings]
    }

    fn encode(&self, ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
        if ask.operation == Operation::Embeddings {
            return embeddings::encode(ask);
        }
        let (publisher, model) = published(ask.model);
        if publisher == Some(ANTHROPIC) {
            return Anthropic::on(&CLAUDE).encode(&Ask { model, ..*ask });
        }
        gemini::chat(ask, &api::VERTEX)
    }

    fn takes_state(&self, model: &str) -> &'static [&'static str] {
        let (publisher, _) = published(model);
        if publisher == Some(ANTHROPIC) {
            &["anthropic*", gemini::NAME, ""]
        } else {
            gemini::STATE
        }
    }

    fn names_resources(&self) -> bool {
        true
    }

    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &Bytes) -> UpstreamError {
        if is_of_anthropic(body) {
            return Anthropic::on(&CLAUDE).error(status, headers, body);
        }
        gemini::error(status, body)
    }

    fn models_path(&self, _: &ProviderSettings, _: Option<&str>) -> Option<NativePath> {
        None
    }

    fn models_page(&self, _: &ProviderSettings, _: &Bytes) -> Result<ModelsPage, Box<Fault>> {
        let detail = "a list of models that nobody asked for";
        Err(Box::new(Fault::new(FaultKind::InvalidResponse, detail)))
    }
}

/// Whose the model is, and its name.
fn published(model: &str) -> (Option<&str>, &str) {
    let (publisher, name) = api::published(model);
    let by_pattern = || {
        let id = ModelId::from(name);
        let row = PUBLISHERS
            .iter()
            .find(|(pattern, _)| ModelPattern::from(*pattern).fits(&id));
        row.map(|(_, publisher)| *publisher)
    };
    (publisher.or_else(by_pattern), name)
}

/// An error that comes from Anthropic and not from Google: `{"type":"error",...}`.
fn is_of_anthropic(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body)
        .is_ok_and(|body| body.get("type").is_some_and(|kind| kind == "error"))
}
