//! The chunks of a streamed chat answer.

use crate::{Maybe, Usage};

use super::{
    Annotation, ChatModeration, ChoiceLogprobs, FinishReason, MessageContent, ReasoningDetail,
    ReasoningText, Role, ServiceTier, ToolCallExtraContent,
};

wire_object! {
    /// One event of a streamed chat answer.
    ///
    /// Spec: <https://platform.openai.com/docs/api-reference/chat-streaming>
    ///
    /// With `include_usage` every chunk has `usage: null` and one last chunk has the usage and
    /// no choices. OpenAI's audio models also send chunks without `choices` at all.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::chat_chunk))]
    pub struct ChatChunk {
        optional {
            /// The answer's id, the same in all chunks.
            id: String,
            /// `chat.completion.chunk`.
            object: String,
            /// When the answer was begun, in seconds since 1970; the same in all chunks.
            created: i64,
            /// The model that answers.
            model: String,
            /// What is new, per answer; empty in the chunk that carries the usage.
            choices: Vec<ChunkChoice>,
            /// The tokens used.
            usage: Usage,
            /// The tier that is really used.
            service_tier: ServiceTier,
            /// Names the server's configuration, for `seed`.
            system_fingerprint: String,
            /// Random padding that hides the length of tokens from observers.
            obfuscation: String,
            /// What moderation found, if it was asked for.
            moderation: ChatModeration,
        }
    }
}

impl ChatChunk {
    /// A chunk with the fields that OpenAI always sends.
    pub fn new(
        id: impl Into<String>,
        created: i64,
        model: impl Into<String>,
        choices: impl Into<Vec<ChunkChoice>>,
    ) -> Self {
        Self {
            id: Maybe::Value(id.into()),
            object: "chat.completion.chunk".into(),
            created: created.into(),
            model: Maybe::Value(model.into()),
            choices: Maybe::Value(choices.into()),
            ..Self::default()
        }
    }

    /// The text that this chunk adds to the first answer.
    pub fn text(&self) -> Option<String> {
        let choice = self.choices.iter().find(|choice| choice.index == 0)?;
        choice
            .delta
            .as_option()?
            .content
            .as_option()
            .map(MessageContent::text)
    }
}

wire_object! {
    /// What is new in one answer.
    pub struct ChunkChoice {
        required {
            /// The answer's place among the answers, from 0.
            index: u32,
        }
        optional {
            /// What is new. The contract wants it, but servers leave it out at the end.
            delta: Delta,
            /// Why the answer ended; `null` until it does.
            finish_reason: FinishReason,
            /// How likely each new token was, if it was asked for.
            logprobs: ChoiceLogprobs,
        }
    }
}

impl ChunkChoice {
    /// New content of an answer that goes on, with `finish_reason: null` as OpenAI writes it.
    pub fn new(index: u32, delta: Delta) -> Self {
        Self {
            index,
            delta: delta.into(),
            finish_reason: Maybe::Null,
            ..Self::default()
        }
    }

    /// The end of an answer.
    pub fn finish(index: u32, reason: FinishReason) -> Self {
        Self {
            finish_reason: reason.into(),
            ..Self::new(index, Delta::default())
        }
    }
}

wire_object! {
    /// What is new: each field continues the one of the same name in the message.
    pub struct Delta {
        optional {
            /// `assistant`, in the first chunk only.
            role: Role => with_role,
            /// More text.
            content: MessageContent => with_content,
            /// More of a refusal.
            refusal: String => with_refusal,
            /// More of the tool calls.
            tool_calls: Vec<ToolCallDelta> => with_tool_calls,
            /// More of the spoken answer.
            audio: AudioDelta => with_audio,
            /// More of the function call; replaced by `tool_calls`.
            function_call: FunctionCallDelta => with_function_call,
            /// Extension of several vendors: citations.
            annotations: Vec<Annotation> => with_annotations,
            /// Extension of several vendors: more thinking.
            reasoning_content: ReasoningText => with_reasoning_content,
            /// Extension of several vendors: another name for the thinking.
            reasoning: ReasoningText => with_reasoning,
            /// Extension of OpenRouter: more blocks of thinking.
            reasoning_details: Vec<ReasoningDetail> => with_reasoning_details,
        }
    }
}

impl Delta {
    /// More thinking, under whichever name the vendor sends it.
    pub fn reasoning_text(&self) -> Option<&str> {
        super::reasoning::first_text(&self.reasoning_content, &self.reasoning)
    }
}

wire_object! {
    /// More of one tool call.
    ///
    /// The first piece has `id`, `type` and the function's name; later pieces have only the
    /// `index` and more arguments. Indices may have gaps.
    pub struct ToolCallDelta {
        optional {
            /// Which call goes on. The contract wants it; a few servers leave it out.
            index: u32 => with_index,
            /// The call's id.
            id: String => with_id,
            /// `function`.
            #[serde(rename = "type")]
            kind: String => with_kind,
            /// More of the name and arguments.
            function: FunctionCallDelta => with_function,
            /// Opaque data of the provider, which must go back unchanged with the call.
            extra_content: ToolCallExtraContent => with_extra_content,
        }
    }
}

wire_object! {
    /// More of a function's name and arguments.
    pub struct FunctionCallDelta {
        optional {
            /// The name, mostly whole in the first piece.
            name: String => with_name,
            /// The next piece of the arguments' text; `""` is not absent.
            arguments: String => with_arguments,
        }
    }
}

wire_object! {
    /// More of a spoken answer.
    pub struct AudioDelta {
        optional {
            /// The id by which the next request refers to it.
            id: String => with_id,
            /// More bytes in base64.
            data: String => with_data,
            /// More of what is said.
            transcript: String => with_transcript,
            /// When the id stops working, in seconds since 1970; at the end.
            expires_at: i64 => with_expires_at,
        }
    }
}
