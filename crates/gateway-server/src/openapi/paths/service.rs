//! The state of the gateway itself. Nothing here asks a provider.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

/// The process is alive.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct HealthAnswer {
    /// `ok`.
    status: String,
    /// `OK`.
    message: String,
}

/// Requests are taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct ReadyAnswer {
    /// `ok`.
    status: String,
}

/// The state for people and monitors.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct StatusAnswer {
    /// `ok`, or `draining` while the gateway shuts down.
    status: String,
    /// The gateway's version.
    version: String,
    /// When it started, in seconds since 1970.
    start_time: u64,
    /// How long it has run, such as `1d 2h 3m 4s`.
    uptime: String,
    /// The same in seconds.
    uptime_seconds: u64,
    /// Providers that are not known to be down.
    connected_channels: u64,
    /// Providers.
    total_channels: u64,
    /// Open sessions.
    active_sessions: u64,
    /// Requests that are being answered, this one included.
    in_flight_requests: i64,
    /// Which configuration is in force.
    configuration: Configuration,
    /// The providers; only for callers with a key, where there are keys.
    channels: Option<Vec<Channel>>,
}

/// Which configuration is in force, and how the newest attempt to take up another one ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct Configuration {
    /// Counts the configurations that were taken up; the one from the start is 1.
    generation: u64,
    /// When it was taken up, in seconds since 1970.
    loaded_at: u64,
    /// Whether the newest one was taken up, or refused so that the one before stays; `null` before there was another.
    #[schema(pattern = "^(ok|refused)$")]
    last_reload: Option<String>,
    /// Why the newest one was refused, if it was; only for callers with a key, where there are keys.
    last_error: Option<ConfigurationError>,
}

/// Why a configuration was refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct ConfigurationError {
    /// When, in seconds since 1970.
    at: u64,
    /// What is wrong with it, as `gateway check` says it; the first 4 KiB.
    message: String,
}

/// A provider's state, as the last call to it left it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct Channel {
    /// The provider's name; of several accounts each is a channel of its own, e.g. `openai#2`.
    id: String,
    /// Its vendor.
    provider: String,
    /// Whether the last call went well; `unknown` before the first one.
    #[schema(pattern = "^(unknown|up|down)$")]
    status: String,
    /// How long the last call took to its first byte, in milliseconds.
    latency_ms: Option<u64>,
    /// The last error's `code`.
    last_error_type: Option<String>,
    /// When it was last called, in seconds since 1970.
    last_checked: Option<u64>,
    /// Which of its models, or the provider as a whole, are left alone now; 20 at most.
    circuits: Vec<Circuit>,
    /// How busy each of its accounts with a limit is.
    limits: Vec<AccountLimit>,
}

/// How many requests an account is sent at one time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct AccountLimit {
    /// Which of the provider's accounts; `null` where it has one.
    account: Option<String>,
    /// Requests that it is sent at one time.
    max_concurrent: u64,
    /// Requests that may wait for it.
    max_queued: u64,
    /// Requests under way.
    in_use: u64,
    /// Requests that wait.
    waiting: u64,
    /// Times that the queue was full, or a turn did not come in time.
    turned_away: u64,
}

/// A target that failed, or asked for a pause, and is left alone for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct Circuit {
    /// Which of the provider's accounts; `null` where it has one credential only.
    account: Option<String>,
    /// The model as the provider names it; `null` for all of them.
    model: Option<String>,
    /// `open` after faults, `cooling` in a pause, `half_open` while one request at a time tries it.
    #[schema(pattern = "^(open|cooling|half_open)$")]
    state: String,
    /// Until when, in seconds since 1970.
    until: Option<u64>,
    /// Why, for people.
    reason: String,
}

/// The state for dashboards.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct ApiStatusAnswer {
    /// `true`.
    success: bool,
    /// Empty.
    message: String,
    /// The state.
    data: ApiStatus,
}

/// The state for dashboards.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct ApiStatus {
    /// The gateway's version.
    version: String,
    /// When it started, in seconds since 1970.
    start_time: u64,
    /// How long it has run, such as `1d 2h 3m 4s`.
    uptime: String,
    /// The gateway's name, from the configuration.
    system_name: String,
    /// The address under which the caller reached it; empty where that is not known.
    server_address: String,
    /// Units of quota that make one unit of currency.
    quota_per_unit: u64,
    /// Whether quotas are shown as currency.
    display_in_currency: bool,
    /// Where the documentation is.
    docs_link: String,
    /// How many providers there are, and how many of them are not known to be down.
    upstreams: BTreeMap<String, u64>,
}

/// What is here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::openapi) struct RootAnswer {
    /// `gateway`.
    name: String,
    /// The gateway's version.
    version: String,
    /// What to do with this address.
    message: String,
    /// Where the documentation is.
    docs: String,
    /// Where this document is.
    openapi: String,
    /// Methods and paths.
    endpoints: Vec<String>,
}

/// Tell that the process is alive
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "getHealth",
    tag = "Service",
    responses((status = 200, description = "It is", body = HealthAnswer)),
)]
pub(in crate::openapi) fn get_health() {}

/// Tell whether requests are taken
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "getReadiness",
    tag = "Service",
    responses((status = 200, description = "They are", body = ReadyAnswer)),
)]
pub(in crate::openapi) fn get_readiness() {}

/// Show the gateway's state
///
/// No key is needed; with one, the providers are listed.
#[utoipa::path(
    get,
    path = "/status",
    operation_id = "getStatus",
    tag = "Service",
    responses((status = 200, description = "The state", body = StatusAnswer)),
)]
pub(in crate::openapi) fn get_status() {}

/// Show the gateway's state to dashboards
///
/// Pages of any origin may read it.
#[utoipa::path(
    get,
    path = "/api/status",
    operation_id = "getApiStatus",
    tag = "Service",
    responses((status = 200, description = "The state", body = ApiStatusAnswer)),
)]
pub(in crate::openapi) fn get_api_status() {}

/// Show what is here
#[utoipa::path(
    get,
    path = "/v1",
    operation_id = "getRoot",
    tag = "Service",
    responses((status = 200, description = "Where to go on", body = RootAnswer)),
)]
pub(in crate::openapi) fn get_root() {}

/// Show the metrics
///
/// In OpenMetrics' text form. The configuration can move them to an address of their own, or switch them off.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "getMetrics",
    tag = "Service",
    responses((status = 200, description = "The metrics", content((String = "application/openmetrics-text")))),
)]
pub(in crate::openapi) fn get_metrics() {}

/// Show this document
///
/// In OpenAPI 3.1, which has no word for the events of a stream; `x-item-schema` has their schemas.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenapi",
    tag = "Service",
    responses((status = 200, description = "An OpenAPI document", content((Object = "application/json")))),
)]
pub(in crate::openapi) fn get_openapi() {}

/// Show this document with the events of its streams
///
/// In OpenAPI 3.2, which describes them by `itemSchema`.
#[utoipa::path(
    get,
    path = "/openapi-3.2.json",
    operation_id = "getOpenapi32",
    tag = "Service",
    responses((status = 200, description = "An OpenAPI document", content((Object = "application/json")))),
)]
pub(in crate::openapi) fn get_openapi_3_2() {}
