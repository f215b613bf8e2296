//! Converse's request. Answers are read in `response` and `stream`.
//!
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>

use gateway_types::{JsonObject, Number};
use serde::Serialize;
use serde_json::{Map, Value};

/// The body of `POST /model/{id}/converse` and `converse-stream`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConverseRequest {
    pub(super) messages: Vec<NativeMessage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) system: Vec<Block>,
    #[serde(skip_serializing_if = "InferenceConfig::is_empty")]
    pub(super) inference_config: InferenceConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_config: Option<ToolConfig>,
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    pub(super) output_config: OutputConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_tier: Option<Tier>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) request_metadata: Map<String, Value>,
    /// What only some models take, in their maker's own words.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) additional_model_request_fields: Map<String, Value>,
}

#[derive(Debug, Serialize)]
pub(super) struct NativeMessage {
    pub(super) role: NativeRole,
    pub(super) content: Vec<Block>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum NativeRole {
    User,
    Assistant,
    System,
}

/// One block of a message, of a tool's answer, or of the instructions: an object with one member.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Block {
    Text(String),
    Image(Media),
    Document(Media),
    Video(Media),
    Audio(Media),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
    ReasoningContent(Reasoning),
    CachePoint(CachePoint),
    /// A block in Bedrock's own words.
    #[serde(untagged)]
    Native(Value),
}

/// An image, a document, a video or audio.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Media {
    pub(super) format: &'static str,
    /// Of a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    pub(super) source: MediaSource,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum MediaSource {
    /// In base64.
    Bytes(String),
    S3Location {
        uri: String,
    },
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolUse {
    pub(super) tool_use_id: String,
    pub(super) name: String,
    pub(super) input: JsonObject,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolResult {
    pub(super) tool_use_id: String,
    pub(super) content: Vec<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reasoning {
    ReasoningText {
        text: String,
        signature: String,
    },
    /// In base64.
    RedactedContent(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CachePoint {
    pub(super) r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InferenceConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) top_p: Option<Number>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) stop_sequences: Vec<String>,
}

impl InferenceConfig {
    fn is_empty(&self) -> bool {
        self.max_tokens.is_none()
            && self.temperature.is_none()
            && self.top_p.is_none()
            && self.stop_sequences.is_empty()
    }
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolConfig {
    pub(super) tools: Vec<NativeTool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_choice: Option<NativeToolChoice>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum NativeTool {
    ToolSpec(ToolSpec),
    /// A tool that Bedrock runs itself, e.g. `nova_grounding`.
    SystemTool {
        name: String,
    },
    CachePoint(CachePoint),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolSpec {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) input_schema: InputSchema,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) strict: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct InputSchema {
    pub(super) json: JsonObject,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum NativeToolChoice {
    Auto {},
    Any {},
    Tool { name: String },
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text_format: Option<TextFormat>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effort: Option<String>,
}

impl OutputConfig {
    fn is_empty(&self) -> bool {
        self.text_format.is_none() && self.effort.is_none()
    }
}

#[derive(Debug, Serialize)]
pub(super) struct TextFormat {
    pub(super) r#type: &'static str,
    pub(super) structure: Structure,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Structure {
    pub(super) json_schema: SchemaText,
}

#[derive(Debug, Serialize)]
pub(super) struct SchemaText {
    /// The schema as text.
    pub(super) schema: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Tier {
    pub(super) r#type: String,
}
