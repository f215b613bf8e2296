//! The public endpoints as data: one row each, read by routing, providers, metrics and documents.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One public endpoint that a provider may offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Chat completions.
    Chat,
    /// Legacy text completions.
    Completions,
    /// Embeddings.
    Embeddings,
    /// Images from text.
    ImageGenerations,
    /// Images from images and text.
    ImageEdits,
    /// Variations of an image.
    ImageVariations,
    /// The Responses API, passed through.
    Responses,
    /// Moderations.
    Moderations,
    /// Reranking of documents.
    Rerank,
    /// Speech from text.
    Speech,
    /// Text from speech.
    Transcriptions,
    /// English text from speech.
    Translations,
}

/// What a request's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// A JSON object with a `model` member.
    Json,
    /// `multipart/form-data` with a `model` field.
    Multipart,
    /// The one or the other, as the content type says.
    MultipartOrJson,
}

/// How a stream of this operation says that it is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// Chat-like chunks: a `finish_reason` in each choice, then `[DONE]`.
    Chunks,
    /// Typed events, of which one of these is the last (`type` in the data).
    Typed(&'static [&'static str]),
}

/// The row of one operation.
#[derive(Debug)]
pub struct OperationSpec {
    /// The operation.
    pub operation: Operation,
    /// Its name in configuration, logs and metrics.
    pub name: &'static str,
    /// Its path below the version segment, e.g. `/chat/completions`.
    pub path: &'static str,
    /// What the request's body is.
    pub body: BodyKind,
    /// How its stream ends.
    pub stream_end: StreamEnd,
}

const RESPONSES_END: &[&str] = &[
    "response.completed",
    "response.incomplete",
    "response.failed",
    "error",
];
const IMAGE_END: &[&str] = &[
    "image_generation.completed",
    "image_edit.completed",
    "error",
];
const SPEECH_END: &[&str] = &["speech.audio.done", "error"];
const TRANSCRIPT_END: &[&str] = &["transcript.text.done", "error"];

const fn row(
    operation: Operation,
    name: &'static str,
    path: &'static str,
    body: BodyKind,
    stream_end: StreamEnd,
) -> OperationSpec {
    OperationSpec {
        operation,
        name,
        path,
        body,
        stream_end,
    }
}

/// Every operation, in the order of [`Operation`]'s variants.
pub static OPERATIONS: [OperationSpec; 12] = {
    use BodyKind::{Json, Multipart, MultipartOrJson};
    use Operation as O;
    use StreamEnd::{Chunks, Typed};
    [
        row(O::Chat, "chat", "/chat/completions", Json, Chunks),
        row(O::Completions, "completions", "/completions", Json, Chunks),
        row(O::Embeddings, "embeddings", "/embeddings", Json, Chunks),
        row(
            O::ImageGenerations,
            "image_generations",
            "/images/generations",
            Json,
            Typed(IMAGE_END),
        ),
        row(
            O::ImageEdits,
            "image_edits",
            "/images/edits",
            MultipartOrJson,
            Typed(IMAGE_END),
        ),
        row(
            O::ImageVariations,
            "image_variations",
            "/images/variations",
            Multipart,
            Typed(IMAGE_END),
        ),
        row(
            O::Responses,
            "responses",
            "/responses",
            Json,
            Typed(RESPONSES_END),
        ),
        row(O::Moderations, "moderations", "/moderations", Json, Chunks),
        row(O::Rerank, "rerank", "/rerank", Json, Chunks),
        row(
            O::Speech,
            "speech",
            "/audio/speech",
            Json,
            Typed(SPEECH_END),
        ),
        row(
            O::Transcriptions,
            "transcriptions",
            "/audio/transcriptions",
            Multipart,
            Typed(TRANSCRIPT_END),
        ),
        row(
            O::Translations,
            "translations",
            "/audio/translations",
            Multipart,
            Typed(TRANSCRIPT_END),
        ),
    ]
};

impl Operation {
    /// This operation's row.
    #[expect(
        clippy::indexing_slicing,
        reason = "one row a variant, in order; a test walks them all"
    )]
    pub fn spec(self) -> &'static OperationSpec {
        &OPERATIONS[self as usize]
    }

    /// Its name in configuration, logs and metrics.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Its path below the version segment.
    pub fn path(self) -> &'static str {
        self.spec().path
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no operation's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no operation")]
pub struct UnknownOperation(pub String);

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        OPERATIONS
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.operation)
            .ok_or_else(|| UnknownOperation(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_at_its_variants_place_and_is_found_by_name() {
        for (index, row) in OPERATIONS.iter().enumerate() {
            assert_eq!(row.operation as usize, index);
            assert_eq!(row.name.parse::<Operation>(), Ok(row.operation));
            assert_eq!(serde_json::to_value(row.operation).unwrap(), row.name);
        }
    }
}
