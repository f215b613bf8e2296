//! Legacy text completions.
//!
//! <https://platform.openai.com/docs/api-reference/completions/create>

use gateway_types::completions::{CompletionRequest, CompletionResponse};

use crate::openapi::events::CompletionEvents;

/// Continue a prompt
///
/// The older way to ask a model for text. Streams behave as those of chat completions do.
#[utoipa::path(
    post,
    path = "/v1/completions",
    operation_id = "createCompletion",
    tag = "Completions",
    request_body = CompletionRequest,
    responses((
        status = 200,
        description = "The continuation, whole or as a stream",
        content((CompletionResponse = "application/json"), ("text/event-stream", item_schema = CompletionEvents)),
    )),
)]
pub(in crate::openapi) fn create_completion() {}
