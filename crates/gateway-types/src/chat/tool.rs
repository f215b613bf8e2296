//! The tools that a request offers.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools>

use crate::JsonObject;

tagged_union! {
    /// A tool that the model may call. Other vendors add kinds of their own.
    ///
    /// ```
    /// # fn main() -> Result<(), serde_json::Error> {
    /// use gateway_types::chat::Tool;
    /// let parameters = serde_json::from_str(r#"{"type":"object","properties":{"city":{"type":"string"}}}"#)?;
    /// let tool = Tool::function("weather", "The weather in a city.", parameters);
    /// assert_eq!(tool.name(), Some("weather"));
    /// # Ok(()) }
    /// ```
    pub enum Tool by "type" {
        /// A function with JSON arguments.
        "function" => Function(FunctionTool),
        /// A tool whose input is free text or follows a grammar.
        "custom" => Custom(CustomTool),
    }
}

impl Tool {
    /// A function; `parameters` is a JSON Schema of an object.
    pub fn function(
        name: impl Into<String>,
        description: impl Into<String>,
        parameters: JsonObject,
    ) -> Self {
        let function = FunctionDefinition::new(name)
            .with_description(description)
            .with_parameters(parameters);
        FunctionTool {
            function,
            ..FunctionTool::default()
        }
        .into()
    }

    /// A tool that takes text.
    pub fn custom(name: impl Into<String>, description: impl Into<String>) -> Self {
        let custom = CustomToolDefinition {
            name: name.into(),
            ..CustomToolDefinition::default()
        };
        CustomTool {
            custom: custom.with_description(description),
            ..CustomTool::default()
        }
        .into()
    }

    /// The tool's name; `None` for an unknown kind.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Function(tool) => Some(&tool.function.name),
            Self::Custom(tool) => Some(&tool.custom.name),
            Self::Other(_) => None,
        }
    }
}

wire_object! {
    /// A function tool.
    pub struct FunctionTool {
        required {
            /// The function.
            function: FunctionDefinition,
        }
    }
}

wire_object! {
    /// A function that the model may call.
    pub struct FunctionDefinition {
        required {
            /// 1 to 64 of letters, digits, `_` and `-`.
            name: String,
        }
        optional {
            /// What it does; the model decides by this when to call it.
            description: String => with_description,
            /// A JSON Schema of its arguments; absent means no arguments.
            parameters: JsonObject => with_parameters,
            /// Whether arguments must follow the schema exactly.
            strict: bool => with_strict,
        }
    }
}

impl FunctionDefinition {
    /// A function without arguments.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// A custom tool.
    pub struct CustomTool {
        required {
            /// The tool.
            custom: CustomToolDefinition,
        }
    }
}

wire_object! {
    /// A tool whose input is text.
    pub struct CustomToolDefinition {
        required {
            /// Its name, as it stands in calls.
            name: String,
        }
        optional {
            /// What it does.
            description: String => with_description,
            /// What its input looks like; any text where absent.
            format: CustomToolFormat => with_format,
        }
    }
}

tagged_union! {
    /// What the input of a custom tool looks like.
    pub enum CustomToolFormat by "type" {
        /// Any text.
        "text" => Text(TextFormat),
        /// Text that follows a grammar.
        "grammar" => Grammar(GrammarFormat),
    }
}

wire_object! {
    /// Any text; there is nothing to say about it.
    pub struct TextFormat {}
}

wire_object! {
    /// Text that follows a grammar.
    pub struct GrammarFormat {
        required {
            /// The grammar.
            grammar: Grammar,
        }
    }
}

wire_object! {
    /// A grammar.
    pub struct Grammar {
        required {
            /// The grammar's text.
            definition: String,
            /// The language it is written in.
            syntax: GrammarSyntax,
        }
    }
}

open_enum! {
    /// The language of a grammar.
    pub enum GrammarSyntax {
        /// Lark's context-free grammars.
        Lark => "lark",
        /// Regular expressions.
        Regex => "regex",
    }
}

impl Default for GrammarSyntax {
    /// `lark`.
    fn default() -> Self {
        Self::Lark
    }
}
