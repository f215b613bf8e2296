//! The parts of a candidate.

use std::{borrow::Cow, collections::BTreeSet};

use gateway_types::chat::ToolCallExtraContent;
use serde_json::{Map, Value, json, value::RawValue};

use super::super::{
    NAME,
    choice::{ChoiceState, OpenCall},
    partial_args::PartialArgs,
    signature,
    wire::answer::{Blob, FunctionCall, Part},
};
use crate::answer::{AnswerWriter, ToolCallKind, ToolCallStart};

/// The one argument of a function that stands for a custom tool.
const CUSTOM_INPUT: &str = "input";

/// Reads one part. One of a kind that OpenAI's chat has no place for is carried as it is.
pub(super) fn read(
    raw: &RawValue,
    choice: &mut ChoiceState,
    custom: &BTreeSet<String>,
    answer: &mut AnswerWriter,
) {
    let part: Part<'_> = match serde_json::from_str(raw.get()) {
        Ok(part) => part,
        Err(_) => return carry(raw, choice, answer),
    };
    let signature = part
        .thought_signature
        .as_deref()
        .filter(|text| !text.is_empty());
    tell_beside(&part, choice, answer);
    if let Some(call) = part.function_call {
        return read_call(call, signature, choice, custom, answer);
    }
    if let Some(blob) = &part.inline_data {
        return read_media(blob, raw, signature, choice, answer);
    }
    match (part.text, part.thought.unwrap_or_default()) {
        (Some(text), true) => think(&text, signature, choice, answer),
        (Some(text), false) => say(&text, signature, choice, answer),
        (None, _) if is_empty(raw, signature) => {}
        (None, _) => carry(raw, choice, answer),
    }
}

/// What is said of a part that chat has a place for: a part without one is carried as a whole.
fn tell_beside(part: &Part<'_>, choice: &ChoiceState, answer: &mut AnswerWriter) {
    let has_a_place = part.text.is_some() || part.function_call.is_some();
    let is_shown = part.inline_data.as_ref().is_some_and(is_shown);
    if !has_a_place && !is_shown || part.beside().next().is_none() {
        return;
    }
    let members: Map<String, Value> = part
        .beside()
        .filter_map(|(name, raw)| Some((name.to_owned(), serde_json::from_str(raw.get()).ok()?)))
        .filter(|(_, value): &(_, Value)| !value.is_null())
        .collect();
    if !members.is_empty() {
        let entry = json!({"part": members, "at": choice.text_bytes});
        answer.provider_data(choice.index, "part_members", entry);
    }
}

/// Whether chat has a place for the bytes.
fn is_shown(blob: &Blob<'_>) -> bool {
    let kind = blob.mime_type.as_deref().unwrap_or_default();
    kind.starts_with("image/") || kind.starts_with("audio/")
}

/// The arguments of a call end with the call, whatever ends it.
pub(super) fn close_call(choice: &mut ChoiceState, answer: &mut AnswerWriter) {
    let Some(mut open) = choice.open_call.take() else {
        return;
    };
    if !open.is_custom {
        let mut end = String::new();
        open.arguments.finish(&mut end);
        answer.tool_arguments(choice.index, open.call, &end);
    }
}

fn think(text: &str, signature: Option<&str>, choice: &mut ChoiceState, answer: &mut AnswerWriter) {
    match signature {
        Some(signature) => {
            let detail = signature::thought(choice.next_detail(), text, signature);
            answer.reasoning_detail(choice.index, detail);
        }
        None => answer.reasoning(choice.index, text),
    }
}

fn say(text: &str, signature: Option<&str>, choice: &mut ChoiceState, answer: &mut AnswerWriter) {
    let start = choice.text_bytes;
    choice.text_bytes += text.len();
    choice.is_ascii &= text.is_ascii();
    choice.has_content |= !text.is_empty();
    answer.text(choice.index, text);
    if let Some(signature) = signature {
        let end = choice.text_bytes;
        let detail = signature::on_text(choice.next_detail(), signature, start, end);
        answer.reasoning_detail(choice.index, detail);
    }
}

/// Nothing is in it but perhaps a signature, which then stands where the text ends.
fn is_empty(raw: &RawValue, signature: Option<&str>) -> bool {
    signature.is_none() && matches!(raw.get().trim(), "{}" | "null")
}

fn read_call(
    native: FunctionCall<'_>,
    signature: Option<&str>,
    choice: &mut ChoiceState,
    custom: &BTreeSet<String>,
    answer: &mut AnswerWriter,
) {
    let name = native.name.as_deref().filter(|name| !name.is_empty());
    if let Some(name) = name {
        close_call(choice, answer);
        choice.has_content = true;
        let is_custom = custom.contains(name);
        let kind = if is_custom {
            ToolCallKind::Custom
        } else {
            ToolCallKind::Function
        };
        let start = ToolCallStart {
            id: native.id.as_deref(),
            name,
            kind,
            extra_content: signature.map(extra_content),
        };
        let call = answer.tool_call(choice.index, start);
        choice.open_call = Some(OpenCall {
            call,
            arguments: PartialArgs::default(),
            is_custom,
        });
    }
    let Some(open) = &mut choice.open_call else {
        return;
    };
    if let (None, Some(signature)) = (name, signature) {
        answer.tool_extra(choice.index, open.call, extra_content(signature));
    }
    if let Some(args) = native.args {
        let text = whole_arguments(args, open.is_custom);
        answer.tool_arguments(choice.index, open.call, &text);
        // What comes whole needs no end.
        open.arguments = PartialArgs::default();
    }
    let mut text = String::new();
    for piece in native.partial_args.unwrap_or_default() {
        if open.is_custom {
            text.push_str(piece.string_value.as_deref().unwrap_or_default());
        } else {
            open.arguments.push(&piece, &mut text);
        }
    }
    answer.tool_arguments(choice.index, open.call, &text);
    if native.will_continue != Some(true) {
        close_call(choice, answer);
    }
}

fn extra_content(signature: &str) -> ToolCallExtraContent {
    ToolCallExtraContent(json!({ NAME: { "thought_signature": signature } }))
}

/// Arguments that come at once: the object's text, or of a custom tool its input.
fn whole_arguments(args: &RawValue, is_custom: bool) -> Cow<'_, str> {
    if is_custom {
        let input = serde_json::from_str::<Value>(args.get()).ok();
        let input = input
            .as_ref()
            .and_then(|args| args.get(CUSTOM_INPUT)?.as_str());
        if let Some(input) = input {
            return Cow::Owned(input.to_owned());
        }
    }
    match args.get() {
        "null" | "{}" => Cow::Borrowed(""),
        text => compact(text),
    }
}

/// JSON without the white space between its tokens: the provider indents whole answers.
fn compact(json: &str) -> Cow<'_, str> {
    if !json.contains(['\n', '\r', '\t', ' ']) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    let mut in_string = false;
    let mut escaped = false;
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == '"' {
            in_string = true;
        } else if c.is_ascii_whitespace() {
            continue;
        }
        text.push(c);
    }
    Cow::Owned(text)
}

fn read_media(
    blob: &Blob<'_>,
    raw: &RawValue,
    signature: Option<&str>,
    choice: &mut ChoiceState,
    answer: &mut AnswerWriter,
) {
    let kind = blob.mime_type.as_deref().unwrap_or_default();
    let data = blob.data.as_deref().unwrap_or_default();
    choice.has_content |= !data.is_empty();
    if kind.starts_with("image/") {
        answer.image(choice.index, &format!("data:{kind};base64,{data}"));
        if let Some(signature) = signature {
            let detail = signature::on_image(choice.next_detail(), signature, choice.images);
            answer.reasoning_detail(choice.index, detail);
        }
        choice.images += 1;
    } else if kind.starts_with("audio/") {
        let id = format!("audio_{}", choice.index);
        let audio = json!({"id": id, "data": data, "transcript": "", "mime_type": kind});
        answer.audio(choice.index, audio);
        if let Some(signature) = signature {
            let detail = signature::encrypted(choice.next_detail(), signature);
            answer.reasoning_detail(choice.index, detail);
        }
    } else {
        carry(raw, choice, answer);
    }
}

/// A part as it is, with the place in the text where it stood.
fn carry(raw: &RawValue, choice: &mut ChoiceState, answer: &mut AnswerWriter) {
    let Ok(part) = serde_json::from_str::<Value>(raw.get()) else {
        return;
    };
    let entry = json!({"part": part, "at": choice.text_bytes});
    answer.provider_data(choice.index, "parts", entry);
}
