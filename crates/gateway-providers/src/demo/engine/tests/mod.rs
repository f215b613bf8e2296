//! The engine from outside: requests in, answers out.

mod chat;
mod operations;
mod refusals;
mod streams;

use serde_json::{Value, json};

use super::{DemoAnswer, answer};
use crate::Operation;

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
