//! `{METHOD} /proxy/{provider}/{path}`: the provider's own API, with the gateway's credential in place of the
//! caller's. Nothing is translated; what may be reached is the provider row's list.

mod judge;

use axum::body::Body;
use futures::StreamExt;
use gateway_client::transport::ByteStream;
use gateway_providers::provider::ProxyRequest;
use gateway_router::RawReply;
use http::{HeaderValue, Method, Request, header};

use self::judge::{Judge, Outgoing};
use crate::{
    app::Live,
    http::{
        answer::{Answer, header_text},
        error::{ApiError, ErrorKind},
        forward,
        permit::held,
        receive::{Arriving, Refusal},
        relay::{Source, Unread},
        understand::multipart::SecondModel,
    },
    observe::Exchange,
};

/// Relays one request.
pub(super) async fn relay(
    live: &Live,
    request: Request<Body>,
    exchange: &mut Exchange,
) -> Result<Answer, ApiError> {
    exchange.record.operation = "proxy";
    if !live.settings.proxy {
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
    let provider = live.router.provider(name)?;
    exchange.record.provider = Some(provider.name().to_owned());
    let Outgoing {
        body,
        share,
        refusal,
    } = Judge::of(live, provider.name(), path)?
        .outgoing(&parts.headers, body)
        .await?;
    let outbound = ProxyRequest {
        method: parts.method,
        path: path.to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: forward::for_proxy(&parts.headers, &live.settings.hops),
        body,
    };
    let reply = live.router.raw(&provider, outbound).await;
    drop(share);
    let RawReply {
        response: reply,
        permit,
    } = reply.map_err(|error| {
        let ours = refusal.take();
        ours.unwrap_or_else(|| ApiError::from_failure(error, live.upstream_errors()))
    })?;
    Ok(Answer {
        status: reply.status,
        headers: reply.headers,
        source: Source::Binary(Unread {
            stream: held(reply.body, permit),
            feedback: None,
        }),
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

/// What is left of a client's body as a stream. What is wrong with it is kept for the caller.
pub(crate) fn stream(arriving: Arriving, refusal: &Refusal) -> ByteStream {
    let refusal = refusal.clone();
    futures::stream::try_unfold(arriving, move |mut arriving| {
        let refusal = refusal.clone();
        async move {
            let piece = arriving.pass().await.map_err(|error| refusal.keep(error))?;
            Ok(piece.map(|piece| (piece, arriving)))
        }
    })
    .boxed()
}

/// The rest of a form behind its model.
pub(crate) fn rest_of_form(
    arriving: Arriving,
    second: SecondModel,
    refusal: &Refusal,
) -> ByteStream {
    let refusal = refusal.clone();
    let mut second = second;
    stream(arriving, &refusal)
        .map(move |piece| {
            let piece = piece?;
            second.push(&piece).map_err(|error| refusal.keep(error))?;
            Ok(piece)
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
