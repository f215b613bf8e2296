//! `POST /v1/chat/completions`: the request, the answer and the stream.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat>

mod chunk;
mod content;
mod logprobs;
mod message;
mod moderation;
mod options;
mod reasoning;
mod request;
mod response;
mod response_format;
mod tool;
mod tool_call;
mod tool_choice;

pub use chunk::{AudioDelta, ChatChunk, ChunkChoice, Delta, FunctionCallDelta, ToolCallDelta};
pub use content::{
    AudioFormat, CacheBreakpoint, ContentPart, FilePart, FileSource, ImageDetail, ImagePart,
    ImageUrl, InputAudio, InputAudioPart, MessageContent, RefusalPart, TextPart,
};
pub use logprobs::{ChoiceLogprobs, Logprobs, TokenLogprob, TopLogprob};
pub use message::{
    AssistantMessage, AudioReference, DeveloperMessage, FunctionMessage, Message, Role,
    SystemMessage, ToolMessage, UserMessage,
};
pub use moderation::{
    ChatModeration, ModerationError, ModerationMode, ModerationOptions, ModerationOutcome,
    ModerationPolicy, ModerationPolicySide, ModerationVerdict, ModerationVerdicts,
};
pub use options::{
    ApproximateLocation, ApproximateUserLocation, AudioOptions, CacheMode, CacheOptions,
    CacheRetention, ContentPrediction, Modality, Prediction, ReasoningEffort, SearchContextSize,
    ServiceTier, Stop, StreamOptions, UserLocation, Verbosity, Voice, VoiceId, WebSearchOptions,
};
pub use reasoning::{ReasoningDetail, ReasoningOptions, ReasoningText};
pub use request::ChatRequest;
pub use response::{
    Annotation, ChatChoice, ChatResponse, FinishReason, MessageAudio, ResponseMessage, UrlCitation,
    UrlCitationAnnotation,
};
pub use response_format::{
    JsonObjectFormat, JsonSchemaFormat, NamedSchema, ResponseFormat, TextResponseFormat,
};
pub use tool::{
    CustomTool, CustomToolDefinition, CustomToolFormat, FunctionDefinition, FunctionTool, Grammar,
    GrammarFormat, GrammarSyntax, TextFormat, Tool,
};
pub use tool_call::{
    CustomCall, CustomToolCall, FunctionCall, FunctionToolCall, ToolCall, ToolCallExtraContent,
};
pub use tool_choice::{
    AllowedToolSets, AllowedTools, AllowedToolsChoice, AllowedToolsMode, CustomChoice,
    FunctionCallChoice, FunctionChoice, ToolChoice, ToolChoiceMode, ToolChoiceObject, ToolName,
};
