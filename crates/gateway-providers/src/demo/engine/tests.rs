//! The engine from outside: requests in, answers out.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::{Map, Value, json};

use super::{DemoAnswer, DemoRequest, Part, answer, serve};
use crate::{
    Operation,
    demo::{DemoConfig, MODELS},
    operation::OPERATIONS,
};

fn ask(operation: Operation, body: &Value) -> DemoAnswer {
    let answered = answer(operation, body.as_object().unwrap());
    assert_eq!(
        answered,
        answer(operation, body.as_object().unwrap()),
        "an answer is always the same"
    );
    assert_eq!(answered.headers["x-gateway-demo"], "true");
    answered
}

fn json_of(operation: Operation, body: &Value) -> Value {
    let answered = ask(operation, body);
    let json: Value = serde_json::from_slice(&answered.body()).unwrap();
    assert_eq!(answered.status, 200, "{json}");
    json
}

/// A chat request from its messages and other members.
fn chat(user: &str, more: &Value) -> Value {
    let mut body = json!({ "model": "chat", "messages": [{ "role": "user", "content": user }] });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

fn events(answered: &DemoAnswer) -> Vec<Value> {
    let text = String::from_utf8(answered.body().to_vec()).unwrap();
    let data = text.split("\n\n").filter_map(|event| {
        event
            .lines()
            .last()?
            .strip_prefix("data: ")
            .map(str::to_owned)
    });
    data.filter(|data| data != "[DONE]")
        .map(|data| serde_json::from_str(&data).unwrap())
        .collect()
}

fn function(name: &str, description: &str, parameters: &Value) -> Value {
    json!({ "type": "function", "function": { "name": name, "description": description, "parameters": parameters } })
}

fn weather_and_time() -> Value {
    let place = json!({
        "type": "object",
        "properties": { "location": { "type": "string" }, "unit": { "type": "string", "enum": ["celsius", "kelvin"] } },
        "required": ["location", "unit"]
    });
    json!([
        function("get_weather", "Current weather of a place", &place),
        function("get_time", "The clock", &json!({ "type": "object" }))
    ])
}

#[test]
fn a_chat_answer_refers_to_the_last_message_and_counts_words() {
    let body = json!({ "model": "chat", "messages": [
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": [{ "type": "text", "text": "Hello there" }, { "type": "image_url", "image_url": { "url": "x" } }] }
    ]});
    let json = json_of(Operation::Chat, &body);
    let content = json["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(
        content.contains("demo provider") && content.contains("\"Hello there\""),
        "{content}"
    );
    assert_eq!(json["choices"][0]["finish_reason"], "stop");
    assert_eq!(json["system_fingerprint"], "fp_demo");
    assert_eq!(json["usage"]["prompt_tokens"], 5);
    assert_eq!(
        json["usage"]["completion_tokens"],
        content.split(' ').count()
    );
}

#[test]
fn limits_stops_and_choices_are_honoured() {
    for key in ["max_tokens", "max_completion_tokens"] {
        let json = json_of(Operation::Chat, &chat("Hello", &json!({ key: 3 })));
        assert_eq!(json["choices"][0]["message"]["content"], "This is the");
        assert_eq!(json["choices"][0]["finish_reason"], "length");
        assert_eq!(json["usage"]["completion_tokens"], 3);
    }
    let json = json_of(
        Operation::Chat,
        &chat("Hello", &json!({ "stop": ["never", " demo", "provider"] })),
    );
    assert_eq!(
        json["choices"][0]["message"]["content"],
        "This is the gateway's"
    );
    assert_eq!(json["choices"][0]["finish_reason"], "stop");
    let json = json_of(
        Operation::Chat,
        &chat("Hello", &json!({ "n": 8, "x_demo_words": 2 })),
    );
    let contents: Vec<_> = json["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice["message"]["content"].clone())
        .collect();
    assert_eq!(contents.len(), 8);
    assert_eq!(
        (&contents[0], &contents[7]),
        (&json!("word1 word2"), &json!("Choice 8: word1 word2"))
    );
}

#[test]
fn log_probabilities_cover_the_text() {
    let json = json_of(
        Operation::Chat,
        &chat("Hello", &json!({ "logprobs": true, "top_logprobs": 3 })),
    );
    let entries = json["choices"][0]["logprobs"]["content"]
        .as_array()
        .unwrap();
    let text: String = entries
        .iter()
        .map(|entry| entry["token"].as_str().unwrap())
        .collect();
    assert_eq!(json["choices"][0]["message"]["content"], text);
    for entry in entries {
        assert_eq!(
            entry["bytes"],
            json!(entry["token"].as_str().unwrap().as_bytes())
        );
        let tops: Vec<f64> = entry["top_logprobs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|top| top["logprob"].as_f64().unwrap())
            .collect();
        assert!(
            tops.len() == 3 && tops.is_sorted_by(|one, next| one > next) && tops[0] <= 0.0,
            "{tops:?}"
        );
    }
}

#[test]
fn reasoning_comes_first_and_is_counted() {
    let body = json!({ "model": "reasoning", "messages": [{ "role": "user", "content": "Why?" }], "stream": true });
    let deltas: Vec<Value> = events(&ask(Operation::Chat, &body))
        .iter()
        .map(|chunk| chunk["choices"][0]["delta"].clone())
        .collect();
    let last_thought = deltas
        .iter()
        .rposition(|delta| delta.get("reasoning_content").is_some())
        .unwrap();
    let first_word = deltas
        .iter()
        .position(|delta| {
            delta["content"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        })
        .unwrap();
    assert!(last_thought < first_word);
    let json = json_of(
        Operation::Chat,
        &json!({ "model": "reasoning", "messages": body["messages"] }),
    );
    assert!(
        json["usage"]["completion_tokens_details"]["reasoning_tokens"]
            .as_u64()
            .unwrap()
            > 5
    );
    let none =
        json!({ "model": "reasoning", "messages": body["messages"], "reasoning_effort": "none" });
    assert_eq!(
        json_of(Operation::Chat, &none)["choices"][0]["message"].get("reasoning_content"),
        None
    );
}

/// The names of the tools that are called.
fn called(body: &Value) -> Vec<String> {
    let json = json_of(Operation::Chat, body);
    let choice = &json["choices"][0];
    let calls = choice["message"]["tool_calls"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(choice["finish_reason"] == "tool_calls", !calls.is_empty());
    assert_eq!(choice["message"]["content"].is_null(), !calls.is_empty());
    calls
        .iter()
        .map(|call| call["function"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn tools_are_called_when_they_should_be() {
    let force = |name: &str| json!({ "type": "function", "function": { "name": name } });
    let allow = json!({ "type": "allowed_tools", "allowed_tools": { "mode": "required", "tools": [force("get_time")] } });
    for (user, choice, expected) in [
        ("Hello", json!(null), vec![]),
        ("Hello", json!("none"), vec![]),
        ("What's the weather in Paris?", json!("none"), vec![]),
        (
            "What's the weather in Paris?",
            json!("auto"),
            vec!["get_weather"],
        ),
        ("What does the clock say?", json!(null), vec!["get_time"]),
        ("Hello", json!("required"), vec!["get_weather"]),
        ("Hello", force("get_time"), vec!["get_time"]),
        ("Hello", allow, vec!["get_time"]),
        (
            "Call get_time and get_weather",
            json!("auto"),
            vec!["get_weather", "get_time"],
        ),
    ] {
        let body = chat(
            user,
            &json!({ "tools": weather_and_time(), "tool_choice": choice }),
        );
        assert_eq!(called(&body), expected, "{user} {choice}");
    }
    let single = json!({ "tools": weather_and_time(), "parallel_tool_calls": false });
    assert_eq!(
        called(&chat("Call get_time and get_weather", &single)),
        ["get_weather"]
    );
}

#[test]
fn arguments_meet_the_schema_and_use_the_message() {
    let json = json_of(
        Operation::Chat,
        &chat(
            "What's the weather in New York?",
            &json!({ "tools": weather_and_time() }),
        ),
    );
    let call = &json["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(
        call["function"]["arguments"],
        r#"{"location":"New York","unit":"celsius"}"#
    );
    assert!(call["id"].as_str().unwrap().starts_with("call_demo"));
    let custom = json!({ "tools": [{ "type": "custom", "custom": { "name": "shell" } }], "tool_choice": "required" });
    let json = json_of(Operation::Chat, &chat("ls -l", &custom));
    assert_eq!(
        json["choices"][0]["message"]["tool_calls"][0]["custom"],
        json!({ "name": "shell", "input": "ls -l" })
    );
    let legacy =
        json!({ "functions": [{ "name": "weather", "parameters": { "type": "object" } }] });
    let json = json_of(Operation::Chat, &chat("weather", &legacy));
    assert_eq!(
        json["choices"][0]["message"]["function_call"],
        json!({ "name": "weather", "arguments": "{}" })
    );
    assert_eq!(json["choices"][0]["finish_reason"], "function_call");
}

#[test]
fn the_results_of_tools_are_told() {
    let body = json!({ "model": "chat", "tools": weather_and_time(), "messages": [
        { "role": "user", "content": "Call get_weather" },
        { "role": "assistant", "content": null, "tool_calls": [
            { "id": "call_1", "type": "function", "function": { "name": "get_weather", "arguments": "{}" } },
            { "id": "call_2", "type": "function", "function": { "name": "get_time", "arguments": "{}" } } ] },
        { "role": "tool", "tool_call_id": "call_1", "content": "22 degrees" },
        { "role": "tool", "tool_call_id": "call_2", "content": [{ "type": "text", "text": "noon" }] }
    ]});
    let json = json_of(Operation::Chat, &body);
    let content = json["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(
        content
            .contains("The tool get_weather returned: 22 degrees The tool get_time returned: noon"),
        "{content}"
    );
}

#[test]
fn json_is_answered_where_json_is_asked_for() {
    let content = |format: Value| {
        let json = json_of(
            Operation::Chat,
            &chat(
                "Alice and Bob meet on Friday.",
                &json!({ "response_format": format }),
            ),
        );
        serde_json::from_str::<Value>(json["choices"][0]["message"]["content"].as_str().unwrap())
            .unwrap()
    };
    assert!(
        content(json!({ "type": "json_object" }))["answer"]
            .as_str()
            .unwrap()
            .contains("Alice")
    );
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["name", "date", "participants"],
        "properties": { "name": { "type": "string" }, "date": { "type": "string", "format": "date" },
            "participants": { "type": "array", "items": { "$ref": "#/$defs/person" }, "minItems": 2 } },
        "$defs": { "person": { "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] } }
    });
    let value = content(
        json!({ "type": "json_schema", "json_schema": { "name": "event", "strict": true, "schema": schema } }),
    );
    assert_eq!(
        value,
        json!({ "name": "Alice", "date": "2026-01-01", "participants": [{ "name": "Bob" }, { "name": "Friday" }] })
    );
}

/// Puts the chunks of a stream together again.
fn accumulate(chunks: &[Value], count: usize) -> Vec<Value> {
    let mut choices = vec![json!({ "message": {}, "finish_reason": null, "logprobs": [] }); count];
    for part in chunks
        .iter()
        .flat_map(|chunk| chunk["choices"].as_array().unwrap())
    {
        let choice = &mut choices[usize::try_from(part["index"].as_u64().unwrap()).unwrap()];
        append(&mut choice["message"], &part["delta"]);
        if let Some(entries) = part["logprobs"]["content"].as_array() {
            choice["logprobs"]
                .as_array_mut()
                .unwrap()
                .extend(entries.clone());
        }
        if !part["finish_reason"].is_null() {
            assert!(
                choice["finish_reason"].is_null(),
                "one finish reason a choice"
            );
            choice["finish_reason"] = part["finish_reason"].clone();
        }
    }
    choices
}

/// Adds a delta: texts grow, lists go by `index`, `id`, `type` and `name` come once.
fn append(whole: &mut Value, delta: &Value) {
    match (whole, delta) {
        (Value::Object(whole), Value::Object(delta)) => {
            for (key, value) in delta.iter().filter(|(key, _)| *key != "index") {
                append(whole.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (whole, Value::Array(parts)) => {
            for part in parts {
                let index = usize::try_from(part["index"].as_u64().unwrap()).unwrap();
                if whole.is_null() {
                    *whole = json!([]);
                }
                let list = whole.as_array_mut().unwrap();
                list.resize(list.len().max(index + 1), json!({}));
                append(&mut list[index], part);
            }
        }
        (Value::String(whole), Value::String(more)) => whole.push_str(more),
        (whole, Value::Object(_)) => {
            *whole = json!({});
            append(whole, delta);
        }
        (whole, value) => *whole = value.clone(),
    }
}

#[test]
fn a_stream_put_together_is_the_whole_answer() {
    let tools = weather_and_time();
    for body in [
        chat("Hello", &json!({})),
        chat(
            "Hello",
            &json!({ "n": 3, "logprobs": true, "top_logprobs": 2 }),
        ),
        chat("Hello", &json!({ "max_tokens": 4, "n": 2 })),
        chat("Hello", &json!({ "model": "reasoning", "stop": "demo" })),
        chat("Hello", &json!({ "model": "reasoning", "max_tokens": 2 })),
        chat(
            "get_weather and get_time in Ōsaka",
            &json!({ "tools": tools, "n": 2 }),
        ),
        chat(
            "Hello",
            &json!({ "tools": [{ "type": "custom", "custom": { "name": "x" } }], "tool_choice": "required" }),
        ),
        chat(
            "Hello",
            &json!({ "functions": [{ "name": "x" }], "function_call": { "name": "x" } }),
        ),
        chat(
            "Hello",
            &json!({ "response_format": { "type": "json_object" } }),
        ),
    ] {
        let whole = json_of(Operation::Chat, &body);
        let mut streamed = body.clone();
        streamed.as_object_mut().unwrap().extend(
            json!({ "stream": true, "stream_options": { "include_usage": true } })
                .as_object()
                .unwrap()
                .clone(),
        );
        let answered = ask(Operation::Chat, &streamed);
        assert!(answered.body().ends_with(b"data: [DONE]\n\n"));
        let mut chunks = events(&answered);
        let last = chunks.pop().unwrap();
        assert_eq!(
            (&last["choices"], &last["usage"]),
            (&json!([]), &whole["usage"]),
            "{body}"
        );
        assert!(
            chunks
                .iter()
                .all(|chunk| chunk["usage"].is_null() && chunk["id"] == whole["id"])
        );
        let choices = whole["choices"].as_array().unwrap();
        for (choice, together) in choices.iter().zip(accumulate(&chunks, choices.len())) {
            assert_eq!(choice["message"], together["message"], "{body}");
            assert_eq!(choice["finish_reason"], together["finish_reason"]);
            let logprobs = choice["logprobs"]["content"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            assert_eq!(json!(logprobs), together["logprobs"]);
        }
    }
}

#[test]
fn a_stream_keeps_its_pace() {
    let waits = |more: Value| -> Duration {
        ask(Operation::Chat, &chat("Hello", &more))
            .script
            .iter()
            .map(|piece| piece.delay)
            .sum()
    };
    let words = json!({ "stream": true, "x_demo_words": 10, "n": 2 });
    // Ten words and the finish; the second choice says its number before it.
    assert_eq!(waits(words), Duration::from_millis(20) * 13);
    assert_eq!(
        waits(json!({ "stream": true, "x_demo_words": 10, "x_demo_pace_ms": 3 })),
        Duration::from_millis(33)
    );
    assert_eq!(waits(json!({ "x_demo_words": 10 })), Duration::ZERO);
    let script = ask(
        Operation::Chat,
        &chat("Hello", &json!({ "stream": true, "x_demo_words": 4 })),
    )
    .script;
    let parts: Vec<Part> = script.iter().map(|piece| piece.part).collect();
    assert_eq!(
        parts,
        [vec![Part::Content; 5], vec![Part::Finish, Part::Done]].concat()
    );
}

#[test]
fn completions_echo_and_stream() {
    let body = json!({ "model": "chat", "prompt": ["One", "Two"], "echo": true, "logprobs": 1, "max_tokens": 3 });
    let whole = json_of(Operation::Completions, &body);
    assert_eq!(whole["choices"][1]["text"], "TwoThis is the");
    assert_eq!(whole["choices"][1]["finish_reason"], "length");
    assert_eq!(whole["usage"]["total_tokens"], 8);
    let mut streamed = body;
    streamed["stream"] = json!(true);
    let mut texts = [String::new(), String::new()];
    for chunk in events(&ask(Operation::Completions, &streamed)) {
        let choice = &chunk["choices"][0];
        texts[usize::try_from(choice["index"].as_u64().unwrap()).unwrap()]
            .push_str(choice["text"].as_str().unwrap());
    }
    assert_eq!(texts, ["OneThis is the", "TwoThis is the"]);
}

#[test]
fn embeddings_are_unit_vectors_in_every_form() {
    let vectors = |body: Value| -> Vec<Vec<f32>> {
        let json = json_of(Operation::Embeddings, &body);
        json["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| match &item["embedding"] {
                Value::String(base64) => {
                    let bytes = STANDARD.decode(base64).unwrap();
                    bytes
                        .chunks(4)
                        .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
                        .collect()
                }
                floats => serde_json::from_value(floats.clone()).unwrap(),
            })
            .collect()
    };
    let inputs = json!(["the red house", "the red houses", "quarterly tax report"]);
    let floats = vectors(json!({ "model": "embeddings", "input": inputs }));
    assert_eq!(
        floats,
        vectors(json!({ "model": "embeddings", "input": inputs, "encoding_format": "base64" }))
    );
    let dot = |one: &[f32], other: &[f32]| {
        one.iter()
            .zip(other)
            .map(|(one, other)| one * other)
            .sum::<f32>()
    };
    for vector in &floats {
        assert_eq!(vector.len(), 256);
        assert!((dot(vector, vector) - 1.0).abs() < 1e-5);
    }
    assert!(
        dot(&floats[0], &floats[1]) > dot(&floats[0], &floats[2]) + 0.3,
        "shared words make texts near"
    );
    for (input, count) in [
        (json!("a"), 1),
        (json!([1, 2, 3]), 1),
        (json!([[1], [2, 3]]), 2),
        (json!(["a", "b"]), 2),
    ] {
        let vectors = vectors(json!({ "model": "embeddings", "input": input, "dimensions": 8 }));
        assert_eq!((vectors.len(), vectors[0].len()), (count, 8), "{input}");
    }
}

#[test]
fn responses_are_answered_whole_and_in_events() {
    let tool = json!({ "type": "function", "name": "get_weather", "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } });
    for body in [
        json!({ "model": "chat", "input": "Hello" }),
        json!({ "model": "reasoning", "input": [{ "role": "user", "content": [{ "type": "input_text", "text": "Hello" }] }] }),
        json!({ "model": "chat", "input": "Hello", "max_output_tokens": 2 }),
        json!({ "model": "chat", "input": "get_weather in Paris", "tools": [tool] }),
        json!({ "model": "chat", "input": [
            { "type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "c1", "output": "sunny" }] }),
        json!({ "model": "chat", "input": "x", "text": { "format": { "type": "json_schema", "name": "n", "schema": { "type": "object" } } } }),
    ] {
        let whole = json_of(Operation::Responses, &body);
        assert_eq!(whole["object"], "response");
        let mut streamed = body.clone();
        streamed["stream"] = json!(true);
        let events = events(&ask(Operation::Responses, &streamed));
        for (number, event) in events.iter().enumerate() {
            assert_eq!(event["sequence_number"], number);
        }
        let last = events.last().unwrap();
        let cut = body.get("max_output_tokens").is_some();
        assert_eq!(
            last["type"],
            if cut {
                "response.incomplete"
            } else {
                "response.completed"
            }
        );
        assert_eq!(
            whole["status"],
            if cut { "incomplete" } else { "completed" }
        );
        assert!(last["response"]["usage"]["total_tokens"].as_u64().unwrap() > 0);
        // Only what repeats the request may differ: the request asked for a stream.
        assert_eq!(last["response"], whole);
        let deltas = |kind: &str| -> String {
            events
                .iter()
                .filter(|event| event["type"] == kind)
                .map(|event| event["delta"].as_str().unwrap())
                .collect()
        };
        for item in whole["output"].as_array().unwrap() {
            match item["type"].as_str().unwrap() {
                "message" => assert_eq!(
                    item["content"][0]["text"],
                    deltas("response.output_text.delta")
                ),
                "reasoning" => assert_eq!(
                    item["summary"][0]["text"],
                    deltas("response.reasoning_summary_text.delta")
                ),
                _ => assert_eq!(
                    item["arguments"],
                    deltas("response.function_call_arguments.delta")
                ),
            }
        }
    }
    let told = json_of(
        Operation::Responses,
        &json!({ "model": "chat", "input": [
        { "type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}" },
        { "type": "function_call_output", "call_id": "c1", "output": "sunny" }] }),
    );
    assert!(
        told["output"][0]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("get_weather returned: sunny")
    );
}

#[test]
fn the_other_operations_answer() {
    let image = json_of(
        Operation::ImageGenerations,
        &json!({ "model": "image", "prompt": "a cat", "n": 2 }),
    );
    let first = STANDARD
        .decode(image["data"][0]["b64_json"].as_str().unwrap())
        .unwrap();
    assert!(first.starts_with(b"\x89PNG") && image["data"][0] != image["data"][1]);
    let url = json_of(
        Operation::ImageGenerations,
        &json!({ "model": "image", "prompt": "a cat", "response_format": "url" }),
    );
    assert_eq!(
        url["data"][0]["url"],
        format!("data:image/png;base64,{}", STANDARD.encode(first))
    );
    let streamed = ask(
        Operation::ImageGenerations,
        &json!({ "model": "image", "prompt": "a cat", "stream": true, "partial_images": 1 }),
    );
    let kinds: Vec<Value> = events(&streamed)
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(
        kinds,
        [
            "image_generation.partial_image",
            "image_generation.completed"
        ]
    );

    let moderated = json_of(
        Operation::Moderations,
        &json!({ "model": "moderation", "input": ["a nice day", "I will kill it"] }),
    );
    assert_eq!(
        (
            &moderated["results"][0]["flagged"],
            &moderated["results"][1]["flagged"]
        ),
        (&json!(false), &json!(true))
    );
    assert_eq!(moderated["results"][1]["categories"]["violence"], true);

    let documents = json!(["a tax report", { "text": "red house" }, "house"]);
    let ranked = json_of(
        Operation::Rerank,
        &json!({ "model": "rerank", "query": "the red house", "documents": documents, "top_n": 2, "return_documents": true }),
    );
    let order: Vec<&Value> = ranked["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["index"])
        .collect();
    assert_eq!(order, [1, 2]);
    assert_eq!(ranked["results"][0]["document"]["text"], "red house");

    let speech = ask(
        Operation::Speech,
        &json!({ "model": "speech", "input": "hi", "voice": "alloy" }),
    );
    let wav = speech.body();
    assert_eq!(
        (
            &wav[..4],
            &wav[8..16],
            speech.headers["content-type"].as_bytes()
        ),
        (&b"RIFF"[..], &b"WAVEfmt "[..], &b"audio/wav"[..])
    );
    assert_eq!(
        u32::from_le_bytes(wav[4..8].try_into().unwrap()) as usize,
        wav.len() - 8
    );
    let heard = json_of(
        Operation::Transcriptions,
        &json!({ "model": "transcription" }),
    );
    assert!(heard["text"].as_str().unwrap().contains("demo provider"));
}

#[test]
fn bad_requests_name_what_is_wrong() {
    use Operation::{
        Chat, Completions, Embeddings, ImageGenerations, Moderations, Rerank, Responses, Speech,
    };
    let format = |schema: Value| json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "n", "schema": schema } } });
    for (operation, body, status, param) in [
        (Chat, json!({}), 400, json!("model")),
        (Chat, json!({ "model": 7 }), 400, json!("model")),
        (Chat, json!({ "model": "gpt-9" }), 404, json!("model")),
        (
            Chat,
            json!({ "model": "embeddings", "messages": [] }),
            400,
            json!("model"),
        ),
        (Chat, json!({ "model": "chat" }), 400, json!("messages")),
        (
            Chat,
            json!({ "model": "chat", "messages": "hi" }),
            400,
            json!("messages"),
        ),
        (
            Chat,
            json!({ "model": "chat", "messages": [] }),
            400,
            json!("messages"),
        ),
        (
            Chat,
            json!({ "model": "chat", "messages": ["hi"] }),
            400,
            json!("messages[0]"),
        ),
        (
            Chat,
            json!({ "model": "chat", "messages": [{ "content": "hi" }] }),
            400,
            json!("messages[0].role"),
        ),
        (
            Chat,
            json!({ "model": "chat", "messages": [{ "role": "robot", "content": "hi" }] }),
            400,
            json!("messages[0].role"),
        ),
        (
            Chat,
            json!({ "model": "chat", "messages": [{ "role": "user" }] }),
            400,
            json!("messages[0].content"),
        ),
        (
            Chat,
            json!({ "model": "chat", "messages": [{ "role": "user", "content": 7 }] }),
            400,
            json!("messages[0].content"),
        ),
        (
            Chat,
            json!({ "model": "chat", "messages": [{ "role": "tool", "content": "x" }] }),
            400,
            json!("messages[0].tool_call_id"),
        ),
        (Chat, chat("hi", &json!({ "n": 9 })), 400, json!("n")),
        (Chat, chat("hi", &json!({ "n": -1 })), 400, json!("n")),
        (Chat, chat("hi", &json!({ "n": 1.5 })), 400, json!("n")),
        (
            Chat,
            chat("hi", &json!({ "max_tokens": 0 })),
            400,
            json!("max_tokens"),
        ),
        (
            Chat,
            chat("hi", &json!({ "max_tokens": "many" })),
            400,
            json!("max_tokens"),
        ),
        (
            Chat,
            chat("hi", &json!({ "temperature": 3 })),
            400,
            json!("temperature"),
        ),
        (
            Chat,
            chat("hi", &json!({ "stop": [1] })),
            400,
            json!("stop"),
        ),
        (
            Chat,
            chat("hi", &json!({ "top_logprobs": 2 })),
            400,
            json!("top_logprobs"),
        ),
        (
            Chat,
            chat("hi", &json!({ "stream": "yes" })),
            400,
            json!("stream"),
        ),
        (
            Chat,
            chat("hi", &json!({ "stream_options": {} })),
            400,
            json!("stream_options"),
        ),
        (
            Chat,
            chat("hi", &json!({ "tools": [{ "type": "function" }] })),
            400,
            json!("tools[0].function"),
        ),
        (
            Chat,
            chat("hi", &json!({ "tools": [{ "type": "magic" }] })),
            400,
            json!("tools[0].type"),
        ),
        (
            Chat,
            chat(
                "hi",
                &json!({ "tool_choice": { "type": "function", "function": { "name": "x" } } }),
            ),
            400,
            json!("tool_choice.function.name"),
        ),
        (
            Chat,
            chat("hi", &format(json!(true))),
            400,
            json!("response_format.json_schema.schema"),
        ),
        (
            Chat,
            chat("hi", &format(json!({ "enum": [] }))),
            400,
            json!("response_format.json_schema.schema"),
        ),
        (
            Chat,
            chat("hi", &json!({ "x_demo_pace_ms": 99_999 })),
            400,
            json!("x_demo_pace_ms"),
        ),
        (
            Completions,
            json!({ "model": "chat" }),
            400,
            json!("prompt"),
        ),
        (Responses, json!({ "model": "chat" }), 400, json!("input")),
        (
            Responses,
            json!({ "model": "chat", "input": [] }),
            400,
            json!("input"),
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": "" }),
            400,
            json!("input"),
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": { "a": 1 } }),
            400,
            json!("input"),
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": "a", "dimensions": 0 }),
            400,
            json!("dimensions"),
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": "a", "encoding_format": "hex" }),
            400,
            json!("encoding_format"),
        ),
        (
            ImageGenerations,
            json!({ "model": "image" }),
            400,
            json!("prompt"),
        ),
        (
            Moderations,
            json!({ "model": "moderation" }),
            400,
            json!("input"),
        ),
        (
            Rerank,
            json!({ "model": "rerank", "query": "a", "documents": [1] }),
            400,
            json!("documents[0]"),
        ),
        (
            Speech,
            json!({ "model": "speech", "input": "a" }),
            400,
            json!("voice"),
        ),
    ] {
        let answered = ask(operation, &body);
        let error: Value = serde_json::from_slice(&answered.body()).unwrap();
        assert_eq!(answered.status, status, "{body} {error}");
        assert_eq!(error["error"]["param"], param, "{body} {error}");
        assert!(error["error"]["message"].is_string() && error["error"]["type"].is_string());
    }
}

#[test]
fn every_path_is_served_and_no_other() {
    let config = DemoConfig::default();
    let get = |method: Method, path: &str, body: &[u8]| {
        serve(
            DemoRequest {
                method: &method,
                path,
                content_type: None,
                body,
            },
            &config,
        )
    };
    for row in &OPERATIONS {
        let body = Map::from_iter([("model".to_owned(), json!("429"))]);
        assert_eq!(get(Method::GET, row.path, b"").status, 405);
        assert_eq!(
            get(
                Method::POST,
                &format!("/v1{}", row.path),
                json!(body).to_string().as_bytes()
            )
            .status
            .as_u16()
                / 100,
            4
        );
        assert_eq!(get(Method::POST, row.path, b"[]").status, 400);
        assert_eq!(get(Method::POST, row.path, b"{").status, 400);
    }
    let list: Value = serde_json::from_slice(&get(Method::GET, "/v1/models", b"").body()).unwrap();
    let ids: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    let expected: Vec<&str> = MODELS
        .iter()
        .filter(|model| !model.is_fault())
        .map(|model| model.id)
        .collect();
    assert_eq!(ids, expected);
    let one: Value = serde_json::from_slice(&get(Method::GET, "/models/429", b"").body()).unwrap();
    assert_eq!(
        (&one["id"], &one["owned_by"]),
        (&json!("429"), &json!("gateway-demo"))
    );
    assert_eq!(get(Method::GET, "/v1/models/nothing", b"").status, 404);
    assert_eq!(get(Method::GET, "/v1/other", b"").status, 404);
}
