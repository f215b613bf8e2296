//! What an answer told comes back as native history.

use http::HeaderMap;
use serde_json::{Value, json};

use super::{Asked, asking, native, streamed, whole};
use crate::dialects::proof::{Cut, Recording, recordings};

/// The model for which nothing about thinking, prefilled answers or instructions is special.
const MODEL: &str = "claude-sonnet-4-5";

/// The message that a client keeps of an answer.
fn kept(answer: &Value) -> Value {
    answer["choices"][0]["message"].clone()
}

/// The native turn that a kept message becomes, when the user goes on.
fn replayed(message: &Value) -> Value {
    let mut messages = vec![json!({"role": "user", "content": "hi"}), message.clone()];
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    for call in calls {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "done"}));
    }
    messages.push(json!({"role": "user", "content": "go on"}));
    let request = json!({"model": "alias", "messages": messages});
    let encoded = asking(MODEL, &request, &HeaderMap::new()).encode().unwrap();
    assert_eq!(encoded.dropped, [""; 0], "{message}");
    native(&encoded)["messages"][1].clone()
}

/// A native turn as it has to come back: null members say nothing, empty texts are refused.
fn expected(content: &[Value]) -> Vec<Value> {
    let mut blocks: Vec<Value> = content.to_vec();
    for block in &mut blocks {
        let block = block.as_object_mut().unwrap();
        let is_text = block["type"] == "text";
        if is_text
            && block
                .get("citations")
                .is_some_and(|list| list.is_null() || *list == json!([]))
        {
            block.shift_remove("citations");
        }
    }
    blocks.retain(|block| {
        block["type"] != "text" || !block["text"].as_str().unwrap().trim().is_empty()
    });
    blocks
}

/// The blocks of a recorded answer, put together by hand where it was streamed.
fn recorded_blocks(recording: &Recording) -> Vec<Value> {
    if !recording.streaming {
        let body: Value = serde_json::from_slice(&recording.answer).unwrap();
        return body["content"].as_array().cloned().unwrap_or_default();
    }
    let mut blocks: Vec<Value> = Vec::new();
    let mut inputs: Vec<String> = Vec::new();
    let text = std::str::from_utf8(&recording.answer).unwrap();
    for line in text.lines() {
        let data = line.strip_prefix("data:").unwrap_or_default().trim();
        let Ok(event) = serde_json::from_str::<Value>(data) else {
            continue;
        };
        let index = usize::try_from(event["index"].as_u64().unwrap_or(0)).unwrap();
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                blocks.push(event["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                for (name, value) in event["delta"].as_object().unwrap() {
                    match (name.as_str(), value) {
                        ("type", _) => {}
                        ("partial_json", Value::String(more)) => inputs[index].push_str(more),
                        ("citation", value) => {
                            blocks[index]["citations"]
                                .as_array_mut()
                                .unwrap()
                                .push(value.clone());
                        }
                        (name, Value::String(more)) => {
                            let old = blocks[index][name].as_str().unwrap_or_default();
                            blocks[index][name] = format!("{old}{more}").into();
                        }
                        (name, value) => blocks[index][name] = value.clone(),
                    }
                }
            }
            "content_block_stop" if !inputs[index].is_empty() => {
                blocks[index]["input"] =
                    serde_json::from_str(&inputs[index]).unwrap_or(Value::Null);
            }
            _ => {}
        }
    }
    blocks
}

#[test]
fn every_recorded_answer_comes_back_as_it_was() {
    for recording in recordings(&["anthropic.messages"]) {
        let is_faulty = recording.has("mid_stream_error") || recording.has("truncated_stream");
        let is_cut = recording.facts["choices"][0]["tool_calls"]
            .as_array()
            .is_some_and(|calls| calls.iter().any(|call| call["raw"].is_string()));
        if recording.status != 200 || is_faulty || is_cut {
            continue;
        }
        let outcome = if recording.streaming {
            streamed(&recording.answer, Cut::Whole, &Asked::default())
        } else {
            whole(&recording.answer, &Asked::default())
        };
        let blocks = expected(&recorded_blocks(&recording));
        if blocks.is_empty() {
            continue;
        }
        let turn = replayed(&kept(&outcome.answer));
        let told = turn["content"].as_array().unwrap();
        assert_eq!(told.len(), blocks.len(), "{}", recording.id);
        for (index, (told, block)) in told.iter().zip(&blocks).enumerate() {
            let kind = &block["type"];
            assert!(told == block, "{}: block {index}, {kind}", recording.id);
        }
    }
}

#[test]
fn recorded_conversations_come_back_as_their_own_history() {
    let all = recordings(&["anthropic.messages"]);
    let mut found = 0;
    for later in &all {
        let Some((source, n)) = later.id.rsplit_once('-') else {
            continue;
        };
        let n: u32 = n.parse().unwrap_or(0);
        let id = format!("{source}-{}", n.wrapping_sub(1));
        let Some(earlier) = all.iter().find(|one| one.id == id && one.status == 200) else {
            continue;
        };
        let outcome = if earlier.streaming {
            streamed(&earlier.answer, Cut::Whole, &Asked::default())
        } else {
            whole(&earlier.answer, &Asked::default())
        };
        if outcome.answer.is_null() {
            continue;
        }
        let turn = replayed(&kept(&outcome.answer));
        let messages = later.request["messages"].as_array().unwrap();
        let sent = messages
            .iter()
            .rfind(|message| message["role"] == "assistant");
        // What the recorded client sent back: it may have left out what only says the default.
        let strip = |content: &Value| {
            let mut content = content.clone();
            for block in content.as_array_mut().unwrap() {
                block.as_object_mut().unwrap().shift_remove("caller");
            }
            content
        };
        assert_eq!(
            strip(&turn["content"]),
            strip(&sent.unwrap()["content"]),
            "{}",
            later.id
        );
        found += 1;
    }
    assert!(all.is_empty() || found > 0);
}

#[test]
fn a_layout_that_does_not_fit_is_not_used() {
    let search = json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}});
    let message = json!({
        "role": "assistant", "content": "changed by the client",
        "provider_data": {"anthropic": {
            "blocks": [search], "layout": [{"type": "text", "chars": 3}, {"type": "block"}],
        }},
    });
    let turn = replayed(&message);
    assert_eq!(
        turn["content"],
        json!([search, {"type": "text", "text": "changed by the client"}])
    );
}
