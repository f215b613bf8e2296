//! The items of an answer, told as they come: whole, or piece by piece and then whole.
//!
//! What was told of a text in pieces is not told again when the whole text comes, and what the pieces left out is
//! told then: some servers send all of the pieces, some none, some only the first ones.

use std::borrow::Cow;

use gateway_types::{Number, chat::ReasoningDetail};
use serde_json::{Map, Value};

use super::{
    REASONING_FORMAT,
    item::{Item, PartKind, Place},
};
use crate::answer::AnswerWriter;

/// A Responses answer has one choice.
pub(super) const CHOICE: u32 = 0;

/// What is known of an answer's items.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// In the order in which they began.
    pub(super) items: Vec<Item>,
    /// Whether thinking is kept from the client.
    hides_reasoning: bool,
    /// How many details of thinking were told.
    details: u64,
}

impl Reader {
    /// A reader of an answer of which nothing came yet.
    pub(super) fn new(hides_reasoning: bool) -> Self {
        Self {
            hides_reasoning,
            ..Self::default()
        }
    }

    /// The item of that number, which begins here if it has not. Without a number it is the newest one.
    pub(super) fn item(&mut self, output_index: Option<u64>, kind: &str) -> &mut Item {
        let newest = self.items.last().map(|item| item.output_index);
        let index = output_index.or(newest).unwrap_or(0);
        let place = self
            .items
            .iter()
            .rposition(|item| item.output_index == index);
        let place = place.unwrap_or_else(|| {
            self.items.push(Item::new(index, kind));
            self.items.len() - 1
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "the place was found or made just now"
        )]
        &mut self.items[place]
    }

    /// An item begins. A call is told as soon as its name is known.
    pub(super) fn begin(
        &mut self,
        output_index: Option<u64>,
        native: &Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        let item = self.item(output_index, text(native, "type"));
        item.begin_call(native, answer);
    }

    /// More of a text.
    pub(super) fn more(
        &mut self,
        output_index: Option<u64>,
        place: Place,
        delta: &str,
        answer: &mut AnswerWriter,
    ) {
        if delta.is_empty() {
            return;
        }
        let hides = self.hides_reasoning && place.kind.is_reasoning();
        let mut details = self.details;
        let item = self.item(output_index, place.kind.item_kind());
        let call = item.call;
        if place.kind == PartKind::Arguments && call.is_none() {
            // It was not said yet what is called: all of it is told when the item is whole.
            return;
        }
        if place.kind == PartKind::Text {
            item.characters += delta.chars().count();
        }
        let part = item.part(place);
        part.told += delta.len();
        match place.kind {
            PartKind::Text => answer.text(CHOICE, delta),
            PartKind::Refusal => answer.refusal(CHOICE, delta),
            PartKind::Arguments => answer.tool_arguments(CHOICE, call.unwrap_or(0), delta),
            PartKind::Summary | PartKind::Reasoning if hides => {}
            PartKind::Summary | PartKind::Reasoning => {
                let begins = part.detail.is_none();
                let index = *part.detail.get_or_insert(details);
                details += u64::from(begins);
                answer.reasoning_detail(CHOICE, detail_of(place.kind, index, delta, begins));
            }
        }
        self.details = details;
    }

    /// A text is whole: what was not told of it yet is told.
    pub(super) fn whole_text(
        &mut self,
        output_index: Option<u64>,
        place: Place,
        full: &str,
        answer: &mut AnswerWriter,
    ) {
        let item = self.item(output_index, place.kind.item_kind());
        let told = item.part(place).told;
        if let Some(rest) = full.get(told..) {
            self.more(output_index, place, rest, answer);
        }
    }

    /// Log probabilities of a text; those of the whole text only where none came with its pieces.
    pub(super) fn logprobs(
        &mut self,
        output_index: Option<u64>,
        place: Place,
        tokens: Value,
        is_whole: bool,
        answer: &mut AnswerWriter,
    ) {
        let Value::Array(tokens) = tokens else { return };
        let part = self.item(output_index, place.kind.item_kind()).part(place);
        if tokens.is_empty() || (is_whole && part.has_logprobs) {
            return;
        }
        part.has_logprobs = true;
        let logprobs = serde_json::json!({ "content": tokens });
        if let Ok(logprobs) = serde_json::from_value(logprobs) {
            answer.logprobs(CHOICE, logprobs);
        }
    }

    /// An item is whole: what was not told of it yet is told.
    pub(super) fn done(
        &mut self,
        output_index: Option<u64>,
        native: Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        let kind = text(&native, "type").to_owned();
        let item = self.item(output_index, &kind);
        if std::mem::replace(&mut item.is_done, true) {
            return;
        }
        item.kind.clone_from(&kind);
        let index = Some(item.output_index);
        match kind.as_str() {
            "message" => self.message(index, native, answer),
            "reasoning" => self.reasoning(index, native, answer),
            "function_call" | "custom_tool_call" => self.call(index, native, answer),
            _ => self.hosted(index, native, answer),
        }
    }

    fn reasoning(
        &mut self,
        index: Option<u64>,
        mut native: Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        for (name, kind) in [
            ("summary", PartKind::Summary),
            ("content", PartKind::Reasoning),
        ] {
            let mut texts = self.item(index, "reasoning").places(kind);
            for part in list(&mut native, name) {
                let full = part.get("text").unwrap_or(&part).as_str();
                if let Some(full) = full.filter(|full| !full.is_empty()) {
                    self.whole_text(index, texts.next(), full, answer);
                }
            }
        }
        let id = take_text(&mut native, "id");
        let data = take_text(&mut native, "encrypted_content");
        self.close_reasoning(index, id, data, answer);
        for known in ["type", "status", "summary", "content", "encrypted_content"] {
            native.shift_remove(known);
        }
        self.item(index, "reasoning").marker = native;
    }

    /// The last detail of an item has its id; state that nobody can read is a detail of its own.
    fn close_reasoning(
        &mut self,
        index: Option<u64>,
        id: Option<String>,
        data: Option<String>,
        answer: &mut AnswerWriter,
    ) {
        let open = self.item(index, "reasoning").parts.iter().rev();
        let open = open
            .filter_map(|part| Some((part.place.kind, part.detail?)))
            .next();
        let mut detail = match (&data, open) {
            (Some(_), _) => {
                self.details += 1;
                let mut detail = new_detail("reasoning.encrypted", self.details - 1);
                detail.format = REASONING_FORMAT.into();
                detail
            }
            (None, Some((kind, place))) if id.is_some() => new_detail(kind.detail_type(), place),
            _ => return,
        };
        detail.data = data.into();
        detail.id = id.into();
        answer.reasoning_detail(CHOICE, detail);
    }

    fn call(
        &mut self,
        index: Option<u64>,
        mut native: Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        let item = self.item(index, text(&native, "type"));
        item.begin_call(&native, answer);
        let arguments = ["arguments", "input"]
            .iter()
            .find_map(|name| native.get(*name).filter(|value| !value.is_null()));
        // The contract has text here; a few servers write the object itself.
        let full = match arguments {
            Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
            Some(value) => Cow::Owned(value.to_string()),
            None => Cow::Borrowed(""),
        };
        let place = Place {
            kind: PartKind::Arguments,
            index: 0,
        };
        self.whole_text(index, place, &full, answer);
        for known in ["id", "name", "arguments", "input", "status"] {
            native.shift_remove(known);
        }
        native.retain(|_, value| !value.is_null());
        self.item(index, "function_call").marker = native;
    }

    /// What the provider did by itself, or wants done in a way that chat has no word for.
    fn hosted(
        &mut self,
        index: Option<u64>,
        mut native: Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        let is_image = text(&native, "type") == "image_generation_call";
        if is_image && let Some(data) = take_text(&mut native, "result") {
            let format = text(&native, "output_format");
            let format = if format.is_empty() { "png" } else { format };
            answer.image(CHOICE, &format!("data:image/{format};base64,{data}"));
        }
        self.item(index, "").marker = native;
    }
}

/// Clients put the pieces of a stream together by appending texts: what does not grow is told once.
fn detail_of(kind: PartKind, index: u64, delta: &str, begins: bool) -> ReasoningDetail {
    let mut detail = new_detail(kind.detail_type(), index);
    if begins {
        detail.format = REASONING_FORMAT.into();
    }
    match kind {
        PartKind::Summary => detail.summary = delta.into(),
        _ => detail.text = delta.into(),
    }
    detail
}

fn new_detail(kind: &str, index: u64) -> ReasoningDetail {
    let mut detail = ReasoningDetail::default();
    detail.kind = kind.into();
    detail.index = Number::from(index).into();
    detail
}

/// A text member; empty where there is none.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Takes a text member out; nothing where it is empty.
pub(super) fn take_text(object: &mut Map<String, Value>, name: &str) -> Option<String> {
    match object.shift_remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Takes a list out; `null` and the like are none.
pub(super) fn list(object: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match object.shift_remove(name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
