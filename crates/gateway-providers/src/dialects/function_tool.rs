//! A function on offer as several protocols write it: in the shape that OpenAI made usual.

use gateway_types::JsonObject;
use serde::Serialize;
use serde_json::json;

use super::read::Offered;

/// `{"type":"function","function":{...}}`.
#[derive(Debug, Serialize)]
pub(crate) struct FunctionTool {
    /// `function`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The function.
    function: Function,
}

#[derive(Debug, Serialize)]
struct Function {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// The JSON Schema of its arguments.
    parameters: JsonObject,
}

impl From<Offered> for FunctionTool {
    fn from(offered: Offered) -> Self {
        Self {
            kind: "function",
            function: Function {
                name: offered.name,
                description: offered.description,
                parameters: offered.parameters.unwrap_or_else(no_parameters),
            },
        }
    }
}

/// These protocols want a schema also of a function that takes nothing.
fn no_parameters() -> JsonObject {
    [("type", json!("object")), ("properties", json!({}))]
        .into_iter()
        .collect()
}
