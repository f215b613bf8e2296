//! Typed reading of a request's members; every error names the member's path.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::refusal::Refusal;

type Parsed<T> = Result<T, Refusal>;

/// The members of one object of the request. A member that is `null` counts as missing.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    path: String,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The members of the whole body.
    pub(super) fn root(map: &'a Map<String, Value>) -> Self {
        Self {
            path: String::new(),
            map,
        }
    }

    /// The members of a value at `path`.
    pub(super) fn of(path: String, value: &'a Value) -> Parsed<Self> {
        match value {
            Value::Object(map) => Ok(Self { path, map }),
            _ => Err(Refusal::wrong_type(path, "an object")),
        }
    }

    /// A member's path from the body's root, e.g. `messages[0].content`.
    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn required(&self, key: &str) -> Parsed<&'a Value> {
        self.value(key)
            .ok_or_else(|| Refusal::missing(self.path(key)))
    }

    pub(super) fn string(&self, key: &str) -> Parsed<Option<&'a str>> {
        self.typed(key, "a string", Value::as_str)
    }

    pub(super) fn required_string(&self, key: &str) -> Parsed<&'a str> {
        self.string(key)?
            .ok_or_else(|| Refusal::missing(self.path(key)))
    }

    pub(super) fn flag(&self, key: &str) -> Parsed<bool> {
        self.flag_or(key, false)
    }

    pub(super) fn flag_or(&self, key: &str, default: bool) -> Parsed<bool> {
        Ok(self
            .typed(key, "a boolean", Value::as_bool)?
            .unwrap_or(default))
    }

    pub(super) fn array(&self, key: &str) -> Parsed<Option<&'a [Value]>> {
        self.typed(key, "an array", |value| value.as_array().map(Vec::as_slice))
    }

    pub(super) fn object(&self, key: &str) -> Parsed<Option<Self>> {
        self.value(key)
            .map(|value| Self::of(self.path(key), value))
            .transpose()
    }

    pub(super) fn required_object(&self, key: &str) -> Parsed<Self> {
        self.object(key)?
            .ok_or_else(|| Refusal::missing(self.path(key)))
    }

    /// The elements of an array, all of which must be objects.
    pub(super) fn objects(&self, key: &str) -> Parsed<Vec<Self>> {
        let elements = self.array(key)?.unwrap_or_default();
        let path = self.path(key);
        elements
            .iter()
            .enumerate()
            .map(|(index, value)| Self::of(format!("{path}[{index}]"), value))
            .collect()
    }

    /// An integer within bounds; `2.0` is one too.
    pub(super) fn integer(&self, key: &str, bounds: RangeInclusive<u64>) -> Parsed<Option<u64>> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let number = value
            .as_i64()
            .map(|number| u64::try_from(number).unwrap_or_default());
        let number = number
            .or_else(|| value.as_u64())
            .or_else(|| whole_float(value));
        match number {
            Some(number) if bounds.contains(&number) && !is_negative(value) => Ok(Some(number)),
            Some(_) => {
                let (low, high) = bounds.into_inner();
                Err(Refusal::invalid(
                    self.path(key),
                    format!("'{}' must be from {low} to {high}.", self.path(key)),
                ))
            }
            None => Err(Refusal::wrong_type(self.path(key), "an integer")),
        }
    }

    /// Checks that a member, where it is there, is a number within bounds. Its value changes nothing here.
    pub(super) fn check_number(&self, key: &str, bounds: RangeInclusive<f64>) -> Parsed<()> {
        match self.typed(key, "a number", Value::as_f64)? {
            Some(number) if !bounds.contains(&number) => {
                let path = self.path(key);
                let (low, high) = bounds.into_inner();
                Err(Refusal::invalid(
                    path.clone(),
                    format!("'{path}' must be from {low} to {high}."),
                ))
            }
            _ => Ok(()),
        }
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Parsed<Option<T>> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        read(value)
            .map(Some)
            .ok_or_else(|| Refusal::wrong_type(self.path(key), expected))
    }
}

fn is_negative(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number < 0.0)
}

/// A float without a fraction that a `u64` can hold exactly.
fn whole_float(value: &Value) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = value
        .as_f64()
        .filter(|number| number.fract() == 0.0 && number.abs() <= EXACT)?;
    format!("{:.0}", number.abs()).parse().ok()
}
