//! A chat request in Cohere's words.

mod messages;
mod thinking;
mod tools;

use gateway_types::{Maybe, Number, chat::ChatRequest};
use serde_json::Value;

use super::wire::{ChatBody, ResponseFormat};
use crate::{
    TranslateError,
    dialects::{
        Ask,
        dropped::Dropped,
        read::{self, Format, Offer, READ_ELSEWHERE, ThinkingAsk},
    },
};

/// How many stop sequences there may be.
const MAX_STOPS: usize = 5;

/// A request, and what the decoder must know of it.
#[derive(Debug)]
pub(super) struct Encoded {
    /// The body.
    pub(super) body: ChatBody,
    /// What could not be expressed.
    pub(super) dropped: Vec<String>,
    /// Whether the caller wants no thinking in the answer.
    pub(super) hide_thinking: bool,
}

/// Puts a chat request into Cohere's words.
///
/// # Errors
/// What can neither be expressed nor left out.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut request = ask.chat()?;
    let mut dropped = Dropped::default();
    read::forget_defaults(&mut request);
    let thinks = !ask.rule.thinking.is_empty();
    let messages = std::mem::take(&mut request.messages);
    let mut body = ChatBody {
        model: ask.model.to_owned(),
        stream: ask.stream,
        messages: messages::encode(messages, thinks, &mut dropped)?,
        ..ChatBody::default()
    };
    take_own_members(&mut request, &mut body);
    let offer = Offer::take(&mut request, &mut dropped)?;
    tools::put(offer, ask.rule, &mut body, &mut dropped);
    body.max_tokens = read::max_tokens(&mut request);
    body.stop_sequences = stop_sequences(&mut request)?;
    put_format(&mut request, &mut body, &mut dropped);
    let asked = ThinkingAsk::take(&mut request, &mut dropped);
    body.thinking = thinking::encode(&asked, ask.rule, body.max_tokens, &mut dropped);
    put_sampling(&mut request, ask, &mut body, &mut dropped);
    dropped.rest("", &request, READ_ELSEWHERE);
    Ok(Encoded {
        body,
        dropped: dropped.into_names(),
        hide_thinking: asked.exclude,
    })
}

/// Members of Cohere's own that a caller may send beside OpenAI's go on as they are.
fn take_own_members(request: &mut ChatRequest, body: &mut ChatBody) {
    let mut take = |name: &str| {
        let value = request.extra.shift_remove(name);
        value.filter(|value| !is_empty(value))
    };
    body.documents = take("documents");
    body.citation_options = take("citation_options");
    body.safety_mode = take("safety_mode");
    body.priority = take("priority");
    body.strict_tools = take("strict_tools");
}

fn stop_sequences(request: &mut ChatRequest) -> Result<Vec<String>, TranslateError> {
    let stop = read::stop(request);
    if stop.len() > MAX_STOPS {
        let message = format!(
            "`stop` has {} sequences; this provider takes {MAX_STOPS}",
            stop.len()
        );
        return Err(read::invalid("stop", message));
    }
    Ok(stop)
}

/// A format cannot be asked for beside tools or documents.
fn put_format(request: &mut ChatRequest, body: &mut ChatBody, dropped: &mut Dropped) {
    let is_alone = body.tools.is_empty() && body.documents.is_none();
    let Some(format) = Format::take(request, dropped) else {
        return;
    };
    if !is_alone {
        dropped.name("response_format");
        return;
    }
    body.response_format = Some(ResponseFormat {
        kind: "json_object",
        json_schema: match format {
            Format::Json => None,
            Format::Schema(schema) => Some(schema),
        },
    });
}

fn put_sampling(
    request: &mut ChatRequest,
    ask: &Ask<'_>,
    body: &mut ChatBody,
    dropped: &mut Dropped,
) {
    let may_sample = |name: &str| read::takes(ask.rule, name);
    if may_sample("temperature") {
        body.temperature = request.temperature.take().into_option();
    }
    if may_sample("top_p") {
        body.p = within(
            &mut request.top_p,
            (0.01.into(), 0.99.into()),
            "top_p",
            dropped,
        );
    }
    if may_sample("top_k") {
        let mut top_k = request
            .extra
            .get("top_k")
            .and_then(|value| serde_json::from_value(value.clone()).ok())
            .map_or(Maybe::Absent, Maybe::Value);
        if top_k.is_value() {
            request.extra.shift_remove("top_k");
        }
        body.k = within(&mut top_k, (0.into(), 500.into()), "top_k", dropped);
    }
    if may_sample("frequency_penalty") {
        let given = &mut request.frequency_penalty;
        body.frequency_penalty = within(given, (0.into(), 1.into()), "frequency_penalty", dropped);
    }
    if may_sample("presence_penalty") {
        let given = &mut request.presence_penalty;
        body.presence_penalty = within(given, (0.into(), 1.into()), "presence_penalty", dropped);
    }
    if request.seed.copied().and_then(Number::as_u64).is_some() {
        body.seed = request.seed.take().into_option();
    }
    if request.logprobs.copied() == Some(true) {
        body.logprobs = request.logprobs.take().into_option();
    }
}

/// The number, or the nearest one that Cohere takes; what is changed is named.
fn within(
    given: &mut Maybe<Number>,
    (lowest, highest): (Number, Number),
    name: &str,
    dropped: &mut Dropped,
) -> Option<Number> {
    let number = given.take().into_option()?;
    let value = number.as_f64();
    if value < lowest.as_f64() {
        dropped.name(name);
        return Some(lowest);
    }
    if value > highest.as_f64() {
        dropped.name(name);
        return Some(highest);
    }
    Some(number)
}

/// A value that says nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
