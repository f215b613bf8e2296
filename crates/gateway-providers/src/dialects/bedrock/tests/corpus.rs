//! Recorded answers of Bedrock.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::{Value, json};

use super::{
    super::Bedrock,
    replay::{self, CUTS, Outcome},
};
use crate::dialects::Dialect;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn expected_usage(native: &Value) -> Value {
    let count = |name: &str| native[name].as_u64();
    let (read, written) = (
        count("cacheReadInputTokens"),
        count("cacheWriteInputTokens"),
    );
    let prompt = count("inputTokens").unwrap() + read.unwrap_or(0) + written.unwrap_or(0);
    json!([
        prompt,
        count("outputTokens"),
        count("totalTokens"),
        read,
        written
    ])
}

fn told_usage(usage: &Value) -> Value {
    json!([
        usage["prompt_tokens"],
        usage["completion_tokens"],
        usage["total_tokens"],
        usage["prompt_tokens_details"]["cached_tokens"],
        usage["prompt_tokens_details"]["cache_write_tokens"],
    ])
}

/// The calls that a client makes, and the calls of Bedrock's own tools, as the facts have them.
fn told_calls(message: &Value) -> Vec<Value> {
    let calls = message["tool_calls"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let calls = calls.iter().map(|call| {
        let arguments = call["function"]["arguments"].as_str().unwrap();
        let arguments: Value = serde_json::from_str(arguments).unwrap();
        json!({"id": call["id"], "name": call["function"]["name"], "json": arguments})
    });
    let blocks = &message["provider_data"]["bedrock"]["blocks"];
    let blocks = blocks.as_array().cloned().unwrap_or_default();
    let server = blocks.iter().filter_map(|block| {
        let call = block.get("toolUse")?;
        Some(json!({
            "id": call["toolUseId"], "name": call["name"], "server": true, "json": call["input"]
        }))
    });
    server.chain(calls).collect()
}

/// Signatures and thinking that may not be seen, wherever they stand in the native answer.
fn states(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("signature", Value::String(text)) => into.push(text.clone()),
                    ("redactedContent", Value::String(text)) => {
                        use base64::{Engine, engine::general_purpose::STANDARD};
                        into.push(String::from_utf8(STANDARD.decode(text).unwrap()).unwrap());
                    }
                    (_, value) => states(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| states(item, into)),
        _ => {}
    }
}

fn compare(id: &str, outcome: &Outcome, file: &Value, wrong: &mut Vec<String>) {
    let answer = &outcome.answer;
    if let Some(fault) = &outcome.fault {
        wrong.push(format!("{id}: {fault:?}"));
        return;
    }
    let fact = &file["facts"]["choices"][0];
    let message = &answer["choices"][0]["message"];
    let mut check = |what: &str, told: Value, fact: Value| {
        if told != fact {
            wrong.push(format!("{id}: {what}: {told} instead of {fact}"));
        }
    };
    // The text of a citation is a part of the answer, which the facts of a whole answer leave out.
    let (told, fact_text) = (text(&message["content"]), text(&fact["text"]));
    let has_cited = fact["other_items"]
        .as_array()
        .is_some_and(|items| items.iter().any(|item| item == "citationsContent"));
    if !(has_cited && told.starts_with(&fact_text)) {
        check("text", told.into(), fact_text.into());
    }
    let thinking = text(&message["reasoning_content"]);
    check(
        "reasoning",
        thinking.into(),
        text(&fact["reasoning"]).into(),
    );
    let calls = fact["tool_calls"].as_array().cloned().unwrap_or_default();
    check("calls", told_calls(message).into(), calls.into());
    check(
        "usage",
        told_usage(&answer["usage"]),
        expected_usage(&file["facts"]["usage"]),
    );
    let finish = match fact["finish"].as_str().unwrap() {
        "end_turn" | "stop_sequence" => "stop",
        "tool_use" => "tool_calls",
        "max_tokens" => "length",
        "guardrail_intervened" => "content_filter",
        other => panic!("{id}: {other}"),
    };
    check(
        "finish",
        answer["choices"][0]["finish_reason"].clone(),
        finish.into(),
    );
    let mut sent = Vec::new();
    states(&file["response"]["body"], &mut sent);
    let events = file["response"]["events"].as_array();
    events
        .into_iter()
        .flatten()
        .for_each(|event| states(event, &mut sent));
    let details = message["reasoning_details"].to_string();
    for state in sent {
        if !details.contains(&state) {
            wrong.push(format!("{id}: a signature is lost"));
        }
    }
    let features = file["features"].to_string();
    let data = &message["provider_data"]["bedrock"];
    if features.contains("guardrail_trace") && data["trace"][0]["guardrail"].is_null() {
        wrong.push(format!("{id}: the guardrail's trace is lost"));
    }
    if features.contains("\"citations\"") && data["citations"][0]["location"].is_null() {
        wrong.push(format!("{id}: the citations are lost"));
    }
}

#[test]
fn whole_answers_carry_what_was_recorded() {
    let mut wrong = Vec::new();
    for file in replay::recordings("bedrock.converse") {
        if file["framing"] != "json" || file["response"]["status"] != 200 {
            continue;
        }
        let id = file["id"].as_str().unwrap();
        let body = file["response"]["body"].to_string();
        let outcome = replay::whole(body.as_bytes(), replay::decoder(&[]));
        compare(id, &outcome, &file, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn streams_carry_what_was_recorded_in_any_cut_and_faulted_ones_fail() {
    let mut wrong = Vec::new();
    for file in replay::recordings("bedrock.converse") {
        let Some(bytes) = replay::recorded_bytes(&file) else {
            continue;
        };
        let features = file["features"].to_string();
        for cut in CUTS {
            let id = format!("{} {cut:?}", file["id"]);
            let outcome = replay::streamed(&bytes, cut, replay::decoder(&[]));
            if features.contains("truncated_stream") || features.contains("corrupt_frame") {
                if outcome.fault.is_none() {
                    wrong.push(format!("{id}: a faulted stream ended as a success"));
                }
            } else {
                compare(&id, &outcome, &file, &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Frames of a stream, and what the same answer is as a whole.
#[test]
fn recorded_streams_cut_off_anywhere_never_end_as_a_success() {
    for file in replay::recordings("bedrock.converse") {
        let Some(bytes) = replay::recorded_bytes(&file) else {
            continue;
        };
        // The frame behind the one with the end holds the usage alone.
        let events = file["response"]["events"].as_array();
        let has_usage_last = events
            .is_some_and(|events| events.last().unwrap()["headers"][":event-type"] == "metadata");
        if !has_usage_last {
            continue;
        }
        for end in (0..bytes.len()).step_by(97) {
            let cut = &bytes[..end];
            let outcome = replay::streamed(cut, replay::Cut::Whole, replay::decoder(&[]));
            let finish = &outcome.answer["choices"][0]["finish_reason"];
            assert!(
                outcome.fault.is_some() || finish.is_string(),
                "{} at {end}",
                file["id"]
            );
        }
    }
}

#[test]
fn recorded_errors_keep_status_message_and_kind() {
    for dialect in ["bedrock.converse", "bedrock.invoke", "bedrock.count_tokens"] {
        for file in replay::recordings(dialect) {
            let status = file["response"]["status"].as_u64().unwrap();
            if status == 200 {
                continue;
            }
            let mut headers = HeaderMap::new();
            for (name, value) in file["response"]["headers"].as_object().unwrap() {
                let name: HeaderName = name.parse().unwrap();
                headers.insert(name, value.as_str().unwrap().parse().unwrap());
            }
            let status = StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
            let body = Bytes::from(file["response"]["body"].to_string());
            let error = Bedrock.error(status, &headers, &body);
            assert_eq!(error.status, status);
            let told: Value = serde_json::from_slice(&error.body.unwrap()).unwrap();
            let told = &told["error"];
            assert_eq!(
                told["message"], file["response"]["body"]["message"],
                "{}",
                file["id"]
            );
            if let Some(kind) = headers.get("x-amzn-errortype") {
                let kind = kind.to_str().unwrap().split(':').next().unwrap();
                assert_eq!(told["code"], kind, "{}", file["id"]);
            }
        }
    }
}

#[test]
fn the_recorded_list_of_models_is_read() {
    for file in replay::recordings("bedrock.models") {
        let body = Bytes::from(file["response"]["body"].to_string());
        let page = Bedrock.models_page(&replay::settings(), &body).unwrap();
        let native = file["response"]["body"]["modelSummaries"]
            .as_array()
            .unwrap();
        assert_eq!(page.models.len(), native.len());
        for (model, native) in page.models.iter().zip(native) {
            assert_eq!(model.id, native["modelId"].as_str().unwrap());
            let object: Value = serde_json::from_slice(model.object.bytes()).unwrap();
            assert_eq!(object["owned_by"], native["providerName"]);
            assert!(object["created"].is_i64());
        }
    }
}
