//! Content that is a list of parts, where the contract has a string: Mistral's models that think.
//!
//! Source: <https://docs.mistral.ai/capabilities/reasoning>.

use serde_json::Value;

use super::{edits::Edits, walk::Choice};

/// The text parts become the content, the thinking stands beside it; parts of other kinds are kept, as they are, in
/// `content_parts`.
pub(super) fn mend(data: &[u8], choice: &Choice, edits: &mut Edits) {
    let Some(range) = choice.content.clone() else {
        return;
    };
    let Some(Ok(parts)) = data
        .get(range.clone())
        .map(serde_json::from_slice::<Vec<Value>>)
    else {
        return;
    };
    let mut told = Parts::default();
    parts.iter().for_each(|part| told.read(part));
    let mut text = Value::from(told.text).to_string();
    if !told.thinking.is_empty() && !choice.has_reasoning {
        text.push_str(",\"reasoning_content\":");
        text.push_str(&Value::from(told.thinking).to_string());
    }
    if told.has_others {
        text.push_str(",\"content_parts\":");
        text.push_str(&Value::from(parts).to_string());
    }
    edits.replace(range, text);
}

#[derive(Default)]
struct Parts {
    text: String,
    thinking: String,
    has_others: bool,
}

impl Parts {
    fn read(&mut self, part: &Value) {
        let text = |part: &Value| part.get("text")?.as_str().map(str::to_owned);
        match (part.get("type").and_then(Value::as_str), part) {
            (_, Value::String(plain)) => self.text.push_str(plain),
            (Some("text" | "output_text"), _) => {
                self.text.push_str(&text(part).unwrap_or_default());
            }
            (Some("thinking" | "reasoning"), _) => match part.get("thinking") {
                Some(Value::Array(inner)) => inner
                    .iter()
                    .filter_map(text)
                    .for_each(|text| self.thinking.push_str(&text)),
                Some(Value::String(plain)) => self.thinking.push_str(plain),
                _ => self.has_others = true,
            },
            _ => self.has_others = true,
        }
    }
}
