//! Text to speech.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/audio/createSpeech>

use crate::Number;
use crate::chat::Voice;

wire_object! {
    /// The body of `POST /v1/audio/speech`. The answer is audio bytes, or a stream of
    /// [`SpeechEvent`].
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::speech_request))]
    pub struct SpeechRequest {
        required {
            /// The model's name.
            model: String,
            /// What is said; 4,096 characters at most.
            input: String,
            /// Who says it.
            voice: Voice,
        }
        optional {
            /// How it is said; not for `tts-1` and `tts-1-hd`.
            instructions: String => with_instructions,
            /// The encoding; `mp3` where absent.
            response_format: SpeechFormat => with_response_format,
            /// 0.25 to 4; 1 where absent.
            speed: Number => with_speed,
            /// Bytes or events; `audio` where absent.
            stream_format: SpeechStreamFormat => with_stream_format,
        }
    }
}

impl SpeechRequest {
    /// A request to say `input`.
    pub fn new(
        model: impl Into<String>,
        input: impl Into<String>,
        voice: impl Into<Voice>,
    ) -> Self {
        Self {
            model: model.into(),
            input: input.into(),
            voice: voice.into(),
            ..Self::default()
        }
    }
}

open_enum! {
    /// The encoding of speech.
    pub enum SpeechFormat {
        /// MPEG layer 3; the default.
        Mp3 => "mp3",
        /// Opus.
        Opus => "opus",
        /// Advanced Audio Coding.
        Aac => "aac",
        /// Free lossless.
        Flac => "flac",
        /// RIFF WAVE.
        Wav => "wav",
        /// Raw 16-bit samples at 24 kHz, little-endian.
        Pcm => "pcm",
    }
}

open_enum! {
    /// Bytes or events.
    pub enum SpeechStreamFormat {
        /// Server-sent events.
        Sse => "sse",
        /// The audio's bytes.
        Audio => "audio",
    }
}

tagged_union! {
    /// One event of streamed speech.
    pub enum SpeechEvent by "type" {
        /// More audio.
        "speech.audio.delta" => Delta(SpeechDelta),
        /// The end.
        "speech.audio.done" => Done(SpeechDone),
    }
}

wire_object! {
    /// More audio.
    pub struct SpeechDelta {
        required {
            /// Bytes in base64.
            audio: String,
        }
    }
}

wire_object! {
    /// The end of the audio.
    pub struct SpeechDone {
        optional {
            /// The tokens used.
            usage: SpeechUsage,
        }
    }
}

wire_object! {
    /// The tokens that speech used.
    pub struct SpeechUsage {
        optional {
            /// Tokens read.
            input_tokens: u64,
            /// Tokens written.
            output_tokens: u64,
            /// Both together.
            total_tokens: u64,
        }
    }
}
