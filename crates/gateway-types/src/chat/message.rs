//! The messages of a conversation, one type per role.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages>

use super::{FunctionCall, MessageContent, ReasoningDetail, ToolCall};

tagged_union! {
    /// One message of a conversation.
    ///
    /// ```
    /// use gateway_types::chat::{ContentPart, Message};
    /// let history = [
    ///     Message::system("Answer briefly."),
    ///     Message::user([ContentPart::text("What is this?"), ContentPart::image("https://example.com/a.png")]),
    ///     Message::assistant("A lighthouse."),
    /// ];
    /// assert_eq!(history[2].text().as_deref(), Some("A lighthouse."));
    /// ```
    #[expect(clippy::large_enum_variant, reason = "a conversation is as much assistant as user")]
    pub enum Message by "role" {
        /// Instructions of the application, for newer models.
        "developer" => Developer(DeveloperMessage),
        /// Instructions of the application.
        "system" => System(SystemMessage),
        /// What the end user says.
        "user" => User(UserMessage),
        /// What the model said.
        "assistant" => Assistant(AssistantMessage),
        /// The answer of a tool.
        "tool" => Tool(ToolMessage),
        /// The answer of a function; replaced by `tool`.
        "function" => Function(FunctionMessage),
    }
}

impl Message {
    /// A developer message.
    pub fn developer(content: impl Into<MessageContent>) -> Self {
        DeveloperMessage {
            content: content.into(),
            ..DeveloperMessage::default()
        }
        .into()
    }

    /// A system message.
    pub fn system(content: impl Into<MessageContent>) -> Self {
        SystemMessage {
            content: content.into(),
            ..SystemMessage::default()
        }
        .into()
    }

    /// A user message.
    pub fn user(content: impl Into<MessageContent>) -> Self {
        UserMessage {
            content: content.into(),
            ..UserMessage::default()
        }
        .into()
    }

    /// An assistant message with content.
    pub fn assistant(content: impl Into<MessageContent>) -> Self {
        AssistantMessage::default().with_content(content).into()
    }

    /// The answer of a tool to the call `tool_call_id`.
    pub fn tool(tool_call_id: impl Into<String>, content: impl Into<MessageContent>) -> Self {
        let message = ToolMessage {
            content: content.into(),
            tool_call_id: tool_call_id.into(),
            ..ToolMessage::default()
        };
        message.into()
    }

    /// The content; `None` where there is none or the role is unknown.
    pub fn content(&self) -> Option<&MessageContent> {
        match self {
            Self::Developer(message) => Some(&message.content),
            Self::System(message) => Some(&message.content),
            Self::User(message) => Some(&message.content),
            Self::Assistant(message) => message.content.as_option(),
            Self::Tool(message) => Some(&message.content),
            Self::Function(message) => message.content.as_option(),
            Self::Other(_) => None,
        }
    }

    /// The text of the content, with text parts joined.
    pub fn text(&self) -> Option<String> {
        self.content().map(MessageContent::text)
    }
}

open_enum! {
    /// Who speaks.
    pub enum Role {
        /// The application, for newer models.
        Developer => "developer",
        /// The application.
        System => "system",
        /// The end user.
        User => "user",
        /// The model.
        Assistant => "assistant",
        /// A tool.
        Tool => "tool",
        /// A function; replaced by `tool`.
        Function => "function",
    }
}

wire_object! {
    /// Instructions of the application, which newer models follow above the user's.
    pub struct DeveloperMessage {
        required {
            /// A string or text parts.
            content: MessageContent,
        }
        optional {
            /// Tells apart several participants of one role.
            name: String => with_name,
        }
    }
}

wire_object! {
    /// Instructions of the application.
    pub struct SystemMessage {
        required {
            /// A string or text parts.
            content: MessageContent,
        }
        optional {
            /// Tells apart several participants of one role.
            name: String => with_name,
        }
    }
}

wire_object! {
    /// What the end user says.
    pub struct UserMessage {
        required {
            /// A string or parts.
            content: MessageContent,
        }
        optional {
            /// Tells apart several participants of one role.
            name: String => with_name,
        }
    }
}

wire_object! {
    /// What the model said, sent back as history.
    ///
    /// OpenAI wants content unless there are `tool_calls` or a `function_call`.
    pub struct AssistantMessage {
        optional {
            /// A string, or text and refusal parts.
            content: MessageContent => with_content,
            /// What the model said when it refused.
            refusal: String => with_refusal,
            /// Tells apart several participants of one role.
            name: String => with_name,
            /// An earlier spoken answer, by its id.
            audio: AudioReference => with_audio,
            /// The tools that the model called.
            #[serde(deserialize_with = "crate::json_text::maybe_list")]
            tool_calls: Vec<ToolCall> => with_tool_calls,
            /// The function that the model called; replaced by `tool_calls`.
            function_call: FunctionCall => with_function_call,
            /// Extension of several vendors: the thinking behind this answer.
            reasoning_content: String => with_reasoning_content,
            /// Extension of several vendors: another name for the thinking.
            reasoning: String => with_reasoning,
            /// Extension of OpenRouter: the thinking in blocks, some signed. Send back unchanged.
            reasoning_details: Vec<ReasoningDetail> => with_reasoning_details,
        }
    }
}

wire_object! {
    /// The id of an earlier spoken answer.
    pub struct AudioReference {
        required {
            /// The id that the answer carried.
            id: String,
        }
    }
}

wire_object! {
    /// The answer of a tool.
    pub struct ToolMessage {
        required {
            /// A string or text parts.
            content: MessageContent,
            /// The id of the call that this answers.
            tool_call_id: String,
        }
    }
}

wire_object! {
    /// The answer of a function; replaced by the role `tool`.
    pub struct FunctionMessage {
        required {
            /// The function's name.
            name: String,
        }
        optional {
            /// What it answered; the contract wants the field, but allows `null`.
            content: MessageContent => with_content,
        }
    }
}
