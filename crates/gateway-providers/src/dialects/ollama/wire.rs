//! The types of Ollama's own API.
//!
//! Spec: <https://docs.ollama.com/api/chat>

use gateway_types::JsonObject;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dialects::{function_tool::FunctionTool, text::Text};

/// The body of `POST /api/chat`.
#[derive(Debug, Default, Serialize)]
pub(super) struct ChatBody {
    /// The model.
    pub(super) model: String,
    /// The conversation.
    pub(super) messages: Vec<InputMessage>,
    /// The functions on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tools: Vec<FunctionTool>,
    /// Whether lines are wanted; the server's default is that they are.
    pub(super) stream: bool,
    /// `"json"`, or the JSON Schema that the answer follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<Value>,
    /// Whether to think: a boolean or a level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) think: Option<Value>,
    /// How long the model stays in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keep_alive: Option<Value>,
    /// Whether to tell how likely the tokens were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<bool>,
    /// How many alternatives to tell for each token: 0 to 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) top_logprobs: Option<u64>,
    /// Sampling, limits and whatever else the model's runner takes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) options: Map<String, Value>,
}

/// One message.
#[derive(Debug, Default, Serialize)]
pub(super) struct InputMessage {
    /// Who speaks: `system`, `user`, `assistant` or `tool`.
    pub(super) role: &'static str,
    /// The text.
    pub(super) content: String,
    /// The thinking behind the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking: Option<String>,
    /// Images in base64, without a media type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) images: Vec<String>,
    /// The calls that the model made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_calls: Vec<ToolCallOut>,
    /// The function whose answer this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_name: Option<String>,
}

/// A call that the model made.
#[derive(Debug, Serialize)]
pub(super) struct ToolCallOut {
    /// Name and arguments.
    pub(super) function: CallFunction,
}

/// Name and arguments of a call.
#[derive(Debug, Serialize)]
pub(super) struct CallFunction {
    /// The name.
    pub(super) name: String,
    /// The arguments.
    pub(super) arguments: JsonObject,
}

/// A whole answer, or one line of a stream. Everything may be missing or `null`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Line<'a> {
    /// The model that answers.
    #[serde(borrow, default)]
    pub(super) model: Option<Text<'a>>,
    /// When the line was written, as RFC 3339 has it.
    #[serde(borrow, default)]
    pub(super) created_at: Option<Text<'a>>,
    /// What is new.
    #[serde(borrow, default)]
    pub(super) message: Option<Message<'a>>,
    /// Whether this is the last line.
    #[serde(default)]
    pub(super) done: Option<bool>,
    /// Why it is the last line.
    #[serde(borrow, default)]
    pub(super) done_reason: Option<Text<'a>>,
    /// Tokens read; missing for none.
    #[serde(default)]
    pub(super) prompt_eval_count: Option<u64>,
    /// Tokens written, thinking included; missing for none.
    #[serde(default)]
    pub(super) eval_count: Option<u64>,
    /// How likely the tokens were.
    #[serde(default)]
    pub(super) logprobs: Option<Value>,
    /// What went wrong; nothing else stands in the line then.
    #[serde(default)]
    pub(super) error: Option<Value>,
}

/// What is new in a message.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Message<'a> {
    /// Text.
    #[serde(borrow, default)]
    pub(super) content: Option<Text<'a>>,
    /// Thinking.
    #[serde(borrow, default)]
    pub(super) thinking: Option<Text<'a>>,
    /// Calls, each whole.
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<Call<'a>>>,
    /// Images that the model made, in base64.
    #[serde(borrow, default)]
    pub(super) images: Option<Vec<Text<'a>>>,
}

/// A call.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Call<'a> {
    /// Its id; older servers have none.
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
    /// Name and arguments.
    #[serde(borrow, default)]
    pub(super) function: Option<Function<'a>>,
}

/// Name and arguments of a call.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Function<'a> {
    /// The name.
    #[serde(borrow, default)]
    pub(super) name: Option<Text<'a>>,
    /// The arguments: an object.
    #[serde(default)]
    pub(super) arguments: Option<Value>,
}
