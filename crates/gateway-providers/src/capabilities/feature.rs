//! The features, each as a request that uses it.

use serde_json::{Value, json};

/// One feature of the chat endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// Its name in answers and documents, e.g. `tool_choice_required`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Paths as which a dialect would name it among what it dropped; what holds one of them holds it.
    pub paths: &'static [&'static str],
    /// Makes the request: a plain one comes in, a plain one with the feature goes out.
    pub(super) apply: fn(&mut Value),
}

/// Every feature, in the order of documents.
pub static FEATURES: &[Feature] = &[
    feature("system", "System prompt", &["messages[0]"], |body| {
        messages(
            body,
            json!([{"role": "system", "content": "Be brief."}, user("Hi")]),
        );
    }),
    feature(
        "system_between",
        "Instructions between messages",
        &["messages[2]"],
        |body| {
            let said = json!({"role": "assistant", "content": "Hello."});
            let between = json!({"role": "developer", "content": "Speak French."});
            messages(body, json!([user("Hi"), said, between, user("Again.")]));
        },
    ),
    feature(
        "image_data",
        "Image as a data: URL",
        &["messages[0].content[1]"],
        |body| {
            messages(body, json!([image("data:image/png;base64,iVBORw0KGgo=")]));
        },
    ),
    feature(
        "image_url",
        "Image as an https: URL",
        &["messages[0].content[1]"],
        |body| {
            messages(body, json!([image("https://example.com/cat.png")]));
        },
    ),
    feature("file", "PDF file", &["messages[0].content[1]"], |body| {
        let file = json!({"type": "file", "file": {
            "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQK",
        }});
        messages(body, json!([with_part(&file)]));
    }),
    feature(
        "audio_input",
        "Audio input",
        &["messages[0].content[1]"],
        |body| {
            let audio = json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}});
            messages(body, json!([with_part(&audio)]));
        },
    ),
    feature("tools", "Tools", &["tools"], |body| {
        set(body, "tools", tools());
    }),
    feature(
        "tool_results",
        "Tool calls and results in history",
        &["messages[1]", "messages[2]"],
        |body| {
            set(body, "tools", tools());
            let call = json!({"role": "assistant", "content": null, "tool_calls": [{
                "id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"at\":\"sky\"}"},
            }]});
            let result = json!({"role": "tool", "tool_call_id": "call_1", "content": "blue"});
            messages(body, json!([user("Look."), call, result]));
        },
    ),
    feature(
        "tool_choice_required",
        "A call is required",
        &["tool_choice"],
        |body| {
            set(body, "tools", tools());
            set(body, "tool_choice", json!("required"));
        },
    ),
    feature(
        "tool_choice_named",
        "A named tool is required",
        &["tool_choice"],
        |body| {
            set(body, "tools", tools());
            set(
                body,
                "tool_choice",
                json!({"type": "function", "function": {"name": "look"}}),
            );
        },
    ),
    feature(
        "tool_choice_none",
        "Tools, but no call",
        &["tool_choice", "tools"],
        |body| {
            set(body, "tools", tools());
            set(body, "tool_choice", json!("none"));
        },
    ),
    feature(
        "parallel_tool_calls_off",
        "One call at a time",
        &["parallel_tool_calls"],
        |body| {
            set(body, "tools", tools());
            set(body, "parallel_tool_calls", json!(false));
        },
    ),
    feature("custom_tools", "Custom tools", &["tools[0]"], |body| {
        set(
            body,
            "tools",
            json!([{"type": "custom", "custom": {"name": "free", "description": "Any text."}}]),
        );
    }),
    feature(
        "json_schema",
        "Answer by a JSON schema",
        &["response_format"],
        |body| {
            let schema = json!({
                "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false,
            });
            let format = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": true}});
            set(body, "response_format", format);
        },
    ),
    feature(
        "json_object",
        "Answer as any JSON object",
        &["response_format"],
        |body| {
            set(body, "response_format", json!({"type": "json_object"}));
        },
    ),
    feature(
        "reasoning_effort",
        "Reasoning effort",
        &["reasoning_effort"],
        |body| {
            set(body, "reasoning_effort", json!("high"));
        },
    ),
    feature("verbosity", "Verbosity", &["verbosity"], |body| {
        set(body, "verbosity", json!("low"));
    }),
    feature(
        "max_completion_tokens",
        "Limit of tokens",
        &["max_completion_tokens"],
        |body| {
            set(body, "max_completion_tokens", json!(2077));
        },
    ),
    feature("stop", "Stop sequences", &["stop"], |body| {
        set(body, "stop", json!(["END", "STOP"]));
    }),
    feature("n", "Several answers", &["n"], |body| {
        set(body, "n", json!(2));
    }),
    feature("seed", "Seed", &["seed"], |body| {
        set(body, "seed", json!(7));
    }),
    feature("temperature", "Temperature", &["temperature"], |body| {
        set(body, "temperature", json!(0.25));
    }),
    feature("top_p", "Nucleus sampling", &["top_p"], |body| {
        set(body, "top_p", json!(0.75));
    }),
    feature(
        "top_k",
        "Top-k sampling (an extension)",
        &["top_k"],
        |body| {
            set(body, "top_k", json!(40));
        },
    ),
    feature(
        "presence_penalty",
        "Presence penalty",
        &["presence_penalty"],
        |body| {
            set(body, "presence_penalty", json!(0.5));
        },
    ),
    feature(
        "frequency_penalty",
        "Frequency penalty",
        &["frequency_penalty"],
        |body| {
            set(body, "frequency_penalty", json!(0.5));
        },
    ),
    feature("logit_bias", "Bias of tokens", &["logit_bias"], |body| {
        set(body, "logit_bias", json!({"50256": -100}));
    }),
    feature(
        "logprobs",
        "Log probabilities",
        &["logprobs", "top_logprobs"],
        |body| {
            set(body, "logprobs", json!(true));
            set(body, "top_logprobs", json!(2));
        },
    ),
    feature("prediction", "Predicted output", &["prediction"], |body| {
        set(
            body,
            "prediction",
            json!({"type": "content", "content": "text"}),
        );
    }),
    feature(
        "audio_output",
        "Audio output",
        &["modalities", "audio"],
        |body| {
            set(body, "modalities", json!(["text", "audio"]));
            set(body, "audio", json!({"voice": "alloy", "format": "wav"}));
        },
    ),
    feature(
        "web_search_options",
        "Web search",
        &["web_search_options"],
        |body| {
            set(
                body,
                "web_search_options",
                json!({"search_context_size": "low"}),
            );
        },
    ),
    feature(
        "cache_control",
        "Cache marks (an extension)",
        &["messages[0].content[0].cache_control"],
        |body| {
            let part =
                json!({"type": "text", "text": "Long.", "cache_control": {"type": "ephemeral"}});
            messages(body, json!([{"role": "user", "content": [part]}]));
        },
    ),
    feature(
        "prompt_cache_key",
        "Cache key",
        &["prompt_cache_key"],
        |body| {
            set(body, "prompt_cache_key", json!("k-1"));
        },
    ),
    feature("user", "End user", &["user"], |body| {
        set(body, "user", json!("u-1"));
    }),
    feature("metadata", "Metadata", &["metadata"], |body| {
        set(body, "metadata", json!({"a": "b"}));
    }),
    feature("service_tier", "Service tier", &["service_tier"], |body| {
        set(body, "service_tier", json!("flex"));
    }),
    feature("store", "Storing the answer", &["store"], |body| {
        set(body, "store", json!(true));
    }),
];

const fn feature(
    name: &'static str,
    title: &'static str,
    paths: &'static [&'static str],
    apply: fn(&mut Value),
) -> Feature {
    Feature {
        name,
        title,
        paths,
        apply,
    }
}

fn set(body: &mut Value, name: &str, value: Value) {
    if let Some(body) = body.as_object_mut() {
        body.insert(name.to_owned(), value);
    }
}

fn messages(body: &mut Value, messages: Value) {
    set(body, "messages", messages);
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn with_part(part: &Value) -> Value {
    json!({"role": "user", "content": [{"type": "text", "text": "What is this?"}, part]})
}

fn image(url: &str) -> Value {
    with_part(&json!({"type": "image_url", "image_url": {"url": url}}))
}

fn tools() -> Value {
    let parameters = json!({
        "type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"], "additionalProperties": false,
    });
    let function = json!({"name": "look", "description": "Looks.", "parameters": parameters});
    json!([{"type": "function", "function": function}])
}
