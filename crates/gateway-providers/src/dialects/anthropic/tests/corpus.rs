//! Recorded answers of Anthropic, of Vertex and of a gateway that speaks its protocol.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{
    super::{Anthropic, response::Asked},
    replay::{self, CUTS, Outcome},
};
use crate::{FaultKind, dialects::Dialect};

/// What is to be found, as the corpus says it.
fn facts(file: &Value) -> Value {
    let mut facts = file["facts"]["choices"][0].clone();
    if let Some(calls) = facts["tool_calls"].as_array_mut() {
        for call in calls {
            let call = call.as_object_mut().unwrap();
            call.retain(|name, _| matches!(name.as_str(), "id" | "name" | "json" | "raw"));
        }
    }
    // The order among the two kinds of other items is not ours to keep.
    if let Some(others) = facts["other_items"].as_array_mut() {
        others.sort_by_key(ToString::to_string);
    }
    facts
}

fn found(answer: &Value) -> Value {
    let mut found = replay::found(answer);
    if let Some(others) = found["other_items"].as_array_mut() {
        others.sort_by_key(ToString::to_string);
    }
    found
}

/// OpenAI's usage of a native one: prompt, completion, cached, written, reasoning.
fn usage(native: &Value) -> Value {
    let count = |name: &str| native[name].as_u64();
    let read = count("cache_read_input_tokens");
    let written = count("cache_creation_input_tokens");
    let prompt = count("input_tokens").unwrap() + read.unwrap_or(0) + written.unwrap_or(0);
    json!([
        prompt,
        count("output_tokens"),
        read,
        written,
        native["output_tokens_details"]["thinking_tokens"]
    ])
}

fn told_usage(answer: &Value) -> Value {
    let usage = &answer["usage"];
    assert_eq!(
        usage["total_tokens"].as_u64().unwrap(),
        usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap()
    );
    json!([
        usage["prompt_tokens"],
        usage["completion_tokens"],
        usage["prompt_tokens_details"]["cached_tokens"],
        usage["prompt_tokens_details"]["cache_write_tokens"],
        usage["completion_tokens_details"]["reasoning_tokens"]
    ])
}

/// Signatures and opaque thinking, wherever they stand.
fn signatures(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let kind = members.get("type").and_then(Value::as_str);
            for (name, value) in members {
                let is_state = name == "signature"
                    || (name == "data" && kind.is_some_and(|kind| kind.contains("redacted")));
                match value {
                    Value::String(text) if is_state && !text.is_empty() => into.push(text.clone()),
                    value => signatures(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| signatures(item, into)),
        _ => {}
    }
}

fn compare(id: &str, outcome: &Outcome, file: &Value, wrong: &mut Vec<String>) {
    let answer = &outcome.answer;
    if answer.is_null() {
        wrong.push(format!("{id}: no answer, {:?}", outcome.fault));
        return;
    }
    let mut check = |what: &str, told: &Value, fact: &Value| {
        if told != fact {
            wrong.push(format!("{id}: {what}: {told} instead of {fact}"));
        }
    };
    check("facts", &found(answer), &facts(file));
    let fact = &file["facts"]["usage"];
    check("usage", &told_usage(answer), &usage(fact));
    let finish = &answer["choices"][0]["finish_reason"];
    let native = file["facts"]["choices"][0]["finish"].as_str().unwrap();
    let expected = match native {
        "end_turn" | "stop_sequence" => "stop",
        "tool_use" => "tool_calls",
        "max_tokens" => "length",
        "refusal" => "content_filter",
        other => other,
    };
    check("finish", finish, &expected.into());
}

#[test]
fn whole_answers_carry_what_was_recorded() {
    let mut wrong = Vec::new();
    for file in replay::recordings("anthropic.messages") {
        let id = file["id"].as_str().unwrap();
        if file["framing"] != "json" || file["response"]["status"] != 200 {
            continue;
        }
        let body = file["response"]["body"].to_string();
        let outcome = replay::whole(body.as_bytes(), Asked::default());
        compare(id, &outcome, &file, &mut wrong);
        let mut sent = Vec::new();
        signatures(&file["response"]["body"], &mut sent);
        for signature in sent {
            if !outcome.answer.to_string().contains(&signature) {
                wrong.push(format!("{id}: a signature is lost"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn streams_carry_what_was_recorded_in_any_cut() {
    let mut wrong = Vec::new();
    for file in replay::recordings("anthropic.messages") {
        let Some(sse) = file["response"]["raw_sse"].as_str() else {
            continue;
        };
        let id = file["id"].as_str().unwrap();
        let is_faulty = |name: &str| {
            let features = file["features"].as_array().unwrap();
            features.iter().any(|feature| feature == name)
        };
        for cut in CUTS {
            let outcome = replay::streamed(sse.as_bytes(), cut, Asked::default());
            let id = format!("{id} {cut:?}");
            if is_faulty("mid_stream_error") {
                let kind = outcome.fault.as_ref().map(|fault| fault.kind);
                if kind != Some(FaultKind::InStream) {
                    wrong.push(format!("{id}: {kind:?}"));
                }
            } else if is_faulty("truncated_stream") {
                if !outcome.answer.is_null() {
                    wrong.push(format!("{id}: a success"));
                }
            } else {
                compare(&id, &outcome, &file, &mut wrong);
                let finishes = outcome
                    .chunks
                    .iter()
                    .filter(|chunk| chunk["choices"][0]["finish_reason"].is_string());
                if finishes.count() != 1 {
                    wrong.push(format!("{id}: not one finish"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_errors_are_told_with_their_message_and_type() {
    let all = ["anthropic.messages", "anthropic.count_tokens", "anthropic.models"];
    for file in all.into_iter().flat_map(replay::recordings) {
        let status = file["response"]["status"].as_u64().unwrap();
        if status < 400 {
            continue;
        }
        let status = StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
        let native = &file["response"]["body"]["error"];
        let body = Bytes::from(file["response"]["body"].to_string());
        let told = Anthropic::new().error(status, &HeaderMap::new(), &body);
        let told: Value = serde_json::from_slice(&told.body.unwrap()).unwrap();
        assert_eq!(told["error"]["message"], native["message"], "{}", file["id"]);
        assert_eq!(told["error"]["code"], native["type"], "{}", file["id"]);
    }
}
