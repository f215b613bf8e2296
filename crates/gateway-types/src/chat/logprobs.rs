//! How likely each token of the answer was.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/object#chat-object-choices-logprobs>

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Number;

/// The `logprobs` of a choice: OpenAI's object, or whatever else a server sends there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ChoiceLogprobs {
    /// OpenAI's object.
    Tokens(Logprobs),
    /// Something else, such as a bare array, kept as it came.
    Other(Value),
}

impl<'de> Deserialize<'de> for ChoiceLogprobs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if !value.is_object() {
            return Ok(Self::Other(value));
        }
        let tokens = Logprobs::deserialize(&value);
        Ok(tokens.map_or(Self::Other(value), Self::Tokens))
    }
}

wire_object! {
    /// Log probabilities per token.
    pub struct Logprobs {
        optional {
            /// Of the content's tokens.
            content: Vec<TokenLogprob>,
            /// Of the refusal's tokens.
            refusal: Vec<TokenLogprob>,
        }
    }
}

wire_object! {
    /// One token of the answer.
    pub struct TokenLogprob {
        required {
            /// The token's text; broken characters are replaced.
            token: String,
            /// The natural logarithm of its probability; -9999 where it was very unlikely.
            logprob: Number,
        }
        optional {
            /// The token's UTF-8 bytes: a character may span several tokens.
            bytes: Vec<u8>,
            /// The likeliest tokens at this place.
            top_logprobs: Vec<TopLogprob>,
        }
    }
}

wire_object! {
    /// One of the likeliest tokens at a place.
    pub struct TopLogprob {
        required {
            /// The token's text.
            token: String,
            /// The natural logarithm of its probability.
            logprob: Number,
        }
        optional {
            /// The token's UTF-8 bytes.
            bytes: Vec<u8>,
        }
    }
}
