//! Messages as contents.
//!
//! Instructions come first, in their order, wherever they stood: there is no place for them between turns.
//! Turns of one side are one content; answers of functions are a content of their own, all answers to one
//! turn of the model together, as the provider demands.

use gateway_types::chat::{ContentPart, FunctionMessage, Message, MessageContent, ToolMessage};
use serde_json::{Value, value::RawValue};

use super::{
    super::wire::request::{Content, FunctionResponse, MadePart, Part},
    calls::Calls,
    history, media,
};
use crate::{
    TranslateError,
    dialects::{
        Ask,
        dropped::Dropped,
        read::{self, invalid},
    },
};

/// A conversation in the protocol's words.
pub(super) struct Conversation {
    /// The instructions.
    pub(super) system: Vec<Part>,
    /// The turns.
    pub(super) contents: Vec<Content>,
}

/// Puts all messages into the protocol's words.
pub(super) fn encode(
    messages: Vec<Message>,
    ask: &Ask<'_>,
    dropped: &mut Dropped,
) -> Result<Conversation, TranslateError> {
    let mut conversation = Conversation {
        system: Vec::new(),
        contents: Vec::new(),
    };
    let mut calls = Calls::default();
    let files_base = ask.settings.base_url.as_str().trim_end_matches('/');
    for (index, message) in messages.into_iter().enumerate() {
        let path = format!("messages[{index}]");
        match message {
            Message::System(message) => {
                dropped.rest(&path, &message, &["content"]);
                conversation.instruct(message.content, &path, dropped)?;
            }
            Message::Developer(message) => {
                dropped.rest(&path, &message, &["content"]);
                conversation.instruct(message.content, &path, dropped)?;
            }
            Message::User(message) => {
                dropped.rest(&path, &message, &["content"]);
                let parts = parts(message.content, &path, files_base, dropped)?;
                conversation.say("user", parts);
            }
            Message::Assistant(message) => {
                let parts = history::encode(message, &path, ask.rule, &mut calls, dropped)?;
                conversation.say("model", parts);
            }
            Message::Tool(message) => {
                let parts = tool_answer(message, &path, files_base, &mut calls, dropped)?;
                conversation.say("user", parts);
            }
            Message::Function(message) => {
                let parts = function_answer(message, &path, files_base, &mut calls, dropped)?;
                conversation.say("user", parts);
            }
            other => {
                let role = other.tag().unwrap_or("no");
                let message = format!("`{path}.role`: the role {role:?} is not known");
                return Err(invalid(format!("{path}.role"), message));
            }
        }
    }
    Ok(conversation)
}

impl Conversation {
    fn instruct(
        &mut self,
        content: MessageContent,
        path: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let text = read::text(content, &format!("{path}.content"), dropped)?;
        if !text.is_empty() {
            self.system.push(Part::text(text));
        }
        Ok(())
    }

    fn say(&mut self, role: &'static str, parts: Vec<Part>) {
        if parts.is_empty() {
            return;
        }
        let answers = |parts: &[Part]| parts.iter().any(Part::is_function_response);
        match self.contents.last_mut() {
            Some(last) if last.role == Some(role) && answers(&last.parts) == answers(&parts) => {
                last.parts.extend(parts);
            }
            _ => self.contents.push(Content::new(role, parts)),
        }
    }
}

/// What a user says or a tool answers.
fn parts(
    content: MessageContent,
    path: &str,
    files_base: &str,
    dropped: &mut Dropped,
) -> Result<Vec<Part>, TranslateError> {
    let given = match content {
        MessageContent::Text(text) => return Ok(vec![Part::text(text)]),
        MessageContent::Parts(parts) => parts,
    };
    given
        .into_iter()
        .enumerate()
        .map(|(index, part)| {
            let path = format!("{path}.content[{index}]");
            one_part(part, &path, files_base, dropped)
        })
        .collect()
}

fn one_part(
    part: ContentPart,
    path: &str,
    files_base: &str,
    dropped: &mut Dropped,
) -> Result<Part, TranslateError> {
    match part {
        ContentPart::Text(part) => {
            dropped.rest(path, &part, &["text"]);
            Ok(Part::text(part.text))
        }
        ContentPart::Refusal(part) => {
            dropped.rest(path, &part, &["refusal"]);
            Ok(Part::text(part.refusal))
        }
        ContentPart::ImageUrl(part) => media::image(&part, path, dropped),
        ContentPart::InputAudio(part) => Ok(media::audio(part, path, dropped)),
        ContentPart::File(part) => media::file(part, path, files_base, dropped),
        ContentPart::Other(part) => {
            let part = Value::Object(part.0);
            media::other(&part, path, dropped).unwrap_or_else(|| {
                let kind = part.get("type").and_then(Value::as_str).unwrap_or("none");
                let message = format!("`{path}.type`: parts of the type {kind:?} are not known");
                Err(invalid(format!("{path}.type"), message))
            })
        }
        other => Err(read::refused_part(path, &other)),
    }
}

fn tool_answer(
    mut message: ToolMessage,
    path: &str,
    files_base: &str,
    calls: &mut Calls,
    dropped: &mut Dropped,
) -> Result<Vec<Part>, TranslateError> {
    let named = message.extra.shift_remove("name");
    let named = named.as_ref().and_then(Value::as_str);
    dropped.rest(path, &message, &["content", "tool_call_id"]);
    let name = calls.answer(&message.tool_call_id, named).ok_or_else(|| {
        let param = format!("{path}.tool_call_id");
        let message = format!("`{param}` names no call of an earlier assistant message");
        invalid(param, message)
    })?;
    if named.is_some_and(|named| named != name) {
        dropped.name(format!("{path}.name"));
    }
    let id = Some(message.tool_call_id).filter(|id| !id.is_empty());
    answer(id, name, message.content, path, files_base, dropped)
}

fn function_answer(
    message: FunctionMessage,
    path: &str,
    files_base: &str,
    calls: &mut Calls,
    dropped: &mut Dropped,
) -> Result<Vec<Part>, TranslateError> {
    dropped.rest(path, &message, &["content", "name"]);
    calls.answer("", Some(&message.name));
    let content = message.content.into_option().unwrap_or_default();
    answer(None, message.name, content, path, files_base, dropped)
}

/// An answer's text is the response; media stand behind it, where every model takes them.
fn answer(
    id: Option<String>,
    name: String,
    content: MessageContent,
    path: &str,
    files_base: &str,
    dropped: &mut Dropped,
) -> Result<Vec<Part>, TranslateError> {
    let mut text = String::new();
    let mut media = Vec::new();
    for part in parts(content, path, files_base, dropped)? {
        match part {
            Part::Made(made) if made.text.is_some() => {
                text.push_str(made.text.as_deref().unwrap_or_default());
            }
            part => media.push(part),
        }
    }
    let response = MadePart {
        function_response: Some(FunctionResponse {
            id,
            name,
            response: response(&text),
        }),
        ..MadePart::default()
    };
    Ok(std::iter::once(response.into()).chain(media).collect())
}

/// A JSON object is the response itself, anything else its `result`.
/// Spec: <https://ai.google.dev/api/caching#FunctionResponse>.
fn response(text: &str) -> Box<RawValue> {
    let text = text.trim();
    if text.starts_with('{')
        && let Ok(object) = RawValue::from_string(text.to_owned())
    {
        return object;
    }
    let wrapped = serde_json::json!({ "result": text });
    serde_json::value::to_raw_value(&wrapped).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
