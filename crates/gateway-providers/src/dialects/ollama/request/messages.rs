//! The conversation.
//!
//! Spec: <https://docs.ollama.com/api/chat>

use std::collections::BTreeMap;

use gateway_types::chat::{
    AssistantMessage, ContentPart, FunctionMessage, ImageDetail, ImagePart, Message,
    MessageContent, ToolMessage, UserMessage,
};
use serde_json::Value;

use super::super::wire::{CallFunction, InputMessage, ToolCallOut};
use crate::{
    TranslateError,
    dialects::{
        data_url,
        dropped::Dropped,
        read::{CallNames, PastCall, invalid, past_calls, refused_part},
    },
};

/// Puts the messages into Ollama's words, one by one.
///
/// # Errors
/// A role or a part that cannot be expressed; arguments of an earlier call that are no object.
pub(super) fn encode(
    messages: Vec<Message>,
    dropped: &mut Dropped,
) -> Result<Vec<InputMessage>, TranslateError> {
    let mut history = History {
        dropped,
        calls: CallNames::default(),
        order: BTreeMap::new(),
    };
    let mut told: Vec<(usize, InputMessage)> = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        told.push(history.message(index, message)?);
    }
    Ok(in_order_of_calls(told))
}

struct History<'a> {
    dropped: &'a mut Dropped,
    calls: CallNames,
    /// The place of each call, by its id, among all calls.
    order: BTreeMap<String, usize>,
}

/// Text and images of one message.
#[derive(Default)]
struct Said {
    text: String,
    images: Vec<String>,
}

/// The protocol ties an answer to its call by the function's name and by nothing else: answers that follow each
/// other are put into the order of their calls, so that two calls of one function keep theirs.
fn in_order_of_calls(mut told: Vec<(usize, InputMessage)>) -> Vec<InputMessage> {
    for run in told.chunk_by_mut(|(_, one), (_, next)| one.role == "tool" && next.role == "tool") {
        run.sort_by_key(|(place, _)| *place);
    }
    told.into_iter().map(|(_, message)| message).collect()
}

impl History<'_> {
    /// The message, and the place of the call that it answers.
    fn message(
        &mut self,
        index: usize,
        message: Message,
    ) -> Result<(usize, InputMessage), TranslateError> {
        let path = format!("messages[{index}]");
        let told = match message {
            Message::System(mut message) => {
                let content = std::mem::take(&mut message.content);
                self.dropped.rest(&path, &message, &["content"]);
                self.plain("system", content, &path)?
            }
            Message::Developer(mut message) => {
                let content = std::mem::take(&mut message.content);
                self.dropped.rest(&path, &message, &["content"]);
                self.plain("system", content, &path)?
            }
            Message::User(message) => self.user(message, &path)?,
            Message::Assistant(message) => self.assistant(message, &path)?,
            Message::Tool(message) => return self.tool(message, &path),
            Message::Function(message) => return self.function(message, &path),
            other => {
                let role = other.tag().unwrap_or("none");
                let message = format!("`{path}.role`: this provider knows no role {role:?}");
                return Err(invalid(format!("{path}.role"), message));
            }
        };
        Ok((0, told))
    }

    fn plain(
        &mut self,
        role: &'static str,
        content: MessageContent,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let content = self.said(content, &format!("{path}.content"), "\n")?;
        if !content.images.is_empty() {
            let message = format!("`{path}.content`: images can stand in the user's messages only");
            return Err(invalid(format!("{path}.content"), message));
        }
        Ok(InputMessage {
            role,
            content: content.text,
            ..InputMessage::default()
        })
    }

    fn user(
        &mut self,
        mut message: UserMessage,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let content = std::mem::take(&mut message.content);
        self.dropped.rest(path, &message, &["content"]);
        let Said { text, images } = self.said(content, &format!("{path}.content"), "\n")?;
        Ok(InputMessage {
            role: "user",
            content: text,
            images,
            ..InputMessage::default()
        })
    }

    fn assistant(
        &mut self,
        mut message: AssistantMessage,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let calls = past_calls(&mut message, path, &mut self.calls, self.dropped)?;
        for call in &calls {
            self.order.insert(call.id.clone(), self.order.len());
        }
        let newer = message.reasoning_content.take().into_option();
        let thinking = newer.or(message.reasoning.take().into_option());
        let content = message.content.take().unwrap_or_default();
        let mut said = self.said(content, &format!("{path}.content"), "")?;
        said.text
            .push_str(message.refusal.take().as_deref().unwrap_or_default());
        forget_own_data(&mut message);
        self.dropped.rest(path, &message, &[]);
        Ok(InputMessage {
            role: "assistant",
            content: said.text,
            thinking: thinking.filter(|text| !text.is_empty()),
            images: said.images,
            tool_calls: calls.iter().map(call).collect::<Result<_, _>>()?,
            tool_name: None,
        })
    }

    fn tool(
        &mut self,
        mut message: ToolMessage,
        path: &str,
    ) -> Result<(usize, InputMessage), TranslateError> {
        let id = std::mem::take(&mut message.tool_call_id);
        let content = std::mem::take(&mut message.content);
        let called = self.calls.name(&id).map(str::to_owned);
        let given = message.extra.get("name").and_then(Value::as_str);
        let name = called.or_else(|| given.map(str::to_owned));
        // What the name says is told, unless it is another than that of the call.
        if name.is_some() && name.as_deref() == given {
            message.extra.shift_remove("name");
        }
        if name.is_none() {
            // The answer stands where it stands; which call it belongs to cannot be said.
            self.dropped.name(format!("{path}.tool_call_id"));
        }
        self.dropped
            .rest(path, &message, &["content", "tool_call_id"]);
        let place = self.order.get(&id).copied().unwrap_or(usize::MAX);
        Ok((place, self.answer(name, content, path)?))
    }

    fn function(
        &mut self,
        mut message: FunctionMessage,
        path: &str,
    ) -> Result<(usize, InputMessage), TranslateError> {
        let content = message.content.take().unwrap_or_default();
        let name = std::mem::take(&mut message.name);
        self.dropped.rest(path, &message, &["name"]);
        Ok((usize::MAX, self.answer(Some(name), content, path)?))
    }

    fn answer(
        &mut self,
        name: Option<String>,
        content: MessageContent,
        path: &str,
    ) -> Result<InputMessage, TranslateError> {
        let Said { text, images } = self.said(content, &format!("{path}.content"), "\n")?;
        Ok(InputMessage {
            role: "tool",
            content: text,
            images,
            tool_name: name,
            ..InputMessage::default()
        })
    }

    /// The parts of a message, its texts joined with `between`.
    fn said(
        &mut self,
        content: MessageContent,
        path: &str,
        between: &str,
    ) -> Result<Said, TranslateError> {
        let mut said = Said::default();
        let parts = match content {
            MessageContent::Text(text) => {
                said.text = text;
                return Ok(said);
            }
            MessageContent::Parts(parts) => parts,
        };
        let mut texts = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            match part {
                ContentPart::Text(mut part) => {
                    texts.push(std::mem::take(&mut part.text));
                    self.dropped.rest(&path, &part, &["text"]);
                }
                ContentPart::Refusal(mut part) => {
                    texts.push(std::mem::take(&mut part.refusal));
                    self.dropped.rest(&path, &part, &["refusal"]);
                }
                ContentPart::ImageUrl(part) => said.images.push(self.image(part, &path)?),
                other => return Err(refused_part(&path, &other)),
            }
        }
        said.text = texts.join(between);
        Ok(said)
    }

    fn image(&mut self, mut part: ImagePart, path: &str) -> Result<String, TranslateError> {
        let mut source = std::mem::take(&mut part.image_url);
        if source.detail.as_option() == Some(&ImageDetail::Auto) {
            source.detail.take();
        }
        let url = std::mem::take(&mut source.url);
        let path = format!("{path}.image_url");
        self.dropped.rest(&path, &source, &["url"]);
        let Some(data) = data_url::parse(&url) else {
            let message = format!(
                "`{path}.url`: this provider takes bytes only; send the image as a data: URL"
            );
            return Err(invalid(format!("{path}.url"), message));
        };
        Ok(data.base64.into_owned())
    }
}

fn call(past: &PastCall) -> Result<ToolCallOut, TranslateError> {
    Ok(ToolCallOut {
        function: CallFunction {
            name: past.name.clone(),
            arguments: past.object()?,
        },
    })
}

/// What this dialect told of an earlier answer beside its text (how long it took) is of no use to the next.
fn forget_own_data(message: &mut AssistantMessage) {
    if let Some(Value::Object(data)) = message.extra.get_mut("provider_data") {
        data.shift_remove("ollama");
        if data.is_empty() {
            message.extra.shift_remove("provider_data");
        }
    }
}
