//! Recorded answers of Anthropic, of Vertex and of a gateway that speaks its protocol.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{super::Anthropic, Asked, other_items, streamed, whole};
use crate::{
    FaultKind,
    dialects::{
        Dialect,
        proof::{CUTS, Outcome, Recording, found, recordings},
    },
};

const MESSAGES: &[&str] = &["anthropic.messages"];

/// What is to be found, in the words of [`found`].
fn facts(recording: &Recording) -> Value {
    let choice = &recording.facts["choices"][0];
    let calls = choice["tool_calls"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls
        .map(|call| {
            let known = |(name, _): &(&String, &Value)| {
                matches!(name.as_str(), "id" | "name" | "json" | "raw")
            };
            let call = call.as_object().unwrap().iter().filter(known);
            Value::Object(
                call.map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            )
        })
        .collect();
    let finish = match choice["finish"].as_str().unwrap_or_default() {
        "end_turn" | "stop_sequence" => "stop",
        "tool_use" => "tool_calls",
        "max_tokens" => "length",
        "refusal" => "content_filter",
        other => other,
    };
    json!({
        "text": choice["text"].as_str().unwrap_or_default(),
        "reasoning": choice["reasoning"].as_str().unwrap_or_default(),
        "tool_calls": calls,
        "finish": finish,
    })
}

/// OpenAI's usage of a native one: prompt, completion, cached, written, reasoning.
fn usage(native: &Value) -> Value {
    let count = |name: &str| native[name].as_u64();
    let read = count("cache_read_input_tokens");
    let written = count("cache_creation_input_tokens");
    let input = count("input_tokens").unwrap_or(0);
    json!([
        input + read.unwrap_or(0) + written.unwrap_or(0),
        count("output_tokens"),
        read,
        written,
        native["output_tokens_details"]["thinking_tokens"]
    ])
}

fn told_usage(answer: &Value) -> Value {
    let usage = &answer["usage"];
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(
        count("total_tokens"),
        count("prompt_tokens") + count("completion_tokens")
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
                let is_state =
                    name == "signature" || (name == "data" && kind == Some("redacted_thinking"));
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

fn compare(id: &str, outcome: &Outcome, recording: &Recording, wrong: &mut Vec<String>) {
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
    check("facts", &found(answer), &facts(recording));
    check(
        "usage",
        &told_usage(answer),
        &usage(&recording.facts["usage"]),
    );
    let choice = &recording.facts["choices"][0];
    let native = &answer["choices"][0]["native_finish_reason"];
    check("native finish", native, &choice["finish"]);
    let others = choice["other_items"].as_array().into_iter().flatten();
    let mut others: Vec<&str> = others.filter_map(Value::as_str).collect();
    others.sort_unstable();
    check("others", &json!(other_items(answer)), &json!(others));
}

#[test]
fn whole_answers_carry_what_was_recorded() {
    let mut wrong = Vec::new();
    for recording in recordings(MESSAGES) {
        if recording.streaming || recording.status != 200 {
            continue;
        }
        let id = &recording.id;
        let outcome = whole(&recording.answer, &Asked::default());
        compare(id, &outcome, &recording, &mut wrong);
        let mut sent = Vec::new();
        signatures(
            &serde_json::from_slice(&recording.answer).unwrap(),
            &mut sent,
        );
        let told = outcome.answer.to_string();
        for signature in sent.iter().filter(|signature| !told.contains(*signature)) {
            wrong.push(format!("{id}: {signature} is lost"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn streams_carry_what_was_recorded_in_any_cut() {
    let mut wrong = Vec::new();
    for recording in recordings(MESSAGES).iter().filter(|one| one.streaming) {
        for cut in CUTS {
            let id = format!("{} {cut:?}", recording.id);
            let outcome = streamed(&recording.answer, cut, &Asked::default());
            if recording.has("mid_stream_error") {
                let kind = outcome.fault.as_ref().map(|fault| fault.kind);
                assert_eq!(kind, Some(FaultKind::InStream), "{id}");
            } else if recording.has("truncated_stream") {
                assert!(outcome.answer.is_null(), "{id}");
            } else if recording.status == 200 && !recording.facts["choices"].is_null() {
                compare(&id, &outcome, recording, &mut wrong);
                let is_finish = |chunk: &&Value| chunk["choices"][0]["finish_reason"].is_string();
                assert_eq!(outcome.chunks.iter().filter(is_finish).count(), 1, "{id}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_errors_are_told_with_their_message_and_type() {
    let all = [
        "anthropic.messages",
        "anthropic.count_tokens",
        "anthropic.models",
    ];
    for recording in recordings(&all).iter().filter(|one| one.status >= 400) {
        let status = StatusCode::from_u16(recording.status).unwrap();
        let body = Bytes::from(recording.answer.clone());
        let native: Value = serde_json::from_slice(&body).unwrap();
        let told = Anthropic::new().error(status, &HeaderMap::new(), &body);
        let told: Value = serde_json::from_slice(&told.body.unwrap()).unwrap();
        let id = &recording.id;
        assert_eq!(told["error"]["message"], native["error"]["message"], "{id}");
        assert_eq!(told["error"]["code"], native["error"]["type"], "{id}");
    }
}
