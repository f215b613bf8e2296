//! The operations beside chat, and all answers against the contract's types.

use base64::{Engine, engine::general_purpose::STANDARD};
use gateway_types::{
    chat::{ChatChunk, ChatResponse},
    completions::CompletionResponse,
    embeddings::EmbeddingResponse,
    images::ImageResponse,
    moderations::ModerationResponse,
};
use serde_json::{Value, json};

use super::{ask, chat, events, json_of, weather_and_time};
use crate::Operation;

#[test]
fn answers_are_of_the_contracts_types() {
    let all = json!({ "tools": weather_and_time(), "logprobs": true, "top_logprobs": 1, "n": 2 });
    for body in [
        chat("Hello", &all),
        chat("get_weather", &all),
        chat("Hello", &json!({ "model": "reasoning" })),
    ] {
        let json = json_of(Operation::Chat, &body);
        let typed: ChatResponse = serde_json::from_value(json.clone()).unwrap();
        assert!(
            typed.extra.is_empty() && typed.choices[0].extra.is_empty(),
            "{typed:?}"
        );
        assert_eq!(serde_json::to_value(&typed).unwrap(), json);
        let mut streamed = body;
        streamed["stream"] = json!(true);
        for chunk in events(&ask(Operation::Chat, &streamed)) {
            let typed: ChatChunk = serde_json::from_value(chunk).unwrap();
            assert!(
                typed.extra.is_empty() && typed.choices.as_slice()[0].extra.is_empty(),
                "{typed:?}"
            );
        }
    }
    let completion = json_of(
        Operation::Completions,
        &json!({ "model": "chat", "prompt": "Hi", "logprobs": 1 }),
    );
    assert!(
        serde_json::from_value::<CompletionResponse>(completion)
            .unwrap()
            .extra
            .is_empty()
    );
    let embedded = json_of(
        Operation::Embeddings,
        &json!({ "model": "embeddings", "input": "Hi" }),
    );
    assert!(
        serde_json::from_value::<EmbeddingResponse>(embedded)
            .unwrap()
            .extra
            .is_empty()
    );
    let image = json_of(
        Operation::ImageGenerations,
        &json!({ "model": "image", "prompt": "Hi" }),
    );
    assert!(
        serde_json::from_value::<ImageResponse>(image)
            .unwrap()
            .extra
            .is_empty()
    );
    let moderated = json_of(
        Operation::Moderations,
        &json!({ "model": "moderation", "input": "Hi" }),
    );
    assert!(
        serde_json::from_value::<ModerationResponse>(moderated)
            .unwrap()
            .extra
            .is_empty()
    );
}

#[test]
fn completions_echo_and_stream() {
    let body = json!({ "model": "chat", "prompt": ["One", "Two"], "echo": true, "logprobs": 1, "max_tokens": 3 });
    let whole = json_of(Operation::Completions, &body);
    assert_eq!(whole["choices"][1]["text"], "TwoThis is the");
    assert_eq!(whole["choices"][1]["finish_reason"], "length");
    assert_eq!(whole["usage"]["total_tokens"], 8);
    let mut streamed = body;
    streamed["stream"] = json!(true);
    let mut texts = [String::new(), String::new()];
    for chunk in events(&ask(Operation::Completions, &streamed)) {
        let choice = &chunk["choices"][0];
        texts[usize::try_from(choice["index"].as_u64().unwrap()).unwrap()]
            .push_str(choice["text"].as_str().unwrap());
    }
    assert_eq!(texts, ["OneThis is the", "TwoThis is the"]);
}

#[test]
fn embeddings_are_unit_vectors_in_every_form() {
    let vectors = |body: Value| -> Vec<Vec<f32>> {
        let json = json_of(Operation::Embeddings, &body);
        json["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| match &item["embedding"] {
                Value::String(base64) => {
                    let bytes = STANDARD.decode(base64).unwrap();
                    bytes
                        .chunks(4)
                        .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
                        .collect()
                }
                floats => serde_json::from_value(floats.clone()).unwrap(),
            })
            .collect()
    };
    let inputs = json!(["the red house", "the red houses", "quarterly tax report"]);
    let floats = vectors(json!({ "model": "embeddings", "input": inputs }));
    assert_eq!(
        floats,
        vectors(json!({ "model": "embeddings", "input": inputs, "encoding_format": "base64" }))
    );
    let dot = |one: &[f32], other: &[f32]| {
        one.iter()
            .zip(other)
            .map(|(one, other)| one * other)
            .sum::<f32>()
    };
    for vector in &floats {
        assert_eq!(vector.len(), 256);
        assert!((dot(vector, vector) - 1.0).abs() < 1e-5);
    }
    assert!(
        dot(&floats[0], &floats[1]) > dot(&floats[0], &floats[2]) + 0.3,
        "shared words make texts near"
    );
    for (input, count) in [
        (json!("a"), 1),
        (json!([1, 2, 3]), 1),
        (json!([[1], [2, 3]]), 2),
        (json!(["a", "b"]), 2),
    ] {
        let vectors = vectors(json!({ "model": "embeddings", "input": input, "dimensions": 8 }));
        assert_eq!((vectors.len(), vectors[0].len()), (count, 8), "{input}");
    }
}

#[test]
fn responses_are_answered_whole_and_in_events() {
    let tool = json!({ "type": "function", "name": "get_weather", "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } });
    for body in [
        json!({ "model": "chat", "input": "Hello" }),
        json!({ "model": "reasoning", "input": [{ "role": "user", "content": [{ "type": "input_text", "text": "Hello" }] }] }),
        json!({ "model": "chat", "input": "Hello", "max_output_tokens": 2 }),
        json!({ "model": "chat", "input": "get_weather in Paris", "tools": [tool] }),
        json!({ "model": "chat", "input": [
            { "type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "c1", "output": "sunny" }] }),
        json!({ "model": "chat", "input": "x", "text": { "format": { "type": "json_schema", "name": "n", "schema": { "type": "object" } } } }),
    ] {
        let whole = json_of(Operation::Responses, &body);
        assert_eq!(whole["object"], "response");
        let mut streamed = body.clone();
        streamed["stream"] = json!(true);
        let events = events(&ask(Operation::Responses, &streamed));
        for (number, event) in events.iter().enumerate() {
            assert_eq!(event["sequence_number"], number);
        }
        let last = events.last().unwrap();
        let cut = body.get("max_output_tokens").is_some();
        assert_eq!(
            last["type"],
            if cut {
                "response.incomplete"
            } else {
                "response.completed"
            }
        );
        assert_eq!(
            whole["status"],
            if cut { "incomplete" } else { "completed" }
        );
        assert!(last["response"]["usage"]["total_tokens"].as_u64().unwrap() > 0);
        // Only what repeats the request may differ: the request asked for a stream.
        assert_eq!(last["response"], whole);
        let deltas = |kind: &str| -> String {
            events
                .iter()
                .filter(|event| event["type"] == kind)
                .map(|event| event["delta"].as_str().unwrap())
                .collect()
        };
        for item in whole["output"].as_array().unwrap() {
            match item["type"].as_str().unwrap() {
                "message" => assert_eq!(
                    item["content"][0]["text"],
                    deltas("response.output_text.delta")
                ),
                "reasoning" => assert_eq!(
                    item["summary"][0]["text"],
                    deltas("response.reasoning_summary_text.delta")
                ),
                _ => assert_eq!(
                    item["arguments"],
                    deltas("response.function_call_arguments.delta")
                ),
            }
        }
    }
    let told = json_of(
        Operation::Responses,
        &json!({ "model": "chat", "input": [
        { "type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}" },
        { "type": "function_call_output", "call_id": "c1", "output": "sunny" }] }),
    );
    assert!(
        told["output"][0]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("get_weather returned: sunny")
    );
}

#[test]
fn the_other_operations_answer() {
    let image = json_of(
        Operation::ImageGenerations,
        &json!({ "model": "image", "prompt": "a cat", "n": 2 }),
    );
    let first = STANDARD
        .decode(image["data"][0]["b64_json"].as_str().unwrap())
        .unwrap();
    assert!(first.starts_with(b"\x89PNG") && image["data"][0] != image["data"][1]);
    let url = json_of(
        Operation::ImageGenerations,
        &json!({ "model": "image", "prompt": "a cat", "response_format": "url" }),
    );
    assert_eq!(
        url["data"][0]["url"],
        format!("data:image/png;base64,{}", STANDARD.encode(first))
    );
    let streamed = ask(
        Operation::ImageGenerations,
        &json!({ "model": "image", "prompt": "a cat", "stream": true, "partial_images": 1 }),
    );
    let kinds: Vec<Value> = events(&streamed)
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(
        kinds,
        [
            "image_generation.partial_image",
            "image_generation.completed"
        ]
    );

    let moderated = json_of(
        Operation::Moderations,
        &json!({ "model": "moderation", "input": ["a nice day", "I will kill it"] }),
    );
    assert_eq!(
        (
            &moderated["results"][0]["flagged"],
            &moderated["results"][1]["flagged"]
        ),
        (&json!(false), &json!(true))
    );
    assert_eq!(moderated["results"][1]["categories"]["violence"], true);

    let documents = json!(["a tax report", { "text": "red house" }, "house"]);
    let ranked = json_of(
        Operation::Rerank,
        &json!({ "model": "rerank", "query": "the red house", "documents": documents, "top_n": 2, "return_documents": true }),
    );
    let order: Vec<&Value> = ranked["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["index"])
        .collect();
    assert_eq!(order, [1, 2]);
    assert_eq!(ranked["results"][0]["document"]["text"], "red house");

    let speech = ask(
        Operation::Speech,
        &json!({ "model": "speech", "input": "hi", "voice": "alloy" }),
    );
    let wav = speech.body();
    assert_eq!(
        (
            &wav[..4],
            &wav[8..16],
            speech.headers["content-type"].as_bytes()
        ),
        (&b"RIFF"[..], &b"WAVEfmt "[..], &b"audio/wav"[..])
    );
    assert_eq!(
        u32::from_le_bytes(wav[4..8].try_into().unwrap()) as usize,
        wav.len() - 8
    );
    let heard = json_of(
        Operation::Transcriptions,
        &json!({ "model": "transcription" }),
    );
    assert!(heard["text"].as_str().unwrap().contains("demo provider"));
}
