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
