//! Writes answers of the Responses API (<https://platform.openai.com/docs/api-reference/responses/object>).

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::{
    CREATED, Request,
    answer::{DemoAnswer, Part, Piece},
    ask::ToolKind,
    think::{Counts, Finish, Outcome, Output},
    tokens,
    tools::ToolCall,
};

/// Members of the request that the answer repeats, and what they are where the request does not say.
const REPEATED: &[(&str, &str)] = &[
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("store", "true"),
    ("temperature", "1.0"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_p", "1.0"),
    ("truncation", r#""disabled""#),
];

/// Writes one answer.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    id: &'a str,
    request: &'a Request<'a>,
    outcome: &'a Outcome,
}

impl<'a> Writer<'a> {
    pub(super) fn new(id: &'a str, request: &'a Request<'a>, outcome: &'a Outcome) -> Self {
        Self {
            id,
            request,
            outcome,
        }
    }

    /// The whole answer.
    pub(super) fn whole(&self) -> Value {
        let (status, reason) = if self.is_cut() {
            ("incomplete", Some("max_output_tokens"))
        } else {
            ("completed", None)
        };
        let output: Vec<Value> = self.items().iter().map(Item::whole).collect();
        let mut response = self.response(status, output, Some(usage(self.outcome.usage)));
        if let (Some(reason), Some(response)) = (reason, response.as_object_mut()) {
            response.insert("incomplete_details".to_owned(), json!({ "reason": reason }));
        }
        response
    }

    /// The answer as typed events.
    pub(super) fn stream(&self) -> DemoAnswer {
        let mut events = Events {
            script: Vec::new(),
            pace: self.request.pace,
        };
        let begun = self.response("in_progress", Vec::new(), None);
        events.push(
            Part::Content,
            "response.created",
            json!({ "response": begun }),
        );
        events.push(
            Part::Content,
            "response.in_progress",
            json!({ "response": begun }),
        );
        for (index, item) in self.items().iter().enumerate() {
            item.stream(index, &mut events);
        }
        let last = if self.is_cut() {
            "response.incomplete"
        } else {
            "response.completed"
        };
        events.push(Part::Done, last, json!({ "response": self.whole() }));
        DemoAnswer::stream(events.script)
    }

    fn response(&self, status: &str, output: Vec<Value>, usage: Option<Value>) -> Value {
        let mut response = Map::new();
        let own = [
            ("id", Value::from(self.id)),
            ("object", Value::from("response")),
            ("created_at", Value::from(CREATED)),
            ("status", Value::from(status)),
            ("background", Value::from(false)),
            ("error", Value::Null),
            ("incomplete_details", Value::Null),
            ("model", Value::from(self.request.model)),
            ("output", Value::from(output)),
            ("usage", Value::from(usage)),
        ];
        response.extend(own.into_iter().map(|(key, value)| (key.to_owned(), value)));
        for (key, default) in REPEATED {
            let value = self.request.body.value(key).cloned();
            let value = value
                .or_else(|| serde_json::from_str(default).ok())
                .unwrap_or_default();
            response.insert((*key).to_owned(), value);
        }
        Value::Object(response)
    }

    fn is_cut(&self) -> bool {
        self.outcome
            .outputs
            .iter()
            .any(|output| output.finish == Finish::Length)
    }

    fn items(&self) -> Vec<Item<'_>> {
        let mut items = Vec::new();
        for Output {
            reasoning,
            content,
            calls,
            ..
        } in &self.outcome.outputs
        {
            items.extend(
                (!reasoning.is_empty()).then(|| Item::new(self.id, ItemKind::Reasoning(reasoning))),
            );
            items.extend(
                content
                    .as_deref()
                    .map(|content| Item::new(self.id, ItemKind::Message(content))),
            );
            items.extend(
                calls
                    .iter()
                    .map(|call| Item::new(&call.id, ItemKind::Call(call))),
            );
        }
        items
    }
}

fn usage(counts: Counts) -> Value {
    json!({
        "input_tokens": counts.input, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": counts.output, "output_tokens_details": { "reasoning_tokens": counts.reasoning },
        "total_tokens": counts.input + counts.output
    })
}

/// Events so far; each knows its number.
struct Events {
    script: Vec<Piece>,
    pace: Duration,
}

impl Events {
    fn push(&mut self, part: Part, name: &str, members: Value) {
        let delay = if name.ends_with(".delta") {
            self.pace
        } else {
            Duration::ZERO
        };
        let mut data = json!({ "type": name, "sequence_number": self.script.len() });
        if let (Some(data), Value::Object(members)) = (data.as_object_mut(), members) {
            data.extend(members);
        }
        self.script
            .push(Piece::named_event(part, delay, name, &data));
    }

    fn content(&mut self, name: &str, members: Value) {
        self.push(Part::Content, name, members);
    }
}

/// One item of the output.
struct Item<'a> {
    id: String,
    kind: ItemKind<'a>,
}

#[derive(Clone, Copy)]
enum ItemKind<'a> {
    Reasoning(&'a str),
    Message(&'a str),
    Call(&'a ToolCall),
}

impl<'a> Item<'a> {
    fn new(of: &str, kind: ItemKind<'a>) -> Self {
        let prefix = match kind {
            ItemKind::Reasoning(_) => "rs_",
            ItemKind::Message(_) => "msg_",
            ItemKind::Call(call) if call.kind == ToolKind::Custom => "ctc_",
            ItemKind::Call(_) => "fc_",
        };
        Self {
            id: tokens::id(prefix, of),
            kind,
        }
    }

    fn whole(&self) -> Value {
        match self.kind {
            ItemKind::Reasoning(text) => self.written("completed", &json!([summary(text)]), ""),
            ItemKind::Message(text) => self.written("completed", &json!([output_text(text)]), ""),
            ItemKind::Call(call) => self.written("completed", &Value::Null, &call.input),
        }
    }

    fn begun(&self) -> Value {
        self.written("in_progress", &json!([]), "")
    }

    fn written(&self, status: &str, parts: &Value, input: &str) -> Value {
        match self.kind {
            ItemKind::Reasoning(_) => {
                json!({ "id": self.id, "type": "reasoning", "summary": parts })
            }
            ItemKind::Message(_) => {
                json!({ "id": self.id, "type": "message", "status": status, "role": "assistant", "content": parts })
            }
            ItemKind::Call(call) => {
                let (kind, key) = call_words(call);
                let mut item = json!({
                    "id": self.id, "type": kind, "status": status, "call_id": call.id, "name": call.name
                });
                if let Some(item) = item.as_object_mut() {
                    item.insert(key.to_owned(), Value::from(input));
                }
                item
            }
        }
    }

    fn stream(&self, index: usize, events: &mut Events) {
        events.content(
            "response.output_item.added",
            json!({ "output_index": index, "item": self.begun() }),
        );
        match self.kind {
            ItemKind::Reasoning(text) => self.stream_reasoning(index, text, events),
            ItemKind::Message(text) => self.stream_message(index, text, events),
            ItemKind::Call(call) => self.stream_call(index, call, events),
        }
        events.content(
            "response.output_item.done",
            json!({ "output_index": index, "item": self.whole() }),
        );
    }

    fn stream_reasoning(&self, index: usize, text: &str, events: &mut Events) {
        let at = |more: Value| self.at(index, ("summary_index", Value::from(0)), more);
        events.content(
            "response.reasoning_summary_part.added",
            at(json!({ "part": summary("") })),
        );
        for token in tokens::tokens(text) {
            events.content(
                "response.reasoning_summary_text.delta",
                at(json!({ "delta": token })),
            );
        }
        events.content(
            "response.reasoning_summary_text.done",
            at(json!({ "text": text })),
        );
        events.content(
            "response.reasoning_summary_part.done",
            at(json!({ "part": summary(text) })),
        );
    }

    fn stream_message(&self, index: usize, text: &str, events: &mut Events) {
        let at = |more: Value| self.at(index, ("content_index", Value::from(0)), more);
        events.content(
            "response.content_part.added",
            at(json!({ "part": output_text("") })),
        );
        for token in tokens::tokens(text) {
            events.content(
                "response.output_text.delta",
                at(json!({ "delta": token, "logprobs": [] })),
            );
        }
        events.content(
            "response.output_text.done",
            at(json!({ "text": text, "logprobs": [] })),
        );
        events.content(
            "response.content_part.done",
            at(json!({ "part": output_text(text) })),
        );
    }

    fn stream_call(&self, index: usize, call: &ToolCall, events: &mut Events) {
        let (kind, key) = call_words(call);
        let event = format!("response.{kind}_{key}");
        for token in tokens::tokens(&call.input) {
            let delta = self.at(index, ("delta", Value::from(token)), json!({}));
            events.content(&format!("{event}.delta"), delta);
        }
        let done = self.at(
            index,
            (key, Value::from(call.input.as_str())),
            json!({ "name": call.name }),
        );
        events.content(&format!("{event}.done"), done);
    }

    /// Where in the output an event belongs.
    fn at(&self, index: usize, inner: (&str, Value), more: Value) -> Value {
        let mut place = json!({ "item_id": self.id, "output_index": index });
        if let (Some(place), Value::Object(more)) = (place.as_object_mut(), more) {
            place.insert(inner.0.to_owned(), inner.1);
            place.extend(more);
        }
        place
    }
}

/// The type of a call's item, and the member that holds its input.
fn call_words(call: &ToolCall) -> (&'static str, &'static str) {
    match call.kind {
        ToolKind::Custom => ("custom_tool_call", "input"),
        ToolKind::Function | ToolKind::LegacyFunction => ("function_call", "arguments"),
    }
}

fn summary(text: &str) -> Value {
    json!({ "type": "summary_text", "text": text })
}

fn output_text(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}
