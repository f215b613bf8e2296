//! A value for a JSON Schema: deterministic, and checked against the schema before it is given away.
//!
//! The keywords are those of structured outputs
//! (<https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>) and a few more; a schema
//! with another one that restricts values is refused rather than answered wrongly.

mod check;
mod hints;
mod make;
mod number;
mod pattern;
#[cfg(test)]
mod tests;
mod text;
mod view;

use std::fmt;

use serde_json::Value;

pub(super) use self::hints::Hints;
use self::{check::Checker, make::Maker};

/// The largest schema that is looked at, in bytes.
const LARGEST_SCHEMA: usize = 256 << 10;

/// A schema for which no value was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unmet {
    /// Where in the value, as a JSON Pointer.
    path: String,
    /// What could not be met.
    reason: String,
    /// The nearest value that was found.
    pub(super) nearest: Value,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "the value"
        } else {
            &self.path
        };
        write!(f, "{path}: {}", self.reason)
    }
}

/// Makes a value that the schema accepts, with texts and numbers of the hints where they fit.
///
/// # Errors
/// When no such value was found; the error has the nearest.
pub(super) fn sample(schema: &Value, hints: &Hints) -> Result<Value, Unmet> {
    if schema.to_string().len() > LARGEST_SCHEMA {
        let reason = format!("the schema is larger than {LARGEST_SCHEMA} bytes");
        return Err(Unmet {
            path: String::new(),
            reason,
            nearest: Value::Object(serde_json::Map::new()),
        });
    }
    let value = Maker::new(schema, hints).make_root();
    match Checker::new(schema).check(&value) {
        Ok(()) => Ok(value),
        Err(failure) => Err(Unmet {
            path: failure.path,
            reason: failure.reason,
            nearest: value,
        }),
    }
}
