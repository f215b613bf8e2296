//! What is sent. Only members that this dialect writes are here; everything else comes through
//! `provider_options`.

use gateway_types::{JsonObject, Number};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// The body of `generateContent` and `streamGenerateContent`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Request {
    /// The conversation.
    pub(in super::super) contents: Vec<Content>,
    /// The instructions of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) system_instruction: Option<Content>,
    /// Functions and server tools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in super::super) tools: Vec<Value>,
    /// Which of them are to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) tool_config: Option<ToolConfig>,
    /// How the answer is made.
    #[serde(skip_serializing_if = "GenerationConfig::is_empty")]
    pub(in super::super) generation_config: GenerationConfig,
    /// `flex`, `standard` or `priority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) service_tier: Option<&'static str>,
    /// Whether the exchange is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) store: Option<bool>,
    /// Labels for billing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) labels: Option<JsonObject>,
}

/// What one side says.
#[derive(Debug, Serialize)]
pub(in super::super) struct Content {
    /// `user` or `model`; none for instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) role: Option<&'static str>,
    /// What is said.
    pub(in super::super) parts: Vec<Part>,
}

/// One part of a content.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in super::super) enum Part {
    /// A part that is made here.
    Made(Box<MadePart>),
    /// A part that the provider made, and gets back unchanged.
    Returned(Value),
}

/// A part that is made here: one of its data members is set.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct MadePart {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) inline_data: Option<Blob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) file_data: Option<FileData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) function_call: Option<FunctionCall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) function_response: Option<FunctionResponse>,
    /// Whether the text is a summary of thinking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) thought: Option<bool>,
    /// Opaque state of the model's thinking, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) thought_signature: Option<String>,
}

/// Bytes in base64.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Blob {
    pub(in super::super) mime_type: String,
    pub(in super::super) data: String,
}

/// Bytes elsewhere.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct FileData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) mime_type: Option<String>,
    pub(in super::super) file_uri: String,
}

/// A call that the model made.
#[derive(Debug, Serialize)]
pub(in super::super) struct FunctionCall {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) id: Option<String>,
    pub(in super::super) name: String,
    /// An object, byte for byte as the client wrote it: numbers keep their digits.
    pub(in super::super) args: Box<RawValue>,
}

/// The answer of a function.
#[derive(Debug, Serialize)]
pub(in super::super) struct FunctionResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) id: Option<String>,
    pub(in super::super) name: String,
    /// An object: the function's own, or its text as `result`.
    pub(in super::super) response: Box<RawValue>,
}

/// How tools are used.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ToolConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) function_calling_config: Option<FunctionCallingConfig>,
    /// Asked for where functions and server tools stand together: their calls come as parts, to be sent back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) include_server_side_tool_invocations: Option<bool>,
}

/// Which functions may or must be called.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct FunctionCallingConfig {
    /// `AUTO`, `ANY`, `NONE` or `VALIDATED`.
    pub(in super::super) mode: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in super::super) allowed_function_names: Vec<String>,
}

/// How the answer is made.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct GenerationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) temperature: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) top_p: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) top_k: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) candidate_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in super::super) stop_sequences: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) presence_penalty: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) frequency_penalty: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) seed: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) response_logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) logprobs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) response_json_schema: Option<JsonObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in super::super) response_modalities: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) speech_config: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) thinking_config: Option<ThinkingConfig>,
}

/// How much the model thinks, and whether it says what.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ThinkingConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) include_thoughts: Option<bool>,
    /// Tokens; 0 for none, -1 for as many as the model likes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) thinking_budget: Option<i64>,
    /// `MINIMAL` to `HIGH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in super::super) thinking_level: Option<String>,
}

impl Content {
    pub(in super::super) fn new(role: &'static str, parts: Vec<Part>) -> Self {
        Self {
            role: Some(role),
            parts,
        }
    }
}

impl Part {
    pub(in super::super) fn text(text: impl Into<String>) -> Self {
        MadePart {
            text: Some(text.into()),
            ..MadePart::default()
        }
        .into()
    }

    pub(in super::super) fn is_function_response(&self) -> bool {
        matches!(self, Self::Made(part) if part.function_response.is_some())
    }
}

impl From<MadePart> for Part {
    fn from(part: MadePart) -> Self {
        Self::Made(Box::new(part))
    }
}

impl FunctionCallingConfig {
    /// A mode for all functions.
    pub(in super::super) const fn of(mode: &'static str) -> Self {
        Self {
            mode,
            allowed_function_names: Vec::new(),
        }
    }
}

impl GenerationConfig {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
