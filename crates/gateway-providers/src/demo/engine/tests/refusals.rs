//! Requests that are refused, and paths.

use http::Method;
use serde_json::{Map, Value, json};

use super::{
    super::{DemoRequest, serve},
    ask, chat,
};
use crate::{
    Operation,
    demo::{DemoConfig, MODELS},
    operation::OPERATIONS,
};

/// Asks and expects the error body of that status, naming the parameter.
fn refused(operation: Operation, body: &Value, status: u16, param: &str) {
    let answered = ask(operation, body);
    let error: Value = serde_json::from_slice(&answered.body()).unwrap();
    assert_eq!(answered.status, status, "{body} {error}");
    assert_eq!(error["error"]["param"], param, "{body} {error}");
    assert!(error["error"]["message"].is_string() && error["error"]["type"].is_string());
}

#[test]
fn bad_chat_requests_name_what_is_wrong() {
    for (body, status, param) in [
        (json!({}), 400, "model"),
        (json!({ "model": 7 }), 400, "model"),
        (json!({ "model": "gpt-9" }), 404, "model"),
        (
            json!({ "model": "embeddings", "messages": [] }),
            400,
            "model",
        ),
        (json!({ "model": "chat" }), 400, "messages"),
        (
            json!({ "model": "chat", "messages": "hi" }),
            400,
            "messages",
        ),
        (json!({ "model": "chat", "messages": [] }), 400, "messages"),
        (
            json!({ "model": "chat", "messages": ["hi"] }),
            400,
            "messages[0]",
        ),
        (
            json!({ "model": "chat", "messages": [{ "content": "hi" }] }),
            400,
            "messages[0].role",
        ),
        (
            json!({ "model": "chat", "messages": [{ "role": "robot", "content": "hi" }] }),
            400,
            "messages[0].role",
        ),
        (
            json!({ "model": "chat", "messages": [{ "role": "user" }] }),
            400,
            "messages[0].content",
        ),
        (
            json!({ "model": "chat", "messages": [{ "role": "user", "content": 7 }] }),
            400,
            "messages[0].content",
        ),
        (
            json!({ "model": "chat", "messages": [{ "role": "tool", "content": "x" }] }),
            400,
            "messages[0].tool_call_id",
        ),
    ] {
        refused(Operation::Chat, &body, status, param);
    }
}

#[test]
fn bad_members_of_a_chat_request_are_named() {
    let format = |schema: Value| json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "n", "schema": schema } } });
    for (more, param) in [
        (json!({ "n": 9 }), "n"),
        (json!({ "n": -1 }), "n"),
        (json!({ "n": 1.5 }), "n"),
        (json!({ "max_tokens": 0 }), "max_tokens"),
        (json!({ "max_tokens": "many" }), "max_tokens"),
        (json!({ "temperature": 3 }), "temperature"),
        (json!({ "stop": [1] }), "stop"),
        (json!({ "top_logprobs": 2 }), "top_logprobs"),
        (json!({ "stream": "yes" }), "stream"),
        (json!({ "stream_options": {} }), "stream_options"),
        (
            json!({ "tools": [{ "type": "function" }] }),
            "tools[0].function",
        ),
        (json!({ "tools": [{ "type": "magic" }] }), "tools[0].type"),
        (
            json!({ "tool_choice": { "type": "function", "function": { "name": "x" } } }),
            "tool_choice.function.name",
        ),
        (format(json!(true)), "response_format.json_schema.schema"),
        (
            format(json!({ "enum": [] })),
            "response_format.json_schema.schema",
        ),
        (json!({ "x_demo_pace_ms": 99_999 }), "x_demo_pace_ms"),
    ] {
        refused(Operation::Chat, &chat("hi", &more), 400, param);
    }
}

#[test]
fn bad_requests_of_the_other_operations_name_what_is_wrong() {
    use Operation::{
        Completions, Embeddings, ImageGenerations, Moderations, Rerank, Responses, Speech,
    };
    for (operation, body, status, param) in [
        (Completions, json!({ "model": "chat" }), 400, "prompt"),
        (Responses, json!({ "model": "chat" }), 400, "input"),
        (
            Responses,
            json!({ "model": "chat", "input": [] }),
            400,
            "input",
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": "" }),
            400,
            "input",
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": { "a": 1 } }),
            400,
            "input",
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": "a", "dimensions": 0 }),
            400,
            "dimensions",
        ),
        (
            Embeddings,
            json!({ "model": "embeddings", "input": "a", "encoding_format": "hex" }),
            400,
            "encoding_format",
        ),
        (ImageGenerations, json!({ "model": "image" }), 400, "prompt"),
        (Moderations, json!({ "model": "moderation" }), 400, "input"),
        (
            Rerank,
            json!({ "model": "rerank", "query": "a", "documents": [1] }),
            400,
            "documents[0]",
        ),
        (
            Speech,
            json!({ "model": "speech", "input": "a" }),
            400,
            "voice",
        ),
    ] {
        refused(operation, &body, status, param);
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
