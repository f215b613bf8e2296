//! The three things that the gateway mends in answers it passes on, since OpenAI's own SDKs cannot read them: a second
//! end of a choice, a call without an index, content in parts. Written without a look at how the gateway does it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What was seen of a stream.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    ended: Vec<u64>,
    /// The ids of each choice's calls that came without an index.
    calls: BTreeMap<u64, Vec<String>>,
}

impl Stream {
    /// The event that the client is to get; `None` where it is to get the very same bytes.
    pub(crate) fn event(&mut self, data: &str) -> Option<Value> {
        let recorded: Value = serde_json::from_str(data).ok()?;
        let mut event = recorded.clone();
        for (place, choice) in event["choices"].as_array_mut()?.iter_mut().enumerate() {
            let index = choice["index"].as_u64().unwrap_or(place as u64);
            if choice["finish_reason"].as_str().is_some_and(|reason| !reason.is_empty()) {
                if self.ended.contains(&index) {
                    choice["finish_reason"] = Value::Null;
                }
                self.ended.push(index);
            }
            if let Some(delta) = choice.get_mut("delta").filter(|delta| delta.is_object()) {
                content(delta);
                self.index_calls(index, delta);
            }
        }
        (event != recorded).then_some(event)
    }

    fn index_calls(&mut self, choice: u64, delta: &mut Value) {
        let known = self.calls.entry(choice).or_default();
        for call in delta.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten() {
            if !call["index"].is_null() {
                continue;
            }
            let id = call["id"].as_str().unwrap_or_default();
            let begins = call["function"]["name"].is_string();
            let place = known.iter().position(|known| !id.is_empty() && known == id).or_else(|| known.len().checked_sub(1).filter(|_| id.is_empty() && !begins));
            let place = place.unwrap_or_else(|| {
                known.push(id.to_owned());
                known.len() - 1
            });
            call["index"] = json!(place);
        }
    }
}

/// The whole answer that the client is to get; `None` where it is to get the very same bytes.
pub(crate) fn whole(recorded: &Value) -> Option<Value> {
    let mut answer = recorded.clone();
    for choice in answer.get_mut("choices")?.as_array_mut()? {
        choice.get_mut("message").into_iter().for_each(content);
    }
    (answer != *recorded).then_some(answer)
}

/// The text becomes the content, the thinking stands beside it.
fn content(message: &mut Value) {
    let Some(parts) = message.get("content").and_then(Value::as_array).cloned() else { return };
    let text: String = parts.iter().filter_map(|part| part["text"].as_str()).collect();
    let thoughts = parts.iter().filter_map(|part| part["thinking"].as_array()).flatten();
    let thinking: String = thoughts.filter_map(|part| part["text"].as_str()).collect();
    if parts.iter().any(|part| part["type"] != "text" && part["type"] != "thinking") {
        message["content_parts"] = json!(parts);
    }
    message["content"] = json!(text);
    if !thinking.is_empty() {
        message["reasoning_content"] = json!(thinking);
    }
}
