//! JSON objects that are kept as they are: unknown fields of a known object, and whole objects
//! that only their producer understands.

use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The fields of an object that its type does not name, in the order they came.
///
/// It reads and writes like a [`serde_json::Map`]. Values survive as JSON values, not as bytes:
/// number text such as `1e5` is normalised. Where bytes matter, edit the raw object instead.
///
/// ```
/// # fn main() -> Result<(), serde_json::Error> {
/// use gateway_types::chat::ChatRequest;
/// let request: ChatRequest =
///     serde_json::from_str(r#"{"model":"m","messages":[],"top_k":40}"#)?;
/// assert_eq!(request.extra["top_k"], 40);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(pub Map<String, Value>);

/// An object that the contract leaves opaque, such as a tool's parameters.
pub type JsonObject = Extra;

impl Deref for Extra {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(object: Map<String, Value>) -> Self {
        Self(object)
    }
}

impl From<Extra> for Map<String, Value> {
    fn from(object: Extra) -> Self {
        object.0
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Extra {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let members = members.into_iter();
        Self(
            members
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}

impl IntoIterator for Extra {
    type Item = (String, Value);
    type IntoIter = serde_json::map::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Reads a buffered object as `T`.
pub(crate) fn decode<T: DeserializeOwned>(object: JsonObject) -> Result<T, serde_json::Error> {
    T::deserialize(Value::Object(object.0))
}

#[cfg(feature = "openapi")]
mod openapi {
    //! The OpenAPI schema: any object.

    use std::borrow::Cow;

    use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
    use utoipa::openapi::{RefOr, Schema};

    impl utoipa::PartialSchema for super::Extra {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(Type::Object)
                .additional_properties(Some(AdditionalProperties::FreeForm(true)))
                .into()
        }
    }

    impl utoipa::ToSchema for super::Extra {
        fn name() -> Cow<'static, str> {
            Cow::Borrowed("JsonObject")
        }
    }
}

#[cfg(feature = "schema")]
mod schema {
    //! The JSON schema: any object.

    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    impl JsonSchema for super::Extra {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            Cow::Borrowed("JsonObject")
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"type": "object", "additionalProperties": true})
        }
    }
}
