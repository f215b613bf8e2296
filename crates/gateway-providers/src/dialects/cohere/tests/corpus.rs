//! Every recording is read in every cut, and what an independent reader found in it is there.

use serde_json::{Value, json};

use super::bench;
use crate::{
    Operation,
    dialects::proof::{Outcome, Recording, found, recordings},
    framing::Framing,
};

/// Recordings of v1 of the chat, another protocol: no gateway asks for it any more.
const NOT_OURS: &str = "cohere.chat_v1";

/// What the reader found, in the form in which [`found`] says it.
fn expected(facts: &Value) -> Value {
    let choice = &facts["choices"][0];
    let text = |name: &str| choice[name].as_str().unwrap_or_default().to_owned();
    let calls = choice["tool_calls"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls
        .map(|call| {
            let mut call = call.clone();
            // A call without arguments is one with an empty object.
            if call["raw"] == "" {
                call = json!({"id": call["id"], "name": call["name"], "json": {}});
            }
            call
        })
        .collect();
    let finish = match choice["finish"].as_str() {
        Some("COMPLETE" | "STOP_SEQUENCE") => json!("stop"),
        Some("MAX_TOKENS") => json!("length"),
        Some("TOOL_CALL") => json!("tool_calls"),
        other => panic!("a reason that no recording had: {other:?}"),
    };
    json!({
        "text": text("text"),
        "reasoning": text("reasoning") + &text("tool_plan"),
        "tool_calls": calls,
        "finish": finish,
    })
}

fn check_usage(id: &str, facts: &Value, answer: &Value) {
    let tokens = &facts["usage"]["tokens"];
    let used = &answer["usage"];
    assert_eq!(used["prompt_tokens"], tokens["input_tokens"], "{id}");
    assert_eq!(used["completion_tokens"], tokens["output_tokens"], "{id}");
    let total =
        tokens["input_tokens"].as_u64().unwrap() + tokens["output_tokens"].as_u64().unwrap();
    assert_eq!(used["total_tokens"], total, "{id}");
    let cached = &used["prompt_tokens_details"]["cached_tokens"];
    assert_eq!(*cached, facts["usage"]["cached_tokens"], "{id}");
    let reasoning = &used["completion_tokens_details"]["reasoning_tokens"];
    assert_eq!(*reasoning, tokens["reasoning_tokens"], "{id}");
    let billed = &answer["choices"][0]["message"]["provider_data"]["cohere"]["usage"][0];
    assert_eq!(
        billed["billed_units"], facts["usage"]["billed_units"],
        "{id}"
    );
}

fn read(recording: &Recording) -> Vec<Outcome> {
    bench().read_recording(Framing::Sse, recording)
}

#[test]
fn chats_say_what_was_found_in_them() {
    for recording in recordings(&["cohere.chat_v2"]) {
        let id = &recording.id;
        if recording.status != 200 {
            bench().check_error(&recording, "message");
            continue;
        }
        for outcome in read(&recording) {
            if recording.has("truncated_stream") || recording.has("mid_stream_error") {
                assert_eq!(outcome.answer, Value::Null, "{id} ended as a success");
                continue;
            }
            assert!(outcome.fault.is_none(), "{id}: {:?}", outcome.fault);
            assert_eq!(found(&outcome.answer), expected(&recording.facts), "{id}");
            check_usage(id, &recording.facts, &outcome.answer);
            let ends = outcome
                .chunks
                .iter()
                .filter(|chunk| chunk["choices"][0]["finish_reason"].is_string());
            assert_eq!(ends.count(), usize::from(recording.streaming), "{id}");
        }
    }
}

#[test]
fn citations_of_a_recording_are_told_whole() {
    for recording in recordings(&["cohere.chat_v2"]) {
        if recording.has("citations") && recording.status == 200 {
            for outcome in read(&recording) {
                let data = &outcome.answer["choices"][0]["message"]["provider_data"]["cohere"];
                let first = &data["citations"][0];
                assert!(first["text"].is_string(), "{}: {data}", recording.id);
                assert!(first["sources"][0]["type"].is_string(), "{}", recording.id);
            }
        }
    }
}

#[test]
fn embeddings_and_rankings_are_told_in_the_endpoints_shape() {
    for recording in recordings(&["cohere.embed"]) {
        let native: Value = serde_json::from_slice(&recording.answer).unwrap();
        let images = recording.request["images"].as_array().cloned();
        let input = images.map_or(recording.request["texts"].clone(), |urls| {
            let part = |url| json!({"type": "image_url", "image_url": {"url": url}});
            urls.into_iter().map(part).collect()
        });
        let request = json!({"model": "m", "input": input});
        let told = decoded(Operation::Embeddings, &request, &recording);
        let (_, vectors) = native["embeddings"]
            .as_object()
            .unwrap()
            .iter()
            .next()
            .unwrap();
        let vectors = vectors.as_array().unwrap();
        let rows = told["data"].as_array().unwrap();
        assert_eq!(rows.len(), vectors.len(), "{}", recording.id);
        for (row, vector) in rows.iter().zip(vectors) {
            assert_eq!(row["embedding"], *vector, "{}", recording.id);
        }
    }
    for recording in recordings(&["cohere.rerank"]) {
        let native: Value = serde_json::from_slice(&recording.answer).unwrap();
        let told = decoded(Operation::Rerank, &recording.request, &recording);
        assert_eq!(told["results"], native["results"], "{}", recording.id);
        assert_eq!(
            (&told["id"], &told["meta"]),
            (&native["id"], &native["meta"])
        );
    }
}

fn decoded(operation: Operation, request: &Value, recording: &Recording) -> Value {
    let answers = vec![recording.answer.clone().into()];
    let (_, told) = bench().read_answers(operation, request, answers).unwrap();
    told
}

#[test]
fn what_is_not_our_protocol_is_the_older_one_and_nothing_else() {
    let ours = ["cohere.chat_v2", "cohere.embed", "cohere.rerank", NOT_OURS];
    for recording in recordings(&ours) {
        let is_older = recording.id.contains("-v1");
        assert_eq!(recording.dialect == NOT_OURS, is_older, "{}", recording.id);
    }
}

/// The requests of a conversation, asked for again in OpenAI's words, are the recorded ones.
#[test]
fn recorded_conversations_come_back_as_they_were() {
    let bench = bench();
    let mut count = 0;
    for recording in recordings(&["cohere.chat_v2"]) {
        let Some(messages) = recording.request["messages"].as_array() else {
            continue;
        };
        let asked: Vec<Value> = messages.iter().map(as_openai).collect();
        let request = json!({"model": "m", "messages": asked, "tools": recording.request["tools"]});
        let encoded = bench.encode(Operation::Chat, "m", &request).unwrap();
        let native: Value = serde_json::from_slice(&encoded.requests[0].body).unwrap();
        let plain: Vec<Value> = messages.iter().map(plain).collect();
        let told = native["messages"].as_array().unwrap();
        let told: Vec<Value> = told.iter().map(plain_message).collect();
        assert_eq!(told, plain, "{}", recording.id);
        if !recording.request["tools"].is_null() {
            assert_eq!(
                native["tools"], recording.request["tools"],
                "{}",
                recording.id
            );
        }
        count += 1;
    }
    assert!(count > 10 || std::env::var_os("GATEWAY_CORPUS").is_none());
}

/// A recorded message as an OpenAI client sends it.
fn as_openai(native: &Value) -> Value {
    let mut message = native.clone();
    let object = message.as_object_mut().unwrap();
    if let Some(plan) = object.remove("tool_plan") {
        object.insert("reasoning_content".to_owned(), plan);
    }
    if native["role"] == "tool" {
        object.insert("content".to_owned(), text_of(&native["content"]).into());
    }
    message
}

fn plain_message(told: &Value) -> Value {
    plain(told)
}

/// A message with its content as one text, and nothing where that is empty: all ways to write it are as good.
fn plain(message: &Value) -> Value {
    let mut message = message.clone();
    let images: Vec<Value> = message["content"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|block| block["type"] == "image_url")
        .cloned()
        .collect();
    let text = text_of(&message["content"]);
    message["content"] = json!({"text": text, "images": images});
    message
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks
            .iter()
            .map(|block| match block["text"].as_str() {
                Some(text) => text.to_owned(),
                None if block["type"] == "document" => block["document"].to_string(),
                None => String::new(),
            })
            .collect(),
        _ => String::new(),
    }
}
