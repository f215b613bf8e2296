//! An answer as one whole object.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/object>

use bytes::Bytes;
use gateway_types::chat::ReasoningDetail;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    choice::{Choice, found_or_made},
    piece::{Piece, ProviderData, ToolCallKind},
    writer::End,
};

/// The messages so far, and the answer once it is concluded.
#[derive(Debug, Default)]
pub(super) struct Whole {
    messages: Vec<(u32, Message)>,
    answer: Bytes,
}

#[derive(Debug, Default)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
    reasoning: Option<String>,
    details: Vec<ReasoningDetail>,
    calls: Vec<Call>,
    annotations: Vec<Value>,
    images: Vec<Value>,
    audio: Map<String, Value>,
    logprobs: Option<Value>,
    provider_data: ProviderData,
}

#[derive(Debug)]
struct Call {
    id: String,
    name: String,
    kind: ToolCallKind,
    arguments: String,
    extra_content: Option<Value>,
}

impl Whole {
    /// Adds to what only the provider has.
    pub(super) fn hold_provider_data(
        &mut self,
        choice: u32,
        dialect: &'static str,
        name: &str,
        value: Value,
    ) {
        self.message(choice)
            .provider_data
            .push(dialect, name, value);
    }

    pub(super) fn put(&mut self, choice: u32, piece: Piece<'_>) {
        self.message(choice).put(piece);
    }

    pub(super) fn conclude(&mut self, end: &End<'_>) {
        let End {
            identity,
            choices,
            usage,
            extra,
        } = *end;
        let mut told: Vec<(u32, Value)> = choices
            .iter()
            .map(|choice| {
                let message = std::mem::take(self.message(choice.index));
                (choice.index, message.into_choice(choice))
            })
            .collect();
        told.sort_by_key(|(index, _)| *index);
        let choices: Vec<Value> = told.into_iter().map(|(_, choice)| choice).collect();
        let mut answer = Map::new();
        answer.insert("id".to_owned(), identity.id().into());
        answer.insert("object".to_owned(), "chat.completion".into());
        answer.insert("created".to_owned(), identity.created().into());
        answer.insert("model".to_owned(), identity.model().into());
        answer.insert("choices".to_owned(), choices.into());
        if let Some(usage) = usage {
            answer.insert("usage".to_owned(), value(usage));
        }
        let optional = [
            ("service_tier", &identity.service_tier),
            ("system_fingerprint", &identity.system_fingerprint),
        ];
        for (name, text) in optional {
            if let Some(text) = text {
                answer.insert(name.to_owned(), text.as_str().into());
            }
        }
        answer.extend(extra.iter().cloned());
        self.answer = Value::Object(answer).to_string().into();
    }

    pub(super) fn take_bytes(&mut self) -> Bytes {
        std::mem::take(&mut self.answer)
    }

    fn message(&mut self, choice: u32) -> &mut Message {
        let is_it = |(of, _): &(u32, Message)| *of == choice;
        let make = || (choice, Message::default());
        &mut found_or_made(&mut self.messages, is_it, make).1
    }
}

impl Message {
    fn put(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Text(text) => append(&mut self.content, text),
            Piece::Reasoning(text) => append(&mut self.reasoning, text),
            Piece::ReasoningDetail { text, detail } => {
                append(&mut self.reasoning, text.unwrap_or_default());
                self.put_detail(detail);
            }
            Piece::Refusal(text) => append(&mut self.refusal, text),
            Piece::ToolCall {
                index: _,
                id,
                name,
                kind,
                extra_content,
            } => self.calls.push(Call {
                id: id.to_owned(),
                name: name.to_owned(),
                kind,
                arguments: String::new(),
                extra_content: extra_content.map(|extra| extra.0),
            }),
            Piece::ToolArguments { index, text, .. } => {
                if let Some(call) = self.call(index) {
                    call.arguments.push_str(text);
                }
            }
            Piece::ToolExtra {
                index,
                extra_content,
            } => {
                if let Some(call) = self.call(index) {
                    call.extra_content = Some(extra_content.0);
                }
            }
            Piece::Annotations(annotations) => {
                self.annotations.extend(annotations.iter().map(value));
            }
            Piece::Image { index, url } => self
                .images
                .push(json!({"index": index, "type": "image_url", "image_url": {"url": url}})),
            Piece::Audio(audio) => merge_audio(&mut self.audio, audio),
            Piece::Logprobs(logprobs) => merge_lists(&mut self.logprobs, value(&logprobs)),
            Piece::ProviderData(data) => self.provider_data = data,
        }
    }

    /// Parts of one block are put together as a client puts the parts of a stream together.
    fn put_detail(&mut self, part: ReasoningDetail) {
        let same = |block: &&mut ReasoningDetail| {
            part.index.is_value() && block.index == part.index && block.kind == part.kind
        };
        let Some(block) = self.details.iter_mut().find(same) else {
            self.details.push(part);
            return;
        };
        for (mine, more) in [
            (&mut block.text, part.text),
            (&mut block.summary, part.summary),
        ] {
            if let Some(more) = more.into_option() {
                let mut text = mine.take().into_option().unwrap_or_default();
                text.push_str(&more);
                *mine = text.into();
            }
        }
        for (mine, more) in [
            (&mut block.data, part.data),
            (&mut block.signature, part.signature),
            (&mut block.id, part.id),
            (&mut block.format, part.format),
        ] {
            if more.is_value() {
                *mine = more;
            }
        }
        block.extra.extend(part.extra.0);
    }

    fn call(&mut self, index: u32) -> Option<&mut Call> {
        self.calls.get_mut(usize::try_from(index).ok()?)
    }

    fn into_choice(self, choice: &Choice) -> Value {
        let mut message = Map::new();
        message.insert("role".to_owned(), "assistant".into());
        message.insert("content".to_owned(), self.content.into());
        message.insert("refusal".to_owned(), self.refusal.into());
        let mut put = |name: &str, value: Value| {
            message.insert(name.to_owned(), value);
        };
        if let Some(reasoning) = self.reasoning.filter(|text| !text.is_empty()) {
            put("reasoning_content", reasoning.into());
        }
        if !self.details.is_empty() {
            put("reasoning_details", value(&self.details));
        }
        if !self.calls.is_empty() {
            let calls = self.calls.into_iter().map(Call::into_value);
            put("tool_calls", calls.collect::<Vec<_>>().into());
        }
        for (name, list) in [("annotations", self.annotations), ("images", self.images)] {
            if !list.is_empty() {
                put(name, list.into());
            }
        }
        for (name, object) in [
            ("audio", self.audio),
            ("provider_data", self.provider_data.0),
        ] {
            if !object.is_empty() {
                put(name, object.into());
            }
        }
        let (reason, native) = choice.reason().unzip();
        let mut told = json!({
            "index": choice.index,
            "message": message,
            "logprobs": self.logprobs,
            "finish_reason": reason.as_ref().map(value),
        });
        if let (Some(native), Some(told)) = (native.flatten(), told.as_object_mut()) {
            told.insert("native_finish_reason".to_owned(), native.into());
        }
        told
    }
}

impl Call {
    fn into_value(self) -> Value {
        let mut call = match self.kind {
            ToolCallKind::Function => json!({
                "id": self.id,
                "type": "function",
                "function": {"name": self.name, "arguments": self.arguments},
            }),
            ToolCallKind::Custom => json!({
                "id": self.id,
                "type": "custom",
                "custom": {"name": self.name, "input": self.arguments},
            }),
        };
        if let (Some(extra), Some(call)) = (self.extra_content, call.as_object_mut()) {
            call.insert("extra_content".to_owned(), extra);
        }
        call
    }
}

fn append(place: &mut Option<String>, text: &str) {
    place.get_or_insert_default().push_str(text);
}

/// Bytes and words go on; everything else is as the last part says.
fn merge_audio(whole: &mut Map<String, Value>, part: Value) {
    let Value::Object(part) = part else { return };
    for (name, value) in part {
        match (whole.get_mut(&name), value) {
            (Some(Value::String(mine)), Value::String(more))
                if matches!(name.as_str(), "data" | "transcript") =>
            {
                mine.push_str(&more);
            }
            (_, value) => {
                whole.insert(name, value);
            }
        }
    }
}

/// The lists of tokens go on.
fn merge_lists(whole: &mut Option<Value>, part: Value) {
    let Some(Value::Object(whole)) = whole else {
        *whole = Some(part);
        return;
    };
    let Value::Object(part) = part else { return };
    for (name, value) in part {
        match (whole.get_mut(&name), value) {
            (Some(Value::Array(mine)), Value::Array(more)) => mine.extend(more),
            (_, value) => {
                whole.insert(name, value);
            }
        }
    }
}

fn value<T: Serialize + ?Sized>(from: &T) -> Value {
    serde_json::to_value(from).unwrap_or(Value::Null)
}
