//! What is where: one table of paths, methods and policies. A path that is not here does not exist, and a row
//! without a policy cannot be written.

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, routing::any};
use gateway_providers::{Operation, operation::OPERATIONS};
use http::Method;

use super::dispatch::{dispatch, not_found};
use crate::app::App;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Anybody.
    Open,
    /// Anybody; the answer has more for callers with a key.
    OpenWithDetails,
    /// Callers with a key, where keys are configured.
    Protected,
}

/// What answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// One operation on a model.
    Operation(Operation),
    /// The list of models.
    Models,
    /// One model.
    Model,
    /// A raw request to a provider.
    Proxy,
    /// Liveness.
    Health,
    /// Readiness.
    Ready,
    /// The state for people and monitors.
    Status,
    /// The state for dashboards.
    ApiStatus,
    /// What is here.
    Root,
    /// Prometheus metrics.
    Metrics,
    /// The OpenAPI document.
    OpenApi,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The path's pattern, as logs and metrics show it.
    pub pattern: &'static str,
    /// The methods that it takes; empty is all.
    pub methods: &'static [&'static str],
    /// Who may use it.
    pub policy: Policy,
    /// Whether browsers of any origin may read it.
    pub any_origin: bool,
    /// What answers it.
    pub endpoint: Endpoint,
}

const GET: &[&str] = &["GET", "HEAD"];
const POST: &[&str] = &["POST"];
const ANY: &[&str] = &[];

const fn row(
    pattern: &'static str,
    methods: &'static [&'static str],
    policy: Policy,
    endpoint: Endpoint,
) -> Route {
    Route {
        pattern,
        methods,
        policy,
        any_origin: false,
        endpoint,
    }
}

/// Every route but the operations', which are made from their own table.
const FIXED: &[Route] = &[
    row("/v1/models", GET, Policy::Protected, Endpoint::Models),
    row("/models", GET, Policy::Protected, Endpoint::Models),
    row("/v1/models/{*id}", GET, Policy::Protected, Endpoint::Model),
    row("/models/{*id}", GET, Policy::Protected, Endpoint::Model),
    row("/proxy/{provider}", ANY, Policy::Protected, Endpoint::Proxy),
    row(
        "/proxy/{provider}/{*path}",
        ANY,
        Policy::Protected,
        Endpoint::Proxy,
    ),
    row("/health", GET, Policy::Open, Endpoint::Health),
    row("/healthz", GET, Policy::Open, Endpoint::Health),
    row("/livez", GET, Policy::Open, Endpoint::Health),
    row("/readyz", GET, Policy::Open, Endpoint::Ready),
    row("/status", GET, Policy::OpenWithDetails, Endpoint::Status),
    Route {
        any_origin: true,
        ..row("/api/status", GET, Policy::Open, Endpoint::ApiStatus)
    },
    row("/v1", GET, Policy::Open, Endpoint::Root),
    row("/v1/", GET, Policy::Open, Endpoint::Root),
    row("/", GET, Policy::Open, Endpoint::Root),
    row("/metrics", GET, Policy::Protected, Endpoint::Metrics),
    row("/openapi.json", GET, Policy::Open, Endpoint::OpenApi),
];

impl Route {
    /// Whether it takes the method.
    pub fn allows(&self, method: &Method) -> bool {
        self.methods.is_empty() || self.methods.contains(&method.as_str())
    }
}

/// Every route: the fixed ones, and each operation with and without `/v1`.
pub fn all() -> impl Iterator<Item = (String, Route)> {
    let operations = OPERATIONS.iter().flat_map(|spec| {
        let route = row(
            spec.path,
            POST,
            Policy::Protected,
            Endpoint::Operation(spec.operation),
        );
        [
            (format!("/v1{}", spec.path), route),
            (spec.path.to_owned(), route),
        ]
    });
    FIXED
        .iter()
        .map(|route| (route.pattern.to_owned(), *route))
        .chain(operations)
}

/// The table as a service.
pub fn service(app: &Arc<App>) -> Router {
    let mut service = Router::new();
    for (path, route) in all() {
        let app = Arc::clone(app);
        service = service.route(
            &path,
            any(move |request: Request<Body>| dispatch(Arc::clone(&app), route, request)),
        );
    }
    let lost = Arc::clone(app);
    service.fallback(move |request: Request<Body>| not_found(Arc::clone(&lost), request))
}

/// The metrics alone, for an address of their own, which the operator keeps private.
pub fn metrics_service(app: &Arc<App>) -> Router {
    let app = Arc::clone(app);
    let answer = move || std::future::ready(super::handlers::metrics_text(&app));
    Router::new().route("/metrics", axum::routing::get(answer))
}
