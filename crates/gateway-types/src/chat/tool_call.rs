//! The tool calls of a whole (not streamed) message.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/object#chat-object-choices-message-tool_calls>

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

tagged_union! {
    /// A call that the model wants made.
    ///
    /// A call without `type`, which a few servers send, is `Other`; [`name`](Self::name),
    /// [`id`](Self::id) and [`arguments_text`](Self::arguments_text) read it all the same.
    ///
    /// ```
    /// # fn main() -> Result<(), serde_json::Error> {
    /// use gateway_types::chat::ToolCall;
    /// let call = ToolCall::function("call_1", "weather", r#"{"city":"Oslo"}"#);
    /// let arguments: serde_json::Value = call.arguments()?;
    /// assert_eq!(arguments["city"], "Oslo");
    /// # Ok(()) }
    /// ```
    pub enum ToolCall by "type" {
        /// A function with JSON arguments.
        "function" => Function(FunctionToolCall),
        /// A tool with text input.
        "custom" => Custom(CustomToolCall),
    }
}

impl ToolCall {
    /// A function call; `arguments` is the text of a JSON object.
    pub fn function(
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        let call = FunctionToolCall {
            id: id.into(),
            function: FunctionCall::new(name, arguments),
            ..FunctionToolCall::default()
        };
        call.into()
    }

    /// A call of a custom tool.
    pub fn custom(
        id: impl Into<String>,
        name: impl Into<String>,
        input: impl Into<String>,
    ) -> Self {
        let custom = CustomCall {
            name: name.into(),
            input: input.into(),
            ..CustomCall::default()
        };
        CustomToolCall {
            id: id.into(),
            custom: custom.into(),
            ..CustomToolCall::default()
        }
        .into()
    }

    /// The id that the tool's answer must name.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Function(call) => Some(&call.id),
            Self::Custom(call) => Some(&call.id),
            Self::Other(call) => call.get("id").and_then(Value::as_str),
        }
    }

    /// The name of the tool.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Function(call) => Some(&call.function.name),
            Self::Custom(call) => call.custom.as_option().map(|custom| custom.name.as_str()),
            Self::Other(call) => call.get("function")?.get("name")?.as_str(),
        }
    }

    /// The arguments as the model wrote them: JSON for a function (not always valid), any text
    /// for a custom tool.
    pub fn arguments_text(&self) -> Option<&str> {
        match self {
            Self::Function(call) => Some(&call.function.arguments),
            Self::Custom(call) => call.custom.as_option().map(|custom| custom.input.as_str()),
            Self::Other(call) => call.get("function")?.get("arguments")?.as_str(),
        }
    }

    /// The arguments, parsed.
    ///
    /// # Errors
    /// When the model's text is not JSON or does not fit `T`: models do get this wrong.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.arguments_text().unwrap_or_default())
    }
}

wire_object! {
    /// A function call.
    pub struct FunctionToolCall {
        required {
            /// The id that the tool's answer must name.
            id: String,
            /// The function and its arguments.
            function: FunctionCall,
        }
        optional {
            /// Opaque data of the provider, which must go back unchanged with the call.
            extra_content: ToolCallExtraContent,
        }
    }
}

wire_object! {
    /// A function's name and arguments.
    pub struct FunctionCall {
        required {
            /// The function's name.
            name: String,
            /// The text of a JSON object, as the model wrote it; may be invalid. Always a string.
            arguments: String,
        }
    }
}

impl FunctionCall {
    /// A call of `name`; `arguments` is the text of a JSON object.
    pub fn new(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            arguments: arguments.into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// A call of a custom tool.
    pub struct CustomToolCall {
        required {
            /// The id that the tool's answer must name.
            id: String,
        }
        optional {
            /// The tool and its input. The contract wants it; some clients call it `custom_tool`.
            custom: CustomCall => with_custom,
            /// Opaque data of the provider, which must go back unchanged with the call.
            extra_content: ToolCallExtraContent,
        }
    }
}

wire_object! {
    /// A custom tool's name and input.
    pub struct CustomCall {
        required {
            /// The tool's name.
            name: String,
            /// The text that the model gives it.
            input: String,
        }
    }
}

/// Opaque data that rides along a tool call, such as Gemini's thought signature
/// (`{"google":{"thought_signature":"..."}}`). It must be sent back unchanged in the next turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ToolCallExtraContent(pub Value);
