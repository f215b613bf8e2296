//! The OpenAPI document, made from the types that the gateway really uses.
//!
//! What is particular to an endpoint stands in `paths`, one function each; what holds for many of them is data
//! in the other modules and is added by `complete`. The document is written in OpenAPI 3.2, the first version that can
//! describe the events of a stream (<https://spec.openapis.org/oas/v3.2.0.html>), and published in 3.1 as well, which
//! more tools read: `v3_1`.

mod codes;
mod complete;
mod events;
mod examples;
mod forms;
#[expect(
    dead_code,
    reason = "the functions and the bodies' types carry documentation and are never used otherwise"
)]
mod paths;
mod samples;
mod schemas;
mod shared;
#[cfg(test)]
mod tests;
mod v3_1;

use std::sync::LazyLock;

use bytes::Bytes;
use utoipa::OpenApi;

use self::complete::Complete;
use crate::http::{
    answer::Answer,
    error::{ApiError, ErrorKind},
};

/// The document, in OpenAPI 3.2.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "gateway",
        description = include_str!("description.md"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "The server that this document comes from")),
    tags(
        (name = "Chat", description = "Conversations, with tools, structured answers and streams"),
        (name = "Completions", description = "Text that continues a prompt"),
        (name = "Responses", description = "The Responses API of providers that have it, passed through"),
        (name = "Embeddings", description = "Texts as vectors"),
        (name = "Rerank", description = "Documents in the order of their relevance"),
        (name = "Images", description = "Images from texts and images"),
        (name = "Audio", description = "Speech from text and text from speech"),
        (name = "Moderations", description = "Texts and images judged against a content policy"),
        (name = "Models", description = "What there is to ask"),
        (name = "Proxy", description = "A provider's own API, with the gateway's credential"),
        (name = "Service", description = "The state of the gateway itself"),
        (name = "Other forms", description = "The same endpoints under other paths, and their `HEAD` forms"),
    ),
    paths(
        paths::chat::create_chat_completion,
        paths::chat::create_chat_completion_unversioned,
        paths::completions::create_completion,
        paths::responses::create_response,
        paths::embeddings::create_embedding,
        paths::rerank::create_rerank,
        paths::images::create_image,
        paths::images::create_image_edit,
        paths::images::create_image_variation,
        paths::audio::create_speech,
        paths::audio::create_transcription,
        paths::audio::create_translation,
        paths::moderations::create_moderation,
        paths::models::list_models,
        paths::models::retrieve_model,
        paths::capabilities::list_capabilities,
        paths::proxy::proxy,
        paths::service::get_health,
        paths::service::get_readiness,
        paths::service::get_status,
        paths::service::get_api_status,
        paths::service::get_root,
        paths::service::get_metrics,
        paths::service::get_openapi,
        paths::service::get_openapi_3_2,
    ),
    components(schemas(
        gateway_types::error::ErrorBody,
        codes::ErrorText,
        paths::proxy::ProviderAuthType,
        events::ChatEvents,
        events::CompletionEvents,
        events::ResponsesEvents,
        events::ImageEvents,
        events::SpeechEvents,
        events::TranscriptionEvents,
    )),
    modifiers(&Complete),
)]
pub struct Document;

/// The document in 3.1 as it is served: it never changes while the process runs. `None` if it cannot be written.
static COMPACT: LazyLock<Option<Bytes>> = LazyLock::new(|| compact(&document_3_1()));

/// The same in 3.2.
static COMPACT_3_2: LazyLock<Option<Bytes>> = LazyLock::new(|| compact(&Document::openapi()));

fn document_3_1() -> utoipa::openapi::OpenApi {
    v3_1::of(Document::openapi())
}

fn compact(document: &utoipa::openapi::OpenApi) -> Option<Bytes> {
    document.to_json().ok().map(Bytes::from)
}

/// `GET /openapi.json`: OpenAPI 3.1.
///
/// # Errors
/// 500 when the document cannot be written, which is a defect.
pub fn answer() -> Result<Answer, ApiError> {
    answer_with(&COMPACT)
}

/// `GET /openapi-3.2.json`: OpenAPI 3.2, with the events of the streams.
///
/// # Errors
/// 500 when the document cannot be written, which is a defect.
pub fn answer_3_2() -> Result<Answer, ApiError> {
    answer_with(&COMPACT_3_2)
}

fn answer_with(document: &Option<Bytes>) -> Result<Answer, ApiError> {
    document.clone().map(Answer::raw_json).ok_or_else(|| {
        ApiError::new(
            ErrorKind::InternalError,
            "The OpenAPI document could not be written.",
        )
    })
}

/// The document in 3.1 as it is committed and printed: indented JSON.
pub fn pretty() -> String {
    document_3_1().to_pretty_json().unwrap_or_default()
}

/// The document in 3.2 as it is committed: indented JSON.
pub fn pretty_3_2() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}
