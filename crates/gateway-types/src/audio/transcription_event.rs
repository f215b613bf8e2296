//! The events of a streamed transcription.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event>

use crate::Number;

use super::{AudioLogprob, TranscriptionLanguage, TranscriptionUsage};

tagged_union! {
    /// One event of a streamed transcription.
    pub enum TranscriptionEvent by "type" {
        /// More text.
        "transcript.text.delta" => Delta(TranscriptDelta),
        /// A segment with its speaker.
        "transcript.text.segment" => Segment(TranscriptSegment),
        /// The whole text.
        "transcript.text.done" => Done(TranscriptDone),
    }
}

wire_object! {
    /// More text.
    pub struct TranscriptDelta {
        required {
            /// The text.
            delta: String,
        }
        optional {
            /// The segment that it belongs to.
            segment_id: String,
            /// How likely each new token was.
            logprobs: Vec<AudioLogprob>,
        }
    }
}

wire_object! {
    /// A segment with its speaker.
    pub struct TranscriptSegment {
        required {
            /// The segment's id.
            id: String,
            /// Who speaks.
            speaker: String,
            /// Where it begins, in seconds.
            start: Number,
            /// Where it ends, in seconds.
            end: Number,
            /// The text.
            text: String,
        }
    }
}

wire_object! {
    /// The whole text.
    pub struct TranscriptDone {
        required {
            /// The text.
            text: String,
        }
        optional {
            /// The languages of the recording.
            languages: Vec<TranscriptionLanguage>,
            /// How likely each token was.
            logprobs: Vec<AudioLogprob>,
            /// What was used.
            usage: TranscriptionUsage,
        }
    }
}
