//! Whatever goes in comes out: nulls, unknown fields, unknown values, unknown kinds, and numbers
//! in the form in which they were written.
#![expect(
    clippy::expect_used,
    reason = "a test says what went wrong by panicking"
)]

mod generate;

use gateway_types::{audio, chat, completions, embeddings, error, images, models, moderations};
use generate::Mode::Wild;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads and writes, once from a value and once from its text.
fn survives<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), TestCaseError> {
    let typed: T = serde_json::from_value(value.clone())
        .map_err(|error| TestCaseError::fail(format!("{error} in {value}")))?;
    prop_assert_eq!(&serde_json::to_value(&typed).expect("writes"), value);
    let text = serde_json::to_string(&typed).expect("writes");
    let typed: T = serde_json::from_str(&text)
        .map_err(|error| TestCaseError::fail(format!("{error} in {text}")))?;
    prop_assert_eq!(serde_json::to_string(&typed).expect("writes"), text);
    Ok(())
}

macro_rules! survive {
    ($( $name:ident: $type:ty = $strategy:expr; )+) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $name(value in $strategy) {
                    survives::<$type>(&value)?;
                }
            )+
        }
    };
}

survive! {
    chat_request: chat::ChatRequest = generate::chat_request(Wild);
    chat_response: chat::ChatResponse = generate::chat_response(Wild);
    chat_chunk: chat::ChatChunk = generate::chat_chunk(Wild);
    completion_request: completions::CompletionRequest = generate::completion_request(Wild);
    completion_response: completions::CompletionResponse = generate::completion_response(Wild);
    embedding_request: embeddings::EmbeddingRequest = generate::embedding_request(Wild);
    embedding_floats: embeddings::EmbeddingResponse =
        generate::embedding_response(Wild, generate::vector());
    embedding_base64: embeddings::EmbeddingResponse =
        generate::embedding_response(Wild, generate::text());
    image_request: images::ImageRequest = generate::image_request(Wild);
    image_edit_request: images::ImageEditRequest = generate::image_edit_request(Wild);
    image_response: images::ImageResponse = generate::image_response(Wild);
    image_generation_event: images::ImageEvent = generate::image_event(
        Wild, "image_generation.partial_image", "image_generation.completed");
    moderation_request: moderations::ModerationRequest = generate::moderation_request_body(Wild);
    moderation_response: moderations::ModerationResponse = generate::moderation_response(Wild);
    model_list: models::ModelList = generate::model_list(Wild);
    speech_request: audio::SpeechRequest = generate::speech_request(Wild);
    transcription: audio::Transcription = generate::transcription(Wild);
    error_body: error::ErrorBody = generate::error(Wild);
}

proptest! {
    /// Base64 and numbers are two writings of one vector.
    #[test]
    fn vectors_survive_base64(floats in proptest::collection::vec(any::<f32>(), 0..8)) {
        let wide: Vec<f64> = floats.iter().copied().map(f64::from).collect();
        let encoded = embeddings::EmbeddingVector::Floats(wide).into_base64();
        let decoded = encoded.as_floats().expect("base64");
        let bits: Vec<u32> = decoded.iter().map(|float| (*float as f32).to_bits()).collect();
        let expected: Vec<u32> = floats.iter().map(|float| float.to_bits()).collect();
        for (ours, theirs) in bits.iter().zip(&expected) {
            let both_nan = f32::from_bits(*ours).is_nan() && f32::from_bits(*theirs).is_nan();
            prop_assert!(ours == theirs || both_nan);
        }
        prop_assert_eq!(bits.len(), expected.len());
    }
}
