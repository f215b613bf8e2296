//! What a chat-like request asks for, whichever endpoint it came through.

use serde_json::Value;

use super::{fields::Fields, refusal::Refusal};

/// The longest answer a request may order by `x_demo_words`.
const MOST_WORDS: u64 = 4096;

/// A chat-like request in one form.
#[derive(Debug, Clone)]
pub(super) struct Ask<'a> {
    /// What is to be answered.
    pub(super) turn: Turn<'a>,
    /// The tokens of all that was sent.
    pub(super) prompt_tokens: u64,
    /// How many answers.
    pub(super) choices: u64,
    /// The most tokens of one answer, reasoning included.
    pub(super) max_tokens: Option<u64>,
    /// Texts before which an answer ends.
    pub(super) stop: Vec<&'a str>,
    /// The tools that may be called.
    pub(super) tools: Vec<Tool<'a>>,
    /// Whether one must be called.
    pub(super) calling: Calling<'a>,
    /// Whether several may be called at once.
    pub(super) parallel: bool,
    /// What form the answer has.
    pub(super) format: Format<'a>,
    /// Whether reasoning is shown.
    pub(super) reasoning: bool,
    /// How many words the answer has, where the request orders it (`x_demo_words`).
    pub(super) words: Option<u64>,
}

/// What is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn<'a> {
    /// The last message, as text.
    Message {
        /// Its text.
        text: String,
        /// Whether the user wrote it.
        from_user: bool,
    },
    /// The results of tools that were called.
    ToolResults(Vec<ToolResult<'a>>),
}

/// The result of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolResult<'a> {
    /// The tool's name, where the call is in the conversation.
    pub(super) name: Option<&'a str>,
    /// What the tool said.
    pub(super) content: String,
}

/// A tool that may be called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tool<'a> {
    pub(super) kind: ToolKind,
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    /// The JSON Schema of its arguments.
    pub(super) parameters: Option<&'a Value>,
}

/// The form in which a tool is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolKind {
    /// With JSON arguments.
    Function,
    /// With a text.
    Custom,
    /// As the deprecated `functions` are.
    LegacyFunction,
}

/// Whether a tool is to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calling<'a> {
    Never,
    Auto,
    Required,
    Forced(&'a str),
}

/// What form an answer has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Format<'a> {
    Text,
    JsonObject,
    Schema {
        schema: &'a Value,
        /// Where the schema stands in the request.
        param: &'static str,
    },
}

/// How many words the answer is to have, where the request says it.
pub(super) fn ordered_words(body: &Fields<'_>) -> Result<Option<u64>, Refusal> {
    body.integer("x_demo_words", 1..=MOST_WORDS)
}

/// `stop`: nothing, a text, or up to four of them.
pub(super) fn stop_texts<'a>(body: &Fields<'a>) -> Result<Vec<&'a str>, Refusal> {
    let wrong = || {
        Refusal::wrong_type(
            body.path("stop"),
            "a string or an array of at most 4 strings",
        )
    };
    let texts: Vec<&str> = match body.value("stop") {
        None => Vec::new(),
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) if texts.len() <= 4 => texts
            .iter()
            .map(|text| text.as_str().ok_or_else(wrong))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong()),
    };
    Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
}
