//! One piece of an answer.

use gateway_types::chat::{Annotation, ChoiceLogprobs, ReasoningDetail, ToolCallExtraContent};
use serde_json::{Map, Value, json};

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
    Annotations(Vec<Annotation>),
    Image {
        /// Its place among the choice's images: clients put a list's entries together by it.
        index: u32,
        url: &'a str,
    },
    Audio(Value),
    Logprobs(ChoiceLogprobs),
    /// All that only the provider has.
    ProviderData(ProviderData),
}

/// What only the provider has: `{dialect: {name: [value, ...]}}`.
#[derive(Debug, Default)]
pub(super) struct ProviderData(pub(super) Map<String, Value>);

impl ProviderData {
    /// Adds to the list of that name.
    pub(super) fn push(&mut self, dialect: &str, name: &str, value: Value) {
        let names = self.0.entry(dialect).or_insert_with(|| json!({}));
        if let Some(names) = names.as_object_mut()
            && let Some(list) = names
                .entry(name)
                .or_insert_with(|| json!([]))
                .as_array_mut()
        {
            list.push(value);
        }
    }
}
