//! An answer as a stream of chunks, written without a detour through values.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat-streaming>

use bytes::{BufMut, Bytes, BytesMut};
use gateway_types::chat::Annotation;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    choice::{Choice, found_or_made},
    piece::{Piece, ProviderData, ToolCallKind},
    writer::{End, Identity},
};

/// Events that were written and not yet taken.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    out: BytesMut,
    events: u32,
    /// `data: {"id":...,"choices":[` as every chunk begins; made once, when the first piece is there.
    head: Bytes,
    /// Lists, by choice, that are told in one piece each: clients put the pieces of a stream together by rules
    /// that do not make one list of several.
    held: Vec<(u32, Held)>,
}

/// What is told of a choice at its end.
#[derive(Debug, Default)]
struct Held {
    annotations: Vec<Annotation>,
    provider_data: ProviderData,
}

impl Chunks {
    /// Keeps what only the provider has for the end.
    pub(super) fn hold_provider_data(
        &mut self,
        choice: u32,
        dialect: &'static str,
        name: &str,
        value: Value,
    ) {
        self.held(choice).provider_data.push(dialect, name, value);
    }

    /// Keeps a citation for the end.
    pub(super) fn hold_annotation(&mut self, choice: u32, annotation: Annotation) {
        self.held(choice).annotations.push(annotation);
    }

    fn held(&mut self, choice: u32) -> &mut Held {
        let is_it = |(of, _): &(u32, Held)| *of == choice;
        &mut found_or_made(&mut self.held, is_it, || (choice, Held::default())).1
    }

    pub(super) fn put(&mut self, identity: &Identity, choice: u32, begins: bool, piece: Piece<'_>) {
        self.open(identity);
        let out = &mut self.out;
        out.extend_from_slice(b"{\"index\":");
        json_into(out, &choice);
        out.extend_from_slice(b",\"delta\":{");
        if begins {
            out.extend_from_slice(b"\"role\":\"assistant\"");
            // Log probabilities stand beside the delta: nothing follows in it then.
            if !matches!(piece, Piece::Logprobs(_)) {
                out.extend_from_slice(b",");
            }
        }
        let logprobs = write_delta(out, piece);
        out.extend_from_slice(b"},\"finish_reason\":null");
        if let Some(logprobs) = logprobs {
            member(out, ",\"logprobs\":", &logprobs);
        }
        out.extend_from_slice(b"}]");
        self.close();
    }

    pub(super) fn conclude(&mut self, end: &End<'_>) {
        let End {
            identity,
            choices,
            usage,
            extra,
        } = *end;
        for choice in choices {
            let Some((reason, native)) = choice.reason() else {
                continue;
            };
            let begun = self.tell_held(identity, choice);
            self.open(identity);
            let out = &mut self.out;
            member(out, "{\"index\":", &choice.index);
            out.extend_from_slice(b",\"delta\":{");
            if !begun {
                out.extend_from_slice(b"\"role\":\"assistant\"");
            }
            member(out, "},\"finish_reason\":", &reason);
            if let Some(native) = native {
                member(out, ",\"native_finish_reason\":", native);
            }
            out.extend_from_slice(b"}]");
            let is_last = std::ptr::eq(choice, choices.last().unwrap_or(choice));
            if is_last {
                write_answer_members(out, identity, extra);
            }
            self.close();
        }
        if let Some(usage) = usage.filter(|_| identity.seed.include_usage) {
            self.open(identity);
            self.out.extend_from_slice(b"]");
            member(&mut self.out, ",\"usage\":", usage);
            self.close();
        }
        self.out.extend_from_slice(b"data: [DONE]\n\n");
    }

    /// Says whether the role was told, then or before.
    fn tell_held(&mut self, identity: &Identity, choice: &Choice) -> bool {
        let mut begun = choice.begun;
        let place = self.held.iter().position(|(of, _)| *of == choice.index);
        let held = place.map(|place| self.held.swap_remove(place).1);
        let Some(Held {
            annotations,
            provider_data,
        }) = held
        else {
            return begun;
        };
        let annotations = (!annotations.is_empty()).then_some(Piece::Annotations(annotations));
        let data = (!provider_data.0.is_empty()).then_some(Piece::ProviderData(provider_data));
        for piece in annotations.into_iter().chain(data) {
            self.put(identity, choice.index, !begun, piece);
            begun = true;
        }
        begun
    }

    pub(super) fn take_bytes(&mut self) -> Bytes {
        self.out.split().freeze()
    }

    pub(super) fn take_events(&mut self) -> u32 {
        std::mem::take(&mut self.events)
    }

    fn open(&mut self, identity: &Identity) {
        if self.head.is_empty() {
            self.head = head(identity);
        }
        self.out.extend_from_slice(&self.head);
    }

    fn close(&mut self) {
        self.out.extend_from_slice(b"}\n\n");
        self.events = self.events.saturating_add(1);
    }
}

fn head(identity: &Identity) -> Bytes {
    let mut head = BytesMut::with_capacity(192);
    member(&mut head, "data: {\"id\":", &identity.id());
    head.extend_from_slice(b",\"object\":\"chat.completion.chunk\"");
    member(&mut head, ",\"created\":", &identity.created());
    member(&mut head, ",\"model\":", identity.model());
    head.extend_from_slice(b",\"choices\":[");
    head.freeze()
}

fn write_answer_members(out: &mut BytesMut, identity: &Identity, extra: &[(String, Value)]) {
    if let Some(tier) = &identity.service_tier {
        member(out, ",\"service_tier\":", tier);
    }
    if let Some(fingerprint) = &identity.system_fingerprint {
        member(out, ",\"system_fingerprint\":", fingerprint);
    }
    for (name, value) in extra {
        out.extend_from_slice(b",");
        json_into(out, name);
        member(out, ":", value);
    }
}

/// Writes the delta's members; log probabilities stand beside the delta and are given back.
fn write_delta(
    out: &mut BytesMut,
    piece: Piece<'_>,
) -> Option<gateway_types::chat::ChoiceLogprobs> {
    match piece {
        Piece::Text(text) => member(out, "\"content\":", text),
        Piece::Reasoning(text) => member(out, "\"reasoning_content\":", text),
        Piece::ReasoningDetail { text, detail } => {
            if let Some(text) = text {
                member(out, "\"reasoning_content\":", text);
                out.extend_from_slice(b",");
            }
            member(out, "\"reasoning_details\":", &[detail]);
        }
        Piece::Refusal(text) => member(out, "\"refusal\":", text),
        Piece::ToolCall {
            index,
            id,
            name,
            kind,
            extra_content,
        } => {
            member(out, "\"tool_calls\":[{\"index\":", &index);
            member(out, ",\"id\":", id);
            out.extend_from_slice(match kind {
                ToolCallKind::Function => b",\"type\":\"function\",\"function\":{\"name\":",
                ToolCallKind::Custom => b",\"type\":\"custom\",\"custom\":{\"name\":",
            });
            json_into(out, name);
            out.extend_from_slice(match kind {
                ToolCallKind::Function => b",\"arguments\":\"\"}",
                ToolCallKind::Custom => b",\"input\":\"\"}",
            });
            if let Some(extra) = extra_content {
                member(out, ",\"extra_content\":", &extra);
            }
            out.extend_from_slice(b"}]");
        }
        Piece::ToolArguments { index, kind, text } => {
            member(out, "\"tool_calls\":[{\"index\":", &index);
            let name = match kind {
                ToolCallKind::Function => ",\"function\":{\"arguments\":",
                ToolCallKind::Custom => ",\"custom\":{\"input\":",
            };
            member(out, name, text);
            out.extend_from_slice(b"}}]");
        }
        Piece::ToolExtra {
            index,
            extra_content,
        } => {
            member(out, "\"tool_calls\":[{\"index\":", &index);
            member(out, ",\"extra_content\":", &extra_content);
            out.extend_from_slice(b"}]");
        }
        Piece::Annotations(annotations) => member(out, "\"annotations\":", &annotations),
        Piece::Image { index, url } => {
            let image = json!([{"index": index, "type": "image_url", "image_url": {"url": url}}]);
            member(out, "\"images\":", &image);
        }
        Piece::Audio(audio) => member(out, "\"audio\":", &audio),
        Piece::Logprobs(logprobs) => return Some(logprobs),
        Piece::ProviderData(data) => member(out, "\"provider_data\":", &data.0),
    }
    None
}

/// The text, and the value as JSON.
fn member<T: Serialize + ?Sized>(out: &mut BytesMut, text: &str, value: &T) {
    out.extend_from_slice(text.as_bytes());
    json_into(out, value);
}

fn json_into<T: Serialize + ?Sized>(out: &mut BytesMut, value: &T) {
    // Into memory, and with keys that are strings, nothing can fail; `null` keeps the event valid all the same.
    let before = out.len();
    if serde_json::to_writer((&mut *out).writer(), value).is_err() {
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}
