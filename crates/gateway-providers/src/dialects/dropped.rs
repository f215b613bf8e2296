//! What a dialect could not express, by the law of the remainder.
//!
//! A dialect takes members out of a parsed request as it understands them. What is still there afterwards was
//! not understood, and [`Dropped::rest`] names it: a member that nobody thought of cannot get lost unnoticed.

use serde::Serialize;
use serde_json::Value;

/// Options for one provider are read by the provider around the dialect, which also names those it leaves.
const PROVIDER_OPTIONS: &str = crate::provider_options::MEMBER;

/// The paths of members that were dropped, in the order in which they were found.
///
/// ```
/// use gateway_providers::dialects::dropped::Dropped;
/// use gateway_types::chat::ChatRequest;
///
/// let mut request: ChatRequest =
///     serde_json::from_str(r#"{"model":"m","messages":[],"seed":7,"logit_bias":{"1":2},"mine":1,"store":false}"#)?;
/// let _seed = request.seed.take();
/// let mut dropped = Dropped::default();
/// dropped.rest("", &request, &["model", "messages", "store"]);
/// assert_eq!(dropped.into_names(), ["logit_bias", "mine"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    names: Vec<String>,
}

impl Dropped {
    /// Names one member; once is enough.
    pub fn name(&mut self, path: impl Into<String>) {
        let path = path.into();
        if !self.names.contains(&path) {
            self.names.push(path);
        }
    }

    /// Names what is left of an object that stands at `path` (empty for the request itself), except for members
    /// of these names, and those that say nothing: `null`, `[]` and `{}`.
    pub fn rest<T: Serialize>(&mut self, path: &str, object: &T, understood: &[&str]) {
        let Ok(Value::Object(members)) = serde_json::to_value(object) else {
            return;
        };
        for (name, value) in members {
            let is_options = path.is_empty() && name == PROVIDER_OPTIONS;
            if !is_options && !understood.contains(&name.as_str()) && !says_nothing(&value) {
                self.name(if path.is_empty() {
                    name
                } else {
                    format!("{path}.{name}")
                });
            }
        }
    }

    /// All names.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
