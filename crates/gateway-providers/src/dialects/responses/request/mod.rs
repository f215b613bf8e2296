//! A chat request in the words of Responses.

mod content;
mod history;
mod messages;
mod options;
mod said;
mod thinking;
mod tools;

use gateway_types::chat::ChatRequest;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::{
    Ask,
    dropped::Dropped,
    read::{READ_ELSEWHERE, forget_defaults, invalid, max_tokens},
};
use crate::TranslateError;

/// What asks for state that the upstream did not keep.
const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";

/// What asks for the log probabilities of the answer's tokens.
const LOGPROBS: &str = "message.output_text.logprobs";

/// Members that both APIs call the same, and those of Responses that no chat has: who writes one of these in a chat
/// request means this API.
const SAME: &[&str] = &[
    "temperature",
    "top_p",
    "parallel_tool_calls",
    "metadata",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "service_tier",
    "moderation",
    "access_programs",
    "context_management",
    "conversation",
    "instructions",
    "max_tool_calls",
    "previous_response_id",
    "prompt",
    "truncation",
];

/// A request that is ready, and what the decoder must know of it.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) body: String,
    pub(super) dropped: Vec<String>,
    /// Whether the client wants no thinking in the answer.
    pub(super) hides_reasoning: bool,
}

/// Puts a chat request into Responses' words.
pub(super) fn translate(ask: &Ask<'_>) -> Result<Translated, TranslateError> {
    let mut chat = ask.chat()?;
    let mut dropped = Dropped::default();
    refuse_impossible(&chat)?;
    // `default` is a tier of OpenAI's: another one than a project may have set for whoever names none.
    let tier = chat.service_tier.take();
    forget_defaults(&mut chat);
    chat.service_tier = tier;
    let stores = chat.store.take().unwrap_or(false);
    let messages = std::mem::take(&mut chat.messages);
    let input = messages::input(messages, stores, &mut dropped)?;
    let thinking = thinking::Thinking::take(&mut chat, ask.rule, &mut dropped);
    let mut body = Body::default();
    body.put("model", ask.model);
    body.put("input", &input.items);
    body.put("max_output_tokens", max_tokens(&mut chat));
    let tools = tools::offer(&mut chat, &mut dropped)?;
    body.put("tools", Some(tools).filter(|tools| !tools.is_empty()));
    body.put("tool_choice", tools::choice(&mut chat, &mut dropped)?);
    body.put("text", options::text(&mut chat, &mut dropped));
    if ask.stream {
        body.put("stream", true);
    }
    body.put(
        "stream_options",
        options::stream(&mut chat, ask.stream, &mut dropped),
    );
    let mut rest = members(&chat);
    options::take_out_refused(ask, thinking.thinks(ask.rule), &mut rest, &mut dropped);
    let mut include = options::take_include(&mut rest);
    if rest.shift_remove("logprobs") == Some(Value::Bool(true)) {
        include.push(LOGPROBS.to_owned());
        body.put("top_logprobs", rest.shift_remove("top_logprobs"));
    }
    if !stores && (thinking.is_known(ask.rule) || input.has_encrypted_reasoning) {
        include.push(ENCRYPTED_REASONING.to_owned());
    }
    body.put("reasoning", thinking.object);
    for name in SAME {
        body.put(name, rest.shift_remove(*name));
    }
    include.sort_unstable();
    include.dedup();
    body.put("include", Some(include).filter(|list| !list.is_empty()));
    body.put("store", stores);
    dropped.rest("", &rest, READ_ELSEWHERE);
    Ok(Translated {
        body: Value::Object(body.0).to_string(),
        dropped: dropped.into_names(),
        hides_reasoning: thinking.exclude,
    })
}

/// A body that grows member by member; what says nothing is left out.
#[derive(Debug, Default)]
struct Body(Map<String, Value>);

impl Body {
    fn put(&mut self, name: &str, value: impl Serialize) {
        let value = json!(value);
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
    }
}

/// What can neither be expressed nor be left out: the answer would be another one.
fn refuse_impossible(chat: &ChatRequest) -> Result<(), TranslateError> {
    if chat.n.copied().is_some_and(|n| n > 1) {
        let message = "`n`: the Responses API gives one answer; send the request several times";
        return Err(invalid("n", message));
    }
    let speaks = |modality: &gateway_types::chat::Modality| modality.as_str() != "text";
    if chat.modalities.iter().any(speaks) {
        let message = "`modalities`: the Responses API answers in text; leave `modalities` out";
        return Err(invalid("modalities", message));
    }
    Ok(())
}

/// What is left of a request that was read in part.
fn members(chat: &ChatRequest) -> Map<String, Value> {
    match serde_json::to_value(chat) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
