//! What is where: one table of paths, methods and policies. A path that is not here does not exist, and a row
//! without a policy cannot be written.

use std::{collections::HashMap, sync::Arc};

use axum::{Router, body::Body, extract::Request, routing::any};
use futures::future::BoxFuture;
use gateway_providers::{Operation, operation::OPERATIONS};
use http::{Method, Response, Uri};
use tower::ServiceExt as _;

use super::{
    dispatch::dispatch,
    refuse::{Refuser, refuser},
};
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
    /// Which features each provider has.
    Capabilities,
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
    /// The OpenAPI document, in 3.1.
    OpenApi,
    /// The OpenAPI document, in 3.2.
    OpenApi32,
    /// The pages that show the document.
    Docs,
    /// Where there is nothing.
    Nothing,
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
    row(
        "/v1/capabilities",
        GET,
        Policy::Protected,
        Endpoint::Capabilities,
    ),
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
    row("/openapi-3.2.json", GET, Policy::Open, Endpoint::OpenApi32),
];

/// What is no part of the interface that the OpenAPI document describes.
const PAGES: &[Route] = &[
    row("/docs", GET, Policy::Open, Endpoint::Docs),
    row("/docs/", GET, Policy::Open, Endpoint::Docs),
    row("/docs/{*file}", GET, Policy::Open, Endpoint::Docs),
];

/// Every other path; logs and metrics show all of them as one.
const NOTHING: Route = row("unknown", ANY, Policy::Open, Endpoint::Nothing);

impl Route {
    /// Whether it takes the method.
    pub fn allows(&self, method: &Method) -> bool {
        self.methods.is_empty() || self.methods.contains(&method.as_str())
    }
}

/// Every route of the interface: the fixed ones, and each operation with and without `/v1`.
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

/// What answers a request, whatever its path.
pub type Handler = Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// What a listener needs to answer everything.
#[derive(Clone)]
pub struct Front {
    /// Answers requests.
    pub handler: Handler,
    /// Answers what never became a request.
    pub refuser: Refuser,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Front")
    }
}

/// All of the interface.
pub fn front(app: &Arc<App>) -> Front {
    Front {
        handler: handler(app),
        refuser: refuser(app),
    }
}

/// The metrics alone, for an address of their own, which the operator keeps private.
pub fn metrics_front(app: &Arc<App>) -> Front {
    Front {
        handler: metrics_handler(app),
        refuser: refuser(app),
    }
}

/// The table as a handler, with the pages of the documentation beside it, and an answer for every other path.
///
/// Paths without a variable part, which are those of all model requests, are looked up at once; the others are
/// matched by axum's router.
pub fn handler(app: &Arc<App>) -> Handler {
    let mut exact = HashMap::new();
    let mut patterns = Router::new();
    let pages = PAGES.iter().map(|route| (route.pattern.to_owned(), *route));
    for (path, route) in all().chain(pages) {
        let app = Arc::clone(app);
        if path.contains('{') {
            let answer = move |request: Request<Body>| dispatch(app.live(), route, request);
            patterns = patterns.route(&path, any(answer));
        } else {
            exact.insert(path, route);
        }
    }
    let lost = Arc::clone(app);
    let patterns =
        patterns.fallback(move |request: Request<Body>| dispatch(lost.live(), NOTHING, request));
    let app = Arc::clone(app);
    Arc::new(move |request| {
        let request = collapse_slashes(request);
        match exact.get(request.uri().path()) {
            Some(route) => Box::pin(dispatch(app.live(), *route, request)),
            None => answer_of(patterns.clone(), request),
        }
    })
}

fn metrics_handler(app: &Arc<App>) -> Handler {
    let app = Arc::clone(app);
    let answer = move || std::future::ready(super::handlers::metrics_text(&app.live()));
    let router = Router::new().route("/metrics", axum::routing::get(answer));
    Arc::new(move |request| answer_of(router.clone(), request))
}

fn answer_of(router: Router, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
    // A router answers everything; its error type has no value.
    Box::pin(async move {
        router
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {})
    })
}

/// `//` in a path is a slip of whoever joined a base URL; below `/proxy` the path is the upstream's business.
fn collapse_slashes(mut request: Request<Body>) -> Request<Body> {
    let uri = request.uri();
    if uri.path().starts_with("/proxy/") || !uri.path().contains("//") {
        return request;
    }
    let mut path = String::with_capacity(uri.path().len());
    for c in uri.path().chars() {
        if c != '/' || !path.ends_with('/') {
            path.push(c);
        }
    }
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    if let Ok(uri) = path.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}
