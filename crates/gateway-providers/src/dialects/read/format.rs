//! The shape that an answer must have.

use gateway_types::{
    JsonObject,
    chat::{ChatRequest, ResponseFormat},
};

use crate::dialects::dropped::Dropped;

/// The shape that an answer must have, where it is not plain text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Format {
    /// Any JSON.
    Json,
    /// JSON that follows a schema.
    Schema(JsonObject),
}

impl Format {
    /// Takes `response_format`. The schema's name is a label that no answer shows, and `strict` is what a
    /// constrained answer is anyway; a description goes into the schema. A kind that is not known stays in the
    /// request.
    pub(crate) fn take(request: &mut ChatRequest, dropped: &mut Dropped) -> Option<Self> {
        match request.response_format.take().into_option()? {
            ResponseFormat::Text(format) => {
                dropped.rest("response_format", &format, &[]);
                None
            }
            ResponseFormat::JsonObject(format) => {
                dropped.rest("response_format", &format, &[]);
                Some(Self::Json)
            }
            ResponseFormat::JsonSchema(mut format) => {
                let named = &mut format.json_schema;
                let schema = named.schema.take().into_option();
                let description = named.description.as_deref().map(str::to_owned);
                let understood = if schema.is_some() {
                    &["name", "strict", "description"][..]
                } else {
                    &["name", "strict"]
                };
                dropped.rest("response_format.json_schema", named, understood);
                dropped.rest("response_format", &format, &["json_schema"]);
                let Some(mut schema) = schema else {
                    return Some(Self::Json);
                };
                if let Some(description) = description
                    && !schema.contains_key("description")
                {
                    schema.insert("description".to_owned(), description.into());
                }
                Some(Self::Schema(schema))
            }
            other => {
                request.response_format = other.into();
                None
            }
        }
    }
}
