//! What each provider can do.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

/// Which features providers have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct CapabilityList {
    /// `list`.
    object: String,
    /// One entry for each provider, or for each target of the model that was asked for.
    data: Vec<Capabilities>,
}

/// The features of one provider, for one model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct Capabilities {
    /// The provider's name.
    provider: String,
    /// Its vendor.
    vendor: String,
    /// The model that the features are told for; `null` where there is no usual one.
    model: Option<String>,
    /// Of each feature: `works` (it arrives in OpenAI's own words), `mapped` (it arrives in the provider's words),
    /// `dropped` (it is left out and named in `x-gateway-dropped`) or `refused` (the request is answered 400).
    #[schema(example = json!({"tools": "mapped", "seed": "dropped"}))]
    features: BTreeMap<String, String>,
}

/// List what providers can do
///
/// Each feature of the chat endpoint is put into the provider's words, and what becomes of it is told. Nothing is
/// sent. Models of one provider differ: without `?model=` the answer is for a model that is usual there.
#[utoipa::path(
    get,
    path = "/v1/capabilities",
    operation_id = "listCapabilities",
    tag = "Models",
    params(("model" = Option<String>, Query, description = "A model in any spelling that a request may use; its targets alone are told")),
    responses((status = 200, description = "The features of each provider", body = CapabilityList)),
)]
pub(in crate::openapi) fn list_capabilities() {}
