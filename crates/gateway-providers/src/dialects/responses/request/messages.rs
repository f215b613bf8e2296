//! The conversation as a list of items.

use std::collections::{BTreeMap, VecDeque};

use gateway_types::{
    Extra,
    chat::{FunctionMessage, Message, MessageContent, ToolMessage},
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::content;
use crate::{
    TranslateError,
    dialects::{
        dropped::Dropped,
        read::invalid,
        responses::{
            NAME,
            response::{CARRIED, ITEMS},
        },
    },
};

/// The longest id of a call: `call_id` in <https://platform.openai.com/docs/api-reference/responses/create>.
const LONGEST_CALL_ID: usize = 64;

/// The conversation as items.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) items: Vec<Value>,
    /// Whether thinking goes back in a form that only the upstream can read.
    pub(super) has_encrypted_reasoning: bool,
    /// Whether the upstream keeps what it answers.
    pub(super) stores: bool,
    /// The tool of each call, by the call's id.
    pub(super) calls: BTreeMap<String, Called>,
    /// Calls without an id of their own, not yet answered: the function's name, and the id that was made.
    pub(super) unnamed: VecDeque<(String, String)>,
}

/// What was called.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) name: String,
    pub(super) is_custom: bool,
}

/// Puts messages into items.
///
/// # Errors
/// Names what has no place in them.
pub(super) fn input(
    messages: Vec<Message>,
    stores: bool,
    dropped: &mut Dropped,
) -> Result<Input, TranslateError> {
    let mut input = Input {
        stores,
        ..Input::default()
    };
    for (index, message) in messages.into_iter().enumerate() {
        let path = format!("messages[{index}]");
        match message {
            Message::Developer(mut message) => {
                let content = std::mem::take(&mut message.content);
                input.message("developer", content, &path, dropped)?;
                dropped.rest(&path, &message, &["content"]);
            }
            Message::System(mut message) => {
                let content = std::mem::take(&mut message.content);
                input.message("system", content, &path, dropped)?;
                dropped.rest(&path, &message, &["content"]);
            }
            Message::User(mut message) => {
                let content = std::mem::take(&mut message.content);
                let own = take_items(&mut message.extra, &path, dropped);
                input.message("user", content, &path, dropped)?;
                input.items.extend(own.into_iter().map(Value::Object));
                dropped.rest(&path, &message, &["content"]);
            }
            Message::Assistant(message) => input.assistant(message, index, &path, dropped)?,
            Message::Tool(message) => input.tool(message, &path, dropped)?,
            Message::Function(message) => input.function(message, &path, dropped)?,
            _ => {
                let param = format!("{path}.role");
                let message = format!("`{param}`: this role has no place in a conversation");
                return Err(invalid(param, message));
            }
        }
    }
    Ok(input)
}

impl Input {
    fn message(
        &mut self,
        role: &str,
        content: MessageContent,
        path: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let content = content::input(content, &format!("{path}.content"), dropped)?;
        self.items
            .push(json!({"type": "message", "role": role, "content": content}));
        Ok(())
    }

    /// What a tool answers; or its answer in Responses' own words, for tools that chat does not know.
    fn tool(
        &mut self,
        mut message: ToolMessage,
        path: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let own = take_items(&mut message.extra, path, dropped);
        if !own.is_empty() {
            self.items.extend(own.into_iter().map(Value::Object));
            let is_empty = message.content == MessageContent::default();
            let understood: &[&str] = if is_empty {
                &["content", "tool_call_id"]
            } else {
                &["tool_call_id"]
            };
            dropped.rest(path, &message, understood);
            return Ok(());
        }
        let call_id = if message.tool_call_id.is_empty() {
            self.answered(None, path)?
        } else {
            call_id(&message.tool_call_id)
        };
        let content = std::mem::take(&mut message.content);
        let output = content::input(content, &format!("{path}.content"), dropped)?;
        let called = self.calls.get(&call_id);
        let kind = match called {
            Some(called) if called.is_custom => "custom_tool_call_output",
            _ => "function_call_output",
        };
        // Some clients repeat the tool's name, which stands in the call.
        let name = message.extra.get("name").and_then(Value::as_str);
        if name.is_some_and(|name| called.is_some_and(|called| called.name == name)) {
            message.extra.shift_remove("name");
        }
        self.items
            .push(json!({"type": kind, "call_id": call_id, "output": output}));
        dropped.rest(path, &message, &["content", "tool_call_id"]);
        Ok(())
    }

    fn function(
        &mut self,
        mut message: FunctionMessage,
        path: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let call_id = self.answered(Some(&message.name), path)?;
        let content = message.content.take().unwrap_or_default();
        let output = content::input(content, &format!("{path}.content"), dropped)?;
        self.items
            .push(json!({"type": "function_call_output", "call_id": call_id, "output": output}));
        dropped.rest(path, &message, &["name"]);
        Ok(())
    }

    /// The call without an id that is answered here: the oldest one of that name.
    fn answered(&mut self, name: Option<&str>, path: &str) -> Result<String, TranslateError> {
        let is_it = |(known, _): &(String, String)| name.is_none_or(|name| name == known);
        let place = self.unnamed.iter().position(is_it);
        let call = place.and_then(|place| self.unnamed.remove(place));
        call.map(|(_, id)| id).ok_or_else(|| {
            let member = if name.is_some() {
                "name"
            } else {
                "tool_call_id"
            };
            let param = format!("{path}.{member}");
            let message = format!("`{param}` answers no call of the messages before it");
            invalid(param, message)
        })
    }
}

/// An id that the upstream takes, the same for a call and its answer.
pub(super) fn call_id(id: &str) -> String {
    if id.len() <= LONGEST_CALL_ID {
        return id.to_owned();
    }
    let hash = Sha256::digest(id.as_bytes());
    hash.iter().take(16).fold("call_".to_owned(), |text, byte| {
        text + &format!("{byte:02x}")
    })
}

/// Takes the items out that stand in `provider_data` in Responses' own words; what stands there for others is named.
pub(super) fn take_items(
    extra: &mut Extra,
    path: &str,
    dropped: &mut Dropped,
) -> Vec<Map<String, Value>> {
    let path = format!("{path}.provider_data");
    let mut data = match extra.shift_remove("provider_data") {
        Some(Value::Object(data)) => data,
        Some(Value::Null) | None => return Vec::new(),
        Some(_) => {
            dropped.name(path);
            return Vec::new();
        }
    };
    let mut items = Vec::new();
    if let Some(Value::Object(mut own)) = data.shift_remove(NAME) {
        if let Some(Value::Array(list)) = own.shift_remove(ITEMS) {
            items = list;
        }
        // The rest was told of an answer, and nobody wants it back.
        dropped.rest(&format!("{path}.{NAME}"), &own, CARRIED);
    }
    dropped.rest(&path, &data, &[]);
    let objects = items.into_iter().filter_map(|item| match item {
        Value::Object(item) => Some(item),
        _ => None,
    });
    objects.collect()
}
