//! Random chat requests.

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

pub(super) fn function_call(mode: Mode) -> Values {
    object(mode, vec![("name", text()), ("arguments", text())], vec![])
}

pub(super) fn tool_call(mode: Mode) -> Values {
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

pub(super) fn any_reasoning() -> Values {
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
pub(super) fn moderation(mode: Mode) -> Values {
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

pub(super) fn sampling(mode: Mode) -> Vec<(&'static str, Values)> {
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
