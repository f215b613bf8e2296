//! Tools and response formats made from Rust types, and answers parsed back into them.
//!
//! ```
//! use gateway_client::schema;
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! /// Where and in what unit.
//! #[derive(Deserialize, JsonSchema)]
//! struct Weather {
//!     /// The city, in English.
//!     city: String,
//!     fahrenheit: Option<bool>,
//! }
//!
//! # fn main() -> Result<(), schema::SchemaError> {
//! let tool = schema::tool::<Weather>("weather", "The weather in a city.")?;
//! let format = schema::response_format::<Weather>("weather")?;
//! # assert_eq!(tool.name(), Some("weather"));
//! # Ok(())
//! # }
//! ```

mod parse;
mod strict;

use gateway_types::{
    JsonObject,
    chat::{ResponseFormat, Tool},
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

pub use self::parse::{ParseError, parse, parse_text};

/// Why a type cannot describe a tool or an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Names have 1 to 64 of letters, digits, `_` and `-`.
    #[error("{name:?} is no name: 1 to 64 of letters, digits, _ and - are")]
    Name {
        /// The name.
        name: String,
    },
    /// The type is written as something else than one object: as a list, a text, one of several objects.
    #[error("the type must be written as one JSON object")]
    NotAnObject,
    /// Strict mode wants every field named, which a map does not do.
    #[error("a map with free keys cannot be described in strict mode (at {path})")]
    FreeKeys {
        /// Where in the schema.
        path: String,
    },
}

/// A function tool whose arguments are a `T`.
///
/// Doc comments of the type's fields become their descriptions, which the model reads.
/// [`ToolCall::arguments`](gateway_types::chat::ToolCall::arguments) parses a call's arguments back.
///
/// # Errors
/// [`SchemaError::Name`], [`SchemaError::NotAnObject`].
pub fn tool<T: JsonSchema>(name: &str, description: &str) -> Result<Tool, SchemaError> {
    check_name(name)?;
    Ok(Tool::function(name, description, object_schema::<T>()?))
}

/// A function tool whose arguments always fit `T`, since the server holds the model to the schema.
///
/// # Errors
/// As [`response_format`].
pub fn strict_tool<T: JsonSchema>(name: &str, description: &str) -> Result<Tool, SchemaError> {
    check_name(name)?;
    let mut tool = Tool::function(name, description, strict_schema::<T>()?);
    if let Tool::Function(tool) = &mut tool {
        tool.function.strict = true.into();
    }
    Ok(tool)
}

/// A response format that makes the model answer with a `T`, which [`parse`] reads.
///
/// The schema keeps to the subset that strict mode knows: every object names all of its fields, each of them is
/// required (an `Option` may be `null`), and no other is allowed.
/// Source: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.
///
/// # Errors
/// See [`SchemaError`].
pub fn response_format<T: JsonSchema>(name: &str) -> Result<ResponseFormat, SchemaError> {
    check_name(name)?;
    Ok(ResponseFormat::json_schema(name, strict_schema::<T>()?))
}

fn check_name(name: &str) -> Result<(), SchemaError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=64).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(SchemaError::Name {
            name: name.to_owned(),
        })
    }
}

fn strict_schema<T: JsonSchema>() -> Result<JsonObject, SchemaError> {
    strict::make_strict(object_schema::<T>()?.0).map(Into::into)
}

/// The type's schema, with the types that it refers to written out in place.
fn object_schema<T: JsonSchema>() -> Result<JsonObject, SchemaError> {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let Value::Object(mut schema) = schema.to_value() else {
        return Err(SchemaError::NotAnObject);
    };
    schema.shift_remove("$schema");
    schema.shift_remove("title");
    if !is_one_object(&schema) {
        return Err(SchemaError::NotAnObject);
    }
    // A struct without fields has no `properties`, which servers miss.
    if !schema.contains_key("properties") && !schema.contains_key("additionalProperties") {
        schema.insert("properties".to_owned(), Value::Object(Map::new()));
    }
    Ok(schema.into())
}

fn is_one_object(schema: &Map<String, Value>) -> bool {
    let is_union = ["anyOf", "oneOf", "allOf", "$ref"]
        .iter()
        .any(|key| schema.contains_key(*key));
    !is_union && schema.get("type").and_then(Value::as_str) == Some("object")
}
