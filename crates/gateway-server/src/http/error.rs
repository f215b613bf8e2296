//! Every error that the gateway answers, as one table; and the one place where an error becomes a response.
//!
//! The set of `type`s and `code`s is part of the public contract: `docs/errors.md` is made from [`CATALOGUE`].
//! What the caller reads is apart from what the log gets: [`ApiError::detail`] never leaves the process.

mod conversions;

use std::{borrow::Cow, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use gateway_providers::{CallError, Fault, FaultKind, fault::UpstreamError};
use gateway_router::{RouteError, RouteFailure, failover::judgement::has_no_quota};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// One row of the error catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// Which error.
    pub kind: ErrorKind,
    /// The HTTP status.
    pub status: StatusCode,
    /// The error object's `type`.
    pub error_type: &'static str,
    /// The error object's `code`.
    pub code: &'static str,
    /// Whether a client that tries again can expect another outcome (`x-should-retry`).
    pub retry: bool,
    /// What it means and what to do, for the documentation.
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($kind:ident => $status:ident $error_type:literal $code:literal $retry:ident $help:literal;)*) => {
        /// An error of the gateway's own making. What each means is in [`CATALOGUE`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorKind {
            $(#[doc = $help] $kind,)*
        }

        /// Every error of the gateway's own making, in the order of [`ErrorKind`].
        pub static CATALOGUE: &[ErrorRow] = &[
            $(ErrorRow {
                kind: ErrorKind::$kind,
                status: StatusCode::$status,
                error_type: $error_type,
                code: $code,
                retry: catalogue!(@retry $retry),
                help: $help,
            },)*
        ];
    };
    (@retry again) => { true };
    (@retry final) => { false };
}

catalogue! {
    InvalidJson => BAD_REQUEST "invalid_request" "invalid_json" final "The body is not strict JSON: the message says what is wrong and at which byte.";
    MissingParameter => BAD_REQUEST "invalid_request" "missing_parameter" final "A required member is missing; `param` names it.";
    InvalidValue => BAD_REQUEST "invalid_request" "invalid_value" final "A member has a wrong type or a value out of its range; `param` names it.";
    InvalidHeader => BAD_REQUEST "invalid_request" "invalid_header" final "A request header has a value that cannot be used; `param` names it.";
    InvalidRequest => BAD_REQUEST "invalid_request" "invalid_request" final "The request itself is malformed.";
    MalformedRequest => BAD_REQUEST "invalid_request" "malformed_request" final "What came is no request of HTTP: a method, a header, a length or a framing that breaks its rules, or a head that broke off. The message says which; the connection ends.";
    UnknownProvider => BAD_REQUEST "invalid_request" "unknown_provider" final "The named provider does not exist; the message lists those that do.";
    ProviderNotConfigured => BAD_REQUEST "invalid_request" "provider_not_configured" final "The named provider exists but has no credential or address here; the message says which variable to set.";
    VisionDisabled => BAD_REQUEST "invalid_request" "vision_disabled" final "The request holds an image and images are switched off; set ENABLE_VISION=true. `param` is the path of the part.";
    StateNotPortable => BAD_REQUEST "invalid_request" "state_not_portable" final "The request carries opaque state of an earlier answer (a signature, encrypted thinking, the id of a stored answer), and no target of the alias takes it; `param` is its path. Send the conversation to the model that it began with, or without the state; `leave_state_behind = true` in the alias leaves it behind.";
    MissingApiKey => UNAUTHORIZED "authentication_error" "missing_api_key" final "No key was sent. Send `Authorization: Bearer KEY`, or `x-api-key: KEY`.";
    InvalidApiKey => UNAUTHORIZED "authentication_error" "invalid_api_key" final "The key is not one of this gateway's.";
    AmbiguousCredentials => UNAUTHORIZED "authentication_error" "ambiguous_credentials" final "Two different keys were sent in two headers; send one.";
    ModelNotAllowed => FORBIDDEN "permission_denied" "model_not_allowed" final "The model is shut off by ALLOWED_MODELS or DISALLOWED_MODELS.";
    UnknownUrl => NOT_FOUND "not_found" "unknown_url" final "There is nothing at this path; the message says what may have been meant.";
    ModelNotFound => NOT_FOUND "not_found" "model_not_found" final "The model is unknown here; `GET /v1/models` lists what there is.";
    FeatureDisabled => NOT_FOUND "not_found" "feature_disabled" final "The feature is switched off in the configuration.";
    PathNotAllowed => FORBIDDEN "permission_denied" "path_not_allowed" final "The path below /proxy is malformed, or not one that this provider's row allows.";
    MethodNotAllowed => METHOD_NOT_ALLOWED "invalid_request" "method_not_allowed" final "The path takes other methods; `Allow` lists them.";
    RequestTimeout => REQUEST_TIMEOUT "invalid_request" "request_timeout" again "The request's head or body did not arrive in time.";
    RequestTooLarge => PAYLOAD_TOO_LARGE "invalid_request" "request_too_large" final "The body is larger than the limit, which the message names.";
    UrlTooLong => URI_TOO_LONG "invalid_request" "url_too_long" final "The request's URL is longer than 64 KiB.";
    HeadersTooLarge => REQUEST_HEADER_FIELDS_TOO_LARGE "invalid_request" "headers_too_large" final "The request has more headers, or larger ones, than `limits.max_headers` and `limits.max_header_size` allow.";
    UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE "invalid_request" "unsupported_media_type" final "The body's content type or encoding is not taken here; the message names the right one.";
    InternalError => INTERNAL_SERVER_ERROR "internal_error" "internal_error" again "A defect in the gateway. The log has the details under the request id.";
    UnsupportedOperation => NOT_IMPLEMENTED "unsupported" "unsupported_operation" final "The provider does not offer this operation; nothing was sent.";
    BackendAuthError => BAD_GATEWAY "backend_auth_error" "backend_auth_error" final "The provider refused the gateway's own credential. The caller's key is not at fault; the operator has to mend it.";
    ListUnavailable => BAD_GATEWAY "backend_unreachable" "list_unavailable" again "The provider's list of models cannot be had now.";
    ListTimeout => GATEWAY_TIMEOUT "backend_timeout" "list_timeout" again "The provider did not list its models in time.";
    NoHealthyBackend => SERVICE_UNAVAILABLE "backend_unreachable" "no_healthy_backend" again "Every provider of the model has failed so often lately, or asked for a pause, that it is left alone for a while. Nothing was sent; the message says why, `retry-after` when.";
    NoAvailableChannel => SERVICE_UNAVAILABLE "backend_unreachable" "no_available_channel" again "No provider can take the request now.";
    LoopDetected => LOOP_DETECTED "invalid_request" "loop_detected" final "The request has been here before, or has passed too many gateways: the base URLs of their providers lead to each other.";
    Draining => SERVICE_UNAVAILABLE "server_shutting_down" "draining" again "The gateway is shutting down; another one will answer.";
    Overloaded => SERVICE_UNAVAILABLE "overloaded" "overloaded" again "The gateway or a provider has as much to do as it may have: the bodies of all requests together are at `limits.max_request_memory`, or as many requests as may are under way at the provider (`max_concurrent`) and waiting for it (`max_queued`, `queue_wait`). Nothing was sent.";
}

impl ErrorKind {
    /// This error's row.
    #[expect(
        clippy::indexing_slicing,
        reason = "the macro writes one row a variant, in order"
    )]
    pub fn row(self) -> &'static ErrorRow {
        &CATALOGUE[self as usize]
    }
}

/// An error on its way to the client.
#[derive(Debug)]
pub struct ApiError(Box<Details>);

#[derive(Debug)]
struct Details {
    status: StatusCode,
    error_type: &'static str,
    code: &'static str,
    message: Cow<'static, str>,
    param: Option<String>,
    retry: bool,
    retry_after: Option<Duration>,
    headers: HeaderMap,
    /// The upstream's own body, passed on as it is.
    verbatim: Option<Bytes>,
    from_upstream: bool,
    /// For the log only.
    detail: Option<String>,
}

/// How errors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErrorStyle {
    /// The body's form.
    pub format: ErrorFormat,
    /// Write OpenAI's own words into `type` (`invalid_request_error`) in place of the gateway's categories.
    pub openai_types: bool,
}

/// The form of an error's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorFormat {
    /// OpenAI's: `{"error":{"message","type","param","code"}}`.
    #[default]
    Object,
    /// `{"error":"text"}`.
    String,
}

/// What shapes upstream errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamErrorPolicy {
    /// Replace the upstream's words by the gateway's own.
    pub mask: bool,
    /// Answer 502 `backend_auth_error` to an upstream 401 or 403: the credential was the gateway's.
    pub own_credentials: bool,
}

/// The longest `retry-after` that is passed on: openai-python gives up above 120 s, and some SDKs wait without a limit.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

#[derive(Serialize)]
struct Envelope<'a> {
    error: ErrorObject<'a>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    message: &'a str,
    r#type: &'a str,
    param: Option<&'a str>,
    code: &'a str,
}

impl ApiError {
    /// An error of the gateway's own making. The message is for the caller.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        let row = kind.row();
        Self(Box::new(Details {
            status: row.status,
            error_type: row.error_type,
            code: row.code,
            message: message.into(),
            param: None,
            retry: row.retry,
            retry_after: None,
            headers: HeaderMap::new(),
            verbatim: None,
            from_upstream: false,
            detail: None,
        }))
    }

    /// Names the member or header that is at fault.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.0.param = Some(param.into());
        self
    }

    /// Adds a response header.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Adds a text for the log.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// What an upstream did, in the words that the settled rules give it.
    pub fn from_fault(fault: Fault, policy: UpstreamErrorPolicy) -> Self {
        let Fault {
            kind,
            detail,
            upstream,
        } = fault;
        match upstream {
            Some(upstream) => Self::from_upstream(kind, upstream, policy).detail(detail),
            None => Self::from_kind(kind).detail(detail),
        }
    }

    /// What went wrong with a call.
    pub fn from_call(error: CallError, policy: UpstreamErrorPolicy) -> Self {
        match error {
            CallError::Fault(fault) => Self::from_fault(*fault, policy),
            CallError::Translate(error) => error.into(),
        }
    }

    /// Why one attempt, or none, gave no reply.
    pub fn from_failure(failure: RouteFailure, policy: UpstreamErrorPolicy) -> Self {
        match failure {
            RouteFailure::Call(error) => Self::from_call(error, policy),
            RouteFailure::NoHealthyTarget(none) => none.into(),
            RouteFailure::StateBound(bound) => bound.into(),
            RouteFailure::Overloaded(overloaded) => overloaded.into(),
        }
    }

    /// Why a request got no reply. Where the gateway has tried more than once itself, a client that tries again
    /// multiplies the tries: it is told not to, unless the upstream said when it is back. Where it may, it is told to wait
    /// for as long as its targets are left alone.
    pub fn from_route(error: RouteError, policy: UpstreamErrorPolicy) -> Self {
        let is_retried = error.is_retried();
        let rest = error.rest;
        let RouteFailure::Call(cause) = error.cause else {
            return Self::from_failure(error.cause, policy);
        };
        let mut answer = Self::from_call(cause, policy);
        let has_known_wait = answer.0.retry_after.is_some()
            && matches!(
                answer.0.status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
            );
        if is_retried && !has_known_wait {
            answer.0.retry = false;
        }
        // Who comes back earlier finds its target left alone.
        if answer.0.retry {
            answer.0.retry_after = answer.0.retry_after.max(rest);
        }
        answer
    }

    fn from_kind(kind: FaultKind) -> Self {
        let spec = kind.spec();
        let mut error = Self::new(ErrorKind::InternalError, spec.message);
        error.0.status = spec.status;
        error.0.error_type = spec.error_type;
        error.0.code = spec.code;
        error.0.retry = spec.client_may_retry;
        error.0.from_upstream = true;
        error
    }

    fn from_upstream(
        kind: FaultKind,
        upstream: UpstreamError,
        policy: UpstreamErrorPolicy,
    ) -> Self {
        let refused_us = matches!(
            upstream.status,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        if refused_us && policy.own_credentials {
            let message = "The provider refused the gateway's credential for it. Your own key is not at fault.";
            let mut error = Self::new(ErrorKind::BackendAuthError, message);
            error.0.from_upstream = true;
            return error;
        }
        let mut error = Self::from_kind(kind);
        let status = upstream.status;
        error.0.status = if status.is_client_error() || status.is_server_error() {
            status
        } else {
            StatusCode::BAD_GATEWAY
        };
        (error.0.error_type, error.0.code) = upstream_words(error.0.status);
        error.0.retry = upstream_retry(&upstream);
        error.0.retry_after = upstream.retry_after;
        error.0.headers = upstream.headers;
        if !policy.mask {
            error.0.verbatim = upstream.body;
        }
        error
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The error object's `code`.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The text for the caller, of an error of the gateway's own making.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The text for the log, where there is one.
    pub fn log_detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Whether the error is the upstream's doing.
    pub fn is_upstream(&self) -> bool {
        self.0.from_upstream
    }

    /// The body alone.
    pub fn body(&self, style: ErrorStyle) -> Bytes {
        if let (Some(verbatim), ErrorFormat::Object) = (&self.0.verbatim, style.format) {
            return verbatim.clone();
        }
        let message = self.0.message.as_ref();
        let written = match style.format {
            ErrorFormat::Object => {
                let param = self.0.param.as_deref();
                let error_type = if style.openai_types {
                    openai_type(self.0.status)
                } else {
                    self.0.error_type
                };
                let error = ErrorObject {
                    message,
                    r#type: error_type,
                    param,
                    code: self.0.code,
                };
                serde_json::to_vec(&Envelope { error })
            }
            ErrorFormat::String => serde_json::to_vec(
                &serde_json::json!({ "error": self.upstream_message().unwrap_or(message.into()) }),
            ),
        };
        // Strings cannot fail to be written.
        written.unwrap_or_default().into()
    }

    /// As the last event of a stream that broke: `data: {"error":{...}}`, after which comes no `[DONE]`.
    pub fn event(&self) -> Bytes {
        let body = self.body(ErrorStyle::default());
        // An upstream's own body may hold line breaks, which would end the event: JSON allows them as space only.
        let one_line = body.iter().map(|&byte| {
            if matches!(byte, b'\n' | b'\r') {
                b' '
            } else {
                byte
            }
        });
        let mut event = Vec::with_capacity(body.len() + 8);
        event.extend_from_slice(b"data: ");
        event.extend(one_line);
        event.extend_from_slice(b"\n\n");
        event.into()
    }

    /// The whole response.
    pub fn into_response(self, style: ErrorStyle) -> Response<Body> {
        let body = self.body(style);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.0.status;
        let headers = response.headers_mut();
        let wait = self.retry_after_seconds();
        *headers = self.0.headers;
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(
            "x-should-retry",
            HeaderValue::from_static(if self.0.retry { "true" } else { "false" }),
        );
        if self.0.from_upstream {
            headers.insert("x-error-source", HeaderValue::from_static("upstream"));
        }
        headers.remove("retry-after-ms");
        headers.remove(header::RETRY_AFTER);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        if self.0.status == StatusCode::UNAUTHORIZED && !self.0.from_upstream {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// Whole seconds, rounded up and clamped, on every error: a client that knows nothing else knows when. Where
    /// another try cannot help, `x-should-retry` says so and the wait is 0.
    fn retry_after_seconds(&self) -> u64 {
        let said = self
            .0
            .retry_after
            .map(|wait| wait.min(MAX_RETRY_AFTER))
            .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        said.unwrap_or(u64::from(self.0.retry))
    }

    fn upstream_message(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(self.0.verbatim.as_ref()?).ok()?;
        let error = body.get("error")?;
        error
            .get("message")
            .unwrap_or(error)
            .as_str()
            .map(str::to_owned)
    }
}

/// The words for an upstream error whose body is not shown.
fn upstream_words(status: StatusCode) -> (&'static str, &'static str) {
    match status.as_u16() {
        401 => ("authentication_error", "backend_error"),
        402 => ("insufficient_quota", "insufficient_quota"),
        403 => ("permission_denied", "backend_error"),
        404 => ("not_found", "backend_error"),
        408 | 504 => ("backend_timeout", "backend_error"),
        429 => ("rate_limit_exceeded", "requests"),
        501 => ("unsupported", "unsupported_operation"),
        503 | 529 => ("backend_overloaded", "backend_overloaded"),
        400..=499 => ("invalid_request", "backend_error"),
        _ => ("backend_error", "backend_error"),
    }
}

/// The `type` that OpenAI itself writes for a status.
fn openai_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 | 429 => "rate_limit_error",
        403 => "permission_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// The upstream's own word on it, else what SDKs would do by the status, except where that cannot help: an operation that
/// is not there, an empty account.
fn upstream_retry(upstream: &UpstreamError) -> bool {
    match upstream
        .headers
        .get("x-should-retry")
        .and_then(|value| value.to_str().ok())
    {
        Some("true") => true,
        Some("false") => false,
        _ => {
            matches!(upstream.status.as_u16(), 408 | 409 | 429 | 500 | 502..=599)
                && !has_no_quota(upstream)
        }
    }
}
