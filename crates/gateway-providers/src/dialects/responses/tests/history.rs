//! Recorded conversations go back to the upstream as they were.

use serde_json::{Value, json};

use super::{
    corpus::{Recording, recordings},
    encoded, joined, stream, whole,
};

/// The answer of a recording as the client gets it.
fn answer(file: &Value) -> Value {
    match file["response"]["raw_sse"].as_str() {
        Some(raw) => joined(&stream(raw.as_bytes(), 100).unwrap().unwrap()),
        None => whole(file["response"]["body"].to_string().as_bytes()).unwrap(),
    }
}

/// An item without what says nothing to the upstream: ids of what it does not keep, states, empty lists.
fn essence(item: &Value) -> Value {
    let mut item = item.clone();
    let members = item.as_object_mut().unwrap();
    for name in ["id", "status", "format"] {
        members.shift_remove(name);
    }
    if members
        .get("content")
        .is_some_and(|content| content == &json!([]))
    {
        members.shift_remove("content");
    }
    if members.contains_key("role") {
        members.insert("type".to_owned(), "message".into());
    }
    if let Some(text) = members
        .get("content")
        .and_then(|content| content[0]["text"].as_str())
    {
        let is_alone = members["content"]
            .as_array()
            .is_some_and(|parts| parts.len() == 1);
        let has_citations = members["content"][0]["annotations"]
            .as_array()
            .is_some_and(|list| !list.is_empty());
        if is_alone && !has_citations && members["type"] == "message" {
            let text = text.to_owned();
            members.insert("content".to_owned(), text.into());
        }
    }
    members.retain(|_, value| !value.is_null());
    item
}

/// What a client that speaks Responses sends back of an answer, against what one that speaks chat sends back.
#[test]
fn the_next_turn_has_the_items_of_the_last_one() {
    let recordings = recordings();
    let mut compared = 0;
    for Recording { id, file } in &recordings {
        let input = file["request"]["body"]["input"].as_array();
        let Some((prefix, number)) = id.rsplit_once('-') else {
            continue;
        };
        let before = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        let previous = before.and_then(|before| {
            recordings
                .iter()
                .find(|known| known.id == format!("{prefix}-{before}"))
        });
        let (Some(input), Some(previous)) = (input, previous) else {
            continue;
        };
        let message = answer(&previous.file)["choices"][0]["message"].clone();
        let request = json!({"model": "gpt-5", "messages": [message]});
        let (native, _) = encoded(&request, "gpt-5");
        for item in native["input"].as_array().unwrap() {
            let is_sent = input.iter().any(|sent| essence(sent) == essence(item));
            // A client that sent less back than it got proves nothing.
            let kind = |item: &Value| (essence(item)["type"].clone(), item["role"].clone());
            let sends_kind = input.iter().any(|sent| kind(sent) == kind(item));
            if sends_kind {
                compared += 1;
                assert!(is_sent, "{id}: {item} is not in {input:#?}");
            }
        }
    }
    if !recordings.is_empty() {
        assert!(compared > 0, "nothing compared");
    }
}

/// Two turns with thinking and calls, as items, as messages, and as items again.
#[test]
fn items_that_were_told_as_messages_are_items_again() {
    let output = super::events::output();
    let native = json!({"id": "resp_1", "status": "completed", "output": output});
    let first = whole(native.to_string().as_bytes()).unwrap()["choices"][0]["message"].clone();
    let request = json!({"messages": [
        {"role": "user", "content": "Look"},
        first,
        {"role": "tool", "tool_call_id": "call_1", "content": "one"},
        {"role": "tool", "tool_call_id": "call_2", "content": "two"}
    ], "model": "m"});
    let (native, dropped) = encoded(&request, "gpt-5.5");
    assert_eq!(dropped, Vec::<String>::new());
    let mut expected = vec![json!({"type": "message", "role": "user", "content": "Look"})];
    expected.extend(output.as_array().unwrap().iter().cloned());
    expected.push(json!({"type": "function_call_output", "call_id": "call_1", "output": "one"}));
    expected.push(json!({"type": "custom_tool_call_output", "call_id": "call_2", "output": "two"}));
    let sent: Vec<Value> = native["input"]
        .as_array()
        .unwrap()
        .iter()
        .map(essence)
        .collect();
    let expected: Vec<Value> = expected.iter().map(essence).collect();
    assert_eq!(sent, expected);
    assert_eq!(native["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(native["store"], false);
}
