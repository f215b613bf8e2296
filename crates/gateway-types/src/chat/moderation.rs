//! Moderation that runs beside a chat request: asked for in the request, answered in the
//! response and in chunks.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/create>

use std::collections::BTreeMap;

use crate::Number;

wire_object! {
    /// Asks for moderation of the prompt and of the answer.
    pub struct ModerationOptions {
        required {
            /// The moderation model.
            model: String,
        }
        optional {
            /// What happens with flagged text.
            policy: ModerationPolicy => with_policy,
        }
    }
}

wire_object! {
    /// What happens with flagged text, on either side.
    pub struct ModerationPolicy {
        optional {
            /// For the prompt.
            input: ModerationPolicySide => with_input,
            /// For the answer.
            output: ModerationPolicySide => with_output,
        }
    }
}

wire_object! {
    /// What happens with flagged text on one side.
    pub struct ModerationPolicySide {
        required {
            /// Report or refuse.
            mode: ModerationMode,
        }
    }
}

open_enum! {
    /// What happens with flagged text.
    pub enum ModerationMode {
        /// It is scored and passes.
        Score => "score",
        /// It is refused.
        Block => "block",
    }
}

impl Default for ModerationMode {
    /// `score`.
    fn default() -> Self {
        Self::Score
    }
}

wire_object! {
    /// What moderation found.
    pub struct ChatModeration {
        optional {
            /// In the prompt.
            input: ModerationOutcome,
            /// In the answer.
            output: ModerationOutcome,
        }
    }
}

tagged_union! {
    /// What moderation found on one side.
    pub enum ModerationOutcome by "type" {
        /// It ran.
        "moderation_results" => Results(ModerationVerdicts),
        /// It failed.
        "error" => Error(ModerationError),
    }
}

wire_object! {
    /// The verdicts of a moderation that ran.
    pub struct ModerationVerdicts {
        required {
            /// The moderation model.
            model: String,
            /// One per moderated input.
            results: Vec<ModerationVerdict>,
        }
    }
}

wire_object! {
    /// One verdict.
    pub struct ModerationVerdict {
        required {
            /// Whether any category applies.
            flagged: bool,
            /// Which categories apply.
            categories: BTreeMap<String, bool>,
            /// How sure the model is, per category, from 0 to 1.
            category_scores: BTreeMap<String, Number>,
        }
        optional {
            /// Which kinds of input (`text`, `image`) each category looked at.
            category_applied_input_types: BTreeMap<String, Vec<String>>,
            /// The moderation model.
            model: String,
            /// `moderation_result`.
            #[serde(rename = "type")]
            kind: String,
        }
    }
}

wire_object! {
    /// Why moderation failed.
    pub struct ModerationError {
        required {
            /// A stable name.
            code: String,
            /// Text for people.
            message: String,
        }
    }
}
