//! Chats that go through the Responses API, and everything that does not.

use serde_json::{Value, json};

use super::*;

const ANSWER: &str = r#"{"id":"resp_1","model":"m-1","created_at":1,"status":"completed",
    "output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],
    "usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}"#;

const FORCED: &str = r#"
    id = "lab"
    dialect = "responses"
    base_url = "https://lab.test/v1"
    operations = ["chat", "embeddings", "responses"]
    auth = { type = "x-header", name = "x-lab-key" }
    query = { api-version = "7" }
    paths = { responses = "/deployments/{model}/responses" }
"#;

fn openai(operations: &str) -> String {
    format!("id = 'openai'\nbase_url = 'https://lab.test/v1'\noperations = {operations}")
}

fn chat(model: &str, more: &Value) -> Call {
    let mut body = json!({"model": "lab/m", "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    Call {
        model: model.to_owned(),
        ..call(Operation::Chat, &body.to_string(), false)
    }
}

fn tool() -> Value {
    json!([{"type": "function", "function": {"name": "f"}}])
}

/// The path that a call goes to.
async fn path(row: &str, call: Call) -> String {
    let bench = bench(
        row,
        Script::json(r#"{"choices":[{}],"status":"completed","output":[]}"#),
    );
    bench.provider.call(call).await.unwrap();
    bench.sent().url.path().to_owned()
}

#[tokio::test]
async fn a_row_of_the_dialect_sends_every_chat_to_its_own_path_of_responses() {
    let bench = bench(FORCED, Script::json(ANSWER));
    let reply = bench
        .provider
        .call(chat("big model", &json!({})))
        .await
        .unwrap();
    let ReplyBody::Whole { bytes, usage } = reply.body else {
        panic!("a whole answer was expected")
    };
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hi");
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(usage.and_then(|usage| usage.total), Some(3));
    let sent = bench.sent();
    assert_eq!(
        sent.url.as_str(),
        "https://lab.test/v1/deployments/big%20model/responses?api-version=7"
    );
    assert_eq!(sent.headers["x-lab-key"], KEY);
    assert_eq!(sent.headers["x-team"], "team-secret-9");
    let body: Value = serde_json::from_str(&sent_body(sent)).unwrap();
    assert_eq!(body["model"], "big model");
    assert_eq!(body["input"][0]["content"], "hi");
}

#[tokio::test]
async fn everything_else_of_such_a_row_passes_as_it_is() {
    let body = r#"{"model":"lab/m","input":"x"}"#;
    for operation in [Operation::Embeddings, Operation::Responses] {
        let bench = bench(
            FORCED,
            Script::json(r#"{"data":[],"status":"completed","output":[]}"#),
        );
        bench
            .provider
            .call(call(operation, body, false))
            .await
            .unwrap();
        assert_eq!(
            sent_body(bench.sent()),
            r#"{"model":"m","input":"x"}"#,
            "{operation}"
        );
    }
    let listed = bench(FORCED, Script::json(r#"{"data":[{"id":"m-1"}]}"#));
    let models = listed.provider.models().await.unwrap();
    assert_eq!(models.models[0].id, "m-1");
    assert_eq!(listed.sent().url.path(), "/v1/models");
}

#[tokio::test]
async fn a_rule_sends_there_what_chat_would_refuse() {
    let row = openai("['chat', 'responses']");
    let (chats, responses) = ("/v1/chat/completions", "/v1/responses");
    for (model, more, expected) in [
        ("gpt-6-astra", json!({"tools": tool()}), responses),
        (
            "gpt-6-astra",
            json!({"functions": [{"name": "f"}]}),
            responses,
        ),
        ("gpt-6-astra", json!({}), chats),
        ("gpt-6-astra", json!({"tools": []}), chats),
        (
            "gpt-5.5",
            json!({"tools": tool(), "reasoning_effort": "none"}),
            chats,
        ),
        (
            "gpt-5.5",
            json!({"tools": tool(), "reasoning_effort": "low"}),
            responses,
        ),
        (
            "gpt-5.5",
            json!({"tools": tool(), "reasoning": {"effort": "none"}}),
            chats,
        ),
        ("gpt-5.4", json!({"tools": tool()}), chats),
        (
            "gpt-5.4",
            json!({"tools": tool(), "reasoning": {"effort": "high"}}),
            responses,
        ),
        ("gpt-5-pro", json!({}), responses),
        ("gpt-4.1", json!({"tools": tool()}), chats),
    ] {
        assert_eq!(
            path(&row, chat(model, &more)).await,
            expected,
            "{model} {more}"
        );
    }
    let without = openai("['chat']");
    let call = chat("gpt-6-astra", &json!({"tools": tool()}));
    assert_eq!(path(&without, call).await, chats, "no Responses there");
    let other = row.replace("'openai'", "'lab'");
    let call = chat("gpt-6-astra", &json!({"tools": tool()}));
    assert_eq!(path(&other, call).await, chats, "no rule names that vendor");
}

#[tokio::test]
async fn a_stream_through_responses_is_a_stream_of_chunks() {
    let events = concat!(
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"m-1\"}}\n\n",
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"Hi\"}\n\n",
        "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}}\n\n",
    );
    let bench = bench(FORCED, Script::events(vec![Act::Say(events)]));
    let call = Call {
        stream: true,
        ..chat("m", &json!({"stream": true}))
    };
    let (text, usage, fault) = collect(bench.provider.call(call).await.unwrap()).await;
    assert_eq!(fault, None);
    assert!(
        text.contains(r#""delta":{"role":"assistant","content":"Hi"}"#),
        "{text}"
    );
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    assert_eq!(usage.and_then(|usage| usage.output), Some(2));
    assert!(sent_body(bench.sent()).contains(r#""stream":true"#));
}

#[tokio::test]
async fn an_error_keeps_its_status_and_its_words() {
    let error = r#"{"error":{"message":"too long","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}"#;
    let bench = bench(FORCED, Script::new(400, "application/json", error));
    let fault = fault(bench.provider.call(chat("m", &json!({}))).await);
    let upstream = fault.upstream.unwrap();
    assert_eq!(upstream.status, StatusCode::BAD_REQUEST);
    assert_eq!(upstream.body.unwrap(), error.as_bytes());
}
