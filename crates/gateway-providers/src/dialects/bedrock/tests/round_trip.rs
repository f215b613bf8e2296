//! An answer goes back into the history as the blocks that it was.

use serde_json::{Value, json};

use super::replay::{self, CLAUDE};

/// An answer's content, told to a client, sent back by it, and put into Bedrock's words again.
fn back(content: &Value, finish: &str) -> (Value, Vec<String>) {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": finish, "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 3}
    });
    let told = replay::whole(body.to_string().as_bytes(), replay::decoder(&[])).answer;
    let message = &told["choices"][0]["message"];
    let mut messages = vec![replay::user("q"), message.clone()];
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "r"}));
    }
    if finish != "tool_use" {
        messages.push(replay::user("next"));
    }
    let tools = json!([{"type": "function", "function": {"name": "look"}}]);
    let request = json!({"model": "m", "messages": messages, "tools": tools});
    let (native, dropped) = replay::chat(CLAUDE, &request);
    (native["messages"].clone(), dropped)
}

#[test]
fn thinking_calls_and_server_tools_come_back_unchanged() {
    let content = json!([
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s+g/=="}}},
        {"reasoningContent": {"redactedContent": "RXJl"}},
        {"reasoningContent": {"redactedContent": "/////w=="}},
        {"toolUse": {"toolUseId": "t0", "name": "nova_code_interpreter", "input": {"b": 1, "a": 2}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "t0", "content": [{"json": {"n": 1}}], "status": "success", "type": "x_result"}},
        {"text": "I look."},
        {"toolUse": {"toolUseId": "tooluse_1", "name": "look", "input": {"z": 1, "a": [1.5, "ü"]}}},
        {"toolUse": {"toolUseId": "tooluse_2", "name": "look", "input": {}}}
    ]);
    let (messages, dropped) = back(&content, "tool_use");
    assert_eq!(messages[1]["content"].to_string(), content.to_string());
    assert_eq!(
        messages[2]["content"],
        json!([
            {"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "r"}]}},
            {"toolResult": {"toolUseId": "tooluse_2", "content": [{"text": "r"}]}}
        ])
    );
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn thinking_without_text_comes_back_with_its_signature() {
    let content = json!([
        {"reasoningContent": {"reasoningText": {"text": "", "signature": "s"}}}, {"text": "a"}
    ]);
    let (messages, dropped) = back(&content, "end_turn");
    assert_eq!(messages[1]["content"], content);
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn thinking_that_is_not_signed_or_is_of_others_is_named() {
    let (messages, dropped) = back(
        &json!([{"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "a"}]),
        "end_turn",
    );
    assert_eq!(messages[1]["content"], json!([{"text": "a"}]));
    assert_eq!(
        dropped,
        [
            "messages[1].reasoning_details[0]",
            "messages[1].reasoning_content"
        ]
    );
    let request = json!({"model": "m", "messages": [replay::user("q"), {
        "role": "assistant", "content": "a",
        "reasoning_details": [
            {"type": "reasoning.encrypted", "data": "x", "format": "openai-responses-v1", "index": 0},
            {"type": "reasoning.text", "text": "h", "index": 1, "format": "anthropic-claude-v1"},
            {"type": "reasoning.text", "text": "m", "index": 1},
            {"type": "reasoning.text", "signature": "s", "index": 1, "format": "anthropic-claude-v1"}
        ],
        "provider_data": {"google": {"x": 1}, "bedrock": {"citations": [1], "blocks": ["x"]}}
    }, replay::user("b")]});
    let (native, dropped) = replay::chat(CLAUDE, &request);
    assert_eq!(
        native["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"text": "a"}
        ])
    );
    assert_eq!(
        dropped,
        [
            "messages[1].reasoning_details[0]",
            "messages[1].provider_data.google",
            "messages[1].provider_data.bedrock.blocks[0]",
            "messages[1].provider_data.bedrock.citations"
        ]
    );
}

/// The native history of a recorded conversation, retold turn by turn.
#[test]
fn recorded_histories_come_out_as_they_were() {
    let mut retold = 0;
    for file in replay::recordings("bedrock.converse") {
        let Some(turns) = file["request"]["body"]["messages"].as_array() else {
            continue;
        };
        let answers = turns.iter().filter(|turn| turn["role"] == "assistant");
        for answer in answers {
            let has_citations = answer.to_string().contains("citationsContent");
            if has_citations {
                continue;
            }
            retold += 1;
            let (messages, _) = back(&answer["content"], "end_turn");
            assert_eq!(messages[1]["content"], answer["content"], "{}", file["id"]);
        }
    }
    if std::env::var_os("GATEWAY_CORPUS").is_some() {
        assert!(retold > 4, "{retold}");
    }
}
