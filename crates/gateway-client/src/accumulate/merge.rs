//! How two values of one field become one.

use gateway_types::{
    Extra, Maybe,
    chat::{ChoiceLogprobs, MessageContent, ReasoningDetail, ReasoningText},
};
use serde_json::Value;

/// The first value counts; `null` counts only until there is a value.
pub(super) fn keep_first<T>(so_far: &mut Maybe<T>, next: Maybe<T>) {
    if !so_far.is_value() && !next.is_absent() {
        *so_far = next;
    }
}

/// The last value counts. `null` does not take a value away, and is not worth keeping.
pub(super) fn keep_last<T>(so_far: &mut Maybe<T>, next: Maybe<T>) {
    if next.is_value() {
        *so_far = next;
    }
}

/// A value goes on with the next one; `null` is kept where there is none.
pub(super) fn merge<T>(so_far: &mut Maybe<T>, next: Maybe<T>, go_on: impl FnOnce(&mut T, T)) {
    match (so_far, next) {
        (_, Maybe::Absent) | (Maybe::Value(_), Maybe::Null) => {}
        (Maybe::Value(so_far), Maybe::Value(next)) => go_on(so_far, next),
        (so_far, next) => *so_far = next,
    }
}

pub(super) fn merge_text(so_far: &mut Maybe<String>, next: Maybe<String>) {
    merge(so_far, next, |so_far, next| so_far.push_str(&next));
}

pub(super) fn merge_lists<T>(so_far: &mut Maybe<Vec<T>>, next: Maybe<Vec<T>>) {
    merge(so_far, next, Extend::extend);
}

/// Text goes on with text, parts with parts; text that comes before or after parts becomes a part.
pub(super) fn merge_content(so_far: &mut MessageContent, next: MessageContent) {
    match (so_far, next) {
        (MessageContent::Text(so_far), MessageContent::Text(next)) => so_far.push_str(&next),
        (MessageContent::Parts(so_far), next) => so_far.extend(into_parts(next)),
        (so_far, next) => {
            let mut parts = into_parts(std::mem::take(so_far));
            parts.extend(into_parts(next));
            *so_far = MessageContent::Parts(parts);
        }
    }
}

fn into_parts(content: MessageContent) -> Vec<gateway_types::chat::ContentPart> {
    match content {
        MessageContent::Text(text) if text.is_empty() => Vec::new(),
        MessageContent::Text(text) => vec![gateway_types::chat::ContentPart::text(text)],
        MessageContent::Parts(parts) => parts,
    }
}

/// Text goes on with text, blocks with blocks; of anything else the last counts.
pub(super) fn merge_reasoning(so_far: &mut ReasoningText, next: ReasoningText) {
    match (so_far, next) {
        (ReasoningText::Text(so_far), ReasoningText::Text(next)) => so_far.push_str(&next),
        (ReasoningText::Blocks(so_far), ReasoningText::Blocks(next)) => so_far.extend(next),
        (so_far, next) => *so_far = next,
    }
}

/// A block goes on when the next one has the same place and kind.
pub(super) fn merge_details(so_far: &mut Vec<ReasoningDetail>, next: Vec<ReasoningDetail>) {
    for block in next {
        let begun = so_far.last_mut().filter(|last| {
            last.index.is_value() && last.index == block.index && last.kind == block.kind
        });
        match begun {
            Some(begun) => merge_detail(begun, block),
            None => so_far.push(block),
        }
    }
}

fn merge_detail(begun: &mut ReasoningDetail, next: ReasoningDetail) {
    merge_text(&mut begun.text, next.text);
    merge_text(&mut begun.summary, next.summary);
    merge_text(&mut begun.data, next.data);
    keep_last(&mut begun.signature, next.signature);
    keep_first(&mut begun.id, next.id);
    keep_first(&mut begun.format, next.format);
    extend_extra(&mut begun.extra, next.extra);
}

pub(super) fn merge_logprobs(so_far: &mut ChoiceLogprobs, next: ChoiceLogprobs) {
    match (so_far, next) {
        (ChoiceLogprobs::Tokens(so_far), ChoiceLogprobs::Tokens(next)) => {
            merge_lists(&mut so_far.content, next.content);
            merge_lists(&mut so_far.refusal, next.refusal);
            extend_extra(&mut so_far.extra, next.extra);
        }
        (
            ChoiceLogprobs::Other(Value::Array(so_far)),
            ChoiceLogprobs::Other(Value::Array(next)),
        ) => {
            so_far.extend(next);
        }
        (so_far, next) => *so_far = next,
    }
}

/// Unknown fields that every chunk repeats: the last counts.
pub(super) fn extend_extra(so_far: &mut Extra, next: Extra) {
    so_far.extend(next);
}

/// Unknown fields of a delta: text and lists go on, of anything else the last counts.
pub(super) fn merge_extra(so_far: &mut Extra, next: Extra) {
    for (name, next) in next {
        match (so_far.get_mut(&name), next) {
            (Some(Value::String(so_far)), Value::String(next)) => so_far.push_str(&next),
            (Some(Value::Array(so_far)), Value::Array(next)) => so_far.extend(next),
            (Some(so_far), next) => *so_far = next,
            (None, next) => {
                so_far.insert(name, next);
            }
        }
    }
}
