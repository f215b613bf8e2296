//! Which tools the model may or must call.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/create#chat-create-tool_choice>

use crate::JsonObject;

shape_union! {
    /// Which tools the model may or must call.
    pub enum ToolChoice, "a string or an object" {
        /// A mode for all tools.
        text Mode(ToolChoiceMode),
        /// A choice of tools.
        object Object(ToolChoiceObject),
    }
}

impl ToolChoice {
    /// The model must call this function.
    pub fn function(name: impl Into<String>) -> Self {
        let function = ToolName::new(name);
        Self::Object(
            FunctionChoice {
                function,
                ..FunctionChoice::default()
            }
            .into(),
        )
    }

    /// The model must call this custom tool.
    pub fn custom(name: impl Into<String>) -> Self {
        let custom = ToolName::new(name);
        Self::Object(
            CustomChoice {
                custom,
                ..CustomChoice::default()
            }
            .into(),
        )
    }
}

open_enum! {
    /// What the model does with the tools. Some servers also know `any`.
    pub enum ToolChoiceMode {
        /// Call none.
        None => "none",
        /// The model decides; the default where tools are given.
        Auto => "auto",
        /// Call at least one.
        Required => "required",
    }
}

tagged_union! {
    /// A choice of tools.
    pub enum ToolChoiceObject by "type" {
        /// One function.
        "function" => Function(FunctionChoice),
        /// One custom tool.
        "custom" => Custom(CustomChoice),
        /// Some of the tools.
        "allowed_tools" => AllowedTools(AllowedToolsChoice),
    }
}

wire_object! {
    /// The model must call this function.
    pub struct FunctionChoice {
        required {
            /// The function.
            function: ToolName,
        }
    }
}

wire_object! {
    /// The model must call this custom tool.
    pub struct CustomChoice {
        required {
            /// The tool.
            custom: ToolName,
        }
    }
}

wire_object! {
    /// A tool by its name.
    pub struct ToolName {
        required {
            /// The name that the definition has.
            name: String,
        }
    }
}

impl ToolName {
    /// The tool called `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// The model may call some of the tools only, while the full list stays in the cached prompt.
    pub struct AllowedToolsChoice {
        required {
            /// The tools.
            allowed_tools: AllowedToolSets,
        }
    }
}

shape_union! {
    /// The tools that may be called. The contract has one object; some clients send a list.
    pub enum AllowedToolSets, "an object or an array of objects" {
        /// As the contract has it.
        object One(AllowedTools),
        /// As some clients send it.
        list Many(Vec<AllowedTools>),
    }
}

impl Default for AllowedToolSets {
    fn default() -> Self {
        Self::One(AllowedTools::default())
    }
}

wire_object! {
    /// Some of the tools.
    pub struct AllowedTools {
        required {
            /// Whether the model must call one.
            mode: AllowedToolsMode,
            /// The tools, each as `{"type":"function","function":{"name":...}}`.
            tools: Vec<JsonObject>,
        }
    }
}

open_enum! {
    /// Whether the model must call one of the allowed tools.
    pub enum AllowedToolsMode {
        /// The model decides.
        Auto => "auto",
        /// It must call at least one.
        Required => "required",
    }
}

impl Default for AllowedToolsMode {
    /// `auto`.
    fn default() -> Self {
        Self::Auto
    }
}

shape_union! {
    /// The legacy `function_call` of a request; replaced by `tool_choice`.
    pub enum FunctionCallChoice, "a string or an object with a name" {
        /// `none` or `auto`.
        text Mode(ToolChoiceMode),
        /// One function.
        object Function(ToolName),
    }
}
