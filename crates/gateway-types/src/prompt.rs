//! Text or tokens, one or many: what embeddings and completions take.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Text, texts, tokens or lists of tokens.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Prompt {
    /// One text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// One text as token ids.
    Tokens(Vec<u32>),
    /// Several texts as token ids.
    TokenLists(Vec<Vec<u32>>),
    /// What only other vendors take, such as objects with images.
    Other(Value),
}

impl Prompt {
    /// How many inputs these are; 1 for a single text.
    pub fn count(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::TokenLists(lists) => lists.len(),
            Self::Other(Value::Array(items)) => items.len(),
            Self::Text(_) | Self::Tokens(_) | Self::Other(_) => 1,
        }
    }
}

impl Default for Prompt {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl<'de> Deserialize<'de> for Prompt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Value::String(text) = value {
            return Ok(Self::Text(text));
        }
        let first = value.as_array().and_then(|items| items.first());
        let typed = match first {
            Some(Value::String(_)) => Vec::deserialize(&value).map(Self::Texts),
            Some(Value::Number(_)) => Vec::deserialize(&value).map(Self::Tokens),
            Some(Value::Array(_)) => Vec::deserialize(&value).map(Self::TokenLists),
            None if value.is_array() => Ok(Self::Texts(Vec::new())),
            _ => return other(value),
        };
        typed.map_err(serde::de::Error::custom)
    }
}

/// Objects belong to other vendors; a bare number or boolean belongs to nobody.
fn other<E: serde::de::Error>(value: Value) -> Result<Prompt, E> {
    if value.is_object() || value.is_array() {
        return Ok(Prompt::Other(value));
    }
    Err(E::custom(
        "expected a string, or an array of strings or of token ids",
    ))
}

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Prompt {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl<const N: usize> From<[&str; N]> for Prompt {
    fn from(texts: [&str; N]) -> Self {
        Self::Texts(texts.into_iter().map(str::to_owned).collect())
    }
}

impl From<Vec<u32>> for Prompt {
    fn from(tokens: Vec<u32>) -> Self {
        Self::Tokens(tokens)
    }
}

impl From<Vec<Vec<u32>>> for Prompt {
    fn from(lists: Vec<Vec<u32>>) -> Self {
        Self::TokenLists(lists)
    }
}
