//! The demo models as data: those that answer, and those that misbehave on purpose.

use crate::Operation;

use super::engine::Misbehaviour;

/// A model of the demo provider.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoModel {
    /// Its id: `chat` is asked for as `demo/chat`.
    pub id: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What it is for.
    pub role: Role,
}

/// What a demo model is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Role {
    /// It answers these operations.
    Answers {
        /// The operations.
        operations: &'static [Operation],
        /// Whether it shows reasoning before a chat answer.
        reasoning: bool,
    },
    /// It takes every operation, answers as the model for it does, and goes wrong in this way.
    Misbehaves(Misbehaviour),
}

impl DemoModel {
    /// The model with that id.
    pub fn find(id: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.id == id)
    }

    /// Whether it misbehaves on purpose.
    pub fn is_fault(&self) -> bool {
        matches!(self.role, Role::Misbehaves(_))
    }
}

const fn answers(
    id: &'static str,
    operations: &'static [Operation],
    summary: &'static str,
) -> DemoModel {
    DemoModel {
        id,
        summary,
        role: Role::Answers {
            operations,
            reasoning: false,
        },
    }
}

const fn fault(id: &'static str, misbehaviour: Misbehaviour, summary: &'static str) -> DemoModel {
    DemoModel {
        id,
        summary,
        role: Role::Misbehaves(misbehaviour),
    }
}

const TEXT: &[Operation] = &[
    Operation::Chat,
    Operation::Completions,
    Operation::Responses,
];
const IMAGES: &[Operation] = &[
    Operation::ImageGenerations,
    Operation::ImageEdits,
    Operation::ImageVariations,
];
const HEARING: &[Operation] = &[Operation::Transcriptions, Operation::Translations];

/// Every demo model, those that answer first.
pub static MODELS: &[DemoModel] = {
    use Misbehaviour as M;
    &[
        answers(
            "chat",
            TEXT,
            "Answers by referring to the last message; calls tools and keeps to JSON schemas.",
        ),
        DemoModel {
            id: "reasoning",
            summary: "As `chat`, with reasoning before the answer.",
            role: Role::Answers {
                operations: TEXT,
                reasoning: true,
            },
        },
        answers(
            "embeddings",
            &[Operation::Embeddings],
            "Unit vectors hashed from the words of a text.",
        ),
        answers(
            "image",
            IMAGES,
            "A small PNG drawn from the hash of the prompt.",
        ),
        answers(
            "moderation",
            &[Operation::Moderations],
            "Flags texts that hold a word of a short list.",
        ),
        answers(
            "rerank",
            &[Operation::Rerank],
            "Ranks documents by the words they share with the query.",
        ),
        answers(
            "speech",
            &[Operation::Speech],
            "A short tone as WAV or PCM.",
        ),
        answers("transcription", HEARING, "A fixed text, whatever is heard."),
        // Error statuses.
        fault("400", M::Status(400), "Answers 400."),
        fault("401", M::Status(401), "Answers 401."),
        fault("402", M::Status(402), "Answers 402."),
        fault("403", M::Status(403), "Answers 403."),
        fault("404", M::Status(404), "Answers 404."),
        fault("408", M::Status(408), "Answers 408."),
        fault("409", M::Status(409), "Answers 409."),
        fault("413", M::Status(413), "Answers 413."),
        fault("422", M::Status(422), "Answers 422."),
        fault("429", M::Status(429), "Answers 429 with `retry-after: 2`."),
        fault("500", M::Status(500), "Answers 500."),
        fault("501", M::Status(501), "Answers 501."),
        fault("502", M::Status(502), "Answers 502."),
        fault("503", M::Status(503), "Answers 503 with `retry-after: 2`."),
        fault("504", M::Status(504), "Answers 504."),
        fault("529", M::Status(529), "Answers 529, overloaded."),
        fault(
            "500-html",
            M::HtmlStatus(500),
            "Answers 500 with an HTML page.",
        ),
        fault(
            "500-empty",
            M::EmptyStatus(500),
            "Answers 500 without a body.",
        ),
        fault("redirect", M::Redirect, "Answers 307 to another host."),
        // Time.
        fault(
            "slow",
            M::Slow,
            "Waits 5 s before the first byte, then answers well.",
        ),
        fault(
            "trickle",
            M::Trickle,
            "Sends every event in pieces of a few bytes.",
        ),
        fault(
            "stall",
            M::Stall,
            "Sends half of the answer and then nothing, without an end.",
        ),
        fault(
            "silent",
            M::Silent,
            "Sends a status and nothing else, without an end.",
        ),
        // The end.
        fault("cut", M::Cut, "Ends cleanly in the middle of the answer."),
        fault(
            "reset",
            M::Reset,
            "Breaks the connection in the middle of the answer.",
        ),
        fault(
            "no-done",
            M::NoDone,
            "Ends after the finish reason, without `[DONE]`.",
        ),
        fault(
            "finish-reset",
            M::FinishReset,
            "Breaks the connection after the finish reason.",
        ),
        fault(
            "done-reset",
            M::DoneReset,
            "Breaks the connection after `[DONE]`.",
        ),
        fault(
            "after-done",
            M::AfterDone,
            "Sends an error event after `[DONE]`.",
        ),
        fault(
            "no-blank-line",
            M::NoBlankLine,
            "Ends without the last blank line, and without `[DONE]`.",
        ),
        // Errors inside of a success.
        fault(
            "error-first",
            M::ErrorFirst,
            "A stream whose first event is an error.",
        ),
        fault(
            "error-in-stream",
            M::ErrorInStream,
            "An error event in the middle of a stream.",
        ),
        fault(
            "error-event",
            M::ErrorEvent,
            "`event: error` with a flat error in the middle of a stream.",
        ),
        fault(
            "error-string",
            M::ErrorString,
            "`{\"error\":\"...\"}` in the middle of a stream.",
        ),
        fault(
            "error-null",
            M::ErrorNull,
            "Every event also holds `\"error\":null`.",
        ),
        fault("json-error", M::JsonError, "Answers 200 with a JSON error."),
        // Bytes that are not what they should be.
        fault(
            "bare-json",
            M::BareJson,
            "A JSON line without `data:` in the middle of a stream.",
        ),
        fault(
            "bad-json",
            M::BadJson,
            "An event with broken JSON in the middle of a stream.",
        ),
        fault(
            "bad-utf8",
            M::BadUtf8,
            "An event with invalid UTF-8 in the middle of a stream.",
        ),
        fault(
            "noise",
            M::Noise,
            "Events without data, pings, `retry:` and `id:` between the events.",
        ),
        fault("crlf", M::Crlf, "CRLF line ends and comments."),
        fault("bom", M::Bom, "A byte order mark before the answer."),
        fault(
            "big",
            M::Big,
            "An event of 9 MiB in the middle of a stream.",
        ),
        fault("empty", M::Empty, "Answers 200 without a body."),
        fault("only-done", M::OnlyDone, "A stream of `[DONE]` alone."),
        fault("html", M::Html, "Answers 200 with an HTML page."),
        fault(
            "not-json",
            M::NotJson,
            "Answers 200 with a text that is not JSON.",
        ),
        fault(
            "truncated",
            M::Truncated,
            "Ends in the middle of the answer's bytes, of an event too.",
        ),
        fault(
            "whole",
            M::WholeForStream,
            "Answers a stream's request with a whole JSON answer.",
        ),
        fault(
            "wrong-type",
            M::WrongType,
            "A good stream under `content-type: application/json`.",
        ),
        // Usage.
        fault("no-usage", M::NoUsage, "Never reports usage."),
        fault(
            "zero-usage",
            M::ZeroUsage,
            "Reports a usage of zero tokens.",
        ),
        fault(
            "usage-twice",
            M::UsageTwice,
            "Reports the usage of a stream twice.",
        ),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_every_operation_has_a_model() {
        for (index, model) in MODELS.iter().enumerate() {
            let first = MODELS.iter().position(|other| other.id == model.id);
            assert_eq!(first, Some(index), "{}", model.id);
        }
        for row in &crate::operation::OPERATIONS {
            let served = MODELS.iter().any(|model| match model.role {
                Role::Answers { operations, .. } => operations.contains(&row.operation),
                Role::Misbehaves(_) => false,
            });
            assert!(served, "{}", row.name);
        }
    }
}
