//! `{METHOD} /proxy/{provider}/{path}`: the provider's own API, with the gateway's credential in place of the
//! caller's. Nothing is translated; what may be reached is the provider row's list.

use axum::body::Body;
use futures::StreamExt;
use gateway_client::transport::{RequestBody, TransportError, TransportErrorKind};
use gateway_providers::provider::ProxyRequest;
use http::{HeaderValue, Method, Request, header};

use crate::{
    app::App,
    http::{
        answer::{Answer, header_text},
        error::{ApiError, ErrorKind},
        forward, receive,
        relay::Source,
    },
    observe::Exchange,
};

/// Relays one request.
pub(super) async fn relay(
    app: &App,
    request: Request<Body>,
    exchange: &mut Exchange,
) -> Result<Answer, ApiError> {
    exchange.record.operation = "proxy";
    if !app.settings.proxy {
        return Err(ApiError::new(
            ErrorKind::FeatureDisabled,
            "Raw proxying is switched off on this gateway.",
        ));
    }
    let (parts, body) = request.into_parts();
    if matches!(parts.method, Method::CONNECT | Method::TRACE) {
        return Err(ApiError::new(
            ErrorKind::MethodNotAllowed,
            "CONNECT and TRACE are not relayed.",
        ));
    }
    let (name, path) = split(parts.uri.path());
    let provider = app.router.provider(name)?;
    exchange.record.provider = Some(provider.name().to_owned());
    receive::check_head(&parts.headers, app.settings.body)?;
    let length = receive::content_length(&parts.headers);
    let has_body = length.is_some_and(|length| length > 0)
        || parts.headers.contains_key(header::TRANSFER_ENCODING);
    let outbound = ProxyRequest {
        method: parts.method,
        path: path.to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: forward::for_proxy(&parts.headers),
        body: if has_body {
            RequestBody::Stream {
                stream: stream(body, app.settings.body),
                length,
            }
        } else {
            RequestBody::Empty
        },
    };
    let reply = provider
        .proxy(outbound)
        .await
        .map_err(|error| ApiError::from_call(error, app.upstream_errors()))?;
    Ok(Answer {
        status: reply.status,
        headers: reply.headers,
        source: Source::Binary(reply.body),
    }
    .header(
        "x-selected-provider".parse().unwrap_or(header::VIA),
        header_text(provider.name()),
    )
    .header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// Provider and path, the path still as the client wrote it.
fn split(path: &str) -> (&str, &str) {
    let rest = path.strip_prefix("/proxy/").unwrap_or_default();
    match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    }
}

/// A client's body as a stream with the same bounds as every other body.
pub(crate) fn stream(
    body: Body,
    limits: receive::BodyLimits,
) -> gateway_client::transport::ByteStream {
    futures::stream::try_unfold((body, 0_usize), move |(mut body, sent)| async move {
        let failed = |why: &str| TransportError::new(TransportErrorKind::RequestBody, why);
        match receive::next_piece(&mut body, limits.idle).await {
            Err(error) => Err(failed(error.code())),
            Ok(None) => Ok(None),
            Ok(Some(piece)) => {
                let sent = sent + piece.len();
                if sent > limits.max_bytes {
                    Err(failed("request_too_large"))
                } else {
                    Ok(Some((piece, (body, sent))))
                }
            }
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_split_and_nothing_else() {
        assert_eq!(split("/proxy/openai/v1/x%2Fy"), ("openai", "/v1/x%2Fy"));
        assert_eq!(split("/proxy/openai//x"), ("openai", "//x"));
        assert_eq!(split("/proxy/openai"), ("openai", "/"));
    }
}
