//! One item of an answer, as far as it came.

use serde_json::{Map, Value};

use super::reader::{CHOICE, text};
use crate::answer::{AnswerWriter, ToolCallKind, ToolCallStart};

/// One item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) output_index: u64,
    pub(super) kind: String,
    /// Whether it came whole.
    pub(super) is_done: bool,
    /// What the client must send back with it, beside what chat has a place for.
    pub(super) marker: Map<String, Value>,
    /// How many characters of a message were told.
    pub(super) characters: usize,
    /// Citations that came before it was whole, each with its part's number.
    pub(super) early: Vec<(u64, Value)>,
    pub(super) call: Option<u32>,
    pub(super) parts: Vec<Part>,
}

/// A text of an item.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) place: Place,
    /// How many bytes of it were told.
    pub(super) told: usize,
    /// Of thinking: which detail it is.
    pub(super) detail: Option<u64>,
    pub(super) has_logprobs: bool,
}

/// Which text of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: PartKind,
    pub(super) index: u64,
}

/// The places of an item's texts of one kind: those of which pieces came, and then further ones.
#[derive(Debug)]
pub(super) struct Places {
    kind: PartKind,
    told: std::vec::IntoIter<u64>,
    further: u64,
}

impl Places {
    pub(super) fn next(&mut self) -> Place {
        let index = self.told.next().unwrap_or_else(|| {
            self.further += 1;
            self.further - 1
        });
        Place {
            kind: self.kind,
            index,
        }
    }
}

/// The kinds of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    Text,
    Refusal,
    Summary,
    Reasoning,
    Arguments,
}

impl Item {
    pub(super) fn new(output_index: u64, kind: &str) -> Self {
        Self {
            output_index,
            kind: kind.to_owned(),
            is_done: false,
            marker: Map::new(),
            characters: 0,
            early: Vec::new(),
            call: None,
            parts: Vec::new(),
        }
    }

    pub(super) fn part(&mut self, place: Place) -> &mut Part {
        let known = self.parts.iter().position(|part| part.place == place);
        let known = known.unwrap_or_else(|| {
            self.parts.push(Part {
                place,
                told: 0,
                detail: None,
                has_logprobs: false,
            });
            self.parts.len() - 1
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "the place was found or made just now"
        )]
        &mut self.parts[known]
    }

    /// The places of the texts of a kind that are not empty, one after the other. Pieces of the first of them need
    /// not have had the number 0: some servers count other parts, too, that they leave out in the end.
    pub(super) fn places(&self, kind: PartKind) -> Places {
        let of_kind = self.parts.iter().map(|part| part.place);
        let mut told: Vec<u64> = of_kind
            .filter(|place| place.kind == kind)
            .map(|place| place.index)
            .collect();
        told.sort_unstable();
        Places {
            kind,
            further: told.last().map_or(0, |last| last + 1),
            told: told.into_iter(),
        }
    }

    pub(super) fn begin_call(&mut self, native: &Map<String, Value>, answer: &mut AnswerWriter) {
        let kind = match text(native, "type") {
            "function_call" => ToolCallKind::Function,
            "custom_tool_call" => ToolCallKind::Custom,
            _ => return,
        };
        let name = text(native, "name");
        // A name may come later; an item without one to its end is a call all the same.
        if self.call.is_some() || (name.is_empty() && !self.is_done) {
            return;
        }
        let id = Some(text(native, "call_id")).filter(|id| !id.is_empty());
        let call = answer.tool_call(
            CHOICE,
            ToolCallStart {
                id: id.or(Some(text(native, "id"))),
                name,
                kind,
                extra_content: None,
            },
        );
        self.call = Some(call);
    }
}

impl PartKind {
    pub(super) fn is_reasoning(self) -> bool {
        matches!(self, Self::Summary | Self::Reasoning)
    }

    pub(super) fn detail_type(self) -> &'static str {
        match self {
            Self::Summary => "reasoning.summary",
            _ => "reasoning.text",
        }
    }

    /// The kind of item that has such texts.
    pub(super) fn item_kind(self) -> &'static str {
        match self {
            Self::Text | Self::Refusal => "message",
            Self::Summary | Self::Reasoning => "reasoning",
            Self::Arguments => "function_call",
        }
    }
}
