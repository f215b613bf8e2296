//! The path of one model request, from its first byte to its last.

use std::{fmt::Write as _, sync::Arc};

use axum::body::Body;
use futures::StreamExt;
use gateway_client::transport::ByteStream;
use gateway_providers::{
    Operation, Payload, Reply, ReplyBody, operation::BodyKind, provider::SharedProvider,
};
use gateway_router::{Ask, Attempt, BoundState, ModelRequest, Plan, Routed, Speaker};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header, request::Parts};

use super::{
    answer::{Answer, header_text},
    body_memory::BodyShare,
    callers::CallersEndpoints,
    detach::{Alone, Attempting, Sent},
    error::{ApiError, ErrorKind, UpstreamErrorPolicy},
    forward,
    handlers::rest_of_form,
    options::Options,
    permit::held,
    receive::{self, Arriving, Refusal},
    relay::{Events, Source, Unread},
    understand::{Understood, multipart},
};
use crate::{app::Live, observe::Exchange};

const SELECTED_PROVIDER: HeaderName = HeaderName::from_static("x-selected-provider");
const SELECTED_MODEL: HeaderName = HeaderName::from_static("x-selected-model");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-attempts");

/// What a request asks for beside its body.
struct Wish {
    options: Options,
    /// The provider at the caller's own endpoint.
    guest: Option<SharedProvider>,
}

/// Serves one operation. The caller has been received and identified already ([`super::dispatch`]).
///
/// # Errors
/// Every error of the catalogue, and the upstream's own.
pub async fn serve(
    live: &Arc<Live>,
    operation: Operation,
    request: Request<Body>,
    exchange: &mut Exchange,
) -> Result<Answer, ApiError> {
    exchange.record.operation = operation.name();
    if live.is_disabled(operation) {
        return Err(ApiError::new(
            ErrorKind::FeatureDisabled,
            format!("{operation} is switched off on this gateway."),
        ));
    }
    let (parts, body) = request.into_parts();
    let options = Options::read(&parts.uri, &parts.headers)?;
    let guest = guest(live, &options).await?;
    let wish = Wish { options, guest };

    // Understand: what is asked, of which model. Plan: who can do it. A form's model must be respelled before
    // the form flows on, so that there the plan comes in the middle of reading.
    let refusal = Refusal::default();
    let (plan, ask, share) = if is_json(operation, &parts.headers) {
        let caller = (&parts, exchange.record.principal.as_str());
        plan_json(live, operation, &wish, caller, body).await?
    } else {
        let (plan, ask) = plan_form(live, operation, &wish, &parts, body, &refusal).await?;
        // What is held of a form goes on with its stream.
        (plan, ask, live.body_share())
    };
    exchange.record.stream = ask.stream;
    exchange.record.provider = Some(plan.primary.provider.name().to_owned());
    exchange.record.model = Some(plan.primary.model.clone());

    // Attempt: the provider encodes, signs and sends, and holds its answer back until it is known to be one.
    let alone = Alone {
        limit: live.router.timeouts_of(&plan).total,
        refusal: refusal.clone(),
    };
    let routed = match attempt(live, (plan, ask, share), alone, exchange).await {
        Ok(routed) => routed,
        Err(failed) => {
            // A form that was wrong or too large further down is no fault of the provider's.
            if let Some(error) = refusal.take() {
                return Err(error);
            }
            note(live, &failed.attempts, exchange);
            let attempts = attempts_text(&failed.attempts);
            let policy = upstream_errors(live, &failed.attempts);
            let error = ApiError::from_route(failed, policy);
            return Err(error.header(ATTEMPTS, attempts_header(&attempts)));
        }
    };
    note(live, &routed.attempts, exchange);

    // Relay: what comes is passed on. The record is settled when the body ends.
    // 201 belongs to one dialect, which knows chat only.
    let created = live.settings.created_status
        && wish.options.opengateway
        && operation == Operation::Chat
        && !parts.uri.path().starts_with("/v1");
    Ok(relay(live, routed, created, exchange))
}

/// The provider at the endpoint that the caller brought along, where the sequence has a place for it.
async fn guest(live: &Live, options: &Options) -> Result<Option<SharedProvider>, ApiError> {
    let callers = live.settings.callers.as_ref();
    let Some(endpoint) = CallersEndpoints::wanted(callers, options) else {
        return Ok(None);
    };
    let timeouts = |name: &str| live.router.timeouts(name);
    let keys = &live.settings.keys;
    CallersEndpoints::provider(callers, endpoint, keys, timeouts)
        .await
        .map(Some)
}

/// How errors are answered of whoever was asked last.
fn upstream_errors(live: &Live, attempts: &[Attempt]) -> UpstreamErrorPolicy {
    match attempts.last() {
        Some(attempt) if attempt.callers_own => live.callers_own_errors(),
        _ => live.upstream_errors(),
    }
}

fn is_json(operation: Operation, headers: &HeaderMap) -> bool {
    match operation.spec().body {
        BodyKind::Json => true,
        BodyKind::Multipart => false,
        BodyKind::MultipartOrJson => receive::is_json(headers),
    }
}

/// Remembers the attempts, and who was asked last.
pub(super) fn note(live: &Live, attempts: &[Attempt], exchange: &mut Exchange) {
    attempts
        .iter()
        .for_each(|attempt| live.health.note(attempt));
    if let Some(last) = attempts.last() {
        exchange.record.provider = Some(last.provider.clone());
        exchange.record.model = Some(last.model.clone());
    }
    // Of one attempt the rest of the line tells enough, unless it went through one of several accounts.
    if attempts.len() > 1 || attempts.iter().any(|attempt| attempt.account.is_some()) {
        exchange.record.attempts = Some(attempts_text(attempts));
    }
}

/// A whole answer is awaited even when the caller does not wait for it; a stream ends with its caller.
async fn attempt(
    live: &Arc<Live>,
    (plan, ask, share): (Plan, Ask, BodyShare),
    alone: Alone,
    exchange: &mut Exchange,
) -> Sent {
    let is_stream = ask.stream;
    let theirs = Arc::clone(live);
    // It is large, and would be moved with each future around it.
    let sending = Box::pin(async move {
        let sent = theirs.router.send(plan, ask).await;
        drop(share);
        sent
    });
    if is_stream {
        return sending.await;
    }
    Attempting::new(live, exchange, alone, sending).await
}

async fn plan_json(
    live: &Live,
    operation: Operation,
    wish: &Wish,
    (parts, principal): (&Parts, &str),
    body: Body,
) -> Result<(Plan, Ask, BodyShare), ApiError> {
    receive::check_json_type(&parts.headers)?;
    let share = live.body_share();
    let (bytes, share) =
        receive::read_whole(&parts.headers, body, live.settings.body, share).await?;
    let understood = Understood::read(operation, bytes, live.body_policy())?;
    let plan = plan(live, operation, wish, (parts, &understood.model)).await?;
    let speaker = Speaker {
        tenant: principal,
        headers: &parts.headers,
        operation,
        body: &understood.body,
    };
    let (conversation, state) = live.router.conversation(&plan, speaker);
    let ask = Ask {
        operation,
        payload: Payload::Json(understood.body),
        stream: understood.stream,
        count_tokens: live.settings.count_tokens,
        strict: wish
            .options
            .strict
            .unwrap_or(live.settings.strict_translation),
        headers: forward::for_call(&parts.headers, &live.settings.hops),
        limit: wish.options.timeout,
        conversation,
        state,
    };
    Ok((plan, ask, share))
}

async fn plan_form(
    live: &Live,
    operation: Operation,
    wish: &Wish,
    parts: &Parts,
    body: Body,
    refusal: &Refusal,
) -> Result<(Plan, Ask), ApiError> {
    receive::check_head(&parts.headers, live.settings.body)?;
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let share = live.body_share();
    let mut arriving = Arriving::new(body, live.settings.body, share);
    let (finder, range) = multipart::find_model(content_type, &mut arriving).await?;
    let plan = plan(live, operation, wish, (parts, &finder.text(&range))).await?;
    // The form is written for one target and flows to it: who is left alone now is not that one.
    let plan = live.router.for_one_attempt(plan);
    let second = finder.look_on(&range)?;
    let held = finder.held_len();
    let first = finder.into_held(&range, &plan.primary.model);
    let length = receive::content_length(&parts.headers)
        .map(|length| length - (held as u64).min(length) + first.len() as u64);
    let rest = rest_of_form(arriving, second, refusal);
    let body: ByteStream = futures::stream::once(std::future::ready(Ok(first)))
        .chain(rest)
        .boxed();
    let content_type = content_type
        .cloned()
        .unwrap_or(HeaderValue::from_static("multipart/form-data"));
    let ask = Ask {
        operation,
        payload: Payload::Opaque {
            content_type,
            body,
            length,
        },
        stream: false,
        count_tokens: false,
        strict: false,
        headers: forward::for_call(&parts.headers, &live.settings.hops),
        limit: wish.options.timeout,
        conversation: None,
        state: BoundState::default(),
    };
    Ok((plan, ask))
}

async fn plan(
    live: &Live,
    operation: Operation,
    wish: &Wish,
    (parts, model): (&Parts, &str),
) -> Result<Plan, ApiError> {
    // Without `/v1` the failover dialect is spoken, in which there always is a sequence.
    let unversioned = !parts.uri.path().starts_with("/v1");
    let default_sequence = unversioned.then_some(live.settings.default_sequence.as_slice());
    let options = &wish.options;
    let request = ModelRequest {
        provider_query: options.provider.as_deref(),
        sequence: options.sequence.as_deref(),
        default_sequence,
        ..ModelRequest::new(model, operation)
    };
    Ok(match &wish.guest {
        Some(guest) => {
            let guest = Arc::clone(guest);
            live.router.plan_with_guest(&request, guest).await?
        }
        None => live.router.plan(&request).await?,
    })
}

fn relay(live: &Live, routed: Routed, created: bool, exchange: &mut Exchange) -> Answer {
    let Routed {
        reply: Reply {
            status,
            mut headers,
            body,
        },
        target,
        attempts,
        feedback,
        permit,
    } = routed;
    headers.insert(SELECTED_PROVIDER, header_text(target.provider.name()));
    headers.insert(SELECTED_MODEL, header_text(&target.model));
    headers.insert(ATTEMPTS, attempts_header(&attempts_text(&attempts)));
    match body {
        ReplyBody::Whole { bytes, usage } => {
            exchange.record.usage = usage;
            let status = if created { StatusCode::CREATED } else { status };
            Answer {
                status,
                headers,
                source: Source::Whole(bytes),
            }
        }
        ReplyBody::Events(stream) => {
            exchange.record.stream = true;
            stream_headers(&mut headers);
            let events = Events::new(
                held(stream, permit),
                upstream_errors(live, &attempts),
                live.settings.keep_alive,
                live.process.cut_off.clone(),
            )
            .feedback(feedback);
            Answer {
                status,
                headers,
                source: Source::Events(Box::new(events)),
            }
        }
        ReplyBody::Binary(stream) => Answer {
            status,
            headers,
            source: Source::Binary(Unread {
                stream: held(stream, permit),
                feedback,
            }),
        },
    }
}

/// No proxy on the way may hold events back or keep them.
fn stream_headers(headers: &mut HeaderMap) {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
}

/// `openai=429,azure=200`.
fn attempts_text(attempts: &[Attempt]) -> String {
    let mut text = String::new();
    for attempt in attempts {
        let comma = if text.is_empty() { "" } else { "," };
        // A string takes everything.
        let _ = write!(text, "{comma}{attempt}");
    }
    text
}

fn attempts_header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
