//! The one writer that all dialects tell their answers to.

use bytes::Bytes;
use gateway_types::{
    Usage,
    chat::{Annotation, ChoiceLogprobs, FinishReason, ReasoningDetail, ToolCallExtraContent},
};
use serde_json::Value;

use super::{
    ToolCallStart,
    choice::{Call, Choice, found_or_made},
    chunks::Chunks,
    piece::Piece,
    usage::token_usage,
    whole::Whole,
};
use crate::TokenUsage;

/// What an answer has of its own when the upstream names nothing: made where the clock and chance are.
#[derive(Debug, Clone)]
pub struct AnswerSeed {
    /// Unlikely to be met twice: it goes into the ids that the upstream does not give.
    pub unique: String,
    /// Seconds since 1970.
    pub created: i64,
    /// The model that was asked.
    pub model: String,
    /// The dialect, under which [`provider_data`](AnswerWriter::provider_data) is told.
    pub dialect: &'static str,
    /// Whether a stream ends in a chunk with the usage.
    pub include_usage: bool,
}

/// Who the answer is from. What was told to the client first stays.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) created: Option<i64>,
    pub(super) service_tier: Option<String>,
    pub(super) system_fingerprint: Option<String>,
    pub(super) seed: AnswerSeed,
}

/// All that is told once every choice has ended.
#[derive(Debug)]
pub(super) struct End<'a> {
    pub(super) identity: &'a Identity,
    pub(super) choices: &'a [Choice],
    pub(super) usage: Option<&'a Usage>,
    /// Members of the answer itself.
    pub(super) extra: &'a [(String, Value)],
}

/// An answer on its way to the client. See the [module](crate::answer).
///
/// ```
/// use gateway_providers::answer::{AnswerSeed, AnswerWriter};
/// use gateway_types::chat::FinishReason;
///
/// let seed = AnswerSeed {
///     unique: "7f".to_owned(), created: 1, model: "m".to_owned(), dialect: "acme", include_usage: false,
/// };
/// let mut answer = AnswerWriter::whole(seed);
/// answer.text(0, "Hel");
/// answer.text(0, "lo");
/// answer.finish(0, FinishReason::Stop, Some("end_turn"));
/// assert!(answer.conclude());
/// let told: serde_json::Value = serde_json::from_slice(&answer.take_bytes())?;
/// assert_eq!(told["choices"][0]["message"]["content"], "Hello");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct AnswerWriter {
    identity: Identity,
    choices: Vec<Choice>,
    usage: Option<Usage>,
    /// Whether the last usage was not taken yet.
    usage_is_new: bool,
    extra: Vec<(String, Value)>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Chunks(Chunks),
    Whole(Whole),
}

impl AnswerWriter {
    /// A writer of chunks.
    pub fn chunks(seed: AnswerSeed) -> Self {
        Self::new(seed, Form::Chunks(Chunks::default()))
    }

    /// A writer of one whole answer.
    pub fn whole(seed: AnswerSeed) -> Self {
        Self::new(seed, Form::Whole(Whole::default()))
    }

    fn new(seed: AnswerSeed, form: Form) -> Self {
        Self {
            identity: Identity {
                id: None,
                model: None,
                created: None,
                service_tier: None,
                system_fingerprint: None,
                seed,
            },
            choices: Vec::new(),
            usage: None,
            usage_is_new: false,
            extra: Vec::new(),
            form,
        }
    }

    /// The upstream's id of the answer. An empty one counts as none; the first one stays.
    pub fn id(&mut self, id: &str) {
        keep_first(&mut self.identity.id, id);
    }

    /// The model that answers, as the upstream names it. An empty one counts as none; the first one stays.
    pub fn model(&mut self, model: &str) {
        keep_first(&mut self.identity.model, model);
    }

    /// When the upstream says that it began, in seconds since 1970; the first one stays.
    pub fn created(&mut self, seconds: i64) {
        self.identity.created.get_or_insert(seconds);
    }

    /// The service tier that was really used; the last one stays.
    pub fn service_tier(&mut self, tier: &str) {
        self.identity.service_tier = Some(tier.to_owned());
    }

    /// Names the upstream's configuration; the last one stays.
    pub fn system_fingerprint(&mut self, fingerprint: &str) {
        self.identity.system_fingerprint = Some(fingerprint.to_owned());
    }

    /// More text.
    pub fn text(&mut self, choice: u32, text: &str) {
        if !text.is_empty() {
            self.put(choice, Piece::Text(text));
        }
    }

    /// More thinking, of no block in particular: it need not come back.
    pub fn reasoning(&mut self, choice: u32, text: &str) {
        if !text.is_empty() {
            self.put(choice, Piece::Reasoning(text));
        }
    }

    /// More of a block of thinking that must come back unchanged. A part's `text` is told as thinking, too.
    ///
    /// Parts with the same `index` and `type` are one block: texts and summaries are put together, everything
    /// else is as the last part says. `type` is `reasoning.text`, `reasoning.summary` or `reasoning.encrypted`.
    pub fn reasoning_detail(&mut self, choice: u32, detail: ReasoningDetail) {
        let text = detail
            .text
            .as_deref()
            .or(detail.summary.as_deref())
            .map(str::to_owned);
        let text = text.as_deref().filter(|text| !text.is_empty());
        self.put(choice, Piece::ReasoningDetail { text, detail });
    }

    /// More of a refusal.
    pub fn refusal(&mut self, choice: u32, text: &str) {
        if !text.is_empty() {
            self.put(choice, Piece::Refusal(text));
        }
    }

    /// A tool call begins; its place among the choice's calls is given.
    pub fn tool_call(&mut self, choice: u32, start: ToolCallStart<'_>) -> u32 {
        let ToolCallStart {
            id,
            name,
            kind,
            extra_content,
        } = start;
        let calls = &mut self.choice(choice).calls;
        let index = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        calls.push(Call {
            kind,
            has_arguments: false,
        });
        let made = format!("call_{}_{choice}_{index}", self.identity.seed.unique);
        let id = id.filter(|id| !id.is_empty()).unwrap_or(&made);
        self.put(
            choice,
            Piece::ToolCall {
                index,
                id,
                name,
                kind,
                extra_content,
            },
        );
        index
    }

    /// More of a call's arguments: the text of a JSON object for a function, any text for a custom tool.
    pub fn tool_arguments(&mut self, choice: u32, index: u32, text: &str) {
        let Some(call) = self.call(choice, index).filter(|_| !text.is_empty()) else {
            return;
        };
        call.has_arguments = true;
        let kind = call.kind;
        self.put(choice, Piece::ToolArguments { index, kind, text });
    }

    /// Opaque data of a call that comes after its beginning.
    pub fn tool_extra(&mut self, choice: u32, index: u32, extra_content: ToolCallExtraContent) {
        if self.call(choice, index).is_some() {
            self.put(
                choice,
                Piece::ToolExtra {
                    index,
                    extra_content,
                },
            );
        }
    }

    /// A citation. In a stream all of them are told at its end, in one chunk.
    pub fn annotation(&mut self, choice: u32, annotation: Annotation) {
        self.choice(choice);
        match &mut self.form {
            Form::Chunks(chunks) => chunks.hold_annotation(choice, annotation),
            Form::Whole(whole) => whole.put(choice, Piece::Annotations(vec![annotation])),
        }
    }

    /// An image that the model made: a `data:` or `https:` URL. It is told in `images`, as
    /// [OpenRouter](https://openrouter.ai/docs/features/multimodal/image-generation) does.
    pub fn image(&mut self, choice: u32, url: &str) {
        let images = &mut self.choice(choice).images;
        let index = *images;
        *images = index.saturating_add(1);
        self.put(choice, Piece::Image { index, url });
    }

    /// Speech that the model made, as OpenAI's `audio` object; several are merged as a stream's deltas are.
    pub fn audio(&mut self, choice: u32, audio: Value) {
        self.put(choice, Piece::Audio(audio));
    }

    /// How likely tokens were.
    pub fn logprobs(&mut self, choice: u32, logprobs: ChoiceLogprobs) {
        self.put(choice, Piece::Logprobs(logprobs));
    }

    /// Something that only this provider has, in its own words: it is told at
    /// `provider_data.<dialect>.<name>`, which is an array that grows by `value`; in a stream at its end, all of it
    /// in one chunk.
    pub fn provider_data(&mut self, choice: u32, name: &str, value: Value) {
        let dialect = self.identity.seed.dialect;
        self.choice(choice);
        match &mut self.form {
            Form::Chunks(chunks) => chunks.hold_provider_data(choice, dialect, name, value),
            Form::Whole(whole) => whole.hold_provider_data(choice, dialect, name, value),
        }
    }

    /// A member of the answer itself, beside its choices; told once, at the end. The last one of a name stays.
    pub fn answer_member(&mut self, name: &str, value: Value) {
        self.extra.retain(|(known, _)| known != name);
        self.extra.push((name.to_owned(), value));
    }

    /// A choice ends; the first reason stays. `native` is the upstream's own word for it, told beside OpenAI's
    /// as `native_finish_reason`.
    pub fn finish(&mut self, choice: u32, reason: FinishReason, native: Option<&str>) {
        let choice = self.choice(choice);
        if choice.finish.is_none() {
            choice.finish = Some((reason, native.map(str::to_owned)));
        }
    }

    /// What the answer used so far, in OpenAI's meaning; the last report stays.
    pub fn usage(&mut self, usage: Usage) {
        self.usage = Some(usage);
        self.usage_is_new = true;
    }

    /// The last usage report so far, for a dialect that puts its own together from several.
    pub fn usage_so_far(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// Whether there is a choice, and every one has ended.
    pub fn is_finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finish.is_some())
    }

    /// Whether the choice has called a tool.
    pub fn has_calls(&self, choice: u32) -> bool {
        self.choices
            .iter()
            .any(|known| known.index == choice && !known.calls.is_empty())
    }

    /// The last usage report.
    pub fn token_usage(&self) -> Option<TokenUsage> {
        self.usage.as_ref().map(token_usage)
    }

    /// The usage, where it was reported since the last time.
    pub(crate) fn take_reported_usage(&mut self) -> Option<TokenUsage> {
        std::mem::take(&mut self.usage_is_new)
            .then(|| self.token_usage())
            .flatten()
    }

    /// Writes the end of the answer. `false`, with nothing written, where a choice has not ended.
    pub fn conclude(&mut self) -> bool {
        if !self.is_finished() {
            return false;
        }
        self.fill_arguments();
        let end = End {
            identity: &self.identity,
            choices: &self.choices,
            usage: self.usage.as_ref(),
            extra: &self.extra,
        };
        match &mut self.form {
            Form::Chunks(chunks) => chunks.conclude(&end),
            Form::Whole(whole) => whole.conclude(&end),
        }
        true
    }

    /// What was written since the last time: whole events, or after [`conclude`](Self::conclude) the whole answer.
    pub fn take_bytes(&mut self) -> Bytes {
        match &mut self.form {
            Form::Chunks(chunks) => chunks.take_bytes(),
            Form::Whole(whole) => whole.take_bytes(),
        }
    }

    /// How many events [`take_bytes`](Self::take_bytes) would give, `[DONE]` not counted; taken with them.
    pub fn take_events(&mut self) -> u32 {
        match &mut self.form {
            Form::Chunks(chunks) => chunks.take_events(),
            Form::Whole(_) => 0,
        }
    }

    fn fill_arguments(&mut self) {
        let empty: Vec<(u32, u32)> = self
            .choices
            .iter()
            .flat_map(|choice| {
                choice
                    .calls_without_arguments()
                    .map(|index| (choice.index, index))
            })
            .collect();
        for (choice, index) in empty {
            self.tool_arguments(choice, index, "{}");
        }
    }

    fn put(&mut self, choice: u32, piece: Piece<'_>) {
        let begins = !std::mem::replace(&mut self.choice(choice).begun, true);
        match &mut self.form {
            Form::Chunks(chunks) => chunks.put(&self.identity, choice, begins, piece),
            Form::Whole(whole) => whole.put(choice, piece),
        }
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let is_it = |choice: &Choice| choice.index == index;
        found_or_made(&mut self.choices, is_it, || Choice::new(index))
    }

    fn call(&mut self, choice: u32, index: u32) -> Option<&mut Call> {
        self.choice(choice)
            .calls
            .get_mut(usize::try_from(index).ok()?)
    }
}

impl Identity {
    pub(super) fn id(&self) -> String {
        self.id
            .clone()
            .unwrap_or_else(|| format!("chatcmpl-{}", self.seed.unique))
    }

    pub(super) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or(&self.seed.model)
    }

    pub(super) fn created(&self) -> i64 {
        self.created.unwrap_or(self.seed.created)
    }
}

fn keep_first(place: &mut Option<String>, text: &str) {
    if place.is_none() && !text.is_empty() {
        *place = Some(text.to_owned());
    }
}
