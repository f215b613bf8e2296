//! The conversation.
//!
//! Spec: <https://docs.cohere.com/reference/chat#request.body.messages>

use gateway_types::chat::{
    AssistantMessage, ContentPart, FunctionMessage, ImageDetail, ImagePart, Message,
    MessageContent, ToolMessage, UserMessage,
};
use serde_json::Value;

use super::{
    super::wire::{CallFunction, Content, ImageSource, InputBlock, InputMessage, ToolCallOut},
    is_empty,
};
use crate::{
    TranslateError,
    dialects::{
        dropped::Dropped,
        read::{CallNames, PastCall, invalid, past_calls, refused_part},
    },
};

/// The name under which this dialect's own data comes back in a message.
const OWN: &str = "cohere";

/// Puts the messages into Cohere's words, one by one. `thinks`: whether the model takes thinking back.
///
/// # Errors
/// A role or a part that cannot be expressed.
pub(super) fn encode(
    messages: Vec<Message>,
    thinks: bool,
    dropped: &mut Dropped,
) -> Result<Vec<InputMessage>, TranslateError> {
    let mut history = History {
        thinks,
        dropped,
        calls: CallNames::default(),
    };
    messages
        .into_iter()
        .enumerate()
        .map(|(index, message)| history.message(index, message))
        .collect()
}

struct History<'a> {
    thinks: bool,
    dropped: &'a mut Dropped,
    calls: CallNames,
}

impl History<'_> {
    fn message(&mut self, index: usize, message: Message) -> Result<InputMessage, TranslateError> {
        let path = format!("messages[{index}]");
        match message {
            Message::System(mut message) => {
                let content = std::mem::take(&mut message.content);
                self.dropped.rest(&path, &message, &["content"]);
                self.instructions(content, &path)
            }
            Message::Developer(mut message) => {
                let content = std::mem::take(&mut message.content);
                self.dropped.rest(&path, &message, &["content"]);
                self.instructions(content, &path)
            }
            Message::User(message) => self.user(message, &path),
            Message::Assistant(message) => self.assistant(message, &path),
            Message::Tool(message) => self.tool(message, &path),
            Message::Function(message) => self.function(message, &path),
            other => {
                let role = other.tag().unwrap_or("none");
                let message = format!("`{path}.role`: this provider knows no role {role:?}");
                Err(invalid(format!("{path}.role"), message))
            }
        }
    }

    fn instructions(
        &mut self,
        content: MessageContent,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let content = self.texts(content, &format!("{path}.content"))?;
        Ok(InputMessage::System { content })
    }

    fn user(
        &mut self,
        mut message: UserMessage,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let content = std::mem::take(&mut message.content);
        self.dropped.rest(path, &message, &["content"]);
        let path = format!("{path}.content");
        let content = match content {
            MessageContent::Text(text) => Content::Text(text),
            MessageContent::Parts(parts) => {
                Content::Blocks(self.blocks(parts, &path, Self::user_block)?)
            }
        };
        Ok(InputMessage::User { content })
    }

    fn assistant(
        &mut self,
        mut message: AssistantMessage,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let tool_calls = past_calls(&mut message, path, &mut self.calls, self.dropped)?;
        let has_calls = !tool_calls.is_empty();
        let thinking = take_thinking(&mut message);
        let (tool_plan, thinking) = if has_calls {
            (thinking, None)
        } else {
            (None, thinking)
        };
        let mut content = self.assistant_blocks(&mut message, path)?;
        if let Some(thinking) = thinking {
            if self.thinks {
                content.insert(0, InputBlock::Thinking { thinking });
            } else {
                self.dropped.name(format!("{path}.reasoning_content"));
            }
        }
        let citations = take_citations(&mut message);
        self.dropped.rest(path, &message, &[]);
        Ok(InputMessage::Assistant {
            content: joined(content, has_calls),
            tool_plan,
            tool_calls: tool_calls.into_iter().map(call).collect(),
            citations,
        })
    }

    /// Text, refusals, and thinking that is written as a part.
    fn assistant_blocks(
        &mut self,
        message: &mut AssistantMessage,
        path: &str,
    ) -> Result<Vec<InputBlock>, TranslateError> {
        let mut blocks = match message.content.take().into_option() {
            None => Vec::new(),
            Some(MessageContent::Text(text)) => vec![InputBlock::Text { text }],
            Some(MessageContent::Parts(parts)) => {
                self.blocks(parts, &format!("{path}.content"), Self::assistant_block)?
            }
        };
        blocks.retain(|block| !matches!(block, InputBlock::Text { text } if text.is_empty()));
        if let Some(text) = message.refusal.take().into_option() {
            blocks.push(InputBlock::Text { text });
        }
        Ok(blocks)
    }

    fn tool(
        &mut self,
        mut message: ToolMessage,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let tool_call_id = std::mem::take(&mut message.tool_call_id);
        let content = std::mem::take(&mut message.content);
        let content = self.texts(content, &format!("{path}.content"))?;
        let name = message.extra.get("name").and_then(Value::as_str);
        // Many clients repeat the call's name, which the id stands for.
        if name.is_some() && self.calls.name(&tool_call_id) == name {
            message.extra.shift_remove("name");
        }
        self.dropped
            .rest(path, &message, &["content", "tool_call_id"]);
        Ok(InputMessage::Tool {
            tool_call_id,
            content,
        })
    }

    fn function(
        &mut self,
        mut message: FunctionMessage,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let content = message.content.take().unwrap_or_default();
        let content = self.texts(content, &format!("{path}.content"))?;
        let tool_call_id = self.calls.last_id_of(&message.name, path)?;
        self.dropped.rest(path, &message, &["name"]);
        Ok(InputMessage::Tool {
            tool_call_id,
            content,
        })
    }

    fn texts(&mut self, content: MessageContent, path: &str) -> Result<Content, TranslateError> {
        Ok(match content {
            MessageContent::Text(text) => Content::Text(text),
            MessageContent::Parts(parts) => {
                Content::Blocks(self.blocks(parts, path, Self::text_block)?)
            }
        })
    }

    fn blocks(
        &mut self,
        parts: Vec<ContentPart>,
        path: &str,
        block: fn(&mut Self, ContentPart, &str) -> Result<InputBlock, TranslateError>,
    ) -> Result<Vec<InputBlock>, TranslateError> {
        parts
            .into_iter()
            .enumerate()
            .map(|(index, part)| block(self, part, &format!("{path}[{index}]")))
            .collect()
    }

    fn text_block(&mut self, part: ContentPart, path: &str) -> Result<InputBlock, TranslateError> {
        match part {
            ContentPart::Text(mut part) => {
                let text = std::mem::take(&mut part.text);
                self.dropped.rest(path, &part, &["text"]);
                Ok(InputBlock::Text { text })
            }
            ContentPart::Refusal(mut part) => {
                let text = std::mem::take(&mut part.refusal);
                self.dropped.rest(path, &part, &["refusal"]);
                Ok(InputBlock::Text { text })
            }
            other => Err(refused_part(path, &other)),
        }
    }

    fn user_block(&mut self, part: ContentPart, path: &str) -> Result<InputBlock, TranslateError> {
        match part {
            ContentPart::ImageUrl(part) => Ok(self.image(part, path)),
            other => self.text_block(other, path),
        }
    }

    fn assistant_block(
        &mut self,
        part: ContentPart,
        path: &str,
    ) -> Result<InputBlock, TranslateError> {
        if let ContentPart::Other(part) = &part
            && part.get("type").and_then(Value::as_str) == Some("thinking")
            && let Some(thinking) = part.get("thinking").and_then(Value::as_str)
            && self.thinks
        {
            self.dropped.rest(path, part, &["type", "thinking"]);
            let thinking = thinking.to_owned();
            return Ok(InputBlock::Thinking { thinking });
        }
        self.text_block(part, path)
    }

    fn image(&mut self, mut part: ImagePart, path: &str) -> InputBlock {
        let mut source = std::mem::take(&mut part.image_url);
        let known = matches!(
            source.detail.as_option(),
            Some(ImageDetail::Auto | ImageDetail::Low | ImageDetail::High)
        );
        let detail = if known {
            source.detail.take().into_option()
        } else {
            None
        };
        let url = std::mem::take(&mut source.url);
        self.dropped
            .rest(&format!("{path}.image_url"), &source, &["url"]);
        self.dropped.rest(path, &part, &["image_url"]);
        InputBlock::ImageUrl {
            image_url: ImageSource {
                url,
                detail: detail.map(|detail| detail.as_str().to_owned()),
            },
        }
    }
}

/// The thinking behind a message, under whichever name it comes back.
fn take_thinking(message: &mut AssistantMessage) -> Option<String> {
    let newer = message.reasoning_content.take().into_option();
    let other = message.reasoning.take().into_option();
    newer.or(other).filter(|text| !text.is_empty())
}

/// The citations that this dialect told in an earlier answer, and with them the annotations made from them.
fn take_citations(message: &mut AssistantMessage) -> Vec<Value> {
    let Some(Value::Object(data)) = message.extra.get_mut("provider_data") else {
        return Vec::new();
    };
    let own = data.shift_remove(OWN);
    if data.is_empty() {
        message.extra.shift_remove("provider_data");
    }
    let citations = own
        .as_ref()
        .and_then(|own| own.get("citations"))
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    if !citations.is_empty() || message.extra.get("annotations").is_some_and(is_empty) {
        message.extra.shift_remove("annotations");
    }
    citations
}

/// One text is written as a string; nothing at all only beside calls.
fn joined(mut blocks: Vec<InputBlock>, has_calls: bool) -> Option<Content> {
    match blocks.as_slice() {
        [] if has_calls => None,
        [] => Some(Content::Text(String::new())),
        [InputBlock::Text { .. }] => match blocks.pop() {
            Some(InputBlock::Text { text }) => Some(Content::Text(text)),
            _ => None,
        },
        _ => Some(Content::Blocks(blocks)),
    }
}

fn call(past: PastCall) -> ToolCallOut {
    ToolCallOut {
        id: past.id,
        kind: "function",
        function: CallFunction {
            name: past.name,
            arguments: past.arguments,
        },
    }
}
