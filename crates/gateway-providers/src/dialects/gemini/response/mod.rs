//! An answer in OpenAI's words: the code that whole answers and events of a stream share.
//!
//! What only this provider has goes into `provider_data.google`: `parts` (server tools' calls and results, each as
//! `{"part": ..., "at": length of the text before it in bytes}`, which come back in a later request in the same
//! place), `part_members` (what is said of a text or an image beside it), `grounding_metadata`, `citation_metadata`,
//! `url_context_metadata`, `safety_ratings`, `prompt_feedback`, `model_status`, `token_count`, `avg_logprobs` and
//! `finish_message`. A blocked prompt is a choice that is finished by `content_filter`, with the provider's
//! words as its refusal and `blocked:REASON` as the native reason.

mod citations;
mod finish;
mod logprobs;
mod parts;
mod usage;

use gateway_types::Usage;
use serde_json::value::RawValue;

use self::finish::Ending;
use super::{
    choice::ChoiceState,
    wire::answer::{Answer, Candidate, PromptFeedback},
};
use crate::{Fault, answer::AnswerWriter, dialects::time};

pub(super) use self::usage::{further, plus, read as read_usage, tier};

/// What is said of the whole answer is told with this choice.
const FIRST: u32 = 0;

/// What a decoder must know to read answers.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// Names of `finishReason` by number.
    pub(super) finish_reasons: &'static [&'static str],
    /// Names of functions that stand for custom tools.
    pub(super) custom: &'a std::collections::BTreeSet<String>,
    /// What earlier requests of the same answer used.
    pub(super) before: Option<&'a Usage>,
}

/// Reads an answer or an event; gives the token with which the answer goes on, where it is not finished.
pub(super) fn read(
    reading: &Reading<'_>,
    native: Answer<'_>,
    choices: &mut Vec<ChoiceState>,
    answer: &mut AnswerWriter,
) -> Result<Option<String>, Box<Fault>> {
    identify(&native, answer);
    let candidates = native.candidates.unwrap_or_default();
    if let Some(usage) = native.usage_metadata.as_ref() {
        if let Some(mut counts) = read_usage(usage) {
            // Every event reports: what is rarely read is only taken from the last ones.
            if candidates.iter().all(|told| told.finish_reason.is_some()) {
                further(usage, &mut counts);
            }
            answer.usage(plus(counts, reading.before));
        }
        if let Some(tier) = tier(usage) {
            answer.service_tier(tier);
        }
    }
    if candidates.is_empty()
        && let Some(feedback) = &native.prompt_feedback
    {
        blocked(feedback, answer);
    }
    if let Some(raw) = says_something(native.model_status) {
        carry("model_status", raw, FIRST, answer);
    }
    let mut token = None;
    for (position, candidate) in (0..).zip(candidates) {
        let index = candidate.index.unwrap_or(position);
        let choice = choice_of(choices, index);
        let next = read_candidate(reading, candidate, choice, answer)?;
        token = token.or(next);
    }
    Ok(token)
}

fn identify(native: &Answer<'_>, answer: &mut AnswerWriter) {
    if let Some(id) = &native.response_id {
        answer.id(id);
    }
    if let Some(model) = &native.model_version {
        answer.model(model);
    }
    if let Some(time) = &native.create_time
        && let Some(seconds) = time::seconds(time)
    {
        answer.created(seconds);
    }
}

fn choice_of(choices: &mut Vec<ChoiceState>, index: u32) -> &mut ChoiceState {
    let place = choices.iter().position(|choice| choice.index == index);
    let place = place.unwrap_or_else(|| {
        choices.push(ChoiceState::new(index));
        choices.len() - 1
    });
    #[expect(
        clippy::indexing_slicing,
        reason = "the place was found or made just now"
    )]
    &mut choices[place]
}

fn read_candidate(
    reading: &Reading<'_>,
    candidate: Candidate<'_>,
    choice: &mut ChoiceState,
    answer: &mut AnswerWriter,
) -> Result<Option<String>, Box<Fault>> {
    for part in candidate
        .content
        .and_then(|content| content.parts)
        .unwrap_or_default()
    {
        parts::read(part, choice, reading.custom, answer);
    }
    let index = choice.index;
    if let Some(raw) = candidate.logprobs_result {
        logprobs::read(raw, index, answer);
    }
    if let Some(raw) = says_something(candidate.grounding_metadata) {
        citations::grounding(raw, choice, answer);
        carry("grounding_metadata", raw, index, answer);
    }
    if let Some(raw) = says_something(candidate.citation_metadata) {
        citations::citations(raw, choice, answer);
        carry("citation_metadata", raw, index, answer);
    }
    if let Some(raw) = says_something(candidate.url_context_metadata) {
        carry("url_context_metadata", raw, index, answer);
    }
    let Some(word) = &candidate.finish_reason else {
        return Ok(None);
    };
    parts::close_call(choice, answer);
    if let Some(raw) = says_something(candidate.safety_ratings) {
        carry("safety_ratings", raw, index, answer);
    }
    let native = word.name(reading.finish_reasons);
    let ending = finish::of(&native);
    for (name, raw) in [
        ("token_count", candidate.token_count),
        ("avg_logprobs", candidate.avg_logprobs),
    ] {
        if let Some(raw) = raw.filter(|raw| raw.get() != "null") {
            carry(name, raw, index, answer);
        }
    }
    if let Some(message) = &candidate.finish_message {
        answer.provider_data(index, "finish_message", message.0.as_ref().into());
    }
    match ending {
        Ending::Unspecified => Ok(None),
        Ending::Continued if candidate.continuation_token.is_some() => Ok(candidate
            .continuation_token
            .map(|token| token.0.into_owned())),
        Ending::Broken if !choice.has_content => {
            Err(finish::broken(&native, candidate.finish_message.as_deref()))
        }
        ending => {
            answer.finish(index, ending.reason(&native), Some(&native));
            Ok(None)
        }
    }
}

fn blocked(feedback: &PromptFeedback<'_>, answer: &mut AnswerWriter) {
    let Some(reason) = &feedback.block_reason else {
        return;
    };
    let reason = reason.name(finish::BLOCK_REASONS);
    let message = feedback
        .block_reason_message
        .as_deref()
        .filter(|text| !text.is_empty());
    match message {
        Some(message) => answer.refusal(FIRST, message),
        None => answer.refusal(
            FIRST,
            &format!("The provider blocked the prompt ({reason})."),
        ),
    }
    if let Some(raw) = says_something(feedback.safety_ratings) {
        carry("safety_ratings", raw, FIRST, answer);
    }
    let native = format!("blocked:{reason}");
    answer.finish(
        FIRST,
        gateway_types::chat::FinishReason::ContentFilter,
        Some(&native),
    );
}

/// An object or a list with something in it.
fn says_something(raw: Option<&RawValue>) -> Option<&RawValue> {
    let is_empty = |text: &str| {
        text.trim_matches(['{', '}', '[', ']', ' ', '\n', '\r', '\t'])
            .is_empty()
    };
    raw.filter(|raw| !is_empty(raw.get()))
}

fn carry(name: &str, raw: &RawValue, choice: u32, answer: &mut AnswerWriter) {
    if let Ok(value) = serde_json::from_str(raw.get()) {
        answer.provider_data(choice, name, value);
    }
}
