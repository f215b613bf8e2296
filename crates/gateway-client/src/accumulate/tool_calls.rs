//! Tool calls that come in pieces, several at a time, and not always labelled as the contract says.

use gateway_types::{
    Extra, Maybe,
    chat::{ToolCall, ToolCallDelta, ToolCallExtraContent},
};
use serde_json::Value;

use super::merge::{extend_extra, keep_first, keep_last};

/// The calls of one answer, in the order in which they began.
#[derive(Debug, Clone, Default)]
pub(super) struct ToolCallSlots(Vec<Slot>);

#[derive(Debug, Clone, Default)]
struct Slot {
    index: Option<u32>,
    id: String,
    kind: Maybe<String>,
    name: String,
    /// The arguments of a function, or the input of a custom tool.
    input: String,
    extra_content: Maybe<ToolCallExtraContent>,
    extra: Extra,
    function_extra: Extra,
}

impl ToolCallSlots {
    /// Adds the pieces of one chunk.
    pub(super) fn push(&mut self, pieces: Vec<ToolCallDelta>) {
        for (place, piece) in pieces.into_iter().enumerate() {
            let at = self.slot_of(&piece, place);
            if let Some(slot) = self.0.get_mut(at) {
                slot.push(piece);
            }
        }
    }

    pub(super) fn finish(self) -> Maybe<Vec<ToolCall>> {
        if self.0.is_empty() {
            return Maybe::Absent;
        }
        Maybe::Value(self.0.into_iter().map(Slot::finish).collect())
    }

    /// Where the call stands that a piece continues, by its index, else by its id, else by its place in the chunk; or a new one.
    fn slot_of(&mut self, piece: &ToolCallDelta, place: usize) -> usize {
        let id = piece.id.as_deref().unwrap_or_default();
        let found = match piece.index.copied() {
            Some(index) => self
                .0
                .iter()
                .rposition(|slot| slot.continues_index(index, id)),
            None if !id.is_empty() => self.0.iter().rposition(|slot| slot.id == id),
            None => self.continued_at(place, piece),
        };
        found.unwrap_or_else(|| {
            self.0.push(Slot::default());
            self.0.len() - 1
        })
    }

    /// Without any label, a piece with a name begins a call wherever the call at its place has one already.
    fn continued_at(&self, place: usize, piece: &ToolCallDelta) -> Option<usize> {
        let slot = self.0.get(place)?;
        let function = piece.function.as_option();
        let name = function
            .and_then(|function| function.name.as_deref())
            .unwrap_or_default();
        (name.is_empty() || slot.name.is_empty()).then_some(place)
    }
}

impl Slot {
    /// Some servers give every call the index 0: another id is another call.
    fn continues_index(&self, index: u32, id: &str) -> bool {
        self.index == Some(index) && (id.is_empty() || self.id.is_empty() || self.id == id)
    }

    fn push(&mut self, piece: ToolCallDelta) {
        self.index = self.index.or(piece.index.copied());
        if self.id.is_empty() {
            self.id = piece.id.unwrap_or_default();
        }
        keep_first(&mut self.kind, piece.kind);
        keep_last(&mut self.extra_content, piece.extra_content);
        if let Some(function) = piece.function.into_option() {
            self.push_name(&function.name.unwrap_or_default());
            self.input.push_str(&function.arguments.unwrap_or_default());
            extend_extra(&mut self.function_extra, function.extra);
        }
        let mut extra = piece.extra;
        if let Some(custom) = extra.shift_remove("custom") {
            self.push_custom(&custom);
        }
        extend_extra(&mut self.extra, extra);
    }

    /// A name may be split; a name that comes again whole is the same name.
    fn push_name(&mut self, name: &str) {
        if self.name != name {
            self.name.push_str(name);
        }
    }

    fn push_custom(&mut self, custom: &Value) {
        let text = |field: &str| {
            custom
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        self.push_name(text("name"));
        self.input.push_str(text("input"));
    }

    fn finish(self) -> ToolCall {
        let mut call = match self.kind.as_deref() {
            Some("custom") => ToolCall::custom(self.id, self.name, self.input),
            _ => ToolCall::function(self.id, self.name, self.input),
        };
        match &mut call {
            ToolCall::Function(call) => {
                call.function.extra = self.function_extra;
                call.extra_content = self.extra_content;
                call.extra = self.extra;
            }
            ToolCall::Custom(call) => {
                call.extra_content = self.extra_content;
                call.extra = self.extra;
            }
            _ => {}
        }
        call
    }
}
