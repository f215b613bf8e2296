//! Prints the JSON Schema of every top-level wire type as one JSON object, name to schema. The
//! SDK completeness check compares it with the type definitions of OpenAI's own SDK.
//!
//! `cargo run -p gateway-types --features schema --example wire_names`
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use gateway_types::{audio, chat, completions, embeddings, images, models, moderations};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Map;

fn main() -> Result<(), serde_json::Error> {
    let mut schemas = Map::new();
    add_chat(&mut schemas);
    add_audio(&mut schemas);
    add_images(&mut schemas);
    add_others(&mut schemas);
    println!("{}", serde_json::to_string_pretty(&schemas)?);
    Ok(())
}

fn add<T: JsonSchema>(schemas: &mut Map<String, serde_json::Value>) {
    let schema: Schema = SchemaGenerator::default().into_root_schema_for::<T>();
    schemas.insert(T::schema_name().into_owned(), schema.to_value());
}

fn add_chat(schemas: &mut Map<String, serde_json::Value>) {
    add::<chat::ChatRequest>(schemas);
    add::<chat::ChatResponse>(schemas);
    add::<chat::ChatChunk>(schemas);
    add::<chat::Message>(schemas);
    add::<chat::ContentPart>(schemas);
    add::<chat::Tool>(schemas);
    add::<chat::ToolCall>(schemas);
    add::<chat::ToolChoice>(schemas);
    add::<chat::ResponseFormat>(schemas);
    add::<chat::ResponseMessage>(schemas);
}

fn add_audio(schemas: &mut Map<String, serde_json::Value>) {
    add::<audio::SpeechRequest>(schemas);
    add::<audio::SpeechEvent>(schemas);
    add::<audio::TranscriptionRequest>(schemas);
    add::<audio::Transcription>(schemas);
    add::<audio::TranscriptionEvent>(schemas);
    add::<audio::TranslationRequest>(schemas);
    add::<audio::Translation>(schemas);
}

fn add_images(schemas: &mut Map<String, serde_json::Value>) {
    add::<images::ImageRequest>(schemas);
    add::<images::ImageEditRequest>(schemas);
    add::<images::ImageVariationRequest>(schemas);
    add::<images::ImageReference>(schemas);
    add::<images::ImageResponse>(schemas);
    add::<images::ImageEvent>(schemas);
}

fn add_others(schemas: &mut Map<String, serde_json::Value>) {
    add::<completions::CompletionRequest>(schemas);
    add::<completions::CompletionResponse>(schemas);
    add::<embeddings::EmbeddingRequest>(schemas);
    add::<embeddings::EmbeddingResponse>(schemas);
    add::<models::Model>(schemas);
    add::<models::ModelDeleted>(schemas);
    add::<moderations::ModerationRequest>(schemas);
    add::<moderations::ModerationResponse>(schemas);
}
