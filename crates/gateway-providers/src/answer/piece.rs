//! One piece of an answer.

use gateway_types::chat::{Annotation, ChoiceLogprobs, ReasoningDetail, ToolCallExtraContent};
use serde_json::Value;

/// How a tool call begins.
#[derive(Debug, Clone, Default)]
pub struct ToolCallStart<'a> {
    /// The upstream's id of the call. One is made where there is none.
    pub id: Option<&'a str>,
    /// The tool's name.
    pub name: &'a str,
    /// What kind of tool it is.
    pub kind: ToolCallKind,
    /// Opaque data that must come back with the call.
    pub extra_content: Option<ToolCallExtraContent>,
}

/// The kinds of tool calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToolCallKind {
    /// A function with JSON arguments.
    #[default]
    Function,
    /// A custom tool with free text as its input.
    Custom,
}

/// What is new in one choice.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Reasoning(&'a str),
    /// Thinking that belongs to a block: the text, and the block's part that holds it.
    ReasoningDetail {
        text: Option<&'a str>,
        detail: ReasoningDetail,
    },
    Refusal(&'a str),
    ToolCall {
        index: u32,
        id: &'a str,
        name: &'a str,
        kind: ToolCallKind,
        extra_content: Option<ToolCallExtraContent>,
    },
    ToolArguments {
        index: u32,
        kind: ToolCallKind,
        text: &'a str,
    },
    ToolExtra {
        index: u32,
        extra_content: ToolCallExtraContent,
    },
    Annotation(Annotation),
    Image(&'a str),
    Audio(Value),
    Logprobs(ChoiceLogprobs),
    /// `{dialect: {name: [value]}}`.
    ProviderData {
        dialect: &'static str,
        name: &'a str,
        value: Value,
    },
}
