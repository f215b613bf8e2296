//! The lists of models.
//!
//! <https://platform.openai.com/docs/api-reference/models>

use gateway_types::models::{Model, ModelList};

/// List the models
///
/// All providers are asked at the same time; one that does not answer leaves its models out and does no other harm.
/// With `?provider=` only that provider is asked, and its failure is the answer's.
#[utoipa::path(
    get,
    path = "/v1/models",
    operation_id = "listModels",
    tag = "Models",
    responses((status = 200, description = "The models, in an order that does not change", body = ModelList)),
)]
pub(in crate::openapi) fn list_models() {}

/// Look up a model
///
/// Slashes in the name may stand as they are or as `%2F`.
#[utoipa::path(
    get,
    path = "/v1/models/{id}",
    operation_id = "retrieveModel",
    tag = "Models",
    params(("id" = String, Path, description = "The model's name, as in the list", example = "demo/chat")),
    responses((status = 200, description = "The model", body = Model)),
)]
pub(in crate::openapi) fn retrieve_model() {}
