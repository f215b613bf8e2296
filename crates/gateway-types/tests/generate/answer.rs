//! Random chat answers and chunks.

use proptest::prelude::*;
use serde_json::Value;

use super::chat::{any_reasoning, function_call, moderation, tool_call};
use super::{
    Mode, Values, any_json, any_object, count, fixed, kinds, list, number, object, one_of, text,
    word,
};

/// The usage of a chat or a completion.
pub(crate) fn usage(mode: Mode) -> Values {
    let prompt = [
        "cached_tokens",
        "cache_write_tokens",
        "audio_tokens",
        "text_tokens",
        "image_tokens",
    ];
    let completion = [
        "reasoning_tokens",
        "audio_tokens",
        "text_tokens",
        "accepted_prediction_tokens",
        "rejected_prediction_tokens",
    ];
    let counts = |names: [&'static str; 5]| {
        object(
            mode,
            vec![],
            names.into_iter().map(|name| (name, count())).collect(),
        )
    };
    object(
        mode,
        vec![
            ("prompt_tokens", count()),
            ("completion_tokens", count()),
            ("total_tokens", count()),
        ],
        vec![
            ("prompt_tokens_details", counts(prompt)),
            ("completion_tokens_details", counts(completion)),
        ],
    )
}

fn logprobs(mode: Mode) -> Values {
    let bytes = || list(any::<u8>().prop_map(Value::from).boxed());
    let token = || vec![("token", text()), ("logprob", number())];
    let top = object(mode, token(), vec![("bytes", bytes())]);
    let mut required = token();
    required.push(("top_logprobs", list(top)));
    let item = object(mode, required, vec![("bytes", bytes())]);
    let typed = object(
        mode,
        vec![],
        vec![("content", list(item.clone())), ("refusal", list(item))],
    );
    match mode {
        Mode::Plain => typed,
        Mode::Wild => one_of(vec![typed, list(any_json())]),
    }
}

const FINISH: &[&str] = &[
    "stop",
    "length",
    "tool_calls",
    "content_filter",
    "function_call",
];
const TIERS: &[&str] = &["auto", "default", "flex", "scale", "priority"];

pub(super) fn envelope(object_name: &'static str) -> Vec<(&'static str, Values)> {
    vec![
        ("id", text()),
        ("object", fixed(object_name)),
        ("created", count()),
        ("model", text()),
    ]
}

/// The answer of `POST /v1/chat/completions`.
pub(crate) fn chat_response(mode: Mode) -> Values {
    let audio = vec![
        ("id", text()),
        ("data", text()),
        ("expires_at", count()),
        ("transcript", text()),
    ];
    let citation = vec![
        ("url", text()),
        ("title", text()),
        ("start_index", count()),
        ("end_index", count()),
    ];
    let citation = object(
        mode,
        vec![("url_citation", object(mode, citation, vec![]))],
        vec![],
    );
    let mut message = vec![
        ("content", text()),
        ("refusal", text()),
        ("tool_calls", list(tool_call(mode))),
        (
            "annotations",
            list(kinds(mode, "type", vec![("url_citation", citation)])),
        ),
        ("audio", object(mode, audio, vec![])),
        ("function_call", function_call(mode)),
    ];
    if mode == Mode::Wild {
        message.push(("reasoning", one_of(vec![text(), any_object()])));
        message.push(("reasoning_details", list(any_reasoning())));
    }
    let message = object(mode, vec![("role", fixed("assistant"))], message);
    let choice = object(
        mode,
        vec![("index", count()), ("message", message)],
        vec![
            ("finish_reason", word(mode, FINISH)),
            ("logprobs", logprobs(mode)),
        ],
    );
    let mut required = envelope("chat.completion");
    required.push(("choices", list(choice)));
    let optional = vec![
        ("usage", usage(mode)),
        ("moderation", moderation(mode)),
        ("service_tier", word(mode, TIERS)),
        ("system_fingerprint", text()),
    ];
    object(mode, required, optional)
}

/// One chunk of a streamed chat answer.
pub(crate) fn chat_chunk(mode: Mode) -> Values {
    let function = || object(mode, vec![], vec![("name", text()), ("arguments", text())]);
    let call = vec![
        ("id", text()),
        ("type", fixed("function")),
        ("function", function()),
    ];
    let audio = vec![
        ("id", text()),
        ("data", text()),
        ("transcript", text()),
        ("expires_at", count()),
    ];
    let delta = vec![
        ("role", word(mode, &["assistant"])),
        ("content", text()),
        ("refusal", text()),
        (
            "tool_calls",
            list(object(mode, vec![("index", count())], call)),
        ),
        ("audio", object(mode, vec![], audio)),
        ("function_call", function()),
    ];
    let choice = object(
        mode,
        vec![("index", count()), ("delta", object(mode, vec![], delta))],
        vec![
            ("finish_reason", word(mode, FINISH)),
            ("logprobs", logprobs(mode)),
        ],
    );
    let mut required = envelope("chat.completion.chunk");
    required.push(("choices", list(choice)));
    let optional = vec![
        ("usage", usage(mode)),
        ("moderation", moderation(mode)),
        ("service_tier", word(mode, TIERS)),
        ("system_fingerprint", text()),
        ("obfuscation", text()),
    ];
    object(mode, required, optional)
}
