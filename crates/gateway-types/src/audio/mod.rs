//! `POST /v1/audio/speech`, `/v1/audio/transcriptions`, `/v1/audio/translations`.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/audio>

mod speech;
mod transcription;
mod transcription_event;
mod translation;

pub use speech::{
    SpeechDelta, SpeechDone, SpeechEvent, SpeechFormat, SpeechRequest, SpeechStreamFormat,
    SpeechUsage,
};
pub use transcription::{
    AudioLogprob, ChunkingStrategy, DurationUsage, InputTokenDetails, SegmentId,
    TimestampGranularity, TokenUsage, Transcription, TranscriptionFormat, TranscriptionInclude,
    TranscriptionLanguage, TranscriptionRequest, TranscriptionSegment, TranscriptionUsage,
    TranscriptionWord, VadConfig,
};
pub use transcription_event::{
    TranscriptDelta, TranscriptDone, TranscriptSegment, TranscriptionEvent,
};
pub use translation::{Translation, TranslationRequest};
