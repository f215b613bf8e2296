//! Random chat requests, answers and chunks, and completions.

use super::{
    Mode, Values, any_json, any_object, count, fixed, flag, kinds, list, number, object, one_of,
    small, text, word,
};
use proptest::prelude::*;
use serde_json::Value;

fn breakpoint(mode: Mode) -> Values {
    object(
        mode,
        vec![("mode", fixed("explicit"))],
        vec![("ttl", word(Mode::Plain, &["30m"]))],
    )
}

fn part(mode: Mode, known: &[&str]) -> Values {
    let cache = || vec![("prompt_cache_breakpoint", breakpoint(mode))];
    let url = object(
        mode,
        vec![("url", text())],
        vec![("detail", word(mode, &["auto", "low", "high"]))],
    );
    let audio = object(
        mode,
        vec![("data", text()), ("format", word(mode, &["wav", "mp3"]))],
        vec![],
    );
    let file = vec![
        ("file_data", text()),
        ("file_id", text()),
        ("filename", text()),
    ];
    let all = vec![
        ("text", object(mode, vec![("text", text())], cache())),
        ("image_url", object(mode, vec![("image_url", url)], cache())),
        (
            "input_audio",
            object(mode, vec![("input_audio", audio)], cache()),
        ),
        (
            "file",
            object(mode, vec![("file", object(mode, vec![], file))], cache()),
        ),
        ("refusal", object(mode, vec![("refusal", text())], vec![])),
    ];
    kinds(
        mode,
        "type",
        all.into_iter()
            .filter(|(kind, _)| known.contains(kind))
            .collect(),
    )
}

fn content(mode: Mode, known: &[&str]) -> Values {
    one_of(vec![text(), list(part(mode, known))])
}

fn function_call(mode: Mode) -> Values {
    object(mode, vec![("name", text()), ("arguments", text())], vec![])
}

fn tool_call(mode: Mode) -> Values {
    let extra = if mode == Mode::Wild {
        vec![("extra_content", any_json())]
    } else {
        vec![]
    };
    let function = object(
        mode,
        vec![("id", text()), ("function", function_call(mode))],
        extra,
    );
    let input = object(mode, vec![("name", text()), ("input", text())], vec![]);
    let name = if mode == Mode::Wild {
        "custom"
    } else {
        "custom_tool"
    };
    let custom = object(mode, vec![("id", text()), (name, input)], vec![]);
    kinds(
        mode,
        "type",
        vec![("function", function), ("custom", custom)],
    )
}

fn message(mode: Mode) -> Values {
    let name = || vec![("name", text())];
    let plain = |role| {
        (
            role,
            object(mode, vec![("content", content(mode, &["text"]))], name()),
        )
    };
    let user = content(mode, &["text", "image_url", "input_audio", "file"]);
    let mut assistant = vec![
        ("content", content(mode, &["text", "refusal"])),
        ("refusal", text()),
        ("name", text()),
        ("audio", object(mode, vec![("id", text())], vec![])),
        ("tool_calls", list(tool_call(mode))),
        ("function_call", function_call(mode)),
    ];
    if mode == Mode::Wild {
        assistant.push(("reasoning_content", text()));
        assistant.push(("reasoning_details", list(any_reasoning())));
    }
    let tool = vec![
        ("content", content(mode, &["text"])),
        ("tool_call_id", text()),
    ];
    kinds(
        mode,
        "role",
        vec![
            plain("developer"),
            plain("system"),
            ("user", object(mode, vec![("content", user)], name())),
            ("assistant", object(mode, vec![], assistant)),
            ("tool", object(mode, tool, vec![])),
            (
                "function",
                object(mode, vec![("name", text())], vec![("content", text())]),
            ),
        ],
    )
}

fn any_reasoning() -> Values {
    object(
        Mode::Wild,
        vec![(
            "type",
            word(Mode::Wild, &["reasoning.text", "reasoning.encrypted"]),
        )],
        vec![
            ("text", text()),
            ("signature", text()),
            ("index", count()),
            ("format", text()),
        ],
    )
}

fn tool(mode: Mode) -> Values {
    let function = object(
        mode,
        vec![("name", text())],
        vec![
            ("description", text()),
            ("parameters", any_object()),
            ("strict", flag()),
        ],
    );
    let grammar = object(
        mode,
        vec![
            ("definition", text()),
            ("syntax", word(mode, &["lark", "regex"])),
        ],
        vec![],
    );
    let format = kinds(
        mode,
        "type",
        vec![
            ("text", object(mode, vec![], vec![])),
            ("grammar", object(mode, vec![("grammar", grammar)], vec![])),
        ],
    );
    let custom = object(
        mode,
        vec![("name", text()), ("format", format)],
        vec![("description", text())],
    );
    kinds(
        mode,
        "type",
        vec![
            (
                "function",
                object(mode, vec![("function", function)], vec![]),
            ),
            ("custom", object(mode, vec![("custom", custom)], vec![])),
        ],
    )
}

fn tool_choice(mode: Mode) -> Values {
    let name = || object(mode, vec![("name", text())], vec![]);
    let allowed = object(
        mode,
        vec![
            ("mode", word(mode, &["auto", "required"])),
            ("tools", list(any_object())),
        ],
        vec![],
    );
    let allowed = if mode == Mode::Wild {
        allowed
    } else {
        list(allowed)
    };
    let objects = kinds(
        mode,
        "type",
        vec![
            ("function", object(mode, vec![("function", name())], vec![])),
            ("custom", object(mode, vec![("custom", name())], vec![])),
            (
                "allowed_tools",
                object(mode, vec![("allowed_tools", allowed)], vec![]),
            ),
        ],
    );
    one_of(vec![word(mode, &["none", "auto", "required"]), objects])
}

fn response_format(mode: Mode) -> Values {
    let schema = object(
        mode,
        vec![("name", text()), ("schema", any_object())],
        vec![("description", text()), ("strict", flag())],
    );
    kinds(
        mode,
        "type",
        vec![
            ("text", object(mode, vec![], vec![])),
            ("json_object", object(mode, vec![], vec![])),
            (
                "json_schema",
                object(mode, vec![("json_schema", schema)], vec![]),
            ),
        ],
    )
}

fn web_search(mode: Mode) -> Values {
    let place = vec![
        ("city", text()),
        ("country", text()),
        ("region", text()),
        ("timezone", text()),
    ];
    let location = object(
        mode,
        vec![
            ("type", fixed("approximate")),
            ("approximate", object(mode, vec![], place)),
        ],
        vec![],
    );
    let size = word(mode, &["low", "medium", "high"]);
    object(
        mode,
        vec![],
        vec![("search_context_size", size), ("user_location", location)],
    )
}

fn prompt_cache_options(mode: Mode) -> Values {
    let optional = vec![
        ("mode", word(mode, &["implicit", "explicit"])),
        ("ttl", word(mode, &["30m"])),
    ];
    object(mode, vec![], optional)
}

/// What moderation found in the prompt and in the answer.
fn moderation(mode: Mode) -> Values {
    let scores = || super::any_map(number());
    let verdict = vec![
        ("type", fixed("moderation_result")),
        ("model", text()),
        ("flagged", flag()),
        ("categories", super::any_map(flag())),
        ("category_scores", scores()),
        (
            "category_applied_input_types",
            super::any_map(list(word(Mode::Plain, &["text"]))),
        ),
    ];
    let results = vec![
        ("model", text()),
        ("results", list(object(mode, verdict, vec![]))),
    ];
    let error = vec![("code", text()), ("message", text())];
    let outcome = kinds(
        mode,
        "type",
        vec![
            ("moderation_results", object(mode, results, vec![])),
            ("error", object(mode, error, vec![])),
        ],
    );
    object(
        mode,
        vec![("input", outcome.clone()), ("output", outcome)],
        vec![],
    )
}

fn moderation_request(mode: Mode) -> Values {
    let side = || {
        object(
            mode,
            vec![("mode", word(mode, &["score", "block"]))],
            vec![],
        )
    };
    let policy = object(mode, vec![], vec![("input", side()), ("output", side())]);
    object(mode, vec![("model", text())], vec![("policy", policy)])
}

fn sampling(mode: Mode) -> Vec<(&'static str, Values)> {
    let bias = proptest::collection::btree_map("[0-9]{1,4}", -100i8..=100, 0..3)
        .prop_map(|bias| serde_json::json!(bias));
    vec![
        ("temperature", number()),
        ("top_p", number()),
        ("frequency_penalty", number()),
        ("presence_penalty", number()),
        ("logit_bias", bias.boxed()),
        ("seed", any::<i64>().prop_map(Value::from).boxed()),
        ("n", small()),
        ("stop", one_of(vec![text(), list(text())])),
        ("stream", flag()),
        (
            "stream_options",
            object(
                mode,
                vec![],
                vec![("include_usage", flag()), ("include_obfuscation", flag())],
            ),
        ),
        ("max_tokens", count()),
        ("user", text()),
    ]
}

/// The body of `POST /v1/chat/completions`.
pub(crate) fn chat_request(mode: Mode) -> Values {
    let efforts = &["none", "minimal", "low", "medium", "high", "xhigh"];
    let audio = object(
        mode,
        vec![
            ("voice", text()),
            (
                "format",
                word(mode, &["wav", "aac", "mp3", "flac", "opus", "pcm16"]),
            ),
        ],
        vec![],
    );
    let prediction = object(mode, vec![("content", content(mode, &["text"]))], vec![]);
    let function = object(
        mode,
        vec![("name", text()), ("parameters", any_object())],
        vec![("description", text())],
    );
    let choice = object(mode, vec![("name", text())], vec![]);
    let tiers = &["auto", "default", "flex", "scale", "priority", "fast"];
    let mut optional = sampling(mode);
    optional.extend([
        ("max_completion_tokens", count()),
        ("logprobs", flag()),
        ("top_logprobs", small()),
        ("tools", list(tool(mode))),
        ("tool_choice", tool_choice(mode)),
        ("parallel_tool_calls", flag()),
        ("functions", list(function)),
        (
            "function_call",
            one_of(vec![word(Mode::Plain, &["none", "auto"]), choice]),
        ),
        ("response_format", response_format(mode)),
        ("reasoning_effort", word(mode, efforts)),
        ("verbosity", word(mode, &["low", "medium", "high"])),
        ("modalities", list(word(mode, &["text", "audio"]))),
        ("audio", audio),
        (
            "prediction",
            kinds(mode, "type", vec![("content", prediction)]),
        ),
        ("web_search_options", web_search(mode)),
        ("moderation", moderation_request(mode)),
        ("service_tier", word(mode, tiers)),
        ("prompt_cache_key", text()),
        ("prompt_cache_options", prompt_cache_options(mode)),
        ("safety_identifier", text()),
        ("metadata", any_object()),
        ("store", flag()),
    ]);
    object(
        mode,
        vec![("model", text()), ("messages", list(message(mode)))],
        optional,
    )
}

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

fn envelope(object_name: &'static str) -> Vec<(&'static str, Values)> {
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

/// Text, texts, tokens or lists of tokens.
pub(crate) fn prompt() -> Values {
    one_of(vec![
        text(),
        list(text()),
        list(count()),
        list(list(count())),
    ])
}

/// The body of `POST /v1/completions`.
pub(crate) fn completion_request(mode: Mode) -> Values {
    let mut optional = sampling(mode);
    optional.extend([
        ("suffix", text()),
        ("best_of", small()),
        ("echo", flag()),
        ("logprobs", small()),
    ]);
    object(
        mode,
        vec![("model", text()), ("prompt", prompt())],
        optional,
    )
}

/// The answer of `POST /v1/completions`.
pub(crate) fn completion_response(mode: Mode) -> Values {
    let lists = vec![
        ("text_offset", list(count())),
        (
            "token_logprobs",
            list(one_of(vec![number(), fixed(Value::Null)])),
        ),
        ("tokens", list(text())),
        ("top_logprobs", list(any_json())),
    ];
    let choice = object(
        mode,
        vec![("index", count()), ("text", text())],
        vec![
            (
                "finish_reason",
                word(mode, &["stop", "length", "content_filter"]),
            ),
            ("logprobs", object(mode, lists, vec![])),
        ],
    );
    let mut required = envelope("text_completion");
    required.push(("choices", list(choice)));
    object(
        mode,
        required,
        vec![("usage", usage(mode)), ("system_fingerprint", text())],
    )
}
