//! A chat request in Ollama's words.

mod messages;
mod options;

use gateway_types::chat::ChatRequest;
use serde_json::Value;

use super::wire::ChatBody;
use crate::{
    TranslateError,
    dialects::{
        Ask,
        dropped::Dropped,
        function_tool::FunctionTool,
        read::{self, Choice, Format, Offer, READ_ELSEWHERE, ThinkingAsk},
    },
};

/// The levels of thinking that are words here, too, and the nearest ones of those that are not.
const LEVELS: &[(&str, &str)] = &[
    ("minimal", "low"),
    ("low", "low"),
    ("medium", "medium"),
    ("high", "high"),
    ("xhigh", "high"),
    ("max", "max"),
];

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

/// Puts a chat request into Ollama's words. What a hosted model refuses by its rule does not matter here: the server
/// samples by itself, whatever the model is called.
///
/// # Errors
/// What can neither be expressed nor left out.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut request = ask.chat()?;
    let mut dropped = Dropped::default();
    read::forget_defaults(&mut request);
    let messages = std::mem::take(&mut request.messages);
    let mut body = ChatBody {
        model: ask.model.to_owned(),
        stream: ask.stream,
        messages: messages::encode(messages, &mut dropped)?,
        ..ChatBody::default()
    };
    let offer = Offer::take(&mut request, &mut dropped)?;
    put_tools(offer, &mut body, &mut dropped);
    body.format = Format::take(&mut request, &mut dropped).map(|format| match format {
        Format::Json => "json".into(),
        Format::Schema(schema) => Value::Object(schema.into()),
    });
    let asked = ThinkingAsk::take(&mut request, &mut dropped);
    body.think = think(&asked, &mut dropped);
    put_logprobs(&mut request, &mut body);
    body.keep_alive = request
        .extra
        .shift_remove("keep_alive")
        .filter(|value| !value.is_null());
    options::put(&mut request, &mut body.options, &mut dropped);
    dropped.rest("", &request, READ_ELSEWHERE);
    Ok(Encoded {
        body,
        dropped: dropped.into_names(),
        hide_thinking: asked.exclude,
    })
}

/// There is no choice of tools here: none of them, or those that may be called, are offered, and a demand is named
/// as dropped.
fn put_tools(offer: Offer, body: &mut ChatBody, dropped: &mut Dropped) {
    match offer.choice {
        Some(Choice::None) => return offer.withdraw(dropped),
        Some(Choice::Required) => dropped.name(offer.said_by),
        Some(Choice::Auto) | None => {}
    }
    for function in &offer.functions {
        if function.strict == Some(true) {
            dropped.name(format!("{}.strict", function.path));
        }
    }
    body.tools = offer
        .functions
        .into_iter()
        .map(FunctionTool::from)
        .collect();
}

/// A switch, or a level; there are no budgets.
fn think(asked: &ThinkingAsk, dropped: &mut Dropped) -> Option<Value> {
    if !asked.says_something() {
        return None;
    }
    if asked.is_off() {
        return Some(false.into());
    }
    if asked.budget.is_some() {
        dropped.name(asked.budget_said_by);
    }
    let Some(effort) = asked.effort.as_deref() else {
        return Some(true.into());
    };
    let level = LEVELS.iter().find(|(known, _)| *known == effort);
    if level.is_none() {
        dropped.name(asked.said_by);
    }
    Some(level.map_or(true.into(), |(_, level)| (*level).into()))
}

fn put_logprobs(request: &mut ChatRequest, body: &mut ChatBody) {
    if request.logprobs.copied() == Some(true) {
        body.logprobs = request.logprobs.take().into_option();
        body.top_logprobs = request.top_logprobs.take().into_option();
    }
}
