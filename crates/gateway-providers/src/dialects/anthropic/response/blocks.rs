//! One block of an answer on its way.

use gateway_types::chat::{
    Annotation, ReasoningDetail, ToolCallExtraContent, UrlCitation, UrlCitationAnnotation,
};
use serde_json::{Value, json};

use super::{CHOICE, Reader};
use crate::{
    answer::{AnswerWriter, ToolCallKind, ToolCallStart},
    dialects::anthropic::{
        REASONING_FORMAT,
        request::CUSTOM_INPUT,
        wire::{Delta, Object},
    },
};

/// A block that has begun and not ended.
#[derive(Debug)]
pub(super) enum OpenBlock {
    Text {
        /// How many characters of text stood before it.
        start: u64,
        citations: Vec<Value>,
    },
    Thinking {
        /// Its place among the blocks of thinking.
        place: u32,
        has_told_format: bool,
    },
    Redacted,
    Call {
        index: u32,
        /// The arguments that the block began with: they count where no others come.
        input: Option<Value>,
    },
    /// A call of a tool that takes text, which stands in JSON here.
    CustomCall {
        index: u32,
        input: Option<Value>,
        json: String,
    },
    /// A call of the tool that stands for the answer.
    Answer {
        input: Option<Value>,
    },
    /// Any other block, put together until it is whole.
    Own {
        block: Object,
        input: String,
    },
}

impl OpenBlock {
    pub(super) fn begin(reader: &mut Reader, mut block: Object, answer: &mut AnswerWriter) -> Self {
        match block.get("type").and_then(Value::as_str) {
            Some("text") => {
                let start = reader.chars;
                reader.text(&take_text(&mut block, "text"), answer);
                let citations = match block.remove("citations") {
                    Some(Value::Array(citations)) => citations,
                    _ => Vec::new(),
                };
                tell_members(block, answer);
                Self::Text { start, citations }
            }
            Some("thinking") => {
                let place = reader.next_thought();
                let mut told = false;
                let text = take_text(&mut block, "thinking");
                let signature = take_text(&mut block, "signature");
                tell_members(block, answer);
                if !text.is_empty() {
                    tell_thinking(answer, place, &mut told, Part::Text(text));
                }
                if !signature.is_empty() {
                    tell_thinking(answer, place, &mut told, Part::Signature(signature));
                }
                Self::Thinking {
                    place,
                    has_told_format: told,
                }
            }
            Some("redacted_thinking") => {
                let place = reader.next_thought();
                let mut detail = detail(place, "reasoning.encrypted");
                detail.format = REASONING_FORMAT.into();
                detail.data = take_text(&mut block, "data").into();
                tell_members(block, answer);
                answer.reasoning_detail(CHOICE, detail);
                Self::Redacted
            }
            Some("tool_use") => Self::begin_call(reader, block, answer),
            _ => Self::Own {
                block,
                input: String::new(),
            },
        }
    }

    fn begin_call(reader: &mut Reader, mut block: Object, answer: &mut AnswerWriter) -> Self {
        let name = take_text(&mut block, "name");
        let input = block.remove("input").filter(|input| !is_empty(input));
        if reader.asked.answer_tool.as_ref() == Some(&name) {
            if !reader.answered {
                reader.answered = true;
                return Self::Answer { input };
            }
            block.insert("name".to_owned(), name.into());
            block.extend(input.map(|input| ("input".to_owned(), input)));
            return Self::Own {
                block,
                input: String::new(),
            };
        }
        let id = take_text(&mut block, "id");
        block.remove("type");
        let is_custom = reader.asked.custom_tools.contains(&name);
        let start = ToolCallStart {
            id: Some(&id),
            name: &name,
            kind: if is_custom {
                ToolCallKind::Custom
            } else {
                ToolCallKind::Function
            },
            extra_content: (!block.is_empty())
                .then(|| ToolCallExtraContent(json!({ "anthropic": block }))),
        };
        let index = answer.tool_call(CHOICE, start);
        reader.layout.call();
        if is_custom {
            let json = String::new();
            return Self::CustomCall { index, input, json };
        }
        Self::Call { index, input }
    }

    /// More of it, read from `delta`; `raw` is the same for what is rarely seen.
    pub(super) fn grow(
        &mut self,
        reader: &mut Reader,
        delta: &Delta<'_>,
        raw: &str,
        answer: &mut AnswerWriter,
    ) {
        let text = delta.text.as_deref().unwrap_or_default();
        let json = delta.partial_json.as_deref().unwrap_or_default();
        match self {
            Self::Text { citations, .. } => {
                reader.text(text, answer);
                if &*delta.kind == "citations_delta" {
                    citations.extend(object(raw).remove("citation"));
                }
            }
            Self::Thinking {
                place,
                has_told_format,
            } => {
                if let Some(text) = delta.thinking.as_deref().filter(|text| !text.is_empty()) {
                    tell_thinking(answer, *place, has_told_format, Part::Text(text.to_owned()));
                }
                if let Some(text) = delta.signature.as_deref().filter(|text| !text.is_empty()) {
                    let part = Part::Signature(text.to_owned());
                    tell_thinking(answer, *place, has_told_format, part);
                }
            }
            Self::Call { index, input } => {
                if !json.is_empty() {
                    *input = None;
                    answer.tool_arguments(CHOICE, *index, json);
                }
            }
            Self::CustomCall {
                input, json: held, ..
            } => {
                if !json.is_empty() {
                    *input = None;
                    held.push_str(json);
                }
            }
            Self::Answer { input } => {
                if !json.is_empty() {
                    *input = Some(Value::Null);
                    answer.text(CHOICE, json);
                }
            }
            Self::Own { block, input } => {
                if &*delta.kind == "input_json_delta" {
                    input.push_str(json);
                } else {
                    merge(block, object(raw));
                }
            }
            Self::Redacted => {}
        }
    }

    pub(super) fn end(self, reader: &mut Reader, answer: &mut AnswerWriter) {
        match self {
            Self::Text { start, citations } => reader.end_text(start, citations, answer),
            Self::Thinking {
                place,
                has_told_format: false,
            } => {
                // Empty and unsigned: it is told all the same, since it has a place among the others.
                tell_thinking(answer, place, &mut false, Part::Text(String::new()));
            }
            Self::Thinking { .. } | Self::Redacted => {}
            Self::Call { index, input } => {
                if let Some(input) = input {
                    answer.tool_arguments(CHOICE, index, &input.to_string());
                }
            }
            Self::CustomCall { index, input, json } => {
                let json = input.map_or(json, |input| input.to_string());
                answer.tool_arguments(CHOICE, index, &custom_input(json));
            }
            Self::Answer { input } => match input {
                None => answer.text(CHOICE, "{}"),
                Some(Value::Null) => {}
                Some(input) => answer.text(CHOICE, &input.to_string()),
            },
            Self::Own { mut block, input } => {
                if !input.is_empty() {
                    let input = serde_json::from_str(&input).unwrap_or(Value::String(input));
                    block.insert("input".to_owned(), input);
                }
                reader.layout.own_block();
                answer.provider_data(CHOICE, "blocks", Value::Object(block));
            }
        }
    }
}

impl Reader {
    fn text(&mut self, text: &str, answer: &mut AnswerWriter) {
        let chars = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        self.chars = self.chars.saturating_add(chars);
        if self.asked.answer_tool.is_some() {
            self.held.push_str(text);
        } else {
            answer.text(CHOICE, text);
        }
    }

    fn next_thought(&mut self) -> u32 {
        self.layout.thinking();
        let place = self.thoughts;
        self.thoughts += 1;
        place
    }

    /// A text's citations all belong to the whole of it.
    fn end_text(&mut self, start: u64, citations: Vec<Value>, answer: &mut AnswerWriter) {
        self.layout.text(self.chars - start, citations.len());
        for citation in citations {
            if let Some(annotation) = annotation(&citation, start, self.chars) {
                answer.annotation(CHOICE, annotation);
            }
            answer.provider_data(CHOICE, "citations", citation);
        }
    }
}

/// The members of a block that chat has no place for, beside its `type`.
fn tell_members(block: Object, answer: &mut AnswerWriter) {
    if block
        .iter()
        .any(|(name, value)| name != "type" && !value.is_null())
    {
        answer.provider_data(CHOICE, "block_members", Value::Object(block));
    }
}

/// One part of a block of thinking.
enum Part {
    Text(String),
    Signature(String),
}

/// Tells one part. The format stands in the first part only: there are clients that put the parts of a stream
/// together by joining every text in them.
fn tell_thinking(answer: &mut AnswerWriter, place: u32, has_told_format: &mut bool, part: Part) {
    let mut detail = detail(place, "reasoning.text");
    if !std::mem::replace(has_told_format, true) {
        detail.format = REASONING_FORMAT.into();
    }
    match part {
        Part::Text(text) => detail.text = text.into(),
        Part::Signature(signature) => detail.signature = signature.into(),
    }
    answer.reasoning_detail(CHOICE, detail);
}

fn detail(place: u32, kind: &str) -> ReasoningDetail {
    let mut detail = ReasoningDetail::default();
    detail.kind = kind.into();
    detail.index = gateway_types::Number::from(u64::from(place)).into();
    detail
}

/// A citation of a web page, of a span of characters. Where a search result came from may be an address, too.
fn annotation(citation: &Value, start: u64, end: u64) -> Option<Annotation> {
    let text = |name: &str| citation.get(name).and_then(Value::as_str);
    let source = || text("source").filter(|source| source.starts_with("http"));
    let mut cited = UrlCitation::default();
    text("url").or_else(source)?.clone_into(&mut cited.url);
    cited.title = text("title").map(str::to_owned).into();
    let cited = cited.with_start_index(start).with_end_index(end);
    let mut annotation = UrlCitationAnnotation::default();
    annotation.url_citation = cited;
    Some(annotation.into())
}

/// The text in the arguments of a tool that takes text; the arguments themselves where they were cut off.
fn custom_input(json: String) -> String {
    match serde_json::from_str::<Object>(&json) {
        Ok(mut input) => match input.remove(CUSTOM_INPUT) {
            Some(Value::String(text)) => text,
            _ => json,
        },
        Err(_) => json,
    }
}

/// Texts go on; everything else is as the delta says.
fn merge(block: &mut Object, delta: Object) {
    for (name, value) in delta {
        match (block.get_mut(&name), value) {
            _ if name == "type" => {}
            (Some(Value::String(mine)), Value::String(more)) => mine.push_str(&more),
            (_, value) => {
                block.insert(name, value);
            }
        }
    }
}

fn object(raw: &str) -> Object {
    serde_json::from_str(raw).unwrap_or_default()
}

fn take_text(block: &mut Object, name: &str) -> String {
    match block.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

fn is_empty(input: &Value) -> bool {
    match input {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
