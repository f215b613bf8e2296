//! What answers and the events of a stream hold. Everything may be missing or `null`.
//!
//! Spec: <https://docs.cohere.com/reference/chat>, <https://docs.cohere.com/reference/chat-stream>

use serde::Deserialize;
use serde_json::Value;

use super::several::{OfText, Several};
use crate::dialects::text::Text;

/// One event of a stream.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Event<'a> {
    /// `content-delta` and the like; it stands in the event's name, too.
    #[serde(borrow, default, rename = "type")]
    pub(in crate::dialects::cohere) kind: Option<Text<'a>>,
    /// The answer's id, in the first event.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) id: Option<Text<'a>>,
    /// The place of the block, or of the call.
    #[serde(default)]
    pub(in crate::dialects::cohere) index: Option<u64>,
    /// What is new.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) delta: Option<Delta<'a>>,
    /// The kind of error, where some servers write it beside the delta.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) error_type: Option<Text<'a>>,
    /// How likely the delta's tokens were.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) logprobs: Several<LogprobItem<'a>>,
}

/// What is new.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Delta<'a> {
    /// In the message.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) message: Option<Message<'a>>,
    /// Why it ended.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) finish_reason: Option<Text<'a>>,
    /// What it used.
    #[serde(default)]
    pub(in crate::dialects::cohere) usage: Option<Value>,
    /// What went wrong, where it ended in an error.
    #[serde(default)]
    pub(in crate::dialects::cohere) error: Option<Value>,
    /// The kind of error.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) error_type: Option<Text<'a>>,
}

/// A message, or what is new in it.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Message<'a> {
    /// Text and thinking.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) content: Several<Block<'a>>,
    /// What the model means to do with its calls.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) tool_plan: Option<Text<'a>>,
    /// The calls.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) tool_calls: Several<Call<'a>>,
    /// Where the text comes from.
    #[serde(default)]
    pub(in crate::dialects::cohere) citations: Several<Value>,
}

/// Text or thinking.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Block<'a> {
    /// `text` or `thinking`; missing in deltas.
    #[serde(borrow, default, rename = "type")]
    pub(in crate::dialects::cohere) kind: Option<Text<'a>>,
    /// The text.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) text: Option<Text<'a>>,
    /// The thinking.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) thinking: Option<Text<'a>>,
}

/// A call, or what is new in it.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Call<'a> {
    /// Its id.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) id: Option<Text<'a>>,
    /// Name and arguments.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) function: Option<Function<'a>>,
}

/// Name and arguments of a call.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Function<'a> {
    /// The name.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) name: Option<Text<'a>>,
    /// The text of a JSON object; empty for none.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) arguments: Option<Text<'a>>,
}

/// How likely the tokens of a piece of text were.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct LogprobItem<'a> {
    /// The piece.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) text: Option<Text<'a>>,
    /// The logarithm of each token's probability.
    #[serde(default)]
    pub(in crate::dialects::cohere) logprobs: Option<Vec<f64>>,
    /// Each token's number.
    #[serde(default)]
    pub(in crate::dialects::cohere) token_ids: Option<Vec<u64>>,
}

/// A whole answer.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Answer<'a> {
    /// Its id.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) id: Option<Text<'a>>,
    /// The message.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) message: Option<Message<'a>>,
    /// Why it ended.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) finish_reason: Option<Text<'a>>,
    /// What it used.
    #[serde(default)]
    pub(in crate::dialects::cohere) usage: Option<Value>,
    /// What went wrong, where it ended in an error.
    #[serde(default)]
    pub(in crate::dialects::cohere) error: Option<Value>,
    /// The kind of error.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) error_type: Option<Text<'a>>,
    /// How likely the tokens were.
    #[serde(borrow, default)]
    pub(in crate::dialects::cohere) logprobs: Several<LogprobItem<'a>>,
}

/// What an answer used. The counts are written as floats by some servers.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Usage {
    /// Tokens as the model saw and wrote them.
    #[serde(default)]
    pub(in crate::dialects::cohere) tokens: Option<Counts>,
    /// Tokens as they are charged: without the provider's own prompt.
    #[serde(default)]
    pub(in crate::dialects::cohere) billed_units: Option<Counts>,
    /// Of the input: read from the cache.
    #[serde(default)]
    pub(in crate::dialects::cohere) cached_tokens: Option<f64>,
}

/// Counts of tokens.
#[derive(Debug, Default, Deserialize)]
pub(in crate::dialects::cohere) struct Counts {
    /// Read.
    #[serde(default)]
    pub(in crate::dialects::cohere) input_tokens: Option<f64>,
    /// Written, thinking included.
    #[serde(default)]
    pub(in crate::dialects::cohere) output_tokens: Option<f64>,
    /// Of the output: thinking.
    #[serde(default)]
    pub(in crate::dialects::cohere) reasoning_tokens: Option<f64>,
    /// Of the input: images.
    #[serde(default)]
    pub(in crate::dialects::cohere) image_tokens: Option<f64>,
}

impl<'a, 'de: 'a> OfText<'de> for Block<'a> {
    fn of_text(text: Text<'de>) -> Option<Self> {
        Some(Self {
            text: Some(text),
            ..Self::default()
        })
    }
}

impl<'a, 'de: 'a> OfText<'de> for Call<'a> {}
impl<'a, 'de: 'a> OfText<'de> for LogprobItem<'a> {}
impl<'de> OfText<'de> for Value {}
