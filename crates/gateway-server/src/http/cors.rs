//! Browser clients: which origins may call, and what they may read.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, header};

use super::answer::Answer;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-request-id, retry-after, x-should-retry, x-selected-provider, x-selected-model, x-attempts, x-error-source, x-gateway-dropped",
);

/// Which browser pages may call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CorsPolicy {
    /// Every page.
    pub any: bool,
    /// Pages of these origins.
    pub origins: Vec<String>,
    /// How long a browser may remember the answer.
    pub max_age: Duration,
}

impl CorsPolicy {
    /// The origin to allow for this request, if its origin is one of them.
    pub fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let text = origin.to_str().ok()?;
        let listed = self.any
            || self
                .origins
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(text));
        listed.then(|| origin.clone())
    }
}

/// Whether this is a browser's question before the real request.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to that question.
pub fn preflight(headers: &HeaderMap, policy: &CorsPolicy) -> Answer {
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut answer = Answer::text("text/plain", "").status(http::StatusCode::NO_CONTENT);
    answer
        .headers
        .insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    answer.headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from(policy.max_age.as_secs()),
    );
    if let Some(wanted) = wanted {
        answer
            .headers
            .insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    }
    answer
}

/// Lets the origin read the answer. Credentials of a browser (cookies) are never allowed: there are none here.
pub fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}
