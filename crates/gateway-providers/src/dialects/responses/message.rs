//! A message among an answer's items: text, refusals, citations.

use gateway_types::chat::Annotation;
use serde_json::{Map, Value, json};

use super::{
    item::{PartKind, Place},
    reader::{CHOICE, Reader, list, text},
};
use crate::answer::AnswerWriter;

/// Citations of a kind that chat has no word for, in a message's marker.
pub(super) const ANNOTATIONS: &str = "annotations";

/// Parts of a kind that chat has no word for, in a message's marker.
pub(super) const PARTS: &str = "parts";

/// The kind of citation that chat has a word for.
pub(super) const URL_CITATION: &str = "url_citation";

/// Where a citation's span begins and ends, in characters.
pub(super) const SPAN: [&str; 2] = ["start_index", "end_index"];

impl Reader {
    /// A message is whole.
    pub(super) fn message(
        &mut self,
        index: Option<u64>,
        mut native: Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        // The client gets all texts of an answer as one: spans are counted from its beginning.
        let mut before = self.characters_before(index);
        let mut citations = Vec::new();
        let mut others = Vec::new();
        let mut texts = self.item(index, "message").places(PartKind::Text);
        let mut refusals = self.item(index, "message").places(PartKind::Refusal);
        for (number, part) in (0..).zip(list(&mut native, "content")) {
            let Value::Object(mut part) = part else {
                continue;
            };
            match text(&part, "type") {
                "output_text" | "text" => {
                    let mut cited = list(&mut part, "annotations");
                    if cited.is_empty() {
                        cited = self.early_citations(index, number);
                    }
                    if !text(&part, "text").is_empty() {
                        self.text_part(index, texts.next(), &mut part, answer);
                    }
                    let cited = cited.into_iter();
                    citations.extend(cited.filter_map(|cited| cite(cited, before, answer)));
                    before += text(&part, "text").chars().count();
                }
                "refusal" => {
                    let full = text(&part, "refusal");
                    if !full.is_empty() {
                        self.whole_text(index, refusals.next(), full, answer);
                    }
                }
                _ => others.push(Value::Object(part)),
            }
        }
        let mut marker = Map::new();
        if let Some(phase) = native.shift_remove("phase").filter(Value::is_string) {
            marker.insert("phase".to_owned(), phase);
        }
        for (name, list) in [(ANNOTATIONS, citations), (PARTS, others)] {
            if !list.is_empty() {
                marker.insert(name.to_owned(), list.into());
            }
        }
        self.item(index, "message").marker = marker;
    }

    fn text_part(
        &mut self,
        index: Option<u64>,
        place: Place,
        part: &mut Map<String, Value>,
        answer: &mut AnswerWriter,
    ) {
        self.whole_text(index, place, text(part, "text"), answer);
        if let Some(tokens) = part.shift_remove("logprobs") {
            self.logprobs(index, place, tokens, true, answer);
        }
    }

    /// A citation that came before its message was whole, which mostly repeats it.
    pub(super) fn early_citation(&mut self, index: Option<u64>, number: u64, citation: Value) {
        self.item(index, "message").early.push((number, citation));
    }

    fn early_citations(&mut self, index: Option<u64>, number: u64) -> Vec<Value> {
        let early = std::mem::take(&mut self.item(index, "message").early);
        let (mine, others) = early.into_iter().partition(|(of, _)| *of == number);
        self.item(index, "message").early = others;
        let mine: Vec<(u64, Value)> = mine;
        mine.into_iter().map(|(_, citation)| citation).collect()
    }

    /// How many characters the messages before this one have.
    fn characters_before(&self, index: Option<u64>) -> usize {
        let before = self
            .items
            .iter()
            .take_while(|item| Some(item.output_index) != index);
        before.map(|item| item.characters).sum()
    }
}

/// Tells a citation of a page; gives back what chat has no word for.
fn cite(citation: Value, before: usize, answer: &mut AnswerWriter) -> Option<Value> {
    if citation.get("type").and_then(Value::as_str) != Some(URL_CITATION) {
        return Some(citation);
    }
    let Value::Object(mut told) = citation.clone() else {
        return Some(citation);
    };
    told.shift_remove("type");
    let before = u64::try_from(before).unwrap_or(u64::MAX);
    for name in SPAN {
        if let Some(at) = told.get(name).and_then(Value::as_u64) {
            told.insert(name.to_owned(), at.saturating_add(before).into());
        }
    }
    let told = json!({"type": URL_CITATION, URL_CITATION: told});
    match serde_json::from_value::<Annotation>(told) {
        Ok(annotation) => {
            answer.annotation(CHOICE, annotation);
            None
        }
        Err(_) => Some(citation),
    }
}
