//! What the gateway mends in answers that it passes on, since OpenAI's own SDKs cannot read it: a second end of a
//! choice, calls that are not counted from 0 or that repeat what names them, entries of growing lists without an index,
//! content in parts, chunks without what every chunk has. Written without a look at how the gateway does it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What was seen of a stream.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    ended: Vec<u64>,
    calls: BTreeMap<u64, Vec<Call>>,
    /// How many entries there were of a choice's lists.
    entries: BTreeMap<(u64, &'static str), u64>,
}

/// A call: the index that it was given, its id, its name.
#[derive(Debug)]
struct Call {
    given: Value,
    id: String,
    name: String,
}

impl Stream {
    /// The event that the client is to get; `None` where it is to get the very same bytes.
    pub(crate) fn event(&mut self, data: &str) -> Option<Value> {
        let recorded: Value = serde_json::from_str(data).ok()?;
        let mut event = recorded.clone();
        shape(&mut event);
        for (place, choice) in event.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
            let index = choice["index"].as_u64().unwrap_or(place as u64);
            if choice["finish_reason"].as_str().is_some_and(|reason| !reason.is_empty()) {
                if self.ended.contains(&index) {
                    choice["finish_reason"] = Value::Null;
                }
                self.ended.push(index);
            }
            if let Some(delta) = choice.get_mut("delta").filter(|delta| delta.is_object()) {
                content(delta);
                self.calls(index, delta);
                self.entries(index, delta);
            }
        }
        (event != recorded).then_some(event)
    }

    fn calls(&mut self, choice: u64, delta: &mut Value) {
        let known = self.calls.entry(choice).or_default();
        for call in delta.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (id, name, given) = (text(&call["id"]), text(&call["function"]["name"]), call["index"].clone());
            let goes_on = |known: &Call| match (given.is_u64(), id.is_empty()) {
                (true, _) => known.given == given && (name.is_empty() || id.is_empty() || known.id.is_empty() || known.id == id),
                (false, true) => name.is_empty(),
                (false, false) => known.id == id,
            };
            let place = known.iter().rposition(goes_on);
            if let Some(first) = place.and_then(|place| known.get_mut(place)) {
                if !id.is_empty() && first.id == id {
                    call["id"] = Value::Null;
                }
                if !name.is_empty() && first.name == name {
                    call["function"]["name"] = Value::Null;
                } else {
                    first.name.push_str(&name);
                }
            } else {
                known.push(Call { given, id, name });
            }
            call["index"] = json!(place.unwrap_or(known.len() - 1));
            if call.get("type").is_some_and(Value::is_null) {
                call["type"] = json!("function");
            }
        }
    }

    fn entries(&mut self, choice: u64, delta: &mut Value) {
        for list in ["annotations", "images"] {
            let count = self.entries.entry((choice, list)).or_default();
            for entry in delta.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if entry.as_object().is_some_and(|entry| !entry.contains_key("index")) {
                    entry["index"] = json!(*count);
                    *count += 1;
                }
            }
        }
    }
}

/// What every chunk has.
fn shape(event: &mut Value) {
    let is_text = event["object"] == "text_completion";
    let name = event["object"].as_str().unwrap_or_default().to_owned();
    if event["choices"].is_null() && (!name.is_empty() || event.get("choices").is_some()) {
        event["choices"] = json!([]);
    }
    for choice in event.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        if choice["delta"].is_null() && choice.get("text").is_none() && !is_text {
            choice["delta"] = json!({});
        }
    }
    let has_delta = event["choices"].as_array().into_iter().flatten().any(|choice| choice["delta"].is_object());
    if !name.is_empty() && !is_text && has_delta {
        event["object"] = json!("chat.completion.chunk");
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
