//! The OpenAPI document, made from the types that the gateway really uses.

use utoipa::OpenApi;

use crate::http::{answer::Answer, error::ApiError};

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(info(
    title = "gateway",
    description = "One OpenAI-compatible endpoint in front of every model."
))]
pub struct Document;

/// `GET /openapi.json`
///
/// # Errors
/// 500 when the document cannot be written, which is a defect.
pub fn answer() -> Result<Answer, ApiError> {
    Answer::json(&Document::openapi())
}

/// The document as it is committed: indented JSON.
pub fn pretty() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}
