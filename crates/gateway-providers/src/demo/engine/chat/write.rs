//! Writes chat answers, whole and in chunks.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    super::{
        answer::DemoAnswer,
        ask::ToolKind,
        chunks::{self, ChunkStream},
        think::{Outcome, Output},
        tokens,
        tools::ToolCall,
    },
    logprobs,
};

/// What all writing of one answer needs.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) id: String,
    pub(super) model: &'a str,
    pub(super) top_logprobs: Option<u64>,
}

impl Writer<'_> {
    /// The whole answer.
    pub(super) fn whole(&self, outcome: &Outcome) -> Value {
        let mut answer = chunks::envelope(&self.id, "chat.completion", self.model);
        let choices: Vec<Value> = outcome
            .outputs
            .iter()
            .enumerate()
            .map(|(index, output)| self.choice(index, output))
            .collect();
        answer.insert("choices".to_owned(), Value::from(choices));
        answer.insert("usage".to_owned(), chunks::usage(outcome.usage));
        Value::Object(answer)
    }

    fn choice(&self, index: usize, output: &Output) -> Value {
        json!({
            "index": index,
            "message": message(output),
            "logprobs": self.logprobs(output.content.as_deref()),
            "finish_reason": output.finish.as_str()
        })
    }

    /// The answer in chunks.
    pub(super) fn stream(
        &self,
        outcome: &Outcome,
        include_usage: bool,
        pace: Duration,
    ) -> DemoAnswer {
        let stream = ChunkStream {
            envelope: chunks::envelope(&self.id, "chat.completion.chunk", self.model),
            choices: outcome
                .outputs
                .iter()
                .enumerate()
                .map(|(index, output)| self.choice_chunks(index, output))
                .collect(),
            usage: include_usage.then(|| chunks::usage(outcome.usage)),
            pace,
        };
        stream.into_answer()
    }

    fn choice_chunks(&self, index: usize, output: &Output) -> Vec<Value> {
        let part = |delta: Value, logprobs: Value, finish: Value| json!({ "index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish });
        let silent = |delta: Value| part(delta, Value::Null, Value::Null);
        let start = output.content.as_ref().map(|_| "");
        let mut parts = vec![silent(
            json!({ "role": "assistant", "content": start, "refusal": null }),
        )];
        parts.extend(
            tokens::tokens(&output.reasoning)
                .into_iter()
                .map(|token| silent(json!({ "reasoning_content": token }))),
        );
        let content = tokens::tokens(output.content.as_deref().unwrap_or_default());
        parts.extend(content.into_iter().map(|token| {
            part(
                json!({ "content": token }),
                self.logprobs(Some(token)),
                Value::Null,
            )
        }));
        parts.extend(
            output
                .calls
                .iter()
                .enumerate()
                .flat_map(|(call_index, call)| call_deltas(call_index, call))
                .map(silent),
        );
        parts.push(part(
            json!({}),
            Value::Null,
            Value::from(output.finish.as_str()),
        ));
        parts
    }

    fn logprobs(&self, text: Option<&str>) -> Value {
        text.zip(self.top_logprobs)
            .map_or(Value::Null, |(text, top)| logprobs::of_text(text, top))
    }
}

fn message(output: &Output) -> Value {
    let mut message = Map::new();
    message.insert("role".to_owned(), Value::from("assistant"));
    message.insert("content".to_owned(), Value::from(output.content.clone()));
    message.insert("refusal".to_owned(), Value::Null);
    if !output.reasoning.is_empty() {
        message.insert(
            "reasoning_content".to_owned(),
            Value::from(output.reasoning.clone()),
        );
    }
    match output.calls.first() {
        Some(call) if call.kind == ToolKind::LegacyFunction => {
            message.insert(
                "function_call".to_owned(),
                json!({ "name": call.name, "arguments": call.input }),
            );
        }
        Some(_) => {
            let calls: Vec<Value> = output.calls.iter().map(whole_call).collect();
            message.insert("tool_calls".to_owned(), Value::from(calls));
        }
        None => {}
    }
    Value::Object(message)
}

fn whole_call(call: &ToolCall) -> Value {
    match call.kind {
        ToolKind::Custom => {
            json!({ "id": call.id, "type": "custom", "custom": { "name": call.name, "input": call.input } })
        }
        ToolKind::Function | ToolKind::LegacyFunction => {
            json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.input } })
        }
    }
}

/// The deltas of one call: its name first, then its input in pieces. How a custom call is streamed is not in
/// OpenAI's types; this follows its whole form.
fn call_deltas(index: usize, call: &ToolCall) -> Vec<Value> {
    let first = match call.kind {
        ToolKind::Custom => json!({ "tool_calls": [{
            "index": index, "id": call.id, "type": "custom", "custom": { "name": call.name, "input": "" } }] }),
        ToolKind::Function => json!({ "tool_calls": [{
            "index": index, "id": call.id, "type": "function", "function": { "name": call.name, "arguments": "" } }] }),
        ToolKind::LegacyFunction => {
            json!({ "function_call": { "name": call.name, "arguments": "" } })
        }
    };
    let more = |piece: &str| match call.kind {
        ToolKind::Custom => {
            json!({ "tool_calls": [{ "index": index, "custom": { "input": piece } }] })
        }
        ToolKind::Function => {
            json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] })
        }
        ToolKind::LegacyFunction => json!({ "function_call": { "arguments": piece } }),
    };
    let mut deltas = vec![first];
    deltas.extend(tokens::tokens(&call.input).into_iter().map(more));
    deltas
}
