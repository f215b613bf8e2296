//! What an answer says, told to the writer: the same for a whole answer and for the events of a stream.

use bytes::Bytes;
use gateway_types::{
    CompletionTokensDetails, Number, PromptTokensDetails, Usage as Told,
    chat::{
        Annotation, ChoiceLogprobs, FinishReason, Logprobs, TokenLogprob, UrlCitation,
        UrlCitationAnnotation,
    },
};
use serde_json::Value;

use super::{
    fault,
    wire::{Answer, Block, Call, LogprobItem, Message, Usage},
};
use crate::{
    Fault,
    answer::{AnswerWriter, ToolCallStart},
};

/// There is one choice only.
const CHOICE: u32 = 0;

/// Reads the pieces of one answer.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Whether the caller wants no thinking.
    hide_thinking: bool,
    spans: Spans,
    /// The provider's places of the calls, beside ours.
    calls: Vec<(u64, u32)>,
}

/// How an answer ended.
#[derive(Debug, Default)]
pub(super) struct End<'a> {
    pub(super) reason: Option<&'a str>,
    pub(super) usage: Option<Value>,
    pub(super) error: Option<Value>,
    pub(super) error_kind: Option<&'a str>,
}

/// Where the text blocks begin in the text that the client sees.
#[derive(Debug, Default)]
struct Spans {
    starts: Vec<(u64, u64)>,
    characters: u64,
}

impl Reader {
    pub(super) fn new(hide_thinking: bool) -> Self {
        Self {
            hide_thinking,
            ..Self::default()
        }
    }

    /// A whole answer.
    pub(super) fn whole(
        &mut self,
        body: &Bytes,
        answer: &mut AnswerWriter,
    ) -> Result<(), Box<Fault>> {
        let told: Answer<'_> = serde_json::from_slice(body).map_err(|_| fault::in_success(body))?;
        if told.message.is_none() && told.finish_reason.is_none() {
            return Err(fault::in_success(body));
        }
        answer.id(told.id.as_deref().unwrap_or_default());
        let Message {
            content,
            tool_plan,
            tool_calls,
            citations,
        } = told.message.unwrap_or_default();
        for (index, block) in content.0.iter().enumerate() {
            self.block(u64::try_from(index).unwrap_or(u64::MAX), block, answer);
            if is_unknown(block) {
                other_block(body, index, answer);
            }
        }
        self.plan(tool_plan.as_deref().unwrap_or_default(), answer);
        for (index, call) in (0..).zip(&tool_calls.0) {
            self.call(index, call, answer);
        }
        for citation in citations.0 {
            self.citation(None, citation, answer);
        }
        self.logprobs(&told.logprobs.0, answer);
        let end = End {
            reason: told.finish_reason.as_deref(),
            usage: told.usage,
            error: told.error,
            error_kind: told.error_type.as_deref(),
        };
        self.end(end, answer)
    }

    /// Text or thinking at a place in the message.
    pub(super) fn block(&mut self, index: u64, block: &Block<'_>, answer: &mut AnswerWriter) {
        if let Some(thinking) = block.thinking.as_deref() {
            self.plan(thinking, answer);
        }
        if let Some(text) = block.text.as_deref() {
            self.spans.text(index, text);
            answer.text(CHOICE, text);
        }
    }

    /// Thinking, or the plan for the calls that are to come.
    pub(super) fn plan(&self, text: &str, answer: &mut AnswerWriter) {
        if !self.hide_thinking {
            answer.reasoning(CHOICE, text);
        }
    }

    /// A call begins; it may be whole already.
    pub(super) fn call(&mut self, index: u64, call: &Call<'_>, answer: &mut AnswerWriter) {
        let function = call.function.as_ref();
        let name = function.and_then(|function| function.name.as_deref());
        let place = answer.tool_call(
            CHOICE,
            ToolCallStart {
                id: call.id.as_deref(),
                name: name.unwrap_or_default(),
                ..ToolCallStart::default()
            },
        );
        self.calls.push((index, place));
        self.arguments(index, call, answer);
    }

    /// More of a call's arguments.
    pub(super) fn arguments(&self, index: u64, call: &Call<'_>, answer: &mut AnswerWriter) {
        let place = self.calls.iter().rev().find(|(known, _)| *known == index);
        let text = call
            .function
            .as_ref()
            .and_then(|function| function.arguments.as_deref());
        if let (Some((_, place)), Some(text)) = (place, text) {
            answer.tool_arguments(CHOICE, *place, text);
        }
    }

    /// A citation: in the provider's words, and as an annotation where a source has an address. `block` is the
    /// place of the text block, where the citation does not say it itself.
    pub(super) fn citation(&self, block: Option<u64>, citation: Value, answer: &mut AnswerWriter) {
        let is_of_text = citation
            .get("type")
            .and_then(Value::as_str)
            .is_none_or(|kind| kind == "TEXT_CONTENT");
        if is_of_text {
            for source in citation
                .get("sources")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                if let Some(annotation) = self.annotation(block, &citation, source) {
                    answer.annotation(CHOICE, annotation);
                }
            }
        }
        answer.provider_data(CHOICE, "citations", citation);
    }

    fn annotation(
        &self,
        block: Option<u64>,
        citation: &Value,
        source: &Value,
    ) -> Option<Annotation> {
        let data = source
            .get("document")
            .or_else(|| source.get("tool_output"))?;
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        let url = text("url").or_else(|| text("link"))?;
        let block = citation
            .get("content_index")
            .and_then(Value::as_u64)
            .or(block);
        let start = self.spans.start(block);
        let place = |name: &str| Some(start + citation.get(name)?.as_u64()?);
        let mut page = UrlCitation::default();
        url.clone_into(&mut page.url);
        page.title = text("title").map(str::to_owned).into();
        page.start_index = place("start").into();
        page.end_index = place("end").into();
        let mut annotation = UrlCitationAnnotation::default();
        annotation.url_citation = page;
        Some(annotation.into())
    }

    /// How likely pieces of the text were. Where a piece is several tokens, their texts are not told: the piece
    /// counts as one token then, as likely as all of them together.
    pub(super) fn logprobs(&self, items: &[LogprobItem<'_>], answer: &mut AnswerWriter) {
        if items.is_empty() {
            return;
        }
        let tokens = items.iter().map(|item| {
            let text = item.text.as_deref().unwrap_or_default();
            let mut token = TokenLogprob::default();
            text.clone_into(&mut token.token);
            token.logprob = Number::from(item.logprobs.iter().flatten().sum::<f64>());
            token.bytes = text.as_bytes().to_vec().into();
            let ids = item.token_ids.clone().filter(|ids| !ids.is_empty());
            token
                .extra
                .extend(ids.map(|ids| ("token_ids".to_owned(), ids.into())));
            token
        });
        let mut logprobs = Logprobs::default();
        logprobs.content = tokens.collect::<Vec<_>>().into();
        answer.logprobs(CHOICE, ChoiceLogprobs::Tokens(logprobs));
    }

    fn has_said_something(&self) -> bool {
        self.spans.characters > 0 || !self.calls.is_empty()
    }

    /// The end: why, and what was used.
    pub(super) fn end(&self, end: End<'_>, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        if let Some(used) = end.usage.filter(Value::is_object) {
            if let Some(told) = usage(&used) {
                answer.usage(told);
            }
            answer.provider_data(CHOICE, "usage", used);
        }
        let error = end.error.filter(|error| !error.is_null());
        match end.reason {
            Some(reason @ "ERROR") => Err(fault::ended_in(reason, error, end.error_kind)),
            // What came before the time was up may be of use.
            Some(reason @ "TIMEOUT") if !self.has_said_something() => {
                Err(fault::ended_in(reason, error, end.error_kind))
            }
            None if error.is_some() => Err(fault::ended_in("ERROR", error, end.error_kind)),
            reason => {
                answer.finish(CHOICE, finish(reason), reason);
                Ok(())
            }
        }
    }
}

/// OpenAI's word for a reason. Where the provider says that the message is complete and names no reason, it is.
fn finish(reason: Option<&str>) -> FinishReason {
    match reason {
        None | Some("COMPLETE" | "STOP_SEQUENCE") => FinishReason::Stop,
        Some("MAX_TOKENS" | "ERROR_LIMIT") => FinishReason::Length,
        Some("TOOL_CALL") => FinishReason::ToolCalls,
        Some("ERROR_TOXIC") => FinishReason::ContentFilter,
        Some(other) => FinishReason::from(other.to_ascii_lowercase()),
    }
}

/// Usage in OpenAI's meaning: tokens as the model saw them, where they are told; what is charged otherwise.
fn usage(used: &Value) -> Option<Told> {
    let used: Usage = serde::Deserialize::deserialize(used).ok()?;
    let counts = used
        .tokens
        .filter(|tokens| tokens.input_tokens.is_some() || tokens.output_tokens.is_some())
        .or(used.billed_units)?;
    let mut told = Told::new(
        count(counts.input_tokens).unwrap_or_default(),
        count(counts.output_tokens).unwrap_or_default(),
    );
    let mut read = PromptTokensDetails::default();
    read.cached_tokens = count(used.cached_tokens).into();
    read.image_tokens = count(counts.image_tokens).into();
    if read != PromptTokensDetails::default() {
        told.prompt_tokens_details = read.into();
    }
    if let Some(reasoning) = count(counts.reasoning_tokens) {
        let details = CompletionTokensDetails::default().with_reasoning_tokens(reasoning);
        told.completion_tokens_details = details.into();
    }
    Some(told)
}

/// A count that was written as a float.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest integer there is"
)]
pub(super) fn count(number: Option<f64>) -> Option<u64> {
    number.map(|number| number.round() as u64)
}

/// Whether a block is neither text nor thinking.
pub(super) fn is_unknown(block: &Block<'_>) -> bool {
    let kind = block.kind.as_deref();
    block.text.is_none()
        && block.thinking.is_none()
        && !matches!(kind, None | Some("text" | "thinking"))
}

/// A block of a kind that is not known, in the provider's words.
fn other_block(body: &Bytes, index: usize, answer: &mut AnswerWriter) {
    let block = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|mut body| match body.pointer_mut("/message/content")? {
            Value::Array(blocks) => blocks.get_mut(index).map(Value::take),
            block => Some(block.take()),
        });
    if let Some(block) = block {
        answer.provider_data(CHOICE, "content", block);
    }
}

impl Spans {
    fn text(&mut self, block: u64, text: &str) {
        if self.starts.last().is_none_or(|(last, _)| *last != block) {
            self.starts.push((block, self.characters));
        }
        self.characters += text.chars().map(|_| 1_u64).sum::<u64>();
    }

    /// Where the block begins; the first one where the block is not known.
    fn start(&self, block: Option<u64>) -> u64 {
        self.starts
            .iter()
            .find(|(known, _)| Some(*known) == block)
            .or(self.starts.first())
            .map_or(0, |(_, start)| *start)
    }
}
