//! Speech to English text.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/audio/createTranslation>

use crate::Number;

use super::{TranscriptionFormat, TranscriptionSegment};

wire_object! {
    /// The text fields of the multipart form of `POST /v1/audio/translations`.
    ///
    /// The form's `file` is streamed and not held in a value.
    pub struct TranslationRequest {
        required {
            /// The model's name.
            model: String,
        }
        optional {
            /// English text that the translation continues.
            prompt: String => with_prompt,
            /// What the answer looks like; `json` where absent.
            response_format: TranscriptionFormat => with_response_format,
            /// Randomness, 0 to 1.
            temperature: Number => with_temperature,
        }
    }
}

wire_object! {
    /// The answer of `POST /v1/audio/translations` in either JSON format.
    pub struct Translation {
        required {
            /// The text.
            text: String,
        }
        optional {
            /// `translate`.
            task: String,
            /// `english`.
            language: String,
            /// How long the recording is, in seconds; old models answer it as text.
            duration: serde_json::Value,
            /// The text in segments.
            segments: Vec<TranscriptionSegment>,
        }
    }
}
