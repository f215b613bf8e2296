//! Recorded answers of Google AI Studio and Vertex AI.

use bytes::Bytes;
use gateway_types::json::{RawObject, ScanLimits};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{
    super::Gemini,
    replay::{self, CUTS, Outcome},
};
use crate::{
    FaultKind, Operation,
    dialects::{Ask, Decoder, Dialect},
    rules::ModelRule,
};

/// What a choice holds, as the corpus says it.
fn found(choice: &Value) -> Value {
    let message = &choice["message"];
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let calls = message["tool_calls"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let calls: Vec<Value> = calls
        .iter()
        .map(|call| {
            let arguments = call["function"]["arguments"].as_str().unwrap();
            let arguments: Value = serde_json::from_str(arguments).unwrap();
            json!({"name": call["function"]["name"], "json": arguments})
        })
        .collect();
    json!({"text": text("content"), "reasoning": text("reasoning_content"), "calls": calls})
}

fn fact(choice: &Value) -> Value {
    let text = |name: &str| choice[name].as_str().unwrap_or_default().to_owned();
    let calls = choice["tool_calls"].as_array().cloned().unwrap_or_default();
    let calls: Vec<Value> = calls
        .iter()
        .map(|call| json!({"name": call["name"], "json": call["json"]}))
        .collect();
    json!({"text": text("text"), "reasoning": text("reasoning"), "calls": calls})
}

/// Ids of calls where the provider gave some.
fn ids(file: &Value) -> Vec<String> {
    let choices = file["facts"]["choices"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let calls = choices
        .iter()
        .filter_map(|choice| choice["tool_calls"].as_array())
        .flatten();
    calls
        .filter_map(|call| Some(call["id"].as_str()?.to_owned()))
        .collect()
}

/// OpenAI's usage of a native one: prompt, completion, cached, thoughts.
fn usage(native: &Value) -> Value {
    let count = |name: &str| native[name].as_u64().unwrap_or(0);
    json!([
        count("promptTokenCount") + count("toolUsePromptTokenCount"),
        count("candidatesTokenCount") + count("thoughtsTokenCount"),
        native["cachedContentTokenCount"],
        native["thoughtsTokenCount"],
    ])
}

fn told_usage(answer: &Value) -> Value {
    let usage = &answer["usage"];
    let sum =
        usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
    json!([
        usage["prompt_tokens"],
        usage["completion_tokens"],
        usage["prompt_tokens_details"]["cached_tokens"],
        usage["completion_tokens_details"]["reasoning_tokens"],
    ])
}

fn finish(fact: &Value) -> Value {
    let has_calls = fact["tool_calls"]
        .as_array()
        .is_some_and(|calls| !calls.is_empty());
    let native = match &fact["finish"] {
        Value::Number(number) if number == &1.into() => "STOP".to_owned(),
        Value::Number(number) if number == &2.into() => "MAX_TOKENS".to_owned(),
        native => native.as_str().unwrap().to_owned(),
    };
    match native.as_str() {
        "STOP" if has_calls => "tool_calls".into(),
        "STOP" => "stop".into(),
        "MAX_TOKENS" => "length".into(),
        "SAFETY" | "RECITATION" | "MODEL_ARMOR" => "content_filter".into(),
        other => other.to_ascii_lowercase().into(),
    }
}

/// All values of a member, wherever it stands.
fn all_of(value: &Value, name: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                match value {
                    Value::String(text) if member == name => into.push(text.clone()),
                    value => all_of(value, name, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all_of(item, name, into)),
        _ => {}
    }
}

fn compare(id: &str, outcome: &Outcome, file: &Value, sent: &Value, wrong: &mut Vec<String>) {
    let answer = &outcome.answer;
    if answer.is_null() {
        wrong.push(format!("{id}: no answer, {:?}", outcome.fault));
        return;
    }
    let facts = &file["facts"];
    let mut check = |what: &str, told: Value, fact: Value| {
        if told != fact {
            wrong.push(format!("{id}: {what}: {told} instead of {fact}"));
        }
    };
    let choices = answer["choices"].as_array().unwrap();
    for (choice, about) in choices.iter().zip(facts["choices"].as_array().unwrap()) {
        check("facts", found(choice), fact(about));
        check("finish", choice["finish_reason"].clone(), finish(about));
    }
    if facts["error"]["blockReason"].is_string() {
        check(
            "blocked",
            choices[0]["finish_reason"].clone(),
            "content_filter".into(),
        );
        check(
            "native",
            choices[0]["native_finish_reason"].clone(),
            "blocked:SAFETY".into(),
        );
        assert!(choices[0]["message"]["refusal"].is_string());
    } else {
        check(
            "choices",
            choices.len().into(),
            facts["choices"].as_array().unwrap().len().into(),
        );
    }
    if facts["usage"].is_object() {
        check("usage", told_usage(answer), usage(&facts["usage"]));
    }
    let told = answer.to_string();
    let mut carried = ids(file);
    for name in ["thoughtSignature", "code", "output", "responseId", "uri"] {
        all_of(sent, name, &mut carried);
    }
    for text in carried {
        let quoted = serde_json::to_string(&text).unwrap();
        if !told.contains(&quoted) {
            wrong.push(format!("{id}: lost {quoted:.80}"));
        }
    }
}

/// The native answers in a stream.
fn sent_in(bytes: &[u8]) -> Value {
    let events = replay::events(bytes, CUTS[0]);
    events
        .iter()
        .map(|event| serde_json::from_slice::<Value>(&event.data).unwrap())
        .collect()
}

#[test]
fn whole_answers_carry_what_was_recorded() {
    let mut wrong = Vec::new();
    for file in replay::recordings("google.generateContent") {
        let id = file["id"].as_str().unwrap();
        if file["framing"] != "json" || file["response"]["status"] != 200 {
            continue;
        }
        let sent = &file["response"]["body"];
        let decoder = || replay::decoder(replay::api_of(&file));
        let outcome = replay::whole(sent.to_string().as_bytes(), decoder());
        compare(id, &outcome, &file, sent, &mut wrong);
        // As one event, it is the same answer.
        let event = format!("data: {sent}\r\n\r\n");
        let streamed = replay::streamed(event.as_bytes(), CUTS[0], decoder());
        compare(
            &format!("{id} as a stream"),
            &streamed,
            &file,
            sent,
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn streams_carry_what_was_recorded_in_any_cut() {
    let mut wrong = Vec::new();
    for file in replay::recordings("google.generateContent") {
        let Some(bytes) = replay::stream_of(&file) else {
            continue;
        };
        let sent = sent_in(&bytes);
        for cut in CUTS {
            let outcome = replay::streamed(&bytes, cut, replay::decoder(replay::api_of(&file)));
            let id = format!("{} {cut:?}", file["id"].as_str().unwrap());
            if file["features"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one == "mid_stream_error")
            {
                let kind = outcome.fault.as_ref().map(|fault| fault.kind);
                assert_eq!(kind, Some(FaultKind::InStream), "{id}");
                let status = outcome.fault.unwrap().upstream_status().unwrap();
                assert_eq!(
                    u64::from(status.as_u16()),
                    file["facts"]["error"]["code"].as_u64().unwrap()
                );
                continue;
            }
            compare(&id, &outcome, &file, &sent, &mut wrong);
            let finishes = outcome
                .chunks
                .iter()
                .flat_map(|chunk| chunk["choices"].as_array().unwrap());
            let finishes = finishes
                .filter(|choice| choice["finish_reason"].is_string())
                .count();
            if finishes != outcome.answer["choices"].as_array().map_or(0, Vec::len) {
                wrong.push(format!("{id}: {finishes} finishes"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_errors_are_told_with_their_message_and_status() {
    let all = [
        "google.generateContent",
        "google.embedContent",
        "google.predict",
        "google.models",
    ];
    for file in all.into_iter().flat_map(replay::recordings) {
        let status = file["response"]["status"].as_u64().unwrap();
        if status < 400 {
            continue;
        }
        let status = StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
        let native = &file["response"]["body"]["error"];
        let body = Bytes::from(file["response"]["body"].to_string());
        let told = Gemini.error(status, &HeaderMap::new(), &body);
        assert_eq!(told.status, status);
        let told: Value = serde_json::from_slice(&told.body.unwrap()).unwrap();
        assert_eq!(
            told["error"]["message"], native["message"],
            "{}",
            file["id"]
        );
        assert_eq!(told["error"]["code"], native["status"], "{}", file["id"]);
    }
}

#[test]
fn recorded_embeddings_are_told() {
    for file in replay::recordings("google.embedContent") {
        let body = &file["response"]["body"];
        let Some(values) = body["embeddings"][0]["values"].as_array() else {
            continue;
        };
        let request = RawObject::parse(
            json!({"model": "m", "input": "x"}).to_string().into(),
            ScanLimits::default(),
        );
        let encoded = Gemini
            .encode(&Ask {
                operation: Operation::Embeddings,
                model: "m",
                body: &request.unwrap(),
                stream: false,
                headers: &HeaderMap::new(),
                settings: &super::settings(),
                rule: &ModelRule::default(),
            })
            .unwrap();
        let Decoder::Whole(decoder) = encoded.decoder else {
            panic!("a chat");
        };
        let told = decoder.read(vec![body.to_string().into()]).unwrap();
        assert_eq!(
            told.usage.unwrap().input,
            body["usageMetadata"]["promptTokenCount"].as_u64()
        );
        let told: Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(told["data"][0]["embedding"].as_array(), Some(values));
    }
}
