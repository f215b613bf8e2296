//! Raw requests to a provider.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the gateway sends a provider's credential, by the vendor's row or the configuration.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::openapi) enum ProviderAuthType {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// A header of the provider's own, such as `x-api-key`.
    XHeader,
    /// A query parameter.
    Query,
    /// No credential.
    None,
}

/// Send a request to a provider as it is
///
/// Method, query and body reach the provider unchanged, at `path` below its base URL; a version segment that the
/// base URL has already is not repeated. The caller's key is taken out and the provider's own credential is put in
/// by the provider's `ProviderAuthType`. Which paths may be reached is the provider row's list. The answer is the
/// provider's, whatever its status.
#[utoipa::path(
    post,
    path = "/proxy/{provider}/{path}",
    operation_id = "proxy",
    tag = "Proxy",
    params(
        ("provider" = String, Path, description = "The provider's name", example = "groq"),
        ("path" = String, Path, description = "The path, with its slashes as they are", example = "v1/chat/completions"),
    ),
    request_body(content(("*/*"))),
    responses((status = "2XX", description = "The provider's answer", content(("*/*")))),
)]
pub(in crate::openapi) fn proxy() {}
