//! The OpenAPI and JSON Schema descriptions say what serde does: open enums are strings, tagged
//! unions stay open, every reference leads somewhere.
#![cfg(all(feature = "openapi", feature = "schema"))]
#![expect(
    clippy::expect_used,
    reason = "a test says what went wrong by panicking"
)]

use std::collections::BTreeMap;

use gateway_types::{audio, chat, completions, embeddings, error, images, models, moderations};
use serde_json::{Value, json};
use utoipa::ToSchema;

fn components<T: ToSchema>(all: &mut BTreeMap<String, Value>) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    for (name, schema) in schemas {
        let schema = serde_json::to_value(schema).expect("a schema is JSON");
        if let Some(other) = all.insert(name.clone(), schema.clone()) {
            assert_eq!(other, schema, "two types are called {name}");
        }
    }
}

fn all() -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    components::<chat::ChatRequest>(&mut all);
    components::<chat::ChatResponse>(&mut all);
    components::<chat::ChatChunk>(&mut all);
    components::<completions::CompletionRequest>(&mut all);
    components::<completions::CompletionResponse>(&mut all);
    components::<embeddings::EmbeddingRequest>(&mut all);
    components::<embeddings::EmbeddingResponse>(&mut all);
    components::<error::ErrorBody>(&mut all);
    components::<models::ModelList>(&mut all);
    components::<images::ImageRequest>(&mut all);
    components::<images::ImageEditRequest>(&mut all);
    components::<images::ImageVariationRequest>(&mut all);
    components::<images::ImageResponse>(&mut all);
    components::<images::ImageEvent>(&mut all);
    components::<audio::SpeechRequest>(&mut all);
    components::<audio::SpeechEvent>(&mut all);
    components::<audio::TranscriptionRequest>(&mut all);
    components::<audio::Transcription>(&mut all);
    components::<audio::TranscriptionEvent>(&mut all);
    components::<audio::TranslationRequest>(&mut all);
    components::<audio::Translation>(&mut all);
    components::<moderations::ModerationRequest>(&mut all);
    components::<moderations::ModerationResponse>(&mut all);
    all
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.push(reference.clone());
            }
            members
                .values()
                .for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_to_a_component() {
    let all = all();
    for (name, schema) in &all {
        let mut found = Vec::new();
        references(schema, &mut found);
        for reference in found {
            let target = reference
                .strip_prefix("#/components/schemas/")
                .expect("a component");
            assert!(
                all.contains_key(target),
                "{name} refers to {target}, which is nowhere"
            );
        }
    }
}

#[test]
fn open_enums_are_strings_in_both() {
    let expected = json!({"anyOf": [
        {"type": "string", "enum": ["stop", "length", "tool_calls", "content_filter", "function_call"]},
        {"type": "string"},
    ]});
    assert_eq!(all()["FinishReason"], expected);
    let schema = schemars::schema_for!(chat::FinishReason).to_value();
    assert_eq!(schema["anyOf"], expected["anyOf"]);
}

#[test]
fn optional_fields_are_optional_and_nullable() {
    let request = &all()["ChatRequest"];
    assert_eq!(request["required"], json!(["model", "messages"]));
    assert_eq!(
        request["properties"]["max_tokens"]["type"],
        json!(["integer", "null"])
    );
    let options = request["properties"]["stream_options"]["oneOf"]
        .as_array()
        .expect("a list");
    assert!(options.contains(&json!({"type": "null"})), "{options:?}");
    assert!(request["properties"].get("extra").is_none());
    let schema = schemars::schema_for!(chat::ChatRequest).to_value();
    assert_eq!(schema["required"], json!(["model", "messages"]));
    assert_eq!(
        schema["properties"]["max_tokens"]["type"],
        json!(["integer", "null"])
    );
    assert_eq!(schema["additionalProperties"], json!(true));
}

#[test]
fn unions_name_their_tags_and_stay_open() {
    let union = &all()["ContentPart"]["anyOf"];
    let members = union.as_array().expect("a list");
    let tag = |member: &Value| member["allOf"][0]["properties"]["type"]["enum"][0].clone();
    let tags: Vec<Value> = members
        .iter()
        .map(tag)
        .filter(|tag| !tag.is_null())
        .collect();
    assert_eq!(
        tags,
        ["text", "image_url", "input_audio", "file", "refusal"]
    );
    assert_eq!(
        members[0]["allOf"][1]["$ref"],
        "#/components/schemas/TextPart"
    );
    assert_eq!(members.last().expect("a last one")["type"], "object");
}

#[test]
fn examples_are_in_the_document() {
    let all = all();
    for name in [
        "ChatRequest",
        "ChatResponse",
        "ChatChunk",
        "EmbeddingResponse",
        "ErrorBody",
    ] {
        assert!(all[name]["example"].is_object(), "{name} has no example");
    }
}
