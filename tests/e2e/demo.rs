//! Nothing configured: the first line of the README works, with no key and no network.

use std::process::Command;

use gateway_testkit::{GatewayUnderTest, Request, client::End};
use serde_json::{Value, json};

fn demo() -> GatewayUnderTest {
    GatewayUnderTest::start("", &[])
}

/// The first `curl` line of the README, as written there.
#[test]
fn the_readmes_first_curl_works() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).expect("there is a README");
    let snippet = crate::snippets::curls(&readme).into_iter().next().expect("the README has a curl line");
    let gateway = demo();
    let command = snippet.replace("http://127.0.0.1:8080", &gateway.url("")).replace("http://localhost:8080", &gateway.url(""));
    let output = Command::new("bash").args(["-c", &command]).output().expect("curl is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command}\n{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("\"error\"") && text.to_lowercase().contains("demo"), "{command}\n{text}");
}

#[test]
fn the_demo_answers_streams_and_embeds() {
    let gateway = demo();
    for model in ["default", "demo/chat", "chat"] {
        let whole = gateway.send(&Request::chat(model, false));
        assert_eq!(whole.status(), 200, "{model}: {}", whole.text());
        assert_eq!(whole.header("x-gateway-demo"), Some("true"), "{model}: it is labelled");
        let text = whole.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
        let stream = gateway.send(&Request::chat(model, true));
        assert_eq!((stream.status(), stream.end, stream.streamed_text()), (200, End::Complete, text), "{model}");
        assert_eq!(stream.events().last().map(String::as_str), Some("[DONE]"));
        assert_eq!(gateway.send(&Request::chat(model, false)).json()["choices"], whole.json()["choices"], "{model}: the same again");
    }
    let embedded = gateway.send(&Request::json("/v1/embeddings", &json!({"model": "demo/embeddings", "input": ["a", "b"], "dimensions": 8})));
    assert_eq!((embedded.status(), embedded.json()["data"][1]["embedding"].as_array().map(Vec::len)), (200, Some(8)), "{}", embedded.text());
    let image = gateway.send(&Request::json("/v1/images/generations", &json!({"model": "demo/image", "prompt": "a cat", "response_format": "b64_json"})));
    assert!(image.json()["data"][0]["b64_json"].as_str().is_some_and(|text| text.starts_with("iVBORw0KGgo")), "{}", image.text());
}

#[test]
fn the_demo_calls_tools_and_keeps_to_a_schema() {
    let gateway = demo();
    let tools = json!([{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}}}]);
    let called = gateway.send(&Request::json(
        "/v1/chat/completions",
        &json!({"model": "demo/chat", "tools": tools, "messages": [{"role": "user", "content": "What is the weather in Paris?"}]}),
    ));
    let choice = called.json()["choices"][0].clone();
    assert_eq!((choice["finish_reason"].as_str(), choice.pointer("/message/tool_calls/0/function/name")), (Some("tool_calls"), Some(&json!("get_weather"))), "{choice}");
    let arguments: Value = serde_json::from_str(choice["message"]["tool_calls"][0]["function"]["arguments"].as_str().unwrap()).unwrap();
    assert!(arguments["location"].is_string());
    let schema = json!({"type": "json_schema", "json_schema": {"name": "s", "strict": true, "schema": {"type": "object", "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}}, "required": ["n", "kind"], "additionalProperties": false}}});
    let formed =
        gateway.send(&Request::json("/v1/chat/completions", &json!({"model": "demo/chat", "response_format": schema, "messages": [{"role": "user", "content": "hi"}]})));
    let answer: Value = serde_json::from_str(formed.json()["choices"][0]["message"]["content"].as_str().unwrap()).unwrap();
    assert!(answer["n"].is_i64() && ["a", "b"].contains(&answer["kind"].as_str().unwrap()), "{answer}");
}

#[test]
fn the_demo_is_listed_and_gives_way() {
    let listed = demo().send(&Request::get("/v1/models"));
    assert!(listed.json()["data"].as_array().unwrap().iter().any(|model| model["id"] == "demo/chat" && model["owned_by"] == "gateway-demo"), "{}", listed.text());
    let real = crate::support::lab().gateway.send(&Request::chat("demo/chat", false));
    assert_eq!(real.status(), 404, "with real providers there is no demo");
}
