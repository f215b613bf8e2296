//! Fields that some clients send as JSON inside a string. One of the gateway's source documents
//! declares `logit_bias`, `response_format`, `stream_options` and a message's `tool_calls` that way; they are
//! read in both forms and always written as plain JSON. Nothing else is ever unwrapped: a call's
//! `arguments` is a string by contract.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::Maybe;

/// Reads an object, or the text of one.
pub(crate) fn maybe_object<'de, D, T>(deserializer: D) -> Result<Maybe<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    unwrapped(deserializer, "a JSON object")
}

/// Reads an array, or the text of one.
pub(crate) fn maybe_list<'de, D, T>(deserializer: D) -> Result<Maybe<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    unwrapped(deserializer, "a JSON array")
}

fn unwrapped<'de, D, T>(deserializer: D, expected: &str) -> Result<Maybe<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Maybe::Null),
        Value::String(text) => serde_json::from_str(&text)
            .map(Maybe::Value)
            .map_err(|error| {
                D::Error::custom(format_args!(
                    "expected {expected}, or a string that holds one: {error}"
                ))
            }),
        value => T::deserialize(value)
            .map(Maybe::Value)
            .map_err(D::Error::custom),
    }
}
