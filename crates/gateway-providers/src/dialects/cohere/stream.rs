//! The events of a stream.
//!
//! Spec: <https://docs.cohere.com/docs/streaming>

use bytes::Bytes;
use serde_json::Value;

use super::{
    fault,
    response::{self, End, Reader},
    wire::{Event, Message},
};
use crate::{
    Fault, FaultKind,
    answer::AnswerWriter,
    dialects::{AnswerDecoder, Flow},
    framing::NativeEvent,
};

/// Reads one chat answer.
#[derive(Debug)]
pub(super) struct CohereDecoder {
    reader: Reader,
}

impl CohereDecoder {
    pub(super) fn new(hide_thinking: bool) -> Self {
        Self {
            reader: Reader::new(hide_thinking),
        }
    }

    fn message(&mut self, kind: &str, index: u64, message: Message<'_>, answer: &mut AnswerWriter) {
        for block in &message.content.0 {
            self.reader.block(index, block, answer);
        }
        self.reader
            .plan(message.tool_plan.as_deref().unwrap_or_default(), answer);
        for (place, call) in (index..).zip(&message.tool_calls.0) {
            if kind == "tool-call-delta" {
                self.reader.arguments(place, call, answer);
            } else {
                self.reader.call(place, call, answer);
            }
        }
        for citation in message.citations.0 {
            self.reader.citation(Some(index), citation, answer);
        }
    }
}

impl AnswerDecoder for CohereDecoder {
    fn event(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        let Ok(read) = serde_json::from_slice::<Event<'_>>(&event.data) else {
            return unreadable(event);
        };
        let kind = read
            .kind
            .as_deref()
            .or_else(|| std::str::from_utf8(event.name.as_deref()?).ok())
            .unwrap_or_default();
        if read.kind.is_none() && read.delta.is_none() && fault::is_one(&event.data) {
            return Err(fault::in_success(&event.data));
        }
        if !is_known(kind) {
            return Ok(Flow::More);
        }
        answer.id(read.id.as_deref().unwrap_or_default());
        let delta = read.delta.unwrap_or_default();
        if let Some(message) = delta.message {
            if message.content.0.iter().any(response::is_unknown) {
                tell_unknown(&event.data, answer);
            }
            self.message(kind, read.index.unwrap_or_default(), message, answer);
        }
        self.reader.logprobs(&read.logprobs.0, answer);
        if kind != "message-end" {
            return Ok(Flow::More);
        }
        let end = End {
            reason: delta.finish_reason.as_deref(),
            usage: delta.usage,
            error: delta.error,
            error_kind: delta.error_type.as_deref().or(read.error_type.as_deref()),
        };
        self.reader.end(end, answer)?;
        Ok(Flow::Complete)
    }

    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        self.reader.whole(body, answer)
    }
}

/// The events that say something. Ends of blocks say nothing, `debug` is for the provider's own people, and what is
/// not known is left alone.
fn is_known(kind: &str) -> bool {
    matches!(
        kind,
        "message-start"
            | "content-start"
            | "content-delta"
            | "tool-plan-delta"
            | "tool-call-start"
            | "tool-call-delta"
            | "citation-start"
            | "message-end"
    )
}

/// An event of an unknown kind may hold anything; one of a known kind, or no JSON at all, breaks the protocol.
fn unreadable(event: &NativeEvent) -> Result<Flow, Box<Fault>> {
    let value: Option<Value> = serde_json::from_slice(&event.data).ok();
    let kind = value.as_ref().and_then(|value| value.get("type")?.as_str());
    match (&value, kind) {
        (Some(_), Some(kind)) if !is_known(kind) => Ok(Flow::More),
        (Some(Value::Object(_)), None) => Err(fault::in_success(&event.data)),
        _ => Err(Box::new(Fault::new(
            FaultKind::Protocol,
            "an event that is not one of this protocol",
        ))),
    }
}

/// A block of a kind that is not known, in the provider's words.
fn tell_unknown(data: &Bytes, answer: &mut AnswerWriter) {
    let block = serde_json::from_slice::<Value>(data)
        .ok()
        .and_then(|mut event| Some(event.pointer_mut("/delta/message/content")?.take()));
    if let Some(block) = block {
        answer.provider_data(0, "content", block);
    }
}
