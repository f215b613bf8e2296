//! A raw request below a provider's base address.

use futures::StreamExt;
use gateway_client::transport::{Transport, TransportRequest, TransportResponse};
use http::header;
use tokio::time::Instant;

use super::{
    body::{self, MAX_ERROR},
    headers,
    idle::not_silent,
    request::upstream_headers,
    send::{as_it_came, refuse_errors, send},
};
use crate::{
    CallError, FaultKind, ProviderSettings, TranslateError, credentials::Signer,
    provider::ProxyRequest, secret::Redactor, upstream_error::redacted,
};

/// Passes the request on with the provider's credential, and gives the answer untouched.
///
/// # Errors
/// As [`Provider::proxy`](crate::Provider::proxy).
pub(crate) async fn proxy(
    settings: &ProviderSettings,
    transport: &dyn Transport,
    signer: &dyn Signer,
    request: ProxyRequest,
) -> Result<TransportResponse, CallError> {
    let ProxyRequest {
        method,
        path,
        query,
        headers: callers,
        body,
    } = request;
    let url = settings
        .proxy_url(&method, &path, query.as_deref())
        .map_err(TranslateError::from)?;
    let total = settings.timeouts.total;
    let mut request = TransportRequest {
        method,
        url,
        headers: upstream_headers(settings, callers),
        body,
        head_timeout: Some(total),
    };
    signer.sign(&mut request).await?;
    let deadline = Instant::now() + total;
    let response = send(transport, request, deadline, FaultKind::Deadline).await?;
    if response.status.is_redirection() {
        return refuse_errors(response, &settings.redactor, Instant::now(), as_it_came).await;
    }
    let headers = headers::for_raw_answer(&response.headers, &settings.redactor);
    let response = TransportResponse {
        headers,
        body: not_silent(response.body, settings.timeouts.idle),
        ..response
    };
    if response.status.is_success() {
        return Ok(response);
    }
    redact_body(response, &settings.redactor, Instant::now() + total).await
}

/// An error may echo our credential: its body is read, and given on without it.
async fn redact_body(
    response: TransportResponse,
    redactor: &Redactor,
    deadline: Instant,
) -> Result<TransportResponse, CallError> {
    let bytes = redacted(
        body::read(response.body, MAX_ERROR, deadline).await?,
        redactor,
    );
    let mut headers = response.headers;
    headers.remove(header::CONTENT_LENGTH);
    let body = futures::stream::iter([Ok(bytes)]).boxed();
    Ok(TransportResponse {
        status: response.status,
        headers,
        body,
    })
}
