//! What every request needs, whatever it asks: an id, a record, the method check, the policy of its route, and an
//! answer even when a handler panics.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::body::Body;
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};

use super::{
    answer::Answer,
    cors,
    error::{ApiError, ErrorFormat, ErrorKind, ErrorStyle},
    framing, handlers,
    identify::Principal,
    relay::{RelayBody, Source},
    routes::{Policy, Route},
};
use crate::{
    app::Live,
    listener::{Peer, counted},
    observe::{Exchange, RequestId},
};

/// A request that has passed its route's policy.
#[derive(Debug)]
pub struct Admitted {
    /// The request.
    pub request: Request<Body>,
    /// Who is calling.
    pub principal: Principal,
}

static ERROR_FORMAT: HeaderName = HeaderName::from_static("x-error-format");

const DRAINED: &str = "The gateway is shutting down and could not wait for an answer.";

/// Answers one request.
pub async fn dispatch(live: Arc<Live>, route: Route, request: Request<Body>) -> Response<Body> {
    let request_id = RequestId::of(request.headers());
    let mut exchange = Exchange::begin(
        Arc::clone(&live.process.observers),
        request_id.clone(),
        request.method().clone(),
        route.pattern,
    );
    let busy = request.extensions().get::<Peer>().map(Peer::busy);
    let style = error_style(request.headers(), live.settings.error_style);
    let origin = if route.any_origin {
        Some(HeaderValue::from_static("*"))
    } else {
        live.settings.cors.allowed(request.headers())
    };
    let head_only = request.method() == Method::HEAD;

    let running = AssertUnwindSafe(run(&live, route, request, &mut exchange)).catch_unwind();
    let outcome = tokio::select! {
        biased;
        outcome = running => outcome.unwrap_or_else(|_| {
            // The panic itself has been reported by the hook; what it said may hold anything and stays there.
            Err(ApiError::new(ErrorKind::InternalError, "The gateway failed at this request. Its operator finds the cause under the request id."))
        }),
        // An answer that has not begun can still be an error with its own status.
        () = live.process.cut_off.cancelled() => Err(ApiError::new(ErrorKind::Draining, DRAINED)),
    };

    let (mut parts, source) = match outcome {
        Ok(answer) => {
            let mut response = Response::new(());
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            (response.into_parts().0, answer.source)
        }
        Err(error) => {
            exchange.record.error = Some(error.code());
            exchange.record.error_detail = error.log_detail().map(str::to_owned);
            let body = error.body(style);
            (
                error.into_response(style).into_parts().0,
                Source::Whole(body),
            )
        }
    };
    exchange.record.status = Some(parts.status);
    parts.headers.insert("x-request-id", request_id.header());
    if let Some(origin) = origin {
        cors::allow(&mut parts.headers, origin);
    }
    if head_only {
        exchange.record.complete = true;
    }
    Response::from_parts(parts, Body::new(RelayBody::new(source, exchange, busy)))
}

async fn run(
    live: &Arc<Live>,
    route: Route,
    mut request: Request<Body>,
    exchange: &mut Exchange,
) -> Result<Answer, ApiError> {
    framing::check(&mut request, live.settings.head)?;
    if cors::is_preflight(request.method(), request.headers()) {
        return Ok(cors::preflight(request.headers(), &live.settings.cors));
    }
    if !route.allows(request.method()) {
        return Err(method_not_allowed(&route, request.uri().path()));
    }
    let principal = match route.policy {
        Policy::Protected => {
            live.settings.hops.check(request.headers())?;
            live.settings.keys.identify(request.headers())?
        }
        Policy::Open => Principal::Anonymous,
        // The route tells more to those who have a key, and does not mind those who have none.
        Policy::OpenWithDetails => live
            .settings
            .keys
            .identify(request.headers())
            .unwrap_or(Principal::Anonymous),
    };
    let request = counted(request, live.settings.body.max_bytes, || live.body_share())?;
    principal.name().clone_into(&mut exchange.record.principal);
    handlers::handle(live, route, Admitted { request, principal }, exchange).await
}

fn method_not_allowed(route: &Route, path: &str) -> ApiError {
    let allowed = route.methods.join(", ");
    let message = format!("{} takes {allowed}.", shown_path(path));
    let value = HeaderValue::from_str(&allowed).unwrap_or(HeaderValue::from_static("GET"));
    ApiError::new(ErrorKind::MethodNotAllowed, message).header(header::ALLOW, value)
}

/// The caller's `x-error-format` wins over the configuration.
fn error_style(headers: &HeaderMap, configured: ErrorStyle) -> ErrorStyle {
    match headers.get(&ERROR_FORMAT).map(HeaderValue::as_bytes) {
        Some(b"string") => ErrorStyle {
            format: ErrorFormat::String,
            ..configured
        },
        Some(b"object") => ErrorStyle {
            format: ErrorFormat::Object,
            ..configured
        },
        _ => configured,
    }
}

/// A caller's path as it may stand in a message.
pub(super) fn shown_path(path: &str) -> String {
    path.chars().take(120).collect()
}
