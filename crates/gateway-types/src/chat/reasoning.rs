//! Reasoning as vendors other than OpenAI put it into chat: a text, or blocks that must go back
//! unchanged. OpenAI's own chat contract has none of these fields.

use crate::{Maybe, Number};

use super::ReasoningEffort;

shape_union! {
    /// Thinking that some vendors send as text and some as an object.
    pub enum ReasoningText, "a string, an array or an object" {
        /// The text.
        text Text(String),
        /// Blocks.
        list Blocks(Vec<serde_json::Value>),
        /// Something else.
        object Other(crate::JsonObject),
    }
}

impl ReasoningText {
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Blocks(_) | Self::Other(_) => None,
        }
    }
}

wire_object! {
    /// One block of thinking, as OpenRouter sends it.
    ///
    /// Source: <https://openrouter.ai/docs/use-cases/reasoning-tokens>. Blocks may be signed or
    /// encrypted: send them back whole and in order, or the model cannot go on thinking.
    pub struct ReasoningDetail {
        optional {
            /// `reasoning.text`, `reasoning.summary` or `reasoning.encrypted`.
            #[serde(rename = "type")]
            kind: String,
            /// The thinking, in a text block.
            text: String,
            /// A summary, in a summary block.
            summary: String,
            /// Opaque bytes, in an encrypted block.
            data: String,
            /// Proof that the block is unchanged.
            signature: String,
            /// The block's id.
            id: String,
            /// Which model's format the block has.
            format: String,
            /// The place in the answer's list of blocks.
            index: Number,
        }
    }
}

wire_object! {
    /// How much the model may think, as OpenRouter's `reasoning` request field says it.
    pub struct ReasoningOptions {
        optional {
            /// As `reasoning_effort`.
            effort: ReasoningEffort => with_effort,
            /// The most tokens to think with.
            max_tokens: Number => with_max_tokens,
            /// Think, but leave the thinking out of the answer.
            exclude: bool => with_exclude,
            /// Think with the model's defaults.
            enabled: bool => with_enabled,
            /// OpenAI's Responses wording: how to summarise the thinking.
            summary: String => with_summary,
        }
    }
}

/// The first text among several fields that vendors use for thinking.
pub(super) fn first_text<'a>(
    content: &'a Maybe<ReasoningText>,
    plain: &'a Maybe<ReasoningText>,
) -> Option<&'a str> {
    let text = |field: &'a Maybe<ReasoningText>| field.as_option().and_then(ReasoningText::as_text);
    text(content).or_else(|| text(plain))
}
