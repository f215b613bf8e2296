//! What the answer must look like.

use gateway_types::chat::{ChatRequest, ResponseFormat};
use serde_json::Value;

use super::super::wire::{OutputConfig, SchemaText, Structure, TextFormat};
use crate::dialects::dropped::Dropped;

/// `response_format` and the effort. Bedrock knows schemas only: `json_object` is named as dropped.
pub(super) fn output(
    chat: &mut ChatRequest,
    effort: Option<String>,
    dropped: &mut Dropped,
) -> OutputConfig {
    OutputConfig {
        text_format: text_format(chat, dropped),
        effort,
    }
}

fn text_format(chat: &mut ChatRequest, dropped: &mut Dropped) -> Option<TextFormat> {
    let mut format = match chat.response_format.take().into_option()? {
        ResponseFormat::JsonSchema(format) => format,
        ResponseFormat::Text(text) => {
            dropped.rest("response_format", &text, &[]);
            return None;
        }
        other => {
            chat.response_format = other.into();
            return None;
        }
    };
    let named = &mut format.json_schema;
    let Some(schema) = named.schema.take().into_option() else {
        dropped.name("response_format");
        return None;
    };
    let text = SchemaText {
        schema: Value::Object(schema.0).to_string(),
        name: Some(std::mem::take(&mut named.name)).filter(|name| !name.is_empty()),
        description: named.description.take().into_option(),
    };
    // Bedrock's answers follow the schema always: that is what `strict` asks for.
    dropped.rest("response_format.json_schema", named, &["name", "strict"]);
    dropped.rest("response_format", &format, &["json_schema"]);
    Some(TextFormat {
        r#type: "json_schema",
        structure: Structure { json_schema: text },
    })
}
