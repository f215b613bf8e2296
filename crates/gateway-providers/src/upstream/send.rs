//! Sending one request, and telling an answer from a refusal.

use std::time::SystemTime;

use bytes::Bytes;
use gateway_client::transport::{Transport, TransportRequest, TransportResponse};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{
    body::{self, MAX_ERROR},
    headers,
};
use crate::{
    CallError, Fault, FaultKind, TranslateError,
    fault::UpstreamError,
    peek::is_valid,
    secret::Redactor,
    upstream_error::{redacted, retry_delay},
};

/// Sends a request whose head must come by then.
pub(crate) async fn send(
    transport: &dyn Transport,
    request: TransportRequest,
    deadline: Instant,
    late: FaultKind,
) -> Result<TransportResponse, CallError> {
    match timeout_at(deadline, transport.send(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(body::fault_before_body(&error, late).map_or_else(
            || {
                let message = "the request's body ended before it was complete".to_owned();
                TranslateError::InvalidValue {
                    param: "body".to_owned(),
                    message,
                }
                .into()
            },
            CallError::from,
        )),
        Err(_) => Err(Fault::new(late, "no response head in time").into()),
    }
}

/// A redirect or an error status is a fault; any other answer is given back. `read` brings an error's body to
/// OpenAI's shape; see [`as_it_came`].
pub(crate) async fn refuse_errors(
    response: TransportResponse,
    redactor: &Redactor,
    deadline: Instant,
    read: impl FnOnce(StatusCode, &HeaderMap, Bytes) -> UpstreamError,
) -> Result<TransportResponse, CallError> {
    let status = response.status;
    if status.is_success() {
        return Ok(response);
    }
    if status.is_redirection() {
        let target = response
            .headers
            .get(header::LOCATION)
            .map(|value| redactor.redact(value.as_bytes()).into_owned());
        let target = String::from_utf8_lossy(&target.unwrap_or_default())
            .chars()
            .take(200)
            .collect::<String>();
        return Err(Fault::new(
            FaultKind::Redirect,
            format!("status {status} to {target:?}"),
        )
        .into());
    }
    let body = body::read(response.body, MAX_ERROR, deadline)
        .await
        .unwrap_or_default();
    let mut upstream = read(status, &response.headers, body);
    upstream.retry_after =
        headers::retry_after(&response.headers, SystemTime::now()).or(upstream.retry_after);
    upstream.headers = headers::for_client(&response.headers, redactor);
    upstream.body = upstream.body.map(|body| redacted(body, redactor));
    Err(Fault {
        kind: FaultKind::Status,
        detail: format!("status {status}"),
        upstream: Some(upstream),
    }
    .into())
}

/// An error in OpenAI's shape or near it: a JSON object stays as it came, anything else is left out.
pub(crate) fn as_it_came(status: StatusCode, _: &HeaderMap, body: Bytes) -> UpstreamError {
    let body =
        Some(body).filter(|body| is_valid(body) && body.trim_ascii_start().starts_with(b"{"));
    let retry_after = body
        .as_deref()
        .and_then(|body| retry_delay(&serde_json::from_slice::<Value>(body).ok()?));
    UpstreamError {
        status,
        headers: HeaderMap::new(),
        body,
        retry_after,
    }
}
