//! F32: a whole answer where a stream was asked for.

use serde_json::{Value, json};

use super::*;

async fn told(
    operation: Operation,
    answer: &'static str,
    asks_usage: bool,
) -> (Vec<Value>, bool, Option<TokenUsage>) {
    let body = if asks_usage {
        r#"{"model":"m","stream_options":{"include_usage":true}}"#
    } else {
        r#"{"model":"m"}"#
    };
    let bench = bench(PLAIN_ROW, Script::json(answer));
    let reply = bench
        .provider
        .call(call(operation, body, true))
        .await
        .unwrap();
    assert_eq!(
        reply.headers.get("content-type").unwrap(),
        "text/event-stream"
    );
    let (text, usage, kind) = collect(reply).await;
    assert_eq!(kind, None);
    let mut data: Vec<&str> = text
        .split_terminator("\n\n")
        .map(|event| event.split_once("data: ").unwrap().1)
        .collect();
    let done = data.last() == Some(&"[DONE]");
    if done {
        data.pop();
    }
    (
        data.into_iter()
            .map(|data| serde_json::from_str(data).unwrap())
            .collect(),
        done,
        usage,
    )
}

const CHAT: &str = r#"
{"id":"c","object":"chat.completion","created":5,"model":"m","x":1,
 "choices":[
  {"index":0,"message":{"role":"assistant","content":"hi","reasoning_content":"hm","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"g","arguments":""}}]},"logprobs":{"content":[]},"finish_reason":"tool_calls"},
  {"index":1,"message":{"role":"assistant","content":null},"finish_reason":"stop"}],
 "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}"#;

#[tokio::test]
async fn a_chat_completion_becomes_chunks_that_lose_nothing() {
    let (chunks, done, usage) = told(Operation::Chat, CHAT, true).await;
    assert!(done);
    assert_eq!(usage.unwrap().total, Some(3));
    assert_eq!(chunks.len(), 5);
    for chunk in &chunks {
        assert_eq!(
            (
                &chunk["id"],
                &chunk["object"],
                &chunk["created"],
                &chunk["x"]
            ),
            (
                &json!("c"),
                &json!("chat.completion.chunk"),
                &json!(5),
                &json!(1)
            )
        );
    }
    let whole: Value = serde_json::from_str(CHAT).unwrap();
    let mut delta = whole["choices"][0]["message"].clone();
    delta["tool_calls"][0]["index"] = json!(0);
    delta["tool_calls"][1]["index"] = json!(1);
    assert_eq!(
        chunks[0]["choices"],
        json!([{"index":0,"delta":delta,"logprobs":{"content":[]},"finish_reason":null}])
    );
    assert_eq!(
        chunks[1]["choices"],
        json!([{"index":0,"delta":{},"finish_reason":"tool_calls"}])
    );
    assert_eq!(
        chunks[3]["choices"],
        json!([{"index":1,"delta":{},"finish_reason":"stop"}])
    );
    assert_eq!(
        (&chunks[4]["choices"], &chunks[4]["usage"]),
        (&json!([]), &whole["usage"])
    );
}

#[tokio::test]
async fn usage_is_told_only_to_who_asked() {
    let (chunks, done, usage) = told(Operation::Chat, CHAT, false).await;
    assert!(done && chunks.iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(usage.unwrap().total, Some(3));
}

#[tokio::test]
async fn other_operations_are_told_in_their_own_way() {
    let (chunks, done, _) = told(Operation::Completions, r#"{"object":"text_completion","choices":[{"text":"a\nb","index":0,"finish_reason":"stop"}]}"#, true).await;
    assert_eq!(
        (chunks, done),
        (
            vec![
                json!({"object":"text_completion","choices":[{"text":"a\nb","index":0,"finish_reason":"stop"}]})
            ],
            true
        )
    );
    let response = r#"{"object":"response","status":"incomplete","output":[]}"#;
    let (events, done, _) = told(Operation::Responses, response, true).await;
    assert_eq!(
        (
            events[0]["type"].as_str(),
            &events[0]["response"]["status"],
            done
        ),
        (Some("response.incomplete"), &json!("incomplete"), false)
    );
    let image = bench(PLAIN_ROW, Script::json(r#"{"data":[{"b64_json":"AA"}]}"#))
        .ask(Operation::ImageGenerations, true)
        .await
        .unwrap();
    assert!(
        matches!(image.body, ReplyBody::Whole { .. }),
        "what cannot be told as events stays whole"
    );
}
