//! Whole answers of a gateway with nothing configured, as golden files: what a person has read once stays as it is.

use gateway_testkit::{GatewayUnderTest, Request, Response, golden::Golden};
use serde_json::{Value, json};

fn requests() -> Vec<(&'static str, Request)> {
    let user = |text: &str| json!([{"role": "user", "content": text}]);
    let chat = |more: Value| {
        let mut body = json!({"model": "demo/chat", "messages": user("What is the weather in Paris?")});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        Request::json("/v1/chat/completions", &body)
    };
    let tools = json!([{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}}}]);
    vec![
        ("health", Request::get("/health")),
        ("models", Request::get("/v1/models")),
        ("model", Request::get("/v1/models/demo%2Fchat")),
        ("chat", chat(json!({}))),
        ("chat-stream", chat(json!({"stream": true, "max_tokens": 4}))),
        ("chat-stream-usage", chat(json!({"stream": true, "max_tokens": 4, "stream_options": {"include_usage": true}}))),
        ("tools", chat(json!({"tools": tools}))),
        ("tools-stream", chat(json!({"tools": tools, "stream": true}))),
        ("embeddings", Request::json("/v1/embeddings", &json!({"model": "demo/embeddings", "input": "one", "dimensions": 4}))),
        ("moderations", Request::json("/v1/moderations", &json!({"model": "demo/moderation", "input": "one"}))),
        ("rerank", Request::json("/v1/rerank", &json!({"model": "demo/rerank", "query": "a cat", "documents": ["a dog", "a cat"]}))),
        ("error-model", Request::chat("nobody", false)),
        ("error-json", Request::post("/v1/chat/completions", "{")),
        ("error-param", Request::post("/v1/chat/completions", r#"{"model":"demo/chat"}"#)),
        ("error-url", Request::get("/v1/v1/models")),
        ("error-method", Request::get("/v1/chat/completions")),
        ("error-provider", Request::get("/v1/models?provider=nobody")),
    ]
}

/// Status, the headers that matter, and the body; nothing that differs from run to run.
fn transcript(response: &Response) -> Vec<u8> {
    let mut text = format!("{}\n", response.status());
    for name in ["content-type", "allow", "x-should-retry", "x-gateway-demo"] {
        if let Some(value) = response.header(name) {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    text.push('\n');
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(&response.body);
    bytes
}

#[test]
fn answers_are_what_they_were() {
    let gateway = GatewayUnderTest::start("", &[("GATEWAY__DEMO__PACE", "1ms")]);
    let mut golden = Golden::open(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"));
    for (name, request) in requests() {
        let first = transcript(&gateway.send(&request));
        assert!(first == transcript(&gateway.send(&request)), "{name}: not the same twice");
        golden.check(&format!("{name}.txt"), &first);
    }
    golden.finish();
}
