//! What a target says about the members of a request: some are set whatever the client sent, some only where it sent
//! nothing. Spliced, so that every other byte stays as the client wrote it.

use bytes::Bytes;
use gateway_types::json::{RawObject, ScanError, ScanLimits};
use serde_json::Value;

/// Members that a target may not set: the model is the target's own, whether it streams is the client's to say, and
/// the rest is the request itself.
pub const RESERVED_MEMBERS: [&str; 5] = ["model", "stream", "messages", "input", "prompt"];

/// The client's part was within its limits before the splice; what a configuration nests is its own affair.
const LIMITS: ScanLimits = ScanLimits { max_depth: 1024 };

/// What a target sets in the requests that go to it.
///
/// ```
/// use gateway_router::resolve::Overrides;
/// use gateway_types::json::{RawObject, ScanLimits};
/// use serde_json::{Value, json};
///
/// let always = [("top_k".to_owned(), Value::Null), ("seed".to_owned(), json!(7))];
/// let defaults = [("temperature".to_owned(), json!(0.2))];
/// let overrides = Overrides::new(always, defaults)?;
///
/// let body = br#"{"model":"m", "top_k":1, "temperature":1.0}"#;
/// let body = RawObject::parse(body.as_slice().into(), ScanLimits::default())?;
/// assert_eq!(overrides.apply(&body)?.bytes(), r#"{"model":"m", "temperature":1.0,"seed":7}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// Member and JSON text; `None` takes the member out.
    always: Vec<(String, Option<String>)>,
    /// Member and JSON text, for requests without the member.
    defaults: Vec<(String, String)>,
}

/// Why a member cannot be set by a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOverride {
    /// One of [`RESERVED_MEMBERS`].
    #[error("`{0}` is the request's own; a target cannot set it")]
    Reserved(String),
    /// A default that says nothing.
    #[error("a default of `null` for `{0}` says nothing")]
    NullDefault(String),
    /// A value that is no part of a request.
    #[error("the value of `{member}` cannot be sent: {error}")]
    Value {
        /// The member.
        member: String,
        /// What is wrong with its value.
        error: ScanError,
    },
}

impl Overrides {
    /// Members that are set always (`null` takes one out), and members that are set where the client sent nothing. A
    /// `null` that the client sends is something.
    ///
    /// # Errors
    /// The first member that cannot be set.
    pub fn new(
        always: impl IntoIterator<Item = (String, Value)>,
        defaults: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Self, InvalidOverride> {
        let always = always.into_iter().map(|(member, value)| {
            let text = if value.is_null() {
                None
            } else {
                Some(text(&member, &value)?)
            };
            check_member(member).map(|member| (member, text))
        });
        let always = always.collect::<Result<_, _>>()?;
        let defaults = defaults.into_iter().map(|(member, value)| {
            if value.is_null() {
                return Err(InvalidOverride::NullDefault(member));
            }
            let text = text(&member, &value)?;
            check_member(member).map(|member| (member, text))
        });
        let defaults = defaults.collect::<Result<_, _>>()?;
        Ok(Self { always, defaults })
    }

    /// Whether they change nothing.
    pub fn is_empty(&self) -> bool {
        self.always.is_empty() && self.defaults.is_empty()
    }

    /// Every member that may be changed, with its JSON text (`None` where it is taken out) and whether that is only a
    /// default.
    pub fn members(&self) -> impl Iterator<Item = (&str, Option<&str>, bool)> {
        let always = self.always.iter();
        let always = always.map(|(member, text)| (member.as_str(), text.as_deref(), false));
        let defaults = self.defaults.iter();
        always.chain(defaults.map(|(member, text)| (member.as_str(), Some(text.as_str()), true)))
    }

    /// The body as this target gets it. Where nothing changes, the very same bytes.
    ///
    /// # Errors
    /// None that a checked body can cause.
    pub fn apply(&self, body: &RawObject) -> Result<RawObject, ScanError> {
        let mut edit = body.edit();
        for (member, text) in &self.defaults {
            if body.value_bytes(member).is_none() {
                edit.set(member, text.as_str());
            }
        }
        for (member, text) in &self.always {
            match text {
                Some(text) => edit.set(member, text.as_str()),
                None => edit.remove(member),
            };
        }
        if edit.is_empty() {
            return Ok(body.clone());
        }
        RawObject::parse(edit.apply(), LIMITS)
    }
}

fn check_member(member: String) -> Result<String, InvalidOverride> {
    if RESERVED_MEMBERS.contains(&member.as_str()) {
        return Err(InvalidOverride::Reserved(member));
    }
    Ok(member)
}

/// The value's JSON text, scanned together with its name as a request will be.
fn text(member: &str, value: &Value) -> Result<String, InvalidOverride> {
    let object = serde_json::json!({ member: value }).to_string();
    match RawObject::parse(Bytes::from(object), LIMITS) {
        Ok(_) => Ok(value.to_string()),
        Err(error) => Err(InvalidOverride::Value {
            member: member.to_owned(),
            error,
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn members(value: &Value) -> Vec<(String, Value)> {
        let members = value.as_object().unwrap().clone();
        members.into_iter().collect()
    }

    fn overrides(always: &Value, defaults: &Value) -> Result<Overrides, InvalidOverride> {
        Overrides::new(members(always), members(defaults))
    }

    fn applied(overrides: &Overrides, body: &str) -> String {
        let body = RawObject::parse(body.to_owned().into(), ScanLimits::default()).unwrap();
        let bytes = overrides.apply(&body).unwrap().bytes().to_vec();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_request_itself_is_nobodys_to_set() {
        for member in RESERVED_MEMBERS {
            let reserved = Err(InvalidOverride::Reserved(member.to_owned()));
            assert_eq!(overrides(&json!({ member: 1 }), &json!({})), reserved);
            assert_eq!(overrides(&json!({ member: null }), &json!({})), reserved);
            assert_eq!(overrides(&json!({}), &json!({ member: 1 })), reserved);
        }
        assert_eq!(
            overrides(&json!({}), &json!({"a": null})),
            Err(InvalidOverride::NullDefault("a".to_owned()))
        );
        let odd = json!({"a": {"$serde_json::private::Number": "1"}});
        assert!(matches!(
            overrides(&odd, &json!({})),
            Err(InvalidOverride::Value { .. })
        ));
    }

    #[test]
    fn what_the_client_sent_counts_against_a_default_and_not_against_a_parameter() {
        let both = overrides(&json!({"a": [1], "gone": null}), &json!({"b": 2})).unwrap();
        for (body, expected) in [
            ("{}", r#"{"b":2,"a":[1]}"#),
            (r#"{"b":0}"#, r#"{"b":0,"a":[1]}"#),
            (r#"{"b":null, "a":9 }"#, r#"{"b":null, "a":[1] }"#),
            (r#"{"gone":{"x":1},"z":1e2}"#, r#"{"z":1e2,"b":2,"a":[1]}"#),
        ] {
            assert_eq!(applied(&both, body), expected);
        }
        assert!(overrides(&json!({}), &json!({})).unwrap().is_empty());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            "[a-z\"\\\\]{0,6}".prop_map(Value::from),
            Just(Value::Bool(true)),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(Value::from)
        })
    }

    /// A body written with space and number forms of its own, from members of these names.
    fn body() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
        let text = prop_oneof![
            Just("1e2".to_owned()),
            Just("-0.0".to_owned()),
            Just("123456789012345678901234567890".to_owned()),
            Just(r#""\u0061\/""#.to_owned()),
            Just("null".to_owned()),
            Just(r#"{ "a" : [1 ,2] }"#.to_owned()),
        ];
        let members = prop::collection::btree_map("[a-f]", text, 0..6);
        (members, "[ \n]{0,2}").prop_map(|(members, space)| {
            let members: Vec<(String, String)> = members.into_iter().collect();
            let written = members
                .iter()
                .map(|(name, text)| format!("{space}\"{name}\"{space}:{text}"));
            let written = written.collect::<Vec<_>>().join(",");
            (format!("{{{written}{space}}}"), members)
        })
    }

    proptest! {
        /// Every member that is not set stands there as the client wrote it, byte for byte and in its order; every one
        /// that is set has its value; nothing else appears.
        #[test]
        fn nothing_else_changes(
            (body, members) in body(),
            always in prop::collection::btree_map("[a-h]", prop::option::of(value()), 0..4),
            defaults in prop::collection::btree_map("[a-h]", value(), 0..4),
        ) {
            let set = always.clone().into_iter().map(|(name, value)| (name, value.unwrap_or(Value::Null)));
            let overrides = Overrides::new(set, defaults.clone()).unwrap();
            let before = RawObject::parse(body.into(), ScanLimits::default()).unwrap();
            let after = overrides.apply(&before).unwrap();
            let kept: Vec<_> = members.iter().filter(|(name, _)| !always.contains_key(name)).cloned().collect();
            let still: Vec<_> = after
                .members()
                .map(|member| (member.key().into_owned(), member.value.to_owned()))
                .filter(|(name, _)| kept.iter().any(|(known, _)| known == name))
                .collect();
            prop_assert_eq!(&still, &kept);
            for (name, value) in &always {
                let text = after.get(name).map(|member| member.value.to_owned());
                prop_assert_eq!(text, value.as_ref().map(Value::to_string));
            }
            for (name, value) in &defaults {
                if !always.contains_key(name) && before.get(name).is_none() {
                    prop_assert_eq!(after.get(name).map(|member| member.value.to_owned()), Some(value.to_string()));
                }
            }
            for member in after.members() {
                let name = member.key().into_owned();
                prop_assert!(before.get(&name).is_some() || always.contains_key(&name) || defaults.contains_key(&name));
            }
            if always.is_empty() && defaults.keys().all(|name| before.get(name).is_some()) {
                prop_assert_eq!(after.bytes(), before.bytes());
            }
        }
    }
}
