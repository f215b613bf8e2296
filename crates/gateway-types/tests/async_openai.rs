//! Whatever the types of the crate `async-openai` write, ours read and write back unchanged.
#![expect(
    clippy::expect_used,
    reason = "a test says what went wrong by panicking"
)]

mod generate;

use async_openai::types as theirs;
use gateway_types as ours;
use generate::Mode::Plain;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Generated JSON makes one of their values; what they write of it must survive ours.
fn survives<Theirs, Ours>(value: &Value) -> Result<(), TestCaseError>
where
    Theirs: DeserializeOwned + Serialize,
    Ours: DeserializeOwned + Serialize,
{
    let fail = |side, error, value| TestCaseError::fail(format!("{side}: {error} in {value}"));
    let their: Theirs =
        serde_json::from_value(value.clone()).map_err(|error| fail("theirs", error, value))?;
    let written = serde_json::to_value(their).expect("writes");
    let our: Ours =
        serde_json::from_value(written.clone()).map_err(|error| fail("ours", error, &written))?;
    prop_assert_eq!(serde_json::to_value(our).expect("writes"), written);
    Ok(())
}

macro_rules! survive {
    ($( $name:ident: $theirs:ty => $ours:ty = $strategy:expr; )+) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(value in $strategy) {
                    survives::<$theirs, $ours>(&value)?;
                }
            )+
        }
    };
}

survive! {
    chat_request: theirs::chat::CreateChatCompletionRequest => ours::chat::ChatRequest =
        generate::chat_request(Plain);
    chat_response: theirs::chat::CreateChatCompletionResponse => ours::chat::ChatResponse =
        generate::chat_response(Plain);
    chat_chunk: theirs::chat::CreateChatCompletionStreamResponse => ours::chat::ChatChunk =
        generate::chat_chunk(Plain);
    completion_request: theirs::completions::CreateCompletionRequest
        => ours::completions::CompletionRequest = generate::completion_request(Plain);
    completion_response: theirs::completions::CreateCompletionResponse
        => ours::completions::CompletionResponse = generate::completion_response(Plain);
    embedding_request: theirs::embeddings::CreateEmbeddingRequest
        => ours::embeddings::EmbeddingRequest = generate::embedding_request(Plain);
    embedding_floats: theirs::embeddings::CreateEmbeddingResponse
        => ours::embeddings::EmbeddingResponse =
        generate::embedding_response(Plain, generate::vector());
    embedding_base64: theirs::embeddings::CreateBase64EmbeddingResponse
        => ours::embeddings::EmbeddingResponse =
        generate::embedding_response(Plain, generate::text());
    image_request: theirs::images::CreateImageRequest => ours::images::ImageRequest =
        generate::image_request(Plain);
    image_edit_request: theirs::images::EditImageJsonRequest => ours::images::ImageEditRequest =
        generate::image_edit_request(Plain);
    image_response: theirs::images::ImagesResponse => ours::images::ImageResponse =
        generate::image_response(Plain);
    image_generation_event: theirs::images::ImageGenStreamEvent => ours::images::ImageEvent =
        generate::image_event(Plain, "image_generation.partial_image", "image_generation.completed");
    image_edit_event: theirs::images::ImageEditStreamEvent => ours::images::ImageEvent =
        generate::image_event(Plain, "image_edit.partial_image", "image_edit.completed");
    moderation_request: theirs::moderations::CreateModerationRequest
        => ours::moderations::ModerationRequest = generate::moderation_request_body(Plain);
    moderation_response: theirs::moderations::CreateModerationResponse
        => ours::moderations::ModerationResponse = generate::moderation_response(Plain);
    model_list: theirs::models::ListModelResponse => ours::models::ModelList =
        generate::model_list(Plain);
    speech_request: theirs::audio::CreateSpeechRequest => ours::audio::SpeechRequest =
        generate::speech_request(Plain);
    transcription: theirs::audio::CreateTranscriptionResponseVerboseJson
        => ours::audio::Transcription = generate::transcription(Plain);
}
