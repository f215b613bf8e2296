//! What an upstream sends: answers and the events of their streams.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/responses-streaming>
//!
//! Members whose shape is of no use yet stay raw: an event that nobody knows cannot fail.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

/// One event of a stream. `sequence_number`, `item_id` and `obfuscation` are not looked at: some upstreams leave the
/// first out, some change the second within one item.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<&'a RawValue>,
    /// Which item of the answer.
    #[serde(borrow)]
    output_index: Option<&'a RawValue>,
    /// Which part of a message, or of a text of thinking.
    #[serde(borrow)]
    content_index: Option<&'a RawValue>,
    /// Which part of a summary.
    #[serde(borrow)]
    summary_index: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) delta: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) logprobs: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) annotation: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) item: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) response: Option<&'a RawValue>,
    /// Beside the `response` of the last event: GitHub Copilot's own usage.
    #[serde(borrow)]
    pub(super) copilot_usage: Option<&'a RawValue>,
}

impl Event<'_> {
    pub(super) fn output_index(&self) -> Option<u64> {
        number(self.output_index)
    }

    pub(super) fn content_index(&self) -> u64 {
        number(self.content_index).unwrap_or(0)
    }

    pub(super) fn summary_index(&self) -> u64 {
        number(self.summary_index).unwrap_or(0)
    }
}

/// What the first events of a stream say about an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) model: Option<&'a RawValue>,
    /// Seconds since 1970; some write a fraction.
    #[serde(borrow)]
    pub(super) created_at: Option<&'a RawValue>,
}

/// A whole answer, or the last event's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer<'a> {
    pub(super) status: Option<Value>,
    pub(super) error: Option<Value>,
    pub(super) incomplete_details: Option<Value>,
    #[serde(borrow)]
    pub(super) output: Option<Vec<&'a RawValue>>,
    pub(super) usage: Option<Value>,
    pub(super) service_tier: Option<Value>,
    pub(super) metadata: Option<Value>,
    pub(super) moderation: Option<Value>,
    /// Mostly the request's own members.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

/// A JSON string's text; nothing where it is none.
pub(super) fn text(raw: Option<&RawValue>) -> Cow<'_, str> {
    let Some(raw) = raw else {
        return Cow::Borrowed("");
    };
    let plain = raw
        .get()
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .filter(|text| !text.contains('\\'));
    match plain {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(serde_json::from_str(raw.get()).unwrap_or_default()),
    }
}

/// A value; `null` where there is none.
pub(super) fn value(raw: Option<&RawValue>) -> Value {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or(Value::Null)
}

fn number(raw: Option<&RawValue>) -> Option<u64> {
    raw?.get().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_borrowed_where_it_is_plain_and_nothing_where_it_is_no_text() {
        for (raw, expected, borrowed) in [
            (r#""ab ü""#, "ab ü", true),
            (r#""""#, "", true),
            (r#""a\n\"b\\""#, "a\n\"b\\", false),
            (r#""\u00fc""#, "ü", false),
            ("null", "", false),
            (r#"{"a":"b"}"#, "", false),
            ("7", "", false),
        ] {
            let raw: &RawValue = serde_json::from_str(raw).unwrap();
            let read = text(Some(raw));
            assert_eq!(read, expected, "{raw}");
            assert_eq!(matches!(read, Cow::Borrowed(_)), borrowed, "{raw}");
        }
    }
}
