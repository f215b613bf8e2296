//! The Responses API, which is passed through: only the members that the gateway reads are described.
//!
//! <https://platform.openai.com/docs/api-reference/responses/create>

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::events::ResponsesEvents;

/// The body of `POST /v1/responses`. Members that are not named here are passed on.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::openapi) struct ResponseRequest {
    /// The model's name.
    model: String,
    /// Text, or a list of messages and other items.
    #[schema(value_type = Option<Value>)]
    input: Option<Value>,
    /// What the model is told beside the input.
    instructions: Option<String>,
    /// The most tokens to generate.
    max_output_tokens: Option<u64>,
    /// Whether the answer comes as a stream.
    stream: Option<bool>,
}

/// The answer of `POST /v1/responses`, as the provider wrote it.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::openapi) struct ResponseAnswer {
    /// The answer's id.
    id: String,
    /// `response`.
    object: String,
    /// When it was made, in seconds since 1970.
    created_at: Option<f64>,
    /// `completed`, `incomplete`, `failed`, ...
    status: Option<String>,
    /// The model that answered.
    model: Option<String>,
    /// Messages, reasoning, calls of tools.
    #[schema(value_type = Vec<Object>)]
    output: Vec<Value>,
    /// The tokens used.
    #[schema(value_type = Option<Object>)]
    usage: Option<Value>,
}

/// One event of a streamed response, as the provider wrote it.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::openapi) struct ResponseEvent {
    /// `response.output_text.delta`, ..., and at the end `response.completed`, `response.incomplete`,
    /// `response.failed` or `error`.
    r#type: String,
    /// The event's place in the stream.
    sequence_number: Option<u64>,
}

/// Create a response
///
/// Passed through to providers that have the Responses API themselves.
#[utoipa::path(
    post,
    path = "/v1/responses",
    operation_id = "createResponse",
    tag = "Responses",
    request_body = ResponseRequest,
    responses((
        status = 200,
        description = "The answer, whole or as a stream",
        content((ResponseAnswer = "application/json"), ("text/event-stream", item_schema = ResponsesEvents)),
    )),
)]
pub(in crate::openapi) fn create_response() {}
