//! The conversation so far as turns that alternate, and the instructions.

use gateway_types::{
    JsonObject,
    chat::{
        AssistantMessage, CustomCall, FunctionMessage, Message, MessageContent, ToolCall,
        ToolMessage,
    },
};
use serde_json::Value;

use super::{
    super::wire::{Block, CachePoint, NativeMessage, NativeRole, ToolResult, ToolUse},
    cache_point,
    call_id::{self, Nameless},
    parts::PartReader,
    state,
};
use crate::{
    TranslateError,
    dialects::{dropped::Dropped, read::invalid},
    rules::ModelRule,
};

/// The member of a custom tool's input that holds its text.
pub(super) const CUSTOM_INPUT: &str = "input";

/// A conversation in Converse's words.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) turns: Vec<NativeMessage>,
    pub(super) system: Vec<Block>,
    /// The tools that were called, each once.
    pub(super) called: Vec<String>,
}

impl Told {
    /// Marks the end of everything so far as the end of a cached prefix.
    pub(super) fn mark_end(&mut self, point: CachePoint) {
        if let Some(turn) = self.turns.last_mut() {
            turn.content.push(Block::CachePoint(point));
        }
    }

    fn add(&mut self, role: NativeRole, blocks: Vec<Block>) {
        if blocks.is_empty() {
            return;
        }
        match self.turns.last_mut() {
            Some(turn) if turn.role == role => turn.content.extend(blocks),
            _ => self.turns.push(NativeMessage {
                role,
                content: blocks,
            }),
        }
    }
}

/// Reads a conversation.
///
/// # Errors
/// Names what Bedrock or the model cannot take, and the conversation itself where there is nothing to answer.
pub(super) fn read(
    messages: Vec<Message>,
    rule: &ModelRule,
    dropped: &mut Dropped,
) -> Result<Told, TranslateError> {
    let mut reader = Reader {
        rule,
        parts: PartReader::new(dropped),
        nameless: Nameless::default(),
        told: Told::default(),
    };
    let last = messages.len().saturating_sub(1);
    let mut messages = messages.into_iter().enumerate().peekable();
    while let Some((index, message)) = messages.next() {
        let is_answered = messages
            .peek()
            .is_none_or(|(_, next)| matches!(next, Message::Assistant(_)));
        let is_prefill = index == last && matches!(message, Message::Assistant(_));
        if is_prefill && rule.prefill == Some(false) {
            return Err(invalid(
                format!("messages[{index}]"),
                "this model does not continue a message of the assistant; end with a message of the user",
            ));
        }
        reader.message(message, &format!("messages[{index}]"), is_answered)?;
    }
    reader.finish()
}

struct Reader<'a> {
    rule: &'a ModelRule,
    parts: PartReader<'a>,
    nameless: Nameless,
    told: Told,
}

impl Reader<'_> {
    fn message(
        &mut self,
        message: Message,
        path: &str,
        is_answered: bool,
    ) -> Result<(), TranslateError> {
        match message {
            Message::System(mut message) => {
                let content = std::mem::take(&mut message.content);
                let point = cache_point(&mut message.extra, path, self.parts.dropped);
                self.parts.dropped.rest(path, &message, &["content"]);
                self.instructions(content, point, path, is_answered)
            }
            Message::Developer(mut message) => {
                let content = std::mem::take(&mut message.content);
                let point = cache_point(&mut message.extra, path, self.parts.dropped);
                self.parts.dropped.rest(path, &message, &["content"]);
                self.instructions(content, point, path, is_answered)
            }
            Message::User(mut message) => {
                let content = std::mem::take(&mut message.content);
                let mut blocks = self.parts.content(content, &format!("{path}.content"))?;
                let point = cache_point(&mut message.extra, path, self.parts.dropped);
                blocks.extend(point.map(Block::CachePoint));
                self.parts.dropped.rest(path, &message, &["content"]);
                self.told.add(NativeRole::User, blocks);
                Ok(())
            }
            Message::Assistant(message) => self.assistant(message, path),
            Message::Tool(message) => self.tool(message, path),
            Message::Function(message) => self.function(message, path),
            _ => Err(invalid(
                format!("{path}.role"),
                format!(
                    "`{path}.role` must be one of: {}",
                    Message::KNOWN.join(", ")
                ),
            )),
        }
    }

    fn instructions(
        &mut self,
        content: MessageContent,
        point: Option<CachePoint>,
        path: &str,
        is_answered: bool,
    ) -> Result<(), TranslateError> {
        let mut blocks = self.parts.text_only(content, &format!("{path}.content"))?;
        if !blocks.is_empty() {
            blocks.extend(point.map(Block::CachePoint));
        }
        let after_user = self
            .told
            .turns
            .last()
            .is_some_and(|turn| turn.role == NativeRole::User);
        if self.rule.system_between == Some(true) && after_user && is_answered {
            self.told.add(NativeRole::System, blocks);
        } else {
            self.told.system.extend(blocks);
        }
        Ok(())
    }

    fn assistant(
        &mut self,
        mut message: AssistantMessage,
        path: &str,
    ) -> Result<(), TranslateError> {
        let mut blocks = state::take(&mut message, path, self.parts.dropped);
        if let Some(content) = message.content.take().into_option() {
            blocks.extend(self.parts.text_only(content, &format!("{path}.content"))?);
        }
        if let Some(refusal) = message.refusal.take().into_option() {
            let refusal = MessageContent::Text(refusal);
            blocks.extend(self.parts.content(refusal, &format!("{path}.refusal"))?);
        }
        for (index, call) in message
            .tool_calls
            .take()
            .unwrap_or_default()
            .into_iter()
            .enumerate()
        {
            let path = format!("{path}.tool_calls[{index}]");
            let call = self.call(call, &path)?;
            blocks.push(Block::ToolUse(call));
        }
        if let Some(call) = message.function_call.take().into_option() {
            let path = format!("{path}.function_call");
            self.parts
                .dropped
                .rest(&path, &call, &["name", "arguments"]);
            let input = arguments(&call.arguments, &path)?;
            let call = self.tool_use(None, call.name, input);
            blocks.push(Block::ToolUse(call));
        }
        let point = cache_point(&mut message.extra, path, self.parts.dropped);
        if !blocks.is_empty() {
            blocks.extend(point.map(Block::CachePoint));
        }
        self.parts.dropped.rest(path, &message, &[]);
        self.told.add(NativeRole::Assistant, blocks);
        Ok(())
    }

    fn call(&mut self, call: ToolCall, path: &str) -> Result<ToolUse, TranslateError> {
        match call {
            ToolCall::Function(mut call) => {
                let function = std::mem::take(&mut call.function);
                self.parts.dropped.rest(path, &call, &["id", "function"]);
                let path = format!("{path}.function");
                self.parts
                    .dropped
                    .rest(&path, &function, &["name", "arguments"]);
                let input = arguments(&function.arguments, &path)?;
                Ok(self.tool_use(Some(call.id), function.name, input))
            }
            ToolCall::Custom(mut call) => {
                let Some(CustomCall { name, input, .. }) = call.custom.take().into_option() else {
                    return Err(invalid(
                        format!("{path}.custom"),
                        "the call has no `custom`",
                    ));
                };
                self.parts.dropped.rest(path, &call, &["id"]);
                let input = JsonObject::from_iter([(CUSTOM_INPUT, input)]);
                Ok(self.tool_use(Some(call.id), name, input))
            }
            // Some servers leave `type` out.
            ref other => {
                let Some(name) = other.name().map(str::to_owned) else {
                    return Err(invalid(
                        format!("{path}.type"),
                        format!("`{path}.type` must be `function` or `custom`"),
                    ));
                };
                let text = other.arguments_text().unwrap_or_default();
                let input = arguments(text, &format!("{path}.function"))?;
                let id = other.id().map(str::to_owned);
                Ok(self.tool_use(id, name, input))
            }
        }
    }

    fn tool_use(&mut self, id: Option<String>, name: String, input: JsonObject) -> ToolUse {
        if !self.told.called.contains(&name) {
            self.told.called.push(name.clone());
        }
        let tool_use_id = match id.filter(|id| !id.is_empty()) {
            Some(id) => call_id::native(&id).into_owned(),
            None => self.nameless.call(),
        };
        ToolUse {
            tool_use_id,
            name,
            input,
        }
    }

    fn tool(&mut self, mut message: ToolMessage, path: &str) -> Result<(), TranslateError> {
        let content = std::mem::take(&mut message.content);
        let tool_use_id = match message.tool_call_id.as_str() {
            "" => self.nameless.answer(),
            id => call_id::native(id).into_owned(),
        };
        let status = match message.extra.get("is_error") {
            Some(Value::Bool(is_error)) => is_error.then_some("error"),
            _ => None,
        };
        if matches!(message.extra.get("is_error"), Some(Value::Bool(_))) {
            message.extra.shift_remove("is_error");
        }
        let point = cache_point(&mut message.extra, path, self.parts.dropped);
        self.parts
            .dropped
            .rest(path, &message, &["content", "tool_call_id"]);
        self.answer(tool_use_id, content, status, point, path)
    }

    fn function(&mut self, mut message: FunctionMessage, path: &str) -> Result<(), TranslateError> {
        let content = message.content.take().unwrap_or_default();
        let tool_use_id = self.nameless.answer();
        self.parts.dropped.rest(path, &message, &["name"]);
        self.answer(tool_use_id, content, None, None, path)
    }

    /// A tool's answer. Cache points cannot stand in it: they follow it.
    fn answer(
        &mut self,
        tool_use_id: String,
        content: MessageContent,
        status: Option<&'static str>,
        point: Option<CachePoint>,
        path: &str,
    ) -> Result<(), TranslateError> {
        let content = self.parts.content(content, &format!("{path}.content"))?;
        let (points, content): (Vec<_>, Vec<_>) = content
            .into_iter()
            .partition(|block| matches!(block, Block::CachePoint(_)));
        let result = Block::ToolResult(ToolResult {
            tool_use_id,
            content,
            status,
        });
        let last_point = points.into_iter().next_back();
        let point = point.map(Block::CachePoint).or(last_point);
        self.told.add(
            NativeRole::User,
            std::iter::once(result).chain(point).collect(),
        );
        Ok(())
    }

    fn finish(self) -> Result<Told, TranslateError> {
        let mut told = self.told;
        // Instructions alone are what there is to answer.
        if told.turns.is_empty() {
            let system = std::mem::take(&mut told.system);
            told.add(NativeRole::User, system);
        }
        if told.turns.is_empty() {
            let message = "`messages` must hold something to answer: text, an image or a file";
            return Err(invalid("messages", message));
        }
        told.turns.iter_mut().for_each(accompany_documents);
        Ok(told)
    }
}

/// A document needs a text beside it; where there is none, its name is said.
fn accompany_documents(turn: &mut NativeMessage) {
    let has_text = turn
        .content
        .iter()
        .any(|block| matches!(block, Block::Text(_)));
    let names: Vec<&str> = turn
        .content
        .iter()
        .filter_map(|block| match block {
            Block::Document(media) => media.name.as_deref(),
            _ => None,
        })
        .collect();
    if !has_text && !names.is_empty() {
        let text = names.join("\n");
        turn.content.push(Block::Text(text));
    }
}

/// A call's arguments, which are an object here.
fn arguments(text: &str, path: &str) -> Result<JsonObject, TranslateError> {
    if text.trim().is_empty() {
        return Ok(JsonObject::default());
    }
    serde_json::from_str(text).map_err(|_| {
        let param = format!("{path}.arguments");
        let message = format!("`{param}` must be the text of a JSON object for this provider");
        invalid(param, message)
    })
}
