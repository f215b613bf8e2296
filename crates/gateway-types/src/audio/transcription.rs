//! Speech to text in its own language.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/audio/createTranscription>

use crate::Number;

wire_object! {
    /// The text fields of the multipart form of `POST /v1/audio/transcriptions`.
    ///
    /// The form's `file` is streamed and not held in a value.
    pub struct TranscriptionRequest {
        required {
            /// The model's name.
            model: String,
        }
        optional {
            /// The language, as ISO 639-1.
            language: String => with_language,
            /// The languages that may occur.
            languages: Vec<String> => with_languages,
            /// Text that the recording continues, in its language.
            prompt: String => with_prompt,
            /// Words that are likely to occur.
            keywords: Vec<String> => with_keywords,
            /// What the answer looks like; `json` where absent.
            response_format: TranscriptionFormat => with_response_format,
            /// Randomness, 0 to 1.
            temperature: Number => with_temperature,
            /// What more the answer holds.
            include: Vec<TranscriptionInclude> => with_include,
            /// What gets time stamps; needs `verbose_json`.
            timestamp_granularities: Vec<TimestampGranularity> => with_timestamp_granularities,
            /// How long recordings are cut.
            chunking_strategy: ChunkingStrategy => with_chunking_strategy,
            /// The names of up to 4 speakers.
            known_speaker_names: Vec<String> => with_known_speaker_names,
            /// A recording of each of them, as a data URI, 2 to 10 seconds long.
            known_speaker_references: Vec<String> => with_known_speaker_references,
            /// Whether the answer comes as a stream; not for `whisper-1`.
            stream: bool => with_stream,
        }
    }
}

open_enum! {
    /// What the answer looks like.
    pub enum TranscriptionFormat {
        /// [`Transcription`] with the text.
        Json => "json",
        /// The text alone, not JSON.
        Text => "text",
        /// Subtitles, not JSON.
        Srt => "srt",
        /// [`Transcription`] with all there is.
        VerboseJson => "verbose_json",
        /// Subtitles for the web, not JSON.
        Vtt => "vtt",
        /// [`Transcription`] with speakers.
        DiarizedJson => "diarized_json",
    }
}

open_enum! {
    /// What more the answer holds.
    pub enum TranscriptionInclude {
        /// How likely each token was.
        Logprobs => "logprobs",
    }
}

open_enum! {
    /// What gets time stamps.
    pub enum TimestampGranularity {
        /// Each word.
        Word => "word",
        /// Each segment.
        Segment => "segment",
    }
}

shape_union! {
    /// How long recordings are cut.
    pub enum ChunkingStrategy, "`auto` or an object" {
        /// `auto`.
        text Mode(String),
        /// By silence.
        object ServerVad(VadConfig),
    }
}

wire_object! {
    /// How silence is found.
    pub struct VadConfig {
        required {
            /// `server_vad`.
            #[serde(rename = "type")]
            kind: String,
        }
        optional {
            /// How much is kept from before speech begins, in milliseconds.
            prefix_padding_ms: u64 => with_prefix_padding_ms,
            /// How long silence must be, in milliseconds.
            silence_duration_ms: u64 => with_silence_duration_ms,
            /// How loud speech must be, 0 to 1.
            threshold: Number => with_threshold,
        }
    }
}

wire_object! {
    /// The answer of `POST /v1/audio/transcriptions` in any of the JSON formats.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::transcription))]
    pub struct Transcription {
        required {
            /// All of the text.
            text: String,
        }
        optional {
            /// `transcribe`.
            task: String,
            /// The language of the recording.
            language: String,
            /// The languages of the recording.
            languages: Vec<TranscriptionLanguage>,
            /// How long the recording is, in seconds; old models answer it as text.
            duration: serde_json::Value,
            /// The text in segments.
            segments: Vec<TranscriptionSegment>,
            /// The text in words.
            words: Vec<TranscriptionWord>,
            /// How likely each token was.
            logprobs: Vec<AudioLogprob>,
            /// What was used.
            usage: TranscriptionUsage,
        }
    }
}

wire_object! {
    /// One language of a recording.
    pub struct TranscriptionLanguage {
        optional {
            /// Its code.
            code: String,
        }
    }
}

wire_object! {
    /// One segment: of a verbose answer, or of a diarized one (with `speaker`).
    pub struct TranscriptionSegment {
        required {
            /// The text.
            text: String,
            /// Where it begins, in seconds.
            start: Number,
            /// Where it ends, in seconds.
            end: Number,
        }
        optional {
            /// A number in a verbose answer, text in a diarized one.
            id: SegmentId,
            /// Who speaks.
            speaker: String,
            /// `transcript.text.segment`, in a diarized answer.
            #[serde(rename = "type")]
            kind: String,
            /// Where the segment's window begins, in hundredths of a second.
            seek: i64,
            /// The tokens.
            tokens: Vec<u32>,
            /// The randomness that was used.
            temperature: Number,
            /// The mean log probability; below -1 the text is doubtful.
            avg_logprob: Number,
            /// How repetitive the text is; above 2.4 it is doubtful.
            compression_ratio: Number,
            /// How likely there is no speech at all.
            no_speech_prob: Number,
        }
    }
}

/// A number in a verbose answer, text in a diarized one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SegmentId {
    /// Of a verbose answer.
    Number(i64),
    /// Of a diarized answer.
    Text(String),
}

wire_object! {
    /// One word.
    pub struct TranscriptionWord {
        required {
            /// The word.
            word: String,
            /// Where it begins, in seconds.
            start: Number,
            /// Where it ends, in seconds.
            end: Number,
        }
    }
}

wire_object! {
    /// How likely one token was.
    pub struct AudioLogprob {
        optional {
            /// The token's text.
            token: String,
            /// The natural logarithm of its probability.
            logprob: Number,
            /// The token's UTF-8 bytes.
            bytes: Vec<Number>,
        }
    }
}

tagged_union! {
    /// What a transcription used: tokens, or seconds of audio.
    pub enum TranscriptionUsage by "type" {
        /// Tokens.
        "tokens" => Tokens(TokenUsage),
        /// Seconds.
        "duration" => Duration(DurationUsage),
    }
}

wire_object! {
    /// Tokens.
    pub struct TokenUsage {
        optional {
            /// Tokens read.
            input_tokens: u64,
            /// Tokens written.
            output_tokens: u64,
            /// Both together.
            total_tokens: u64,
            /// What the read tokens were.
            input_token_details: InputTokenDetails,
        }
    }
}

wire_object! {
    /// What the read tokens were.
    pub struct InputTokenDetails {
        optional {
            /// Of audio.
            audio_tokens: u64,
            /// Of text.
            text_tokens: u64,
        }
    }
}

wire_object! {
    /// Seconds of audio.
    pub struct DurationUsage {
        required {
            /// Seconds, rounded up.
            seconds: Number,
        }
    }
}
