//! The frames of ConverseStream.
//!
//! A text has no start; a tool's input comes as text in pieces, the first of them mostly empty; the usage comes
//! behind the end. `p` is padding.
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>

use serde::Deserialize;
use serde_json::{Map, Value};

use super::response::{ConverseDecoder, Reader, custom_input, is_server_tool};
use crate::{
    Fault, FaultKind,
    answer::{AnswerWriter, ToolCallKind},
    dialects::{Flow, text::Text},
    framing::NativeEvent,
};

/// How many bytes of blocks are held until they are whole; an answer with more breaks off.
const MOST_HELD: usize = 8 << 20;
/// How many blocks can be open at a time.
const MOST_OPEN: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockStart {
    start: Option<Map<String, Value>>,
    content_block_index: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockDelta<'a> {
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    content_block_index: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    tool_use: Option<ToolDelta<'a>>,
    #[serde(borrow)]
    reasoning_content: Option<ThinkingDelta<'a>>,
    tool_result: Option<Vec<Value>>,
    citation: Option<Value>,
    image: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
struct ToolDelta<'a> {
    #[serde(borrow)]
    input: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThinkingDelta<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
    #[serde(borrow)]
    redacted_content: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockStop {
    content_block_index: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageStop<'a> {
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    additional_model_response_fields: Option<Value>,
}

/// Blocks that have begun and not ended, and of which more must be remembered than that.
#[derive(Debug, Default)]
pub(super) struct OpenBlocks {
    blocks: Vec<(u32, Open)>,
    held: usize,
}

#[derive(Debug)]
enum Open {
    /// A call whose arguments are passed on as they come.
    Call(u32),
    /// A call of a tool that takes text, whose input is an object around it.
    Custom { call: u32, input: String },
    /// A call of a tool that Bedrock runs.
    ServerCall {
        call: Map<String, Value>,
        input: String,
    },
    /// Such a tool's answer.
    ServerResult {
        result: Map<String, Value>,
        content: Vec<Value>,
    },
    /// Thinking that may not be seen.
    Redacted(String),
    /// An image, by its format.
    Image(String),
}

impl ConverseDecoder {
    pub(super) fn frame(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        match event.name.as_deref().unwrap_or_default() {
            b"contentBlockDelta" => {
                let BlockDelta {
                    delta,
                    content_block_index,
                } = parse(event)?;
                if let Some(delta) = delta {
                    self.delta(content_block_index.unwrap_or_default(), delta, answer)?;
                }
            }
            b"contentBlockStart" => self.start(parse(event)?, answer)?,
            b"contentBlockStop" => {
                let stop: BlockStop = parse(event)?;
                let index = stop.content_block_index.unwrap_or_default();
                self.open.close(index, &mut self.reader, answer);
            }
            b"messageStop" => {
                let stop: MessageStop<'_> = parse(event)?;
                self.open.close_all(&mut self.reader, answer);
                if let Some(fields) = stop.additional_model_response_fields {
                    let name = "additionalModelResponseFields".to_owned();
                    let mut fields = Map::from_iter([(name, fields)]);
                    self.reader.facts(&mut fields, answer);
                }
                let reason = stop.stop_reason.as_deref().unwrap_or_default();
                self.reader.finish(reason, answer)?;
            }
            b"metadata" => {
                let mut told: Map<String, Value> = parse(event)?;
                self.reader.facts(&mut told, answer);
                if answer.is_finished() {
                    return Ok(Flow::Complete);
                }
            }
            // The start of the message says nothing; what is not known yet is left.
            _ => {}
        }
        Ok(Flow::More)
    }

    fn start(&mut self, event: BlockStart, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let index = event.content_block_index.unwrap_or_default();
        let mut start = event.start.unwrap_or_default();
        let open = if let Some(Value::Object(call)) = start.remove("toolUse") {
            if is_server_tool(&call) {
                let input = String::new();
                Open::ServerCall { call, input }
            } else {
                let text = |name: &str| call.get(name).and_then(Value::as_str).unwrap_or_default();
                match self.reader.call(text("toolUseId"), text("name"), answer) {
                    (call, ToolCallKind::Function) => Open::Call(call),
                    (call, ToolCallKind::Custom) => Open::Custom {
                        call,
                        input: String::new(),
                    },
                }
            }
        } else if let Some(Value::Object(result)) = start.remove("toolResult") {
            let content = Vec::new();
            Open::ServerResult { result, content }
        } else if let Some(image) = start.remove("image") {
            let format = image.get("format").and_then(Value::as_str);
            Open::Image(format.unwrap_or_default().to_owned())
        } else {
            return Ok(());
        };
        self.open.close(index, &mut self.reader, answer);
        self.open.add(index, open)
    }

    fn delta(
        &mut self,
        index: u32,
        delta: Delta<'_>,
        answer: &mut AnswerWriter,
    ) -> Result<(), Box<Fault>> {
        if let Some(text) = delta.text {
            self.reader.text(&text, answer);
        }
        if let Some(input) = delta.tool_use.and_then(|tool| tool.input) {
            self.tool_input(index, &input, answer)?;
        }
        if let Some(thinking) = delta.reasoning_content {
            if let Some(text) = thinking.text {
                self.reader.thinking_text(index, &text, answer);
            }
            if let Some(signature) = thinking.signature {
                self.reader.signature(index, &signature, answer);
            }
            if let Some(data) = thinking.redacted_content {
                self.redacted(index, &data)?;
            }
        }
        if let Some(more) = delta.tool_result {
            self.tool_result(index, more)?;
        }
        if let Some(citation) = delta.citation {
            self.reader.citation(citation, answer);
        }
        if let Some(image) = delta.image {
            let format = match self.open.get(index) {
                Some(Open::Image(format)) => format.clone(),
                _ => String::new(),
            };
            self.reader.image(&format, &image, answer);
        }
        Ok(())
    }

    fn tool_input(
        &mut self,
        index: u32,
        text: &str,
        answer: &mut AnswerWriter,
    ) -> Result<(), Box<Fault>> {
        match self.open.get(index) {
            Some(Open::Call(call)) => {
                self.reader.arguments(*call, text, answer);
                Ok(())
            }
            Some(Open::Custom { input, .. } | Open::ServerCall { input, .. }) => {
                input.push_str(text);
                self.open.hold(text.len())
            }
            _ if text.is_empty() => Ok(()),
            _ => Err(broken("the input of a tool that was not called")),
        }
    }

    fn redacted(&mut self, index: u32, data: &str) -> Result<(), Box<Fault>> {
        if let Some(Open::Redacted(held)) = self.open.get(index) {
            held.push_str(data);
        } else {
            self.open.add(index, Open::Redacted(data.to_owned()))?;
        }
        self.open.hold(data.len())
    }

    fn tool_result(&mut self, index: u32, more: Vec<Value>) -> Result<(), Box<Fault>> {
        let Some(Open::ServerResult { content, .. }) = self.open.get(index) else {
            return Ok(());
        };
        let size: usize = more.iter().map(|value| value.to_string().len()).sum();
        content.extend(more);
        self.open.hold(size)
    }
}

impl OpenBlocks {
    fn get(&mut self, index: u32) -> Option<&mut Open> {
        let found = self.blocks.iter_mut().find(|(known, _)| *known == index);
        found.map(|(_, open)| open)
    }

    fn add(&mut self, index: u32, open: Open) -> Result<(), Box<Fault>> {
        if self.blocks.len() >= MOST_OPEN {
            return Err(broken("too many blocks that do not end"));
        }
        self.blocks.push((index, open));
        Ok(())
    }

    /// Counts what is held.
    fn hold(&mut self, bytes: usize) -> Result<(), Box<Fault>> {
        self.held = self.held.saturating_add(bytes);
        if self.held > MOST_HELD {
            let detail = "more opaque blocks in one answer than are accepted";
            return Err(Box::new(Fault::new(FaultKind::TooLarge, detail)));
        }
        Ok(())
    }

    fn close(&mut self, index: u32, reader: &mut Reader, answer: &mut AnswerWriter) {
        let place = self.blocks.iter().position(|(known, _)| *known == index);
        if let Some(place) = place {
            let (_, open) = self.blocks.remove(place);
            open.close(index, reader, answer);
        }
    }

    /// The message ends: so does what has no end of its own.
    fn close_all(&mut self, reader: &mut Reader, answer: &mut AnswerWriter) {
        for (index, open) in std::mem::take(&mut self.blocks) {
            open.close(index, reader, answer);
        }
    }
}

impl Open {
    fn close(self, index: u32, reader: &mut Reader, answer: &mut AnswerWriter) {
        let block = match self {
            Self::Call(_) | Self::Image(_) => return,
            Self::Custom { call, input } => {
                reader.arguments(call, &custom_input(&input), answer);
                return;
            }
            Self::Redacted(data) => {
                reader.redacted(index, &data, answer);
                return;
            }
            Self::ServerCall { mut call, input } => {
                call.insert("input".to_owned(), parsed(input));
                ("toolUse", call)
            }
            Self::ServerResult {
                mut result,
                content,
            } => {
                result.insert("content".to_owned(), content.into());
                ("toolResult", result)
            }
        };
        let (name, members) = block;
        let block = Map::from_iter([(name.to_owned(), Value::Object(members))]);
        reader.native_block(block.into(), answer);
    }
}

/// A server tool's input: JSON, or the text where it is none.
fn parsed(input: String) -> Value {
    if input.is_empty() {
        return Value::Object(Map::new());
    }
    serde_json::from_str(&input).unwrap_or(Value::String(input))
}

fn parse<'a, T: Deserialize<'a>>(event: &'a NativeEvent) -> Result<T, Box<Fault>> {
    serde_json::from_slice(&event.data)
        .map_err(|error| broken(&format!("an event cannot be read: {error}")))
}

fn broken(detail: &str) -> Box<Fault> {
    Box::new(Fault::new(FaultKind::Protocol, detail))
}
