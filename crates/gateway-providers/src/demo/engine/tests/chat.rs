//! Chat: text, limits, tools, JSON.

use serde_json::{Value, json};

use super::{chat, json_of, weather_and_time};
use crate::Operation;

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
