//! What an answer says, block by block; whole answers.
//!
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax>

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gateway_types::{
    Usage,
    chat::{Annotation, FinishReason, ReasoningDetail, UrlCitation, UrlCitationAnnotation},
    usage::PromptTokensDetails,
};
use http::StatusCode;
use serde_json::{Map, Value};

use super::{fault, stream::OpenBlocks};
use crate::{
    Fault, FaultKind,
    answer::{AnswerWriter, ToolCallKind, ToolCallStart},
    dialects::{
        AnswerDecoder, Flow,
        native_error::{self, NativeError},
    },
    framing::{EventKind, NativeEvent},
};

/// The format of thinking that Anthropic's models sign.
pub(super) const CLAUDE_FORMAT: &str = "anthropic-claude-v1";
/// The format of thinking whose bytes only Bedrock can read: base64, as it came.
pub(super) const OPAQUE_FORMAT: &str = "amazon-bedrock-v1";
/// The member of `provider_data` with blocks that go back into the history.
pub(super) const BLOCKS: &str = "blocks";
const CITATIONS: &str = "citations";
/// The members with facts about an answer, and what they are called in Bedrock's.
const TOLD_FACTS: &[(&str, &str)] = &[
    ("trace", "trace"),
    ("metrics", "metrics"),
    ("performanceConfig", "performance_config"),
    ("additionalModelResponseFields", "additional_fields"),
];
/// The members of `provider_data` that say how an answer came about: no part of the conversation.
pub(super) const FACTS: &[&str] = &[
    "trace",
    "metrics",
    "performance_config",
    "additional_fields",
    "usage",
    FURTHER,
];
/// The member of `provider_data` with everything else around the message.
const FURTHER: &str = "further_members";
/// Members around the message that are told elsewhere, and padding.
const TOLD_ELSEWHERE: &[&str] = &["output", "stopReason", "usage", "serviceTier", "p"];
/// Members of the usage that OpenAI's has a place for.
const TOLD_USAGE: &[&str] = &[
    "inputTokens",
    "outputTokens",
    "totalTokens",
    "cacheReadInputTokens",
    "cacheReadInputTokenCount",
    "cacheWriteInputTokens",
    "cacheWriteInputTokenCount",
];
/// There is one answer.
const CHOICE: u32 = 0;

/// Reads one answer.
#[derive(Debug)]
pub(super) struct ConverseDecoder {
    pub(super) reader: Reader,
    pub(super) open: OpenBlocks,
}

/// Tells the writer what a block says, streamed or whole.
#[derive(Debug)]
pub(super) struct Reader {
    /// The tools that take text, which Bedrock gives an object.
    custom_tools: BTreeSet<String>,
    /// Whether the client does not want to see the thinking.
    is_hidden: bool,
    /// Whether anything came that a client can use.
    has_output: bool,
}

impl ConverseDecoder {
    pub(super) fn new(custom_tools: BTreeSet<String>, is_hidden: bool) -> Self {
        Self {
            reader: Reader {
                custom_tools,
                is_hidden,
                has_output: false,
            },
            open: OpenBlocks::default(),
        }
    }
}

impl AnswerDecoder for ConverseDecoder {
    fn event(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        match event.kind {
            EventKind::Exception => Err(fault::exception(event)),
            EventKind::Whole => self.whole(&event.data, answer).map(|()| Flow::Complete),
            EventKind::Event => self.frame(event, answer),
        }
    }

    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let invalid = |detail: &str| Box::new(Fault::new(FaultKind::InvalidResponse, detail));
        let Ok(Value::Object(mut told)) = serde_json::from_slice(body) else {
            return Err(invalid("the answer is no JSON object"));
        };
        let message = told
            .get_mut("output")
            .and_then(|output| output.get_mut("message"))
            .map(Value::take);
        let Some(Value::Object(mut message)) = message else {
            let fault = fault::in_success(body);
            return Err(fault.unwrap_or_else(|| invalid("the answer has no message")));
        };
        if let Some(Value::Array(blocks)) = message.remove("content") {
            for (index, block) in (0..).zip(blocks) {
                self.reader.block(index, block, answer);
            }
        }
        let reason = told.get("stopReason").and_then(Value::as_str);
        let reason = reason.unwrap_or_default().to_owned();
        self.reader.facts(&mut told, answer);
        self.reader.finish(&reason, answer)
    }
}

impl Reader {
    /// A whole block.
    fn block(&mut self, index: u32, block: Value, answer: &mut AnswerWriter) {
        let Value::Object(mut members) = block else {
            return;
        };
        if let Some(Value::String(text)) = members.get("text") {
            self.text(text, answer);
        } else if let Some(Value::Object(thinking)) = members.get("reasoningContent") {
            self.thinking(index, thinking, answer);
        } else if let Some(Value::Object(cited)) = members.get_mut("citationsContent") {
            self.cited(cited, answer);
        } else if let Some(Value::Object(image)) = members.get("image") {
            let format = image.get("format").and_then(Value::as_str);
            self.image(format.unwrap_or_default(), image, answer);
        } else if let Some(Value::Object(call)) = members.get_mut("toolUse")
            && !is_server_tool(call)
        {
            self.whole_call(call, answer);
        } else if !members.is_empty() {
            self.native_block(Value::Object(members), answer);
        }
    }

    pub(super) fn text(&mut self, text: &str, answer: &mut AnswerWriter) {
        self.has_output |= !text.is_empty();
        answer.text(CHOICE, text);
    }

    fn thinking(&self, index: u32, thinking: &Map<String, Value>, answer: &mut AnswerWriter) {
        if let Some(block) = thinking.get("reasoningText") {
            let text = |name: &str| block.get(name).and_then(Value::as_str);
            if let Some(text) = text("text") {
                self.thinking_text(index, text, answer);
            }
            if let Some(signature) = text("signature") {
                self.signature(index, signature, answer);
            }
        }
        if let Some(data) = thinking.get("redactedContent").and_then(Value::as_str) {
            self.redacted(index, data, answer);
        }
    }

    /// More of a block of thinking. Whether it is signed is not known yet.
    pub(super) fn thinking_text(&self, index: u32, text: &str, answer: &mut AnswerWriter) {
        if self.is_hidden || text.is_empty() {
            return;
        }
        let mut detail = detail("reasoning.text", index);
        detail.text = text.into();
        answer.reasoning_detail(CHOICE, detail);
    }

    pub(super) fn signature(&self, index: u32, signature: &str, answer: &mut AnswerWriter) {
        if self.is_hidden || signature.is_empty() {
            return;
        }
        let mut detail = detail("reasoning.text", index);
        detail.signature = signature.into();
        detail.format = CLAUDE_FORMAT.into();
        answer.reasoning_detail(CHOICE, detail);
    }

    /// Thinking that may not be seen. Bedrock encodes the bytes once more; Anthropic's own are text.
    pub(super) fn redacted(&self, index: u32, data: &str, answer: &mut AnswerWriter) {
        if self.is_hidden || data.is_empty() {
            return;
        }
        let plain = STANDARD.decode(data).ok();
        let plain = plain.and_then(|bytes| String::from_utf8(bytes).ok());
        let (format, data) = match plain {
            Some(plain) => (CLAUDE_FORMAT, plain),
            None => (OPAQUE_FORMAT, data.to_owned()),
        };
        let mut detail = detail("reasoning.encrypted", index);
        detail.data = data.into();
        detail.format = format.into();
        answer.reasoning_detail(CHOICE, detail);
    }

    fn cited(&mut self, cited: &mut Map<String, Value>, answer: &mut AnswerWriter) {
        if let Some(Value::Array(parts)) = cited.get("content") {
            for part in parts {
                let text = part.get("text").and_then(Value::as_str);
                self.text(text.unwrap_or_default(), answer);
            }
        }
        if let Some(Value::Array(citations)) = cited.remove(CITATIONS) {
            for citation in citations {
                self.citation(citation, answer);
            }
        }
    }

    /// A citation in Bedrock's words; one of a web page is told in OpenAI's, too.
    pub(super) fn citation(&self, citation: Value, answer: &mut AnswerWriter) {
        let url = citation
            .pointer("/location/web/url")
            .and_then(Value::as_str);
        if let Some(url) = url {
            let mut cited = UrlCitation::default();
            url.clone_into(&mut cited.url);
            if let Some(title) = citation.get("title").and_then(Value::as_str) {
                cited = cited.with_title(title);
            }
            let mut annotation = UrlCitationAnnotation::default();
            annotation.url_citation = cited;
            answer.annotation(CHOICE, Annotation::UrlCitation(annotation));
        }
        answer.provider_data(CHOICE, CITATIONS, citation);
    }

    /// An image as a URL: of its bytes, or of its place in S3.
    pub(super) fn image(
        &mut self,
        format: &str,
        image: &Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        let source = image.get("source");
        let text = |path: &str| source?.pointer(path)?.as_str();
        let url = match (text("/bytes"), text("/s3Location/uri")) {
            (Some(bytes), _) => format!("data:image/{format};base64,{bytes}"),
            (None, Some(uri)) => uri.to_owned(),
            (None, None) => {
                // An image that failed says why.
                let block = Map::from_iter([("image".to_owned(), image.clone().into())]);
                self.native_block(block.into(), answer);
                return;
            }
        };
        self.has_output = true;
        answer.image(CHOICE, &url);
        if let Some(error) = image.get("error").filter(|error| says_something(error)) {
            let error = Map::from_iter([("image_error".to_owned(), error.clone())]);
            answer.provider_data(CHOICE, FURTHER, error.into());
        }
    }

    fn whole_call(&mut self, call: &mut Map<String, Value>, answer: &mut AnswerWriter) {
        let text = |name: &str| call.get(name).and_then(Value::as_str).unwrap_or_default();
        let (index, kind) = self.call(text("toolUseId"), text("name"), answer);
        let input = call.remove("input").unwrap_or_default();
        let arguments = match (kind, input) {
            (_, Value::Null) => String::new(),
            (ToolCallKind::Custom, input) => custom_input(&input.to_string()),
            (ToolCallKind::Function, input) => input.to_string(),
        };
        answer.tool_arguments(CHOICE, index, &arguments);
    }

    /// A call begins.
    pub(super) fn call(
        &mut self,
        id: &str,
        name: &str,
        answer: &mut AnswerWriter,
    ) -> (u32, ToolCallKind) {
        self.has_output = true;
        let kind = if self.custom_tools.contains(name) {
            ToolCallKind::Custom
        } else {
            ToolCallKind::Function
        };
        let start = ToolCallStart {
            id: Some(id),
            name,
            kind,
            extra_content: None,
        };
        (answer.tool_call(CHOICE, start), kind)
    }

    pub(super) fn arguments(&self, index: u32, text: &str, answer: &mut AnswerWriter) {
        answer.tool_arguments(CHOICE, index, text);
    }

    /// A block that only Bedrock has.
    pub(super) fn native_block(&mut self, block: Value, answer: &mut AnswerWriter) {
        answer.provider_data(CHOICE, BLOCKS, block);
    }

    /// Everything around the message: usage, tier, guardrails, times.
    pub(super) fn facts(&self, told: &mut Map<String, Value>, answer: &mut AnswerWriter) {
        if let Some(Value::Object(native)) = told.get("usage") {
            answer.usage(usage(native));
            let further: Map<String, Value> = native
                .iter()
                .filter(|(name, value)| {
                    !TOLD_USAGE.contains(&name.as_str()) && says_something(value)
                })
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            if !further.is_empty() {
                answer.provider_data(CHOICE, "usage", further.into());
            }
        }
        let tier = told.get("serviceTier").and_then(|tier| tier.get("type"));
        if let Some(tier) = tier.and_then(Value::as_str) {
            answer.service_tier(tier);
        }
        for (native, name) in TOLD_FACTS {
            if let Some(value) = told.remove(*native).filter(says_something) {
                answer.provider_data(CHOICE, name, value);
            }
        }
        let mut further = std::mem::take(told);
        further.retain(|name, value| {
            !TOLD_ELSEWHERE.contains(&name.as_str()) && says_something(value)
        });
        if !further.is_empty() {
            answer.provider_data(CHOICE, FURTHER, further.into());
        }
    }

    /// The answer ends.
    ///
    /// # Errors
    /// Where the model failed and said nothing.
    pub(super) fn finish(&self, native: &str, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let reason = match native {
            "end_turn" | "stop_sequence" => FinishReason::Stop,
            "tool_use" => FinishReason::ToolCalls,
            "max_tokens" | "model_context_window_exceeded" | "pause_turn" => FinishReason::Length,
            "guardrail_intervened" | "content_filtered" | "refusal" => FinishReason::ContentFilter,
            "malformed_model_output" | "malformed_tool_use" if !self.has_output => {
                let error = NativeError {
                    message: Some(format!("The model's answer could not be used: {native}.")),
                    code: Some(native.to_owned()),
                    ..NativeError::default()
                };
                return Err(native_error::in_stream(StatusCode::BAD_GATEWAY, error));
            }
            "" => {
                let detail = "an answer without a reason for its end";
                return Err(Box::new(Fault::new(FaultKind::Protocol, detail)));
            }
            other => FinishReason::from(other),
        };
        answer.finish(CHOICE, reason, Some(native));
        Ok(())
    }
}

/// Bedrock counts what was read from and written to the cache beside the input.
fn usage(native: &Map<String, Value>) -> Usage {
    let count = |name: &str| native.get(name).and_then(Value::as_u64);
    let read = count("cacheReadInputTokens").or_else(|| count("cacheReadInputTokenCount"));
    let written = count("cacheWriteInputTokens").or_else(|| count("cacheWriteInputTokenCount"));
    let prompt = [count("inputTokens"), read, written]
        .into_iter()
        .flatten()
        .fold(0_u64, u64::saturating_add);
    let usage = Usage::new(prompt, count("outputTokens").unwrap_or_default());
    let mut details = PromptTokensDetails::default();
    details.cached_tokens = read.into();
    details.cache_write_tokens = written.into();
    if read.is_none() && written.is_none() {
        return usage;
    }
    usage.with_prompt_tokens_details(details)
}

fn detail(kind: &str, index: u32) -> ReasoningDetail {
    let mut detail = ReasoningDetail::default();
    detail.kind = kind.into();
    detail.index = gateway_types::Number::Unsigned(index.into()).into();
    detail
}

/// Whether Bedrock runs the tool itself.
pub(super) fn is_server_tool(call: &Map<String, Value>) -> bool {
    call.get("type").and_then(Value::as_str) == Some("server_tool_use")
}

/// The text in the object that a custom tool was given; whatever came where it is something else.
pub(super) fn custom_input(text: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    let input = parsed
        .as_ref()
        .and_then(|input| input.get("input")?.as_str());
    input.unwrap_or(text).to_owned()
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}
