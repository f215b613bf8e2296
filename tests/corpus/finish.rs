//! Why an answer ended, in a provider's words and in OpenAI's: a table of its own.

use serde_json::Value;

use crate::upstreams::Family;

/// What a native reason is in OpenAI's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// One of OpenAI's reasons, or the native one.
    Told(String),
    /// The answer is no success.
    Fault,
}

const NORMAL: &str = "stop";
const CALLS: &str = "tool_calls";
const LIMIT: &str = "length";
const FILTER: &str = "content_filter";

/// Native reasons, in lower case.
const ENDS: &[(Family, &[&str], &str)] = &[
    (Family::Anthropic, &["end_turn", "stop_sequence"], NORMAL),
    (Family::Anthropic, &["tool_use"], CALLS),
    (Family::Anthropic, &["max_tokens", "model_context_window_exceeded", "pause_turn", "compaction"], LIMIT),
    (Family::Anthropic, &["refusal"], FILTER),
    (Family::Bedrock, &["end_turn", "stop_sequence"], NORMAL),
    (Family::Bedrock, &["tool_use"], CALLS),
    (Family::Bedrock, &["max_tokens", "model_context_window_exceeded"], LIMIT),
    (Family::Bedrock, &["guardrail_intervened", "content_filtered"], FILTER),
    (Family::Gemini, &["stop", "1"], NORMAL),
    (Family::Gemini, &["max_tokens", "2", "continuation"], LIMIT),
    (
        Family::Gemini,
        &["safety", "3", "recitation", "4", "blocklist", "prohibited_content", "spii", "model_armor", "image_safety", "image_prohibited_content", "image_recitation"],
        FILTER,
    ),
    (Family::Cohere, &["complete", "stop_sequence"], NORMAL),
    (Family::Cohere, &["tool_call"], CALLS),
    (Family::Cohere, &["max_tokens"], LIMIT),
    (Family::Ollama, &["stop"], NORMAL),
    (Family::Ollama, &["length"], LIMIT),
    (Family::Responses, &["completed"], NORMAL),
    (Family::Responses, &["incomplete:max_output_tokens"], LIMIT),
    (Family::Responses, &["incomplete:content_filter"], FILTER),
];

/// What stands for a native reason. `None` where the answer ended without one.
pub(crate) fn expected(family: Family, native: &Value, has_calls: bool) -> Option<End> {
    let native = match native {
        Value::Null => return None,
        Value::String(text) => text.to_ascii_lowercase(),
        other => other.to_string(),
    };
    if family == Family::Responses && native == "failed" || family == Family::Cohere && native == "error" {
        return Some(End::Fault);
    }
    let row = ENDS.iter().find(|(of, natives, _)| *of == family && natives.contains(&native.as_str()));
    let told = match row {
        Some((_, _, NORMAL)) if has_calls => CALLS.to_owned(),
        Some((_, _, told)) => (*told).to_owned(),
        None => native,
    };
    Some(End::Told(told))
}
