//! Options for one provider alone, which a request carries in `provider_options`.
//!
//! `{"provider_options":{"anthropic":{"context_management":{...}}}}` reaches only a provider with that name, of
//! that vendor or that dialect, in its own words: the members are merged last into what it is sent, objects
//! member by member, everything else replaced.

use bytes::Bytes;
use gateway_types::json::{Edit, RawObject};
use serde_json::{Map, Value};

use crate::TranslateError;

/// The member of a request that holds the options.
pub(crate) const MEMBER: &str = "provider_options";

/// The options of a request that are for this provider.
#[derive(Debug, Default)]
pub(crate) struct ProviderOptions {
    /// The members to merge.
    members: Map<String, Value>,
    /// Names of others whose options stay here.
    pub(crate) others: Vec<String>,
}

impl ProviderOptions {
    /// Reads the options that go under any of the names.
    ///
    /// # Errors
    /// Where they are no objects.
    pub(crate) fn read(body: &RawObject, names: &[&str]) -> Result<Self, TranslateError> {
        let Some(given) = body.get(MEMBER).filter(|given| !given.is_null()) else {
            return Ok(Self::default());
        };
        let wrong = |path: &str| TranslateError::InvalidValue {
            param: path.to_owned(),
            message: format!("`{path}` must be an object"),
        };
        let given: Map<String, Value> = given.parse().map_err(|_| wrong(MEMBER))?;
        let mut options = Self::default();
        for (name, value) in given {
            if !names.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
                options.others.push(format!("{MEMBER}.{name}"));
                continue;
            }
            let Value::Object(members) = value else {
                return Err(wrong(&format!("{MEMBER}.{name}")));
            };
            merge(&mut options.members, members);
        }
        Ok(options)
    }

    /// Puts the options into an object, at the top level member by member.
    pub(crate) fn splice(&self, object: &RawObject, edit: &mut Edit<'_>) {
        for (name, value) in &self.members {
            let mut value = value.clone();
            let given = object.get(name).and_then(|given| given.parse().ok());
            if let (Some(Value::Object(mut given)), Value::Object(more)) = (given, &value) {
                merge(&mut given, more.clone());
                value = Value::Object(given);
            }
            edit.set(name, value.to_string());
        }
    }

    /// The body with the options merged in, or with a `place` into each element of that member; the same bytes
    /// where there are none.
    pub(crate) fn apply(&self, body: Bytes, place: Option<&str>) -> Bytes {
        if self.members.is_empty() {
            return body;
        }
        let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(&body) else {
            return body;
        };
        match place.and_then(|place| object.get_mut(place)?.as_array_mut()) {
            Some(elements) => {
                for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                    merge(element, self.members.clone());
                }
            }
            None => merge(&mut object, self.members.clone()),
        }
        Value::Object(object).to_string().into()
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (Some(Value::Object(mine)), Value::Object(more)) => merge(mine, more),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_types::json::ScanLimits;
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<ProviderOptions, TranslateError> {
        let body = RawObject::parse(body.to_string().into(), ScanLimits::default()).unwrap();
        ProviderOptions::read(&body, &["lab", "anthropic"])
    }

    #[test]
    fn options_are_merged_last_and_those_of_others_are_named() {
        let options = read(&json!({
            "provider_options": {"Anthropic": {"a": {"x": 1}, "b": [2]}, "google": {"c": 3}}
        }))
        .unwrap();
        assert_eq!(options.others, ["provider_options.google"]);
        let merged = options.apply(
            json!({"a": {"y": 0}, "b": 0, "k": 1}).to_string().into(),
            None,
        );
        let merged: Value = serde_json::from_slice(&merged).unwrap();
        assert_eq!(merged, json!({"a": {"y": 0, "x": 1}, "b": [2], "k": 1}));
        let into_each = options.apply(
            json!({"of": [{"a": {"y": 0}}, {}]}).to_string().into(),
            Some("of"),
        );
        let into_each: Value = serde_json::from_slice(&into_each).unwrap();
        assert_eq!(
            into_each,
            json!({"of": [{"a": {"y": 0, "x": 1}, "b": [2]}, {"a": {"x": 1}, "b": [2]}]})
        );
    }

    #[test]
    fn what_is_no_object_is_refused_by_its_name() {
        for (body, name) in [
            (json!({"provider_options": []}), "provider_options"),
            (
                json!({"provider_options": {"lab": 1}}),
                "provider_options.lab",
            ),
        ] {
            let Err(TranslateError::InvalidValue { param, .. }) = read(&body) else {
                panic!("{body}");
            };
            assert_eq!(param, name);
        }
        assert!(
            read(&json!({"provider_options": null}))
                .unwrap()
                .others
                .is_empty()
        );
    }
}
