//! What a chat request holds.
//!
//! Spec: <https://docs.cohere.com/reference/chat>

use gateway_types::{JsonObject, Number};
use serde::Serialize;
use serde_json::Value;

use crate::dialects::function_tool::FunctionTool;

/// The body of `POST /v2/chat`.
#[derive(Debug, Default, Serialize)]
pub(in crate::dialects::cohere) struct ChatBody {
    /// The model.
    pub(in crate::dialects::cohere) model: String,
    /// The conversation.
    pub(in crate::dialects::cohere) messages: Vec<InputMessage>,
    /// Whether events are wanted.
    pub(in crate::dialects::cohere) stream: bool,
    /// The functions on offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::dialects::cohere) tools: Vec<FunctionTool>,
    /// `REQUIRED` or `NONE`; the model decides where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) tool_choice: Option<&'static str>,
    /// Whether arguments must follow the schemas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) strict_tools: Option<Value>,
    /// What the answer is to be grounded in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) documents: Option<Value>,
    /// How citations are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) citation_options: Option<Value>,
    /// The shape of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) response_format: Option<ResponseFormat>,
    /// Which safety instruction goes into the prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) safety_mode: Option<Value>,
    /// The most tokens to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) max_tokens: Option<u64>,
    /// Where to stop; at most five.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::dialects::cohere) stop_sequences: Vec<String>,
    /// Randomness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) temperature: Option<Number>,
    /// Asks for repeatable sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) seed: Option<Number>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) frequency_penalty: Option<Number>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) presence_penalty: Option<Number>,
    /// Sample from the likeliest tokens only: 0 to 500; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) k: Option<Number>,
    /// Sample from the likeliest tokens with this probability together: 0.01 to 0.99.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) p: Option<Number>,
    /// Whether to tell how likely the tokens were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) logprobs: Option<bool>,
    /// Whether to think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) thinking: Option<Thinking>,
    /// How urgent the request is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) priority: Option<Value>,
}

/// One message.
#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(in crate::dialects::cohere) enum InputMessage {
    /// Instructions.
    System {
        /// Text.
        content: Content,
    },
    /// What the user says.
    User {
        /// Text and images.
        content: Content,
    },
    /// What the model said.
    Assistant {
        /// Text and thinking; may be missing beside calls.
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<Content>,
        /// What it meant to do with its calls.
        #[serde(skip_serializing_if = "Option::is_none")]
        tool_plan: Option<String>,
        /// Its calls.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCallOut>,
        /// Where its text came from.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        citations: Vec<Value>,
    },
    /// What a tool answered.
    Tool {
        /// The call that it answers.
        tool_call_id: String,
        /// Text.
        content: Content,
    },
}

/// Text, or blocks.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::dialects::cohere) enum Content {
    /// Text.
    Text(String),
    /// Blocks.
    Blocks(Vec<InputBlock>),
}

/// One block of a message.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::dialects::cohere) enum InputBlock {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// Thinking.
    Thinking {
        /// The thinking.
        thinking: String,
    },
    /// An image.
    ImageUrl {
        /// Where it is.
        image_url: ImageSource,
    },
}

/// Where an image is.
#[derive(Debug, Serialize)]
pub(in crate::dialects::cohere) struct ImageSource {
    /// A `data:` or `https:` URL.
    pub(in crate::dialects::cohere) url: String,
    /// `auto`, `low` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) detail: Option<String>,
}

/// A call that the model made.
#[derive(Debug, Serialize)]
pub(in crate::dialects::cohere) struct ToolCallOut {
    /// Its id.
    pub(in crate::dialects::cohere) id: String,
    /// `function`.
    #[serde(rename = "type")]
    pub(in crate::dialects::cohere) kind: &'static str,
    /// Name and arguments.
    pub(in crate::dialects::cohere) function: CallFunction,
}

/// Name and arguments of a call.
#[derive(Debug, Serialize)]
pub(in crate::dialects::cohere) struct CallFunction {
    /// The name.
    pub(in crate::dialects::cohere) name: String,
    /// The text of a JSON object.
    pub(in crate::dialects::cohere) arguments: String,
}

/// The shape of an answer.
#[derive(Debug, Serialize)]
pub(in crate::dialects::cohere) struct ResponseFormat {
    /// `json_object`.
    #[serde(rename = "type")]
    pub(in crate::dialects::cohere) kind: &'static str,
    /// The schema that it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) json_schema: Option<JsonObject>,
}

/// Whether to think, and how much.
#[derive(Debug, Serialize)]
pub(in crate::dialects::cohere) struct Thinking {
    /// `enabled` or `disabled`.
    #[serde(rename = "type")]
    pub(in crate::dialects::cohere) kind: &'static str,
    /// The most tokens to think with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::dialects::cohere) token_budget: Option<u64>,
}
