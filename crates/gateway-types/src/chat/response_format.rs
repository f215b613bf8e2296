//! What shape the answer must have.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/create#chat-create-response_format>

use crate::JsonObject;

tagged_union! {
    /// What shape the answer must have. Other vendors add kinds of their own (`regex`, `grammar`).
    pub enum ResponseFormat by "type" {
        /// Any text; the default.
        "text" => Text(TextResponseFormat),
        /// Any JSON object; the prompt must ask for JSON too.
        "json_object" => JsonObject(JsonObjectFormat),
        /// JSON that follows a schema.
        "json_schema" => JsonSchema(JsonSchemaFormat),
    }
}

impl ResponseFormat {
    /// Any JSON object.
    pub fn json_object() -> Self {
        JsonObjectFormat::default().into()
    }

    /// JSON that strictly follows `schema`.
    pub fn json_schema(name: impl Into<String>, schema: JsonObject) -> Self {
        let json_schema = NamedSchema::new(name).with_schema(schema).with_strict(true);
        JsonSchemaFormat {
            json_schema,
            ..JsonSchemaFormat::default()
        }
        .into()
    }
}

wire_object! {
    /// Any text; it takes no parameters.
    pub struct TextResponseFormat {}
}

wire_object! {
    /// Any JSON object; it takes no parameters.
    pub struct JsonObjectFormat {}
}

wire_object! {
    /// JSON that follows a schema.
    pub struct JsonSchemaFormat {
        required {
            /// The schema and its name.
            json_schema: NamedSchema,
        }
    }
}

wire_object! {
    /// A JSON Schema with a name.
    pub struct NamedSchema {
        required {
            /// 1 to 64 of letters, digits, `_` and `-`.
            name: String,
        }
        optional {
            /// What the answer is for; the model reads it.
            description: String => with_description,
            /// The JSON Schema.
            schema: JsonObject => with_schema,
            /// Whether the answer must follow the schema exactly (a subset of JSON Schema).
            strict: bool => with_strict,
        }
    }
}

impl NamedSchema {
    /// A name that is still without a schema.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}
