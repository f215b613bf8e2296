//! Moderations.
//!
//! <https://platform.openai.com/docs/api-reference/moderations/create>

use gateway_types::moderations::{ModerationRequest, ModerationResponse};

/// Judge texts and images
///
/// `model` is needed here: it says which provider is asked.
#[utoipa::path(
    post,
    path = "/v1/moderations",
    operation_id = "createModeration",
    tag = "Moderations",
    request_body = ModerationRequest,
    responses((status = 200, description = "The judgement", body = ModerationResponse)),
)]
pub(in crate::openapi) fn create_moderation() {}
