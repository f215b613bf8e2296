//! Reads the blocks of an answer, whole or in parts, and tells them in OpenAI's words.

mod blocks;
mod layout;

use std::collections::BTreeSet;

use bytes::Bytes;
use gateway_types::chat::FinishReason;
use serde_json::{Value, json};

use self::{blocks::OpenBlock, layout::Layout};
use super::{
    fault,
    pause::{PAUSE, Pause},
    usage::Reports,
    wire::{Delta, Object},
};
use crate::{
    Fault, FaultKind,
    answer::AnswerWriter,
    dialects::{AnswerDecoder, Flow, NativeRequest},
    framing::NativeEvent,
};

/// Every answer is one choice.
const CHOICE: u32 = 0;

/// What the request did that the answer must be read by.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// The tool that stands for an answer in JSON; see [`request`](super::request).
    pub(super) answer_tool: Option<String>,
    /// The tools that take text.
    pub(super) custom_tools: BTreeSet<String>,
}

/// Reads one answer.
#[derive(Debug, Default)]
pub(super) struct Reader {
    asked: Asked,
    open: Vec<(u64, OpenBlock)>,
    layout: Layout,
    reports: Reports,
    /// How many characters of text there were.
    chars: u64,
    /// How many blocks of thinking there were.
    thoughts: u32,
    /// Text that is only told once it is known that no tool stands for the answer.
    held: String,
    /// Whether the tool that stands for the answer was called.
    answered: bool,
    ended: bool,
    /// What is needed to go on with a turn that pauses.
    pause: Pause,
}

/// Members of a message that are told elsewhere.
const KNOWN_MEMBERS: &[&str] = &[
    "type",
    "role",
    "id",
    "model",
    "content",
    "usage",
    "stop_reason",
];

/// Members that only the last message of a turn is told with.
const OF_THE_END: &[&str] = &["container", "stop_sequence", "stop_details"];

impl Reader {
    pub(super) fn new(asked: Asked) -> Self {
        Self {
            asked,
            ..Self::default()
        }
    }

    /// The members of a message beside its content; in a stream, as far as they are known at its beginning.
    pub(super) fn message(&mut self, message: &mut Object, answer: &mut AnswerWriter) {
        self.pause.begin();
        let text = |name: &str| message.get(name).and_then(Value::as_str);
        answer.id(text("id").unwrap_or_default());
        answer.model(text("model").unwrap_or_default());
        if let Some(Value::Object(report)) = message.remove("usage") {
            self.usage(report, answer);
        }
        if let Some(Value::Array(blocks)) = message.remove("content") {
            for (index, block) in (0..).zip(blocks) {
                if let Value::Object(block) = block {
                    self.begin(index, block, answer);
                    self.end_block(index, answer);
                }
            }
        }
    }

    /// One more report of usage.
    pub(super) fn usage(&mut self, report: Object, answer: &mut AnswerWriter) {
        self.reports.merge(report);
        if let Some(tier) = self.reports.service_tier() {
            answer.service_tier(tier);
        }
        if let Some(usage) = self.reports.told() {
            answer.usage(usage);
        }
    }

    /// A block begins, with as much as is there of it.
    pub(super) fn begin(&mut self, index: u64, block: Object, answer: &mut AnswerWriter) {
        self.pause.begin_block(index, &block);
        let block = OpenBlock::begin(self, block, answer);
        self.open.retain(|(open, _)| *open != index);
        self.open.push((index, block));
    }

    /// More of a block.
    pub(super) fn delta(
        &mut self,
        index: u64,
        delta: &Delta<'_>,
        raw: &str,
        answer: &mut AnswerWriter,
    ) {
        self.pause.delta(index, delta, raw);
        // Taken out for the time of the change, so that the block and the rest can be changed together.
        let place = self.open.iter().position(|(open, _)| *open == index);
        let mut block = match place {
            Some(place) => self.open.swap_remove(place).1,
            // A server that does not say where blocks begin.
            None => OpenBlock::begin(self, block_of(&delta.kind), answer),
        };
        block.grow(self, delta, raw, answer);
        self.open.push((index, block));
    }

    /// A block ends.
    pub(super) fn end_block(&mut self, index: u64, answer: &mut AnswerWriter) {
        if let Some(place) = self.open.iter().position(|(open, _)| *open == index) {
            let (_, block) = self.open.swap_remove(place);
            block.end(self, answer);
        }
    }

    /// The message ends, if it has a reason to: the members that are known only now.
    pub(super) fn end(&mut self, members: &Object, answer: &mut AnswerWriter) {
        let native = members.get("stop_reason").and_then(Value::as_str);
        let Some(native) = native.filter(|_| !self.ended) else {
            self.own_members(members, answer);
            return;
        };
        self.pause.members(members);
        self.end_open(answer);
        if self.pause.ends(native, answer.has_calls(CHOICE)) {
            self.members_but(OF_THE_END, members, answer);
            return;
        }
        self.own_members(members, answer);
        self.finish(native, members, answer);
    }

    fn end_open(&mut self, answer: &mut AnswerWriter) {
        let mut open = std::mem::take(&mut self.open);
        open.sort_by_key(|(index, _)| *index);
        for (_, block) in open {
            block.end(self, answer);
        }
    }

    /// The answer ends, for this reason.
    fn finish(&mut self, native: &str, members: &Object, answer: &mut AnswerWriter) {
        self.ended = true;
        self.tell_held(answer);
        for entry in std::mem::take(&mut self.layout).told() {
            answer.provider_data(CHOICE, "layout", entry);
        }
        let explanation = members
            .get("stop_details")
            .and_then(|details| details.get("explanation"))
            .and_then(Value::as_str);
        answer.refusal(CHOICE, explanation.unwrap_or_default());
        let reason = self.reason(native, answer);
        answer.finish(CHOICE, reason, Some(native));
    }

    /// Members that OpenAI's chat has no place for.
    pub(super) fn own_members(&mut self, members: &Object, answer: &mut AnswerWriter) {
        self.members_but(&[], members, answer);
    }

    fn members_but(&mut self, others: &[&str], members: &Object, answer: &mut AnswerWriter) {
        let is_own = |name: &str| !KNOWN_MEMBERS.contains(&name) && !others.contains(&name);
        let own = members.iter();
        for (name, value) in own.filter(|(name, value)| !value.is_null() && is_own(name)) {
            answer.provider_data(CHOICE, name, value.clone());
        }
    }

    /// <https://docs.anthropic.com/en/api/handling-stop-reasons>
    fn reason(&self, native: &str, answer: &AnswerWriter) -> FinishReason {
        match native {
            "end_turn" | "stop_sequence" => FinishReason::Stop,
            "tool_use" if self.answered && !answer.has_calls(CHOICE) => FinishReason::Stop,
            "tool_use" if answer.has_calls(CHOICE) => FinishReason::ToolCalls,
            // Not the end: the answer goes on when it is sent back. A turn that pauses was gone on with where it could be.
            "max_tokens" | "model_context_window_exceeded" | PAUSE | "compaction" => {
                FinishReason::Length
            }
            "refusal" => FinishReason::ContentFilter,
            other => FinishReason::Other(other.to_owned()),
        }
    }

    /// Text that stood beside the tool that stands for the answer is no part of the answer.
    fn tell_held(&mut self, answer: &mut AnswerWriter) {
        let held = std::mem::take(&mut self.held);
        if self.answered && !held.is_empty() {
            answer.provider_data(CHOICE, "text", json!(held));
        } else {
            answer.text(CHOICE, &held);
        }
    }
}

impl AnswerDecoder for Reader {
    fn sent(&mut self, request: &NativeRequest) {
        self.pause.sent(request);
    }

    fn follow_up(&mut self) -> Option<NativeRequest> {
        let request = self.pause.follow_up()?;
        self.reports.next_request();
        Some(request)
    }

    fn give_up(&mut self, answer: &mut AnswerWriter) -> bool {
        let waits = self.pause.waits();
        if waits {
            self.pause.forget();
            self.finish(PAUSE, &Object::new(), answer);
        }
        waits
    }

    fn event(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        super::stream::read(self, event, answer)
    }

    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let invalid = |detail: String| Box::new(Fault::new(FaultKind::InvalidResponse, detail));
        let mut message: Object = serde_json::from_slice(body)
            .map_err(|error| invalid(format!("no message: {error}")))?;
        if message.get("error").is_some_and(|error| !error.is_null()) {
            return Err(fault::in_stream(Value::Object(message)));
        }
        if !message.contains_key("content") {
            return Err(invalid("a message without content".to_owned()));
        }
        self.message(&mut message, answer);
        self.end(&message, answer);
        Ok(())
    }
}

/// The block that a delta belongs to.
fn block_of(delta: &str) -> Object {
    let kind = match delta {
        "text_delta" | "citations_delta" => "text",
        "thinking_delta" | "signature_delta" => "thinking",
        other => other,
    };
    Object::from_iter([("type".to_owned(), kind.into())])
}
