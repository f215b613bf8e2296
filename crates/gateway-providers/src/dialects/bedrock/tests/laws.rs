//! What holds for every request and every answer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::replay::{self, CLAUDE, Cut, UNKNOWN, frame};
use crate::{
    Operation, TranslateError,
    dialects::{
        bedrock::Bedrock,
        proof::{Bench, laws},
    },
};

/// Members that must be somewhere: their texts are looked for in the native body and in the names.
fn message() -> impl Strategy<Value = Value> {
    let text = "[a-z]{3,8}";
    prop_oneof![
        text.prop_map(|text| json!({"role": "system", "content": text})),
        text.prop_map(|text| json!({"role": "user", "content": text})),
        text.prop_map(|text| json!({"role": "user", "content": [
            {"type": "text", "text": text},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}
        ]})),
        text.prop_map(|text| json!({"role": "assistant", "content": text})),
        (text, text).prop_map(|(name, value)| json!({
            "role": "assistant", "content": null,
            "tool_calls": [{"id": "c.1", "type": "function", "function": {
                "name": name, "arguments": json!({"v": value}).to_string()
            }}]
        })),
        text.prop_map(|text| json!({"role": "tool", "tool_call_id": "c.1", "content": text})),
        text.prop_map(
            |text| json!({"role": "user", "content": [{"type": "text", "text": text,
            "cache_control": {"type": "ephemeral"}}], "name": "bo"})
        ),
    ]
}

fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn a_request_is_expressed_or_named_or_refused(request in laws::chat_request()) {
        laws::nothing_is_lost(&Bench::at("bedrock", Bedrock, "https://bedrock.test"), &request)?;
    }

    #[test]
    fn every_chat_is_put_whole_or_refused_by_name(
        messages in prop::collection::vec(message(), 1..8),
        temperature in prop::option::of(0.0..2.0_f64),
        known in any::<bool>(),
    ) {
        let model = if known { CLAUDE } else { UNKNOWN };
        let mut request = json!({"model": "m", "messages": messages});
        if let Some(temperature) = temperature {
            request["temperature"] = temperature.into();
        }
        match replay::encode(Operation::Chat, model, false, &request) {
            Err(TranslateError::InvalidValue { param, .. }) => prop_assert!(!param.is_empty()),
            Err(error) => prop_assert!(false, "{error}"),
            Ok(encoded) => {
                let native: Value = serde_json::from_slice(&encoded.requests[0].body).unwrap();
                let mut sent = Vec::new();
                texts(&native, &mut sent);
                for message in &messages {
                    let mut said = Vec::new();
                    texts(&message["content"], &mut said);
                    for text in said.iter().filter(|text| text.len() < 9 && text.as_str() != "text") {
                        let is_sent = sent.iter().any(|known| known == text)
                            || matches!(text.as_str(), "image_url" | "ephemeral");
                        prop_assert!(is_sent, "{text} is lost");
                    }
                }
                let turns = native["messages"].as_array().unwrap();
                for pair in turns.windows(2) {
                    prop_assert_ne!(&pair[0]["role"], &pair[1]["role"]);
                }
                let has_tools = native["messages"].to_string().contains("toolUse\"");
                prop_assert_eq!(has_tools, native["toolConfig"]["tools"].is_array());
                let named = messages.iter().filter(|message| message["name"] == "bo").count();
                let names = encoded.dropped.iter().filter(|name| name.ends_with(".name")).count();
                prop_assert_eq!(named, names);
            }
        }
    }

    #[test]
    fn a_member_that_nobody_knows_is_named(name in "x_[a-z]{4,9}") {
        let mut request = json!({"model": "m", "messages": [replay::user("hi")]});
        request[&name] = json!(1);
        request["messages"][0][&name] = json!(1);
        let (_, dropped) = replay::chat(UNKNOWN, &request);
        prop_assert_eq!(dropped, [format!("messages[0].{name}"), name]);
    }

    #[test]
    fn broken_answers_end_in_an_answer_or_a_fault(
        place in 0_usize..2000,
        byte in any::<u8>(),
        piece in 1_usize..40,
    ) {
        let events = [
            ("messageStart", json!({"role": "assistant"})),
            ("contentBlockDelta", json!({"delta": {"reasoningContent": {"text": "h"}}})),
            ("contentBlockStart", json!({"contentBlockIndex": 1, "start": {"toolUse": {"name": "a", "toolUseId": "b"}}})),
            ("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{}"}}})),
            ("contentBlockStop", json!({"contentBlockIndex": 1})),
            ("messageStop", json!({"stopReason": "tool_use"})),
            ("metadata", json!({"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}})),
        ];
        // The payload is broken before it is framed: the checksum would find it otherwise.
        let mut rest = place;
        let mut bytes = Vec::new();
        for (name, payload) in &events {
            let mut text = payload.to_string().into_bytes();
            if let Some(broken) = text.get_mut(rest) {
                *broken = byte;
            }
            rest = rest.checked_sub(text.len()).unwrap_or(usize::MAX);
            let headers = [(":event-type", *name), (":message-type", "event")];
            bytes.extend(crate::framing::aws::frame(&headers, &text));
        }
        let _ = replay::streamed(&bytes, Cut::Bytes(piece), replay::decoder(&["a"]));
        let good: Vec<u8> = events.iter().flat_map(|(name, payload)| frame(name, payload)).collect();
        prop_assert!(replay::streamed(&good, Cut::Bytes(piece), replay::decoder(&[])).fault.is_none());
    }

    #[test]
    fn any_whole_answer_is_read_or_refused(body in "\\PC{0,60}") {
        let _ = replay::whole(body.as_bytes(), replay::decoder(&[]));
    }
}
