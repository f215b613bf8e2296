//! Reranking, in the form that Cohere, Jina and vLLM share.
//!
//! <https://docs.cohere.com/reference/rerank>

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The body of `POST /v1/rerank`. Members that are not named here are passed on.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::openapi) struct RerankRequest {
    /// The model's name.
    model: String,
    /// What the documents are compared with.
    query: String,
    /// Texts, or objects with a `text`.
    #[schema(value_type = Vec<Value>)]
    documents: Vec<Value>,
    /// How many results; all of them where absent.
    top_n: Option<u64>,
    /// Whether the results repeat the documents.
    return_documents: Option<bool>,
}

/// The answer of `POST /v1/rerank`, as the provider wrote it.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::openapi) struct RerankAnswer {
    /// The answer's id.
    id: Option<String>,
    /// The model that answered.
    model: Option<String>,
    /// The documents, the most relevant one first.
    results: Vec<RerankResult>,
    /// What was used.
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// One document's place.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::openapi) struct RerankResult {
    /// The document's place in the request, from 0.
    index: u64,
    /// How relevant it is; each model has its own scale.
    relevance_score: f64,
    /// The document, where the request asks for it.
    #[schema(value_type = Option<Value>)]
    document: Option<Value>,
}

/// Order documents by relevance
///
/// Passed through to providers that have it.
#[utoipa::path(
    post,
    path = "/v1/rerank",
    operation_id = "createRerank",
    tag = "Rerank",
    request_body = RerankRequest,
    responses((status = 200, description = "The documents' order", body = RerankAnswer)),
)]
pub(in crate::openapi) fn create_rerank() {}
