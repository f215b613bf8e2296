//! The conversation, turn by turn.

use std::collections::BTreeSet;

use gateway_types::{
    Extra,
    chat::{ContentPart, FunctionMessage, Message, MessageContent, ToolMessage},
};
use serde_json::Value;

use super::{
    super::wire::{self, Block, ResultContent, Role},
    Notes, assistant, cache, content,
    ids::Ids,
};
use crate::{TranslateError, dialects::read};

/// What a conversation begins with that has no user's words before the assistant's: a turn must stand there.
const NO_WORDS: &str = "(The conversation begins with the assistant.)";

/// A conversation in native turns.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) system: Vec<Block>,
    pub(super) messages: Vec<wire::Message>,
    /// The tools that were called.
    pub(super) called: BTreeSet<String>,
    /// Instructions on their way to the next place where they may stand.
    waiting: Vec<Block>,
    ids: Ids,
}

/// Reads all messages.
pub(super) fn read(
    messages: Vec<Message>,
    notes: &mut Notes<'_>,
) -> Result<Conversation, TranslateError> {
    let mut conversation = Conversation::default();
    let last = messages.len().saturating_sub(1);
    for (index, message) in messages.into_iter().enumerate() {
        conversation.add(message, &format!("messages[{index}]"), notes)?;
    }
    conversation.end(last, notes)?;
    conversation.called = std::mem::take(&mut conversation.ids).into_names();
    Ok(conversation)
}

impl Conversation {
    fn add(
        &mut self,
        message: Message,
        path: &str,
        notes: &mut Notes<'_>,
    ) -> Result<(), TranslateError> {
        match message {
            Message::Developer(mut message) => {
                let content = std::mem::take(&mut message.content);
                let blocks = instructions(content, &mut message.extra, path, notes)?;
                notes.dropped.rest(path, &message, &["content"]);
                self.instruct(blocks, notes);
            }
            Message::System(mut message) => {
                let content = std::mem::take(&mut message.content);
                let blocks = instructions(content, &mut message.extra, path, notes)?;
                notes.dropped.rest(path, &message, &["content"]);
                self.instruct(blocks, notes);
            }
            Message::User(mut message) => {
                let content = std::mem::take(&mut message.content);
                let mark = cache::take(&mut message.extra);
                let mut blocks = content::blocks(content, &format!("{path}.content"), notes)?;
                cache::mark_last(&mut blocks, mark, path, &mut notes.dropped);
                notes.dropped.rest(path, &message, &["content"]);
                self.push(Role::User, blocks);
            }
            Message::Assistant(message) => {
                let blocks = assistant::blocks(message, path, &mut self.ids, notes)?;
                self.push(Role::Assistant, blocks);
            }
            Message::Tool(message) => self.tool(message, path, notes)?,
            Message::Function(message) => self.function(message, path, notes)?,
            _ => return Err(unknown_role(path)),
        }
        Ok(())
    }

    /// Instructions, which go to the front, or wait for the next place where they may stand.
    fn instruct(&mut self, blocks: Vec<Block>, notes: &Notes<'_>) {
        if notes.rule.system_between == Some(true) && !self.messages.is_empty() {
            self.waiting.extend(blocks);
        } else {
            self.system.extend(blocks);
        }
    }

    fn push(&mut self, role: Role, blocks: Vec<Block>) {
        if blocks.is_empty() {
            return;
        }
        if role == Role::Assistant {
            self.place_waiting();
        }
        match self.messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            _ => self.messages.push(wire::Message {
                role,
                content: blocks,
            }),
        }
    }

    /// Instructions may stand behind a user's turn, and nowhere else.
    fn place_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        if self
            .messages
            .last()
            .is_some_and(|last| last.role == Role::User)
        {
            self.messages.push(wire::Message {
                role: Role::System,
                content: waiting,
            });
        } else {
            self.system.extend(waiting);
        }
    }

    fn tool(
        &mut self,
        mut message: ToolMessage,
        path: &str,
        notes: &mut Notes<'_>,
    ) -> Result<(), TranslateError> {
        let content = std::mem::take(&mut message.content);
        let is_error = match message.extra.shift_remove("is_error") {
            Some(Value::Bool(is_error)) => Some(is_error),
            Some(other) => {
                message.extra.insert("is_error".to_owned(), other);
                None
            }
            None => None,
        };
        let tool_use_id = self.ids.of_answer(&message.tool_call_id);
        // Which tool it was, the call says.
        let name = message.extra.get("name").and_then(Value::as_str);
        if name.is_some() && name == self.ids.name_of(&tool_use_id) {
            message.extra.shift_remove("name");
        }
        let result = Block::ToolResult {
            tool_use_id,
            content: result_content(content, path, notes)?,
            is_error,
            cache_control: cache::take(&mut message.extra),
        };
        notes
            .dropped
            .rest(path, &message, &["content", "tool_call_id"]);
        self.push_result(result);
        Ok(())
    }

    fn function(
        &mut self,
        mut message: FunctionMessage,
        path: &str,
        notes: &mut Notes<'_>,
    ) -> Result<(), TranslateError> {
        let content = message.content.take().unwrap_or_default();
        let result = Block::ToolResult {
            tool_use_id: self.ids.of_function_answer(&message.name),
            content: result_content(content, path, notes)?,
            is_error: None,
            cache_control: cache::take(&mut message.extra),
        };
        notes.dropped.rest(path, &message, &["name"]);
        self.push_result(result);
        Ok(())
    }

    /// Answers of tools stand before anything else in the user's turn.
    fn push_result(&mut self, result: Block) {
        match self.messages.last_mut() {
            Some(last) if last.role == Role::User => {
                let is_result = |block: &Block| matches!(block, Block::ToolResult { .. });
                let place = last
                    .content
                    .iter()
                    .take_while(|block| is_result(block))
                    .count();
                last.content.insert(place, result);
            }
            _ => self.push(Role::User, vec![result]),
        }
    }

    fn end(&mut self, last: usize, notes: &Notes<'_>) -> Result<(), TranslateError> {
        self.place_waiting();
        self.trim_end();
        if self.messages.is_empty() {
            let content = std::mem::take(&mut self.system);
            if content.is_empty() {
                let message = "`messages` must have at least one message with content";
                return Err(read::invalid("messages", message));
            }
            let role = Role::User;
            self.messages.push(wire::Message { role, content });
        }
        if self
            .messages
            .first()
            .is_some_and(|first| first.role == Role::Assistant)
        {
            let content = vec![Block::Text {
                text: NO_WORDS.to_owned(),
                citations: Vec::new(),
                cache_control: None,
            }];
            let role = Role::User;
            self.messages.insert(0, wire::Message { role, content });
        }
        if notes.rule.prefill == Some(false) && self.is_begun_answer() {
            let path = format!("messages[{last}]");
            let message = format!(
                "`{path}`: this model does not continue an answer that is begun for it; end the \
                 conversation with a message of the user or of a tool"
            );
            return Err(read::invalid(path, message));
        }
        Ok(())
    }

    /// Text that the assistant is to continue must not end in white space.
    fn trim_end(&mut self) {
        let Some(last) = self
            .messages
            .last_mut()
            .filter(|last| last.role == Role::Assistant)
        else {
            return;
        };
        if let Some(Block::Text { text, .. }) = last.content.last_mut() {
            text.truncate(text.trim_end().len());
        }
    }

    /// Whether the conversation ends in words of the assistant. A turn that ends in a block of Anthropic's own is
    /// one that was paused, and goes on.
    fn is_begun_answer(&self) -> bool {
        self.messages.last().is_some_and(|last| {
            last.role == Role::Assistant && matches!(last.content.last(), Some(Block::Text { .. }))
        })
    }

    /// Whether a turn with tool calls goes on whose thinking did not come back.
    pub(super) fn is_mid_turn(&self) -> bool {
        let Some([.., before, last]) = self.messages.get(..) else {
            return false;
        };
        let answers = |block: &Block| matches!(block, Block::ToolResult { .. });
        let thinks = |block: &Block| {
            matches!(
                block,
                Block::Thinking { .. } | Block::RedactedThinking { .. }
            )
        };
        last.content.iter().any(answers)
            && before.role == Role::Assistant
            && !before.content.first().is_some_and(thinks)
    }
}

fn result_content(
    content: MessageContent,
    path: &str,
    notes: &mut Notes<'_>,
) -> Result<Option<ResultContent>, TranslateError> {
    Ok(match content {
        MessageContent::Text(text) if text.is_empty() => None,
        MessageContent::Text(text) => Some(ResultContent::Text(text)),
        parts @ MessageContent::Parts(_) => {
            let blocks = content::blocks(parts, &format!("{path}.content"), notes)?;
            (!blocks.is_empty()).then_some(ResultContent::Blocks(blocks))
        }
    })
}

/// The text of instructions, with its marks.
fn instructions(
    content: MessageContent,
    extra: &mut Extra,
    path: &str,
    notes: &mut Notes<'_>,
) -> Result<Vec<Block>, TranslateError> {
    let mark = cache::take(extra);
    let path_of_content = format!("{path}.content");
    let mut blocks = Vec::new();
    match content {
        MessageContent::Text(text) => {
            blocks = content::text_block(text, None, &path_of_content, notes);
        }
        MessageContent::Parts(parts) => {
            for (index, part) in parts.into_iter().enumerate() {
                let path = format!("{path_of_content}[{index}]");
                let ContentPart::Text(part) = part else {
                    return Err(read::refused_part(&path, &part));
                };
                blocks.extend(content::text_part(part, &path, notes));
            }
        }
    }
    cache::mark_last(&mut blocks, mark, path, &mut notes.dropped);
    Ok(blocks)
}

fn unknown_role(path: &str) -> TranslateError {
    let path = format!("{path}.role");
    let message = format!("`{path}` must be system, developer, user, assistant, tool or function");
    read::invalid(path, message)
}
