//! The events of a streamed answer.
//!
//! Spec: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    fault,
    response::Reader,
    wire::{Delta, Event, Object},
};
use crate::{
    Fault, FaultKind,
    answer::AnswerWriter,
    dialects::{Flow, text::Text},
    framing::NativeEvent,
};

/// Events whose shape is known. Any other may have any shape, and says nothing here.
const KNOWN: &[&str] = &[
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
];

/// Deltas whose shape is known.
const KNOWN_DELTAS: &[&str] = &[
    "text_delta",
    "input_json_delta",
    "thinking_delta",
    "signature_delta",
    "citations_delta",
];

/// Reads one event.
pub(super) fn read(
    reader: &mut Reader,
    event: &NativeEvent,
    answer: &mut AnswerWriter,
) -> Result<Flow, Box<Fault>> {
    let text = std::str::from_utf8(&event.data).map_err(|_| protocol("no UTF-8"))?;
    let event: Event<'_> = match serde_json::from_str(text) {
        Ok(event) => event,
        Err(error) => return unread(text, &error),
    };
    match &*event.kind {
        "message_start" => {
            let mut message = object(event.message)?;
            reader.message(&mut message, answer);
            reader.own_members(&message, answer);
        }
        "content_block_start" => {
            let index = event.index.unwrap_or(0);
            reader.begin(index, object(event.content_block)?, answer);
        }
        "content_block_delta" => {
            let raw = event.delta.map(RawValue::get).unwrap_or("{\"type\":\"\"}");
            reader.delta(event.index.unwrap_or(0), &delta(raw)?, raw, answer);
        }
        "content_block_stop" => reader.end_block(event.index.unwrap_or(0), answer),
        "message_delta" => {
            if let Some(report) = event.usage {
                reader.usage(object(Some(report))?, answer);
            }
            let mut members = object(event.delta)?;
            members.extend(beside_the_delta(text));
            reader.end(&members, answer);
        }
        "message_stop" => return Ok(Flow::Complete),
        "error" => {
            let error = serde_json::from_str(text).unwrap_or(Value::Null);
            return Err(fault::in_stream(error));
        }
        _ => {}
    }
    Ok(Flow::More)
}

/// What the last event but one says of the message beside its `delta` and its usage.
fn beside_the_delta(event: &str) -> Object {
    let mut members: Object = serde_json::from_str(event).unwrap_or_default();
    for known in ["type", "delta", "usage"] {
        members.remove(known);
    }
    members
}

/// An event that has not the shape of those that are known: no harm where it is of another kind.
fn unread(text: &str, error: &serde_json::Error) -> Result<Flow, Box<Fault>> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: Option<Text<'a>>,
        error: Option<Value>,
    }
    match serde_json::from_str::<Kind<'_>>(text) {
        // Servers in front of Anthropic's API tell their errors without a type.
        Ok(Kind {
            kind: None,
            error: Some(error),
        }) => Err(fault::in_stream(Value::Object(Object::from_iter([(
            "error".to_owned(),
            error,
        )])))),
        Ok(Kind {
            kind: Some(kind), ..
        }) if !KNOWN.contains(&&*kind) => Ok(Flow::More),
        _ => Err(protocol(&error.to_string())),
    }
}

/// A delta. One of a kind that is not known may have any shape.
fn delta(raw: &str) -> Result<Delta<'_>, Box<Fault>> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: Text<'a>,
    }
    let error = match serde_json::from_str(raw) {
        Ok(delta) => return Ok(delta),
        Err(error) => protocol(&error.to_string()),
    };
    match serde_json::from_str(raw) {
        Ok(Kind { kind }) if !KNOWN_DELTAS.contains(&&*kind) => Ok(Delta {
            kind,
            text: None,
            thinking: None,
            signature: None,
            partial_json: None,
        }),
        _ => Err(error),
    }
}

/// An object; an empty one where there is none.
fn object(raw: Option<&RawValue>) -> Result<Object, Box<Fault>> {
    raw.map_or_else(
        || Ok(Object::new()),
        |raw| serde_json::from_str(raw.get()).map_err(|error| protocol(&error.to_string())),
    )
}

fn protocol(detail: &str) -> Box<Fault> {
    Box::new(Fault::new(
        FaultKind::Protocol,
        format!("an event that cannot be read: {detail}"),
    ))
}
