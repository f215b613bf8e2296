//! The whole (not streamed) chat answer.

use crate::{JsonObject, Maybe, Usage};

use super::{
    AssistantMessage, AudioReference, ChatModeration, ChoiceLogprobs, FunctionCall, Message,
    MessageContent, ReasoningDetail, ReasoningText, Role, ServiceTier, ToolCall,
};

wire_object! {
    /// The answer of `POST /v1/chat/completions` without `stream`.
    ///
    /// Spec: <https://platform.openai.com/docs/api-reference/chat/object>
    ///
    /// Only `choices` is required here: servers do leave out each of the others.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::chat_response))]
    pub struct ChatResponse {
        required {
            /// The answers; as many as `n` asked for.
            choices: Vec<ChatChoice>,
        }
        optional {
            /// The answer's id.
            id: String,
            /// `chat.completion`.
            object: String,
            /// When it was made, in seconds since 1970.
            created: i64,
            /// The model that answered.
            model: String,
            /// The tokens used.
            usage: Usage,
            /// The tier that was really used.
            service_tier: ServiceTier,
            /// Names the server's configuration, for `seed`.
            system_fingerprint: String,
            /// What moderation found, if it was asked for.
            moderation: ChatModeration,
            /// The request's `metadata`, for a stored answer.
            metadata: JsonObject,
        }
    }
}

impl ChatResponse {
    /// An answer with the fields that OpenAI always sends.
    pub fn new(
        id: impl Into<String>,
        created: i64,
        model: impl Into<String>,
        choices: impl Into<Vec<ChatChoice>>,
    ) -> Self {
        Self {
            choices: choices.into(),
            id: Maybe::Value(id.into()),
            object: "chat.completion".into(),
            created: created.into(),
            model: Maybe::Value(model.into()),
            ..Self::default()
        }
    }

    /// The text of the first answer; `None` where it has none (a tool call, a refusal).
    pub fn text(&self) -> Option<String> {
        self.message()?.text()
    }

    /// The first answer's message.
    pub fn message(&self) -> Option<&ResponseMessage> {
        self.choices.first().map(|choice| &choice.message)
    }

    /// The tool calls of the first answer.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.message()
            .map_or(&[], |message| message.tool_calls.as_slice())
    }

    /// Why the first answer ended.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.choices.first()?.finish_reason.as_option()
    }
}

wire_object! {
    /// One answer.
    pub struct ChatChoice {
        required {
            /// Its place among the answers, from 0.
            index: u32,
            /// What the model said.
            message: ResponseMessage,
        }
        optional {
            /// Why it ended.
            finish_reason: FinishReason,
            /// How likely each token was, if it was asked for.
            logprobs: ChoiceLogprobs,
        }
    }
}

impl ChatChoice {
    /// An answer that ended for `finish_reason`, with `logprobs: null` as OpenAI writes it.
    pub fn new(index: u32, message: ResponseMessage, finish_reason: FinishReason) -> Self {
        Self {
            index,
            message,
            finish_reason: finish_reason.into(),
            logprobs: Maybe::Null,
            ..Self::default()
        }
    }
}

open_enum! {
    /// Why an answer ended.
    pub enum FinishReason {
        /// The model was done, or met a stop sequence.
        Stop => "stop",
        /// The token limit was reached.
        Length => "length",
        /// The model calls tools.
        ToolCalls => "tool_calls",
        /// A filter cut the answer off.
        ContentFilter => "content_filter",
        /// The model calls a function; replaced by `tool_calls`.
        FunctionCall => "function_call",
    }
}

wire_object! {
    /// What the model said.
    pub struct ResponseMessage {
        optional {
            /// `assistant`.
            role: Role,
            /// The text, `null` where there is none; some vendors send parts.
            content: MessageContent => with_content,
            /// What the model said when it refused.
            refusal: String => with_refusal,
            /// The tools to call.
            tool_calls: Vec<ToolCall> => with_tool_calls,
            /// Where the text cites from.
            annotations: Vec<Annotation> => with_annotations,
            /// The spoken answer.
            audio: MessageAudio => with_audio,
            /// The function to call; replaced by `tool_calls`.
            function_call: FunctionCall => with_function_call,
            /// Extension of several vendors: the thinking.
            reasoning_content: ReasoningText => with_reasoning_content,
            /// Extension of several vendors: another name for the thinking.
            reasoning: ReasoningText => with_reasoning,
            /// Extension of OpenRouter: the thinking in blocks, some signed.
            reasoning_details: Vec<ReasoningDetail> => with_reasoning_details,
        }
    }
}

impl ResponseMessage {
    /// A message with text, and `refusal: null` as OpenAI writes it.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            role: Role::Assistant.into(),
            content: Maybe::Value(MessageContent::Text(text.into())),
            refusal: Maybe::Null,
            ..Self::default()
        }
    }

    /// The text; `None` where `content` is absent or `null`.
    pub fn text(&self) -> Option<String> {
        self.content.as_option().map(MessageContent::text)
    }

    /// The thinking, under whichever name the vendor sends it.
    pub fn reasoning_text(&self) -> Option<&str> {
        super::reasoning::first_text(&self.reasoning_content, &self.reasoning)
    }

    /// The message as history for the next request, with everything that must go back: tool
    /// calls with their opaque data, and reasoning.
    pub fn into_history(self) -> Message {
        let audio = self.audio.map(|audio| AudioReference {
            id: audio.id,
            ..AudioReference::default()
        });
        let text = |field: Maybe<ReasoningText>| match field {
            Maybe::Value(ReasoningText::Text(text)) => Maybe::Value(text),
            _ => Maybe::Absent,
        };
        AssistantMessage {
            content: self.content,
            refusal: self.refusal,
            audio,
            tool_calls: self.tool_calls,
            function_call: self.function_call,
            reasoning_content: text(self.reasoning_content),
            reasoning: text(self.reasoning),
            reasoning_details: self.reasoning_details,
            extra: self.extra,
            ..AssistantMessage::default()
        }
        .into()
    }
}

tagged_union! {
    /// A remark on a span of the text.
    pub enum Annotation by "type" {
        /// The span cites a web page.
        "url_citation" => UrlCitation(UrlCitationAnnotation),
    }
}

wire_object! {
    /// A citation of a web page.
    pub struct UrlCitationAnnotation {
        required {
            /// The page and the span.
            url_citation: UrlCitation,
        }
    }
}

wire_object! {
    /// A web page and the span of text that cites it.
    pub struct UrlCitation {
        required {
            /// The page's address.
            url: String,
        }
        optional {
            /// The page's title.
            title: String => with_title,
            /// Where the span begins, in characters.
            start_index: u64 => with_start_index,
            /// Where it ends.
            end_index: u64 => with_end_index,
        }
    }
}

wire_object! {
    /// A spoken answer.
    pub struct MessageAudio {
        required {
            /// The id by which the next request refers to it.
            id: String,
        }
        optional {
            /// The bytes in base64, in the encoding that the request named.
            data: String => with_data,
            /// When the id stops working, in seconds since 1970.
            expires_at: i64 => with_expires_at,
            /// What was said.
            transcript: String => with_transcript,
        }
    }
}
