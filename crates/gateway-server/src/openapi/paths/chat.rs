//! Chat completions, in OpenAI's form and in the one that chooses providers by headers.
//!
//! <https://platform.openai.com/docs/api-reference/chat/create>

use gateway_types::chat::{ChatRequest, ChatResponse};

use crate::openapi::events::ChatEvents;

/// Create a chat completion
///
/// With `stream: true` the answer is an event stream. It begins with 200 only once the provider has sent a first
/// valid event; silence is filled with comments; it ends with `data: [DONE]`, or with one event that holds an error.
///
/// `logit_bias`, `response_format`, `stream_options` and a message's `tool_calls` may also come as JSON in a string.
#[utoipa::path(
    post,
    path = "/v1/chat/completions",
    operation_id = "createChatCompletion",
    tag = "Chat",
    request_body = ChatRequest,
    responses((
        status = 200,
        description = "The answer, whole or as a stream",
        content((ChatResponse = "application/json"), ("text/event-stream", item_schema = ChatEvents)),
    )),
)]
pub(in crate::openapi) fn create_chat_completion() {}

/// Create a chat completion, choosing providers by headers
///
/// The same endpoint without `/v1`. A request with any `x-opengateway-*` header, even an empty one, is answered 201
/// in place of 200 when it does not stream; the configuration can switch that off.
#[utoipa::path(
    post,
    path = "/chat/completions",
    operation_id = "createChatCompletionUnversioned",
    tag = "Chat",
    request_body = ChatRequest,
    responses(
        (
            status = 200,
            description = "The answer as a stream; or whole, where no `x-opengateway-*` header was sent",
            content((ChatResponse = "application/json"), ("text/event-stream", item_schema = ChatEvents)),
        ),
        (
            status = 201,
            description = "The whole answer, where an `x-opengateway-*` header was sent",
            body = ChatResponse,
        ),
    ),
)]
pub(in crate::openapi) fn create_chat_completion_unversioned() {}
