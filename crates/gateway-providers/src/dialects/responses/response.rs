//! The end of an answer: what is left to be told, how it ended, and what it used.

use gateway_types::chat::FinishReason;
use serde_json::{Map, Value, json};

use super::{
    fault,
    item::Item,
    reader::{CHOICE, Reader, text},
    usage::usage,
    wire::{self, Answer, Head},
};
use crate::{Fault, answer::AnswerWriter};

/// The name under which an answer's items are told where chat's own members do not tell all of them.
pub(super) const ITEMS: &str = "items";

/// The length of a message's text in characters, in its marker.
pub(super) const CHARACTERS: &str = "characters";

/// The name under which members of an answer are told that nobody has heard of.
pub(super) const FURTHER: &str = "further_members";

/// Members of an answer that are no echo of the request, and that chat has no word for.
pub(super) const CARRIED: &[&str] = &[
    "access_programs",
    "billing",
    "content_filters",
    "conversation",
    "copilot_usage",
    "input_transformations",
    "prompt_cache_diagnostics",
    "tool_usage",
    FURTHER,
];

/// Members of an answer that repeat its request, or that are told elsewhere.
const ECHOED: &[&str] = &[
    "background",
    "completed_at",
    "created_at",
    "frequency_penalty",
    "id",
    "image",
    "include",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "model",
    "object",
    "output_text",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "store",
    "stream",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

impl Reader {
    /// Who answers.
    pub(super) fn head(&self, raw: &[u8], answer: &mut AnswerWriter) {
        let Ok(head) = serde_json::from_slice::<Head<'_>>(raw) else {
            return;
        };
        answer.id(&wire::text(head.id));
        answer.model(&wire::text(head.model));
        let created = head.created_at.and_then(|at| {
            let text = at.get().split('.').next().unwrap_or_default();
            text.parse().ok()
        });
        if let Some(created) = created {
            answer.created(created);
        }
    }

    /// The answer is complete, or will not be. `status` is what the event says where the answer itself does not.
    ///
    /// # Errors
    /// The error that it ended in.
    pub(super) fn conclude(
        &mut self,
        native: Answer<'_>,
        status: &str,
        answer: &mut AnswerWriter,
    ) -> Result<(), Box<Fault>> {
        let status = native
            .status
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or(status)
            .to_owned();
        if let Some(error) = native.error.filter(is_error) {
            return Err(fault::inside(json!({ "error": error })));
        }
        for (index, raw) in (0..).zip(native.output.unwrap_or_default()) {
            self.late_item(index, raw.get(), answer);
        }
        let (reason, word) = finish(&status, native.incomplete_details.as_ref())?;
        self.tell_items(answer);
        if let Some(usage) = usage(native.usage) {
            answer.usage(usage);
        }
        if let Some(Value::String(tier)) = native.service_tier {
            answer.service_tier(&tier);
        }
        for (name, value) in [
            ("metadata", native.metadata),
            ("moderation", native.moderation),
        ] {
            if let Some(value) = value.filter(says_something) {
                answer.answer_member(name, value);
            }
        }
        self.carry(native.rest, answer);
        answer.finish(CHOICE, reason, Some(&word));
        Ok(())
    }

    /// An item of the list that the last event repeats. Where items came one by one, that list can be trimmed and
    /// have other numbers: then only what was begun and never finished is read from it, and what stands behind all
    /// that came.
    fn late_item(&mut self, index: u64, raw: &str, answer: &mut AnswerWriter) {
        let Ok(native) = serde_json::from_str::<Map<String, Value>>(raw) else {
            return;
        };
        let known = self.items.iter().find(|item| item.output_index == index);
        let is_new = match known {
            Some(item) => !item.is_done && item.kind == text(&native, "type"),
            None => self.items.iter().all(|item| item.output_index < index),
        };
        if is_new {
            self.done(Some(index), native, answer);
        }
    }

    /// Tells the items in their order, as far as chat's own members do not: what stands there in full is only
    /// named.
    fn tell_items(&mut self, answer: &mut AnswerWriter) {
        self.items.sort_by_key(|item| item.output_index);
        if self.items.iter().all(Item::is_plain) && is_usual(&self.items) {
            return;
        }
        for item in std::mem::take(&mut self.items) {
            answer.provider_data(CHOICE, ITEMS, item.into_marker());
        }
    }

    fn carry(&self, mut rest: Map<String, Value>, answer: &mut AnswerWriter) {
        for name in CARRIED {
            if let Some(value) = rest.shift_remove(*name).filter(says_something) {
                answer.provider_data(CHOICE, name, value);
            }
        }
        rest.retain(|name, value| !ECHOED.contains(&name.as_str()) && says_something(value));
        if !rest.is_empty() {
            answer.provider_data(CHOICE, FURTHER, Value::Object(rest));
        }
    }
}

impl Item {
    /// Whether chat's own members tell all of it but its place.
    fn is_plain(&self) -> bool {
        let is_known = rank(&self.kind).is_some();
        is_known
            && self
                .marker
                .keys()
                .all(|name| matches!(name.as_str(), "type" | "call_id"))
    }

    fn into_marker(self) -> Value {
        let Self {
            kind,
            mut marker,
            characters,
            ..
        } = self;
        marker.insert("type".to_owned(), kind.as_str().into());
        if kind == "message" {
            marker.insert(CHARACTERS.to_owned(), characters.into());
        }
        Value::Object(marker)
    }
}

/// Where an item stands in an answer that says no more than a chat message does: thinking, one text, calls.
fn rank(kind: &str) -> Option<u8> {
    match kind {
        "reasoning" => Some(0),
        "message" => Some(1),
        "function_call" | "custom_tool_call" => Some(2),
        _ => None,
    }
}

fn is_usual(items: &[Item]) -> bool {
    let ranks: Vec<u8> = items.iter().filter_map(|item| rank(&item.kind)).collect();
    let one_text = ranks.iter().filter(|rank| **rank == 1).count() <= 1;
    one_text && ranks.is_sorted()
}

/// How an answer ended, in chat's word and in the upstream's own.
fn finish(status: &str, details: Option<&Value>) -> Result<(FinishReason, String), Box<Fault>> {
    let told = |reason: FinishReason, word: &str| Ok((reason, word.to_owned()));
    match status {
        "" | "completed" => told(FinishReason::Stop, "completed"),
        "incomplete" => {
            let reason = details
                .and_then(|details| details.get("reason")?.as_str())
                .unwrap_or("incomplete");
            match reason {
                "max_output_tokens" | "max_tokens" | "max_messages" => {
                    told(FinishReason::Length, reason)
                }
                "content_filter" => told(FinishReason::ContentFilter, reason),
                other => told(FinishReason::Other(other.to_owned()), other),
            }
        }
        other => Err(fault::ended(other)),
    }
}

fn is_error(error: &Value) -> bool {
    match error {
        Value::Null => false,
        Value::Object(members) => members.values().any(|value| !value.is_null()),
        _ => true,
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}
