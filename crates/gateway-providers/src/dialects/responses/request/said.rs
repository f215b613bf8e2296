//! A message of the assistant, taken apart and put into items in their order.

use std::collections::VecDeque;

use gateway_types::chat::{AssistantMessage, ContentPart, MessageContent};
use serde_json::{Map, Value, json};

use super::messages::call_id;
use crate::dialects::{
    data_url,
    dropped::Dropped,
    responses::{
        message::{ANNOTATIONS, PARTS, SPAN, URL_CITATION},
        reasoning,
        response::CHARACTERS,
    },
};

/// One message of the assistant, taken apart.
#[derive(Debug, Default)]
pub(super) struct Said {
    reasoning: VecDeque<Map<String, Value>>,
    /// What is left of the text.
    text: String,
    /// How many characters of the text were put into items.
    told: u64,
    refusal: String,
    /// Citations of pages, their spans counted from the beginning of the whole text.
    citations: Vec<Map<String, Value>>,
    pub(super) calls: VecDeque<Map<String, Value>>,
    images: VecDeque<String>,
    pub(super) items: Vec<Value>,
}

impl Said {
    pub(super) fn take_reasoning(
        &mut self,
        message: &mut AssistantMessage,
        stores: bool,
        path: &str,
        dropped: &mut Dropped,
    ) {
        let details = message.reasoning_details.take().unwrap_or_default();
        let path = format!("{path}.reasoning_details");
        self.reasoning = reasoning::items(details, stores, &path, dropped).into();
        if !self.reasoning.is_empty() {
            // The same once more, as text. Where none of it goes, the text is named as well.
            message.reasoning_content.take();
            message.reasoning.take();
        }
    }

    pub(super) fn take_text(
        &mut self,
        message: &mut AssistantMessage,
        path: &str,
        dropped: &mut Dropped,
    ) {
        self.refusal = message.refusal.take().unwrap_or_default();
        match message.content.take().unwrap_or_default() {
            MessageContent::Text(text) => self.text = text,
            MessageContent::Parts(parts) => {
                for (number, part) in parts.into_iter().enumerate() {
                    let path = format!("{path}.content[{number}]");
                    match part {
                        ContentPart::Text(part) => {
                            self.text.push_str(&part.text);
                            dropped.rest(&path, &part, &["text"]);
                        }
                        ContentPart::Refusal(part) => {
                            self.refusal.push_str(&part.refusal);
                            dropped.rest(&path, &part, &["refusal"]);
                        }
                        _ => dropped.name(path),
                    }
                }
            }
        }
    }

    pub(super) fn take_citations(
        &mut self,
        message: &mut AssistantMessage,
        path: &str,
        dropped: &mut Dropped,
    ) {
        let Some(Value::Array(citations)) = message.extra.shift_remove(ANNOTATIONS) else {
            return;
        };
        for (number, citation) in citations.into_iter().enumerate() {
            match citation.get(URL_CITATION) {
                Some(Value::Object(cited)) => self.citations.push(cited.clone()),
                _ => dropped.name(format!("{path}.{ANNOTATIONS}[{number}]")),
            }
        }
    }

    /// Puts everything in its place. Says whether there are images that have none.
    pub(super) fn place(
        &mut self,
        markers: Vec<Map<String, Value>>,
        message: &mut AssistantMessage,
    ) -> bool {
        self.images = images(message);
        let has_messages =
            |markers: &[Map<String, Value>]| markers.iter().any(|marker| kind(marker) == "message");
        let mut markers = VecDeque::from(markers);
        while let Some(marker) = markers.pop_front() {
            match kind(&marker) {
                "reasoning" => {
                    if let Some(mut item) = self.reasoning.pop_front() {
                        item.extend(without(marker, &["type", "id"]));
                        self.items.push(Value::Object(item));
                    }
                }
                "message" => {
                    let is_last = !has_messages(markers.make_contiguous());
                    self.push_message(&marker, is_last);
                }
                "function_call" | "custom_tool_call" => self.push_call(marker),
                "image_generation_call" => self.push_image(marker),
                _ => self.items.push(Value::Object(marker)),
            }
        }
        let reasoning = std::mem::take(&mut self.reasoning);
        self.items.extend(reasoning.into_iter().map(Value::Object));
        self.push_message(&Map::new(), true);
        let calls = std::mem::take(&mut self.calls);
        self.items.extend(calls.into_iter().map(Value::Object));
        !self.images.is_empty()
    }

    fn push_call(&mut self, marker: Map<String, Value>) {
        let id = marker.get("call_id").and_then(Value::as_str);
        let id = Value::from(call_id(id.unwrap_or_default()));
        let is_it = |call: &Map<String, Value>| call.get("call_id") == Some(&id);
        let place = self.calls.iter().position(is_it);
        if let Some(mut call) = place.and_then(|place| self.calls.remove(place)) {
            call.extend(without(marker, &["type", "call_id"]));
            self.items.push(Value::Object(call));
        }
    }

    /// An image's bytes came as an image of the message. A call without them says nothing.
    fn push_image(&mut self, mut marker: Map<String, Value>) {
        if !marker.contains_key("result") {
            let Some(data) = self.images.pop_front() else {
                return;
            };
            marker.insert("result".to_owned(), data.into());
        }
        self.items.push(Value::Object(marker));
    }

    /// A text in a message of its own; the last one has all that is left.
    fn push_message(&mut self, marker: &Map<String, Value>, is_last: bool) {
        let text = self.cut(marker.get(CHARACTERS).and_then(Value::as_u64), is_last);
        let mut annotations: Vec<Value> = self.citations_of(&text, is_last);
        let more = |name: &str| match marker.get(name) {
            Some(Value::Array(list)) => list.clone(),
            _ => Vec::new(),
        };
        annotations.extend(more(ANNOTATIONS));
        let parts = more(PARTS);
        let refusal = if is_last {
            std::mem::take(&mut self.refusal)
        } else {
            String::new()
        };
        self.told += u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if text.is_empty() && refusal.is_empty() && parts.is_empty() {
            return;
        }
        let is_plain = annotations.is_empty() && refusal.is_empty() && parts.is_empty();
        let content = if is_plain {
            Value::from(text)
        } else {
            let mut content = Vec::new();
            if !text.is_empty() {
                content.push(json!({
                    "type": "output_text", "text": text, "annotations": annotations
                }));
            }
            if !refusal.is_empty() {
                content.push(json!({"type": "refusal", "refusal": refusal}));
            }
            content.extend(parts);
            content.into()
        };
        let mut item = json!({"type": "message", "role": "assistant", "content": content});
        if let (Some(item), Some(phase)) = (item.as_object_mut(), marker.get("phase")) {
            item.insert("phase".to_owned(), phase.clone());
        }
        self.items.push(item);
    }

    fn cut(&mut self, characters: Option<u64>, is_last: bool) -> String {
        let characters = characters.and_then(|count| usize::try_from(count).ok());
        let end = match characters.filter(|_| !is_last) {
            Some(count) => self.text.char_indices().nth(count).map(|(at, _)| at),
            None => None,
        };
        match end {
            Some(end) => {
                let rest = self.text.split_off(end);
                std::mem::replace(&mut self.text, rest)
            }
            None => std::mem::take(&mut self.text),
        }
    }

    /// The citations within the text that comes next, their spans counted from its beginning.
    fn citations_of(&mut self, text: &str, is_last: bool) -> Vec<Value> {
        let from = self.told;
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        let is_mine = |citation: &Map<String, Value>| {
            let begin = citation.get(SPAN[0]).and_then(Value::as_u64);
            is_last || begin.is_some_and(|begin| begin < from.saturating_add(length))
        };
        let citations = std::mem::take(&mut self.citations);
        let (mine, others): (Vec<_>, Vec<_>) = citations.into_iter().partition(is_mine);
        self.citations = others;
        mine.into_iter()
            .map(|cited| flat_citation(cited, from))
            .collect()
    }
}

fn flat_citation(mut cited: Map<String, Value>, from: u64) -> Value {
    for name in SPAN {
        if let Some(at) = cited.get(name).and_then(Value::as_u64) {
            cited.insert(name.to_owned(), at.saturating_sub(from).into());
        }
    }
    cited.shift_insert(0, "type".to_owned(), URL_CITATION.into());
    Value::Object(cited)
}

/// The bytes of images that the assistant made, in base64.
fn images(message: &mut AssistantMessage) -> VecDeque<String> {
    let Some(Value::Array(images)) = message.extra.shift_remove("images") else {
        return VecDeque::new();
    };
    let urls = images.iter().filter_map(|image| {
        let url = image.get("image_url")?.get("url")?.as_str()?;
        Some(data_url::parse(url).map_or_else(|| url.to_owned(), |url| url.base64.into_owned()))
    });
    urls.collect()
}

fn kind(marker: &Map<String, Value>) -> &str {
    marker
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn without(mut object: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    object.retain(|name, _| !names.contains(&name.as_str()));
    object
}
