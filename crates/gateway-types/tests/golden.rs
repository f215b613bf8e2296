//! One example of every object, on disk: it is read as its type and written back unchanged.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gateway_types::{audio, chat, completions, embeddings, error, images, models, moderations};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

type Check = fn(Value) -> Result<Value, serde_json::Error>;

fn through<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(value)?)
}

/// Every file of the folder and its type.
const GOLDEN: &[(&str, Check)] = &[
    ("chat_chunk.json", through::<chat::ChatChunk>),
    ("chat_chunk_audio.json", through::<chat::ChatChunk>),
    ("chat_chunk_tool_call.json", through::<chat::ChatChunk>),
    ("chat_chunk_usage.json", through::<chat::ChatChunk>),
    ("chat_request.json", through::<chat::ChatRequest>),
    ("chat_request_all.json", through::<chat::ChatRequest>),
    ("chat_request_parts.json", through::<chat::ChatRequest>),
    ("chat_request_tools.json", through::<chat::ChatRequest>),
    ("chat_response.json", through::<chat::ChatResponse>),
    ("chat_response_logprobs.json", through::<chat::ChatResponse>),
    (
        "chat_response_reasoning.json",
        through::<chat::ChatResponse>,
    ),
    ("chat_response_tools.json", through::<chat::ChatResponse>),
    (
        "completion_request.json",
        through::<completions::CompletionRequest>,
    ),
    (
        "completion_response.json",
        through::<completions::CompletionResponse>,
    ),
    (
        "embedding_base64.json",
        through::<embeddings::EmbeddingResponse>,
    ),
    (
        "embedding_request.json",
        through::<embeddings::EmbeddingRequest>,
    ),
    (
        "embedding_response.json",
        through::<embeddings::EmbeddingResponse>,
    ),
    ("error.json", through::<error::ErrorBody>),
    (
        "image_edit_request.json",
        through::<images::ImageEditRequest>,
    ),
    ("image_event.json", through::<images::ImageEvent>),
    ("image_request.json", through::<images::ImageRequest>),
    ("image_response.json", through::<images::ImageResponse>),
    ("model.json", through::<models::Model>),
    ("model_list.json", through::<models::ModelList>),
    (
        "moderation_request.json",
        through::<moderations::ModerationRequest>,
    ),
    (
        "moderation_response.json",
        through::<moderations::ModerationResponse>,
    ),
    ("speech_event.json", through::<audio::SpeechEvent>),
    ("speech_request.json", through::<audio::SpeechRequest>),
    ("transcription.json", through::<audio::Transcription>),
    (
        "transcription_diarized.json",
        through::<audio::Transcription>,
    ),
    (
        "transcription_event.json",
        through::<audio::TranscriptionEvent>,
    ),
    (
        "transcription_request.json",
        through::<audio::TranscriptionRequest>,
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[test]
fn every_example_survives() {
    for (file, check) in GOLDEN {
        let text = std::fs::read(folder().join(file)).expect(file);
        let value: Value = serde_json::from_slice(&text).expect(file);
        let written = check(value.clone()).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(written, value, "{file}");
    }
}

#[test]
fn every_file_is_checked() {
    let files = std::fs::read_dir(folder()).expect("the folder");
    let files: BTreeSet<String> = files
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let checked: BTreeSet<String> = GOLDEN.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(files, checked);
}
