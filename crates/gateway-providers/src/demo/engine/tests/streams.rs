//! Chat streams against whole answers, and their pace.

use std::time::Duration;

use serde_json::{Value, json};

use super::{super::Part, ask, chat, events, json_of, weather_and_time};
use crate::Operation;

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
