//! Embeddings.
//!
//! <https://platform.openai.com/docs/api-reference/embeddings/create>

use gateway_types::embeddings::{EmbeddingRequest, EmbeddingResponse};

/// Turn texts into vectors
///
/// A provider without embeddings is answered 501 `unsupported_operation`, and nothing is sent to it.
#[utoipa::path(
    post,
    path = "/v1/embeddings",
    operation_id = "createEmbedding",
    tag = "Embeddings",
    request_body = EmbeddingRequest,
    responses((status = 200, description = "The vectors", body = EmbeddingResponse)),
)]
pub(in crate::openapi) fn create_embedding() {}
