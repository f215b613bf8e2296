//! What a line, or a whole answer, says, told to the writer.

use gateway_types::{
    Usage,
    chat::{ChoiceLogprobs, FinishReason, Logprobs, TokenLogprob},
};
use serde_json::{Map, Value};

use super::wire::{Call, Line, Message};
use crate::answer::{AnswerWriter, ToolCallStart};

/// There is one choice only.
const CHOICE: u32 = 0;

/// Members of a last line that OpenAI's contract has no place for.
const TIMINGS: &[&str] = &[
    "total_duration",
    "load_duration",
    "prompt_eval_duration",
    "eval_duration",
    "remote_model",
    "remote_host",
];

/// Tells what is new in a line. `data` is the line itself.
pub(super) fn tell(line: Line<'_>, data: &[u8], hide_thinking: bool, answer: &mut AnswerWriter) {
    let message = line.message.unwrap_or_default();
    tell_message(&message, hide_thinking, answer);
    if let Some(logprobs) = line.logprobs.and_then(told_logprobs) {
        answer.logprobs(CHOICE, logprobs);
    }
    if line.done != Some(true) {
        return;
    }
    if line.prompt_eval_count.is_some() || line.eval_count.is_some() {
        // The server leaves zeros out.
        answer.usage(Usage::new(
            line.prompt_eval_count.unwrap_or_default(),
            line.eval_count.unwrap_or_default(),
        ));
    }
    if let Some(timings) = timings(data) {
        answer.provider_data(CHOICE, "timings", timings);
    }
    let native = line
        .done_reason
        .as_deref()
        .filter(|reason| !reason.is_empty());
    answer.finish(CHOICE, finish(native), native);
}

fn tell_message(message: &Message<'_>, hide_thinking: bool, answer: &mut AnswerWriter) {
    if !hide_thinking {
        answer.reasoning(CHOICE, message.thinking.as_deref().unwrap_or_default());
    }
    answer.text(CHOICE, message.content.as_deref().unwrap_or_default());
    for image in message.images.iter().flatten() {
        answer.image(CHOICE, &format!("data:image/png;base64,{}", &**image));
    }
    for call in message.tool_calls.iter().flatten() {
        tell_call(call, answer);
    }
}

fn tell_call(call: &Call<'_>, answer: &mut AnswerWriter) {
    let function = call.function.as_ref();
    let name = function.and_then(|function| function.name.as_deref());
    let index = answer.tool_call(
        CHOICE,
        ToolCallStart {
            id: call.id.as_deref(),
            name: name.unwrap_or_default(),
            ..ToolCallStart::default()
        },
    );
    match function.and_then(|function| function.arguments.as_ref()) {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => answer.tool_arguments(CHOICE, index, text),
        Some(arguments) => answer.tool_arguments(CHOICE, index, &arguments.to_string()),
    }
}

/// Log probabilities have OpenAI's own shape.
fn told_logprobs(logprobs: Value) -> Option<ChoiceLogprobs> {
    if logprobs.as_array().is_none_or(Vec::is_empty) {
        return None;
    }
    let tokens: Result<Vec<TokenLogprob>, _> = serde::Deserialize::deserialize(&logprobs);
    Some(tokens.map_or(ChoiceLogprobs::Other(logprobs), |tokens| {
        let mut told = Logprobs::default();
        told.content = tokens.into();
        ChoiceLogprobs::Tokens(told)
    }))
}

/// Servers before 0.1.36 name no reason.
fn finish(native: Option<&str>) -> FinishReason {
    native.map_or(FinishReason::Stop, FinishReason::from)
}

fn timings(data: &[u8]) -> Option<Value> {
    let line: Map<String, Value> = serde_json::from_slice(data).ok()?;
    let told: Map<String, Value> = line
        .into_iter()
        .filter(|(name, value)| TIMINGS.contains(&name.as_str()) && !value.is_null())
        .collect();
    (!told.is_empty()).then_some(Value::Object(told))
}
