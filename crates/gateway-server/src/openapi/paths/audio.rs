//! Speech from text and text from speech. Forms and audio are streamed, in both directions.
//!
//! <https://platform.openai.com/docs/api-reference/audio>

use gateway_types::audio::{SpeechRequest, Transcription, Translation};

use super::form::{TranscriptionForm, TranslationForm};
use crate::openapi::events::{SpeechEvents, TranscriptionEvents};

/// Say a text
///
/// The answer is audio in the encoding that was asked for, or an event stream with `stream_format: "sse"`.
#[utoipa::path(
    post,
    path = "/v1/audio/speech",
    operation_id = "createSpeech",
    tag = "Audio",
    request_body = SpeechRequest,
    responses((
        status = 200,
        description = "The audio as it is made, in the encoding that was asked for, or as a stream of events",
        content(("audio/*"), ("text/event-stream", item_schema = SpeechEvents)),
    )),
)]
pub(in crate::openapi) fn create_speech() {}

/// Write down speech
///
/// The answer's form follows `response_format`.
#[utoipa::path(
    post,
    path = "/v1/audio/transcriptions",
    operation_id = "createTranscription",
    tag = "Audio",
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses((
        status = 200,
        description = "The text, whole or as a stream",
        content(
            (Transcription = "application/json"),
            (String = "text/plain"),
            ("text/event-stream", item_schema = TranscriptionEvents),
        ),
    )),
)]
pub(in crate::openapi) fn create_transcription() {}

/// Write down speech in English
///
/// The answer's form follows `response_format`.
#[utoipa::path(
    post,
    path = "/v1/audio/translations",
    operation_id = "createTranslation",
    tag = "Audio",
    request_body(content = TranslationForm, content_type = "multipart/form-data"),
    responses((
        status = 200,
        description = "The text; as a stream where the provider has that",
        content(
            (Translation = "application/json"),
            (String = "text/plain"),
            ("text/event-stream", item_schema = TranscriptionEvents),
        ),
    )),
)]
pub(in crate::openapi) fn create_translation() {}
