//! The events of a streamed answer.
//!
//! Items are told apart by their number in the answer (`output_index`); ids of one item can differ between events.
//! Events that say nothing new or are not known are passed over.

use bytes::Bytes;
use serde_json::{Map, Value, json, value::RawValue};

use super::{
    fault,
    item::{PartKind, Place},
    reader::Reader,
    wire::{self, Answer, Event},
};
use crate::{
    Fault, FaultKind,
    answer::AnswerWriter,
    dialects::{AnswerDecoder, Flow},
    framing::{EventKind, NativeEvent},
};

/// Reads one answer.
#[derive(Debug, Default)]
pub(super) struct ResponsesDecoder {
    reader: Reader,
    /// Whether an event told who answers.
    has_head: bool,
}

impl ResponsesDecoder {
    /// A decoder; thinking can be kept from the client, but for what must come back.
    pub(super) fn new(hides_reasoning: bool) -> Self {
        Self {
            reader: Reader::new(hides_reasoning),
            has_head: false,
        }
    }

    fn head(&mut self, raw: Option<&RawValue>, answer: &mut AnswerWriter) {
        if let Some(raw) = raw
            && !std::mem::replace(&mut self.has_head, true)
        {
            self.reader.head(raw.get().as_bytes(), answer);
        }
    }

    fn text(
        &mut self,
        kind: PartKind,
        index: u64,
        event: &Event<'_>,
        is_delta: bool,
        answer: &mut AnswerWriter,
    ) {
        let place = Place { kind, index };
        let item = event.output_index();
        let told = [
            event.delta,
            event.text,
            event.refusal,
            event.arguments,
            event.input,
        ];
        let told = wire::text(told.into_iter().flatten().next());
        if is_delta {
            self.reader.more(item, place, &told, answer);
        } else {
            self.reader.whole_text(item, place, &told, answer);
        }
        if kind == PartKind::Text && event.logprobs.is_some_and(|tokens| tokens.get() != "[]") {
            let tokens = wire::value(event.logprobs);
            self.reader.logprobs(item, place, tokens, !is_delta, answer);
        }
    }

    fn item(&mut self, event: &Event<'_>, is_done: bool, answer: &mut AnswerWriter) {
        let Value::Object(native) = wire::value(event.item) else {
            return;
        };
        if is_done {
            self.reader.done(event.output_index(), native, answer);
        } else {
            self.reader.begin(event.output_index(), &native, answer);
        }
    }

    fn conclude(
        &mut self,
        event: &Event<'_>,
        status: &str,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        self.head(event.response, answer);
        let mut native = match event.response {
            Some(raw) => serde_json::from_str::<Answer<'_>>(raw.get())
                .map_err(|_| protocol("the last event's response is none"))?,
            None => Answer::default(),
        };
        if event.copilot_usage.is_some() {
            let told = wire::value(event.copilot_usage);
            native.rest.insert("copilot_usage".to_owned(), told);
        }
        self.reader.conclude(native, status, answer)?;
        Ok(Flow::Complete)
    }
}

impl AnswerDecoder for ResponsesDecoder {
    fn event(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        let told: Event<'_> = serde_json::from_slice(&event.data)
            .map_err(|_| protocol("an event is no JSON object"))?;
        let name = wire::text(told.kind);
        // Some servers name the event beside the data only.
        let name = match (name.is_empty(), event.name.as_deref().map(str::from_utf8)) {
            (true, Some(Ok(name))) => name.into(),
            _ => name,
        };
        if event.kind == EventKind::Exception {
            return Err(fault::inside(whole(&event.data)));
        }
        let Some(name) = name.strip_prefix("response.") else {
            return match &*name {
                "error" => Err(fault::inside(whole(&event.data))),
                _ if told.kind.is_none() => untyped(&event.data),
                _ => Ok(Flow::More),
            };
        };
        let (content, summary) = (told.content_index(), told.summary_index());
        match name {
            "output_text.delta" => self.text(PartKind::Text, content, &told, true, answer),
            "output_text.done" => self.text(PartKind::Text, content, &told, false, answer),
            "refusal.delta" => self.text(PartKind::Refusal, content, &told, true, answer),
            "refusal.done" => self.text(PartKind::Refusal, content, &told, false, answer),
            "reasoning_text.delta" => self.text(PartKind::Reasoning, content, &told, true, answer),
            "reasoning_text.done" => self.text(PartKind::Reasoning, content, &told, false, answer),
            "reasoning_summary_text.delta" => {
                self.text(PartKind::Summary, summary, &told, true, answer);
            }
            "reasoning_summary_text.done" => {
                self.text(PartKind::Summary, summary, &told, false, answer);
            }
            "function_call_arguments.delta" | "custom_tool_call_input.delta" => {
                self.text(PartKind::Arguments, 0, &told, true, answer);
            }
            "function_call_arguments.done" | "custom_tool_call_input.done" => {
                self.text(PartKind::Arguments, 0, &told, false, answer);
            }
            "output_text.annotation.added" => self.reader.early_citation(
                told.output_index(),
                content,
                wire::value(told.annotation),
            ),
            "audio.delta" => answer.audio(0, json!({"data": wire::text(told.delta)})),
            "audio.transcript.delta" => {
                answer.audio(0, json!({"transcript": wire::text(told.delta)}));
            }
            "output_item.added" => self.item(&told, false, answer),
            "output_item.done" => self.item(&told, true, answer),
            "created" | "queued" | "in_progress" => self.head(told.response, answer),
            "completed" => return self.conclude(&told, "completed", answer),
            "incomplete" => return self.conclude(&told, "incomplete", answer),
            "failed" => return self.conclude(&told, "failed", answer),
            "cancelled" => return self.conclude(&told, "cancelled", answer),
            _ => {}
        }
        Ok(Flow::More)
    }

    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let native: Answer<'_> = serde_json::from_slice(body)
            .map_err(|_| fault::no_response("the answer is no response object"))?;
        if native.output.is_none() && native.status.is_none() {
            return Err(match native.error {
                Some(_) => fault::inside(whole(body)),
                None => fault::no_response("the answer has no output"),
            });
        }
        self.reader.head(body, answer);
        self.reader.conclude(native, "completed", answer)
    }
}

/// An event without a type: an error, as some gateways write it, or nothing.
fn untyped(data: &[u8]) -> Result<Flow, Box<Fault>> {
    let event = whole(data);
    match event.get("error") {
        Some(error) if !error.is_null() => Err(fault::inside(event)),
        _ => Ok(Flow::More),
    }
}

fn whole(data: &[u8]) -> Value {
    serde_json::from_slice::<Map<String, Value>>(data)
        .map(Value::Object)
        .unwrap_or_default()
}

fn protocol(detail: &'static str) -> Box<Fault> {
    Box::new(Fault::new(FaultKind::Protocol, detail))
}
