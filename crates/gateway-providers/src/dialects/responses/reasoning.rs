//! Thinking that goes back: details of an answer as the items that they were.

use gateway_types::chat::ReasoningDetail;
use serde_json::{Map, Value, json};

use super::REASONING_FORMAT;
use crate::dialects::dropped::Dropped;

/// One item of thinking, put together again.
#[derive(Debug, Default)]
struct Thought {
    id: Option<String>,
    summary: Vec<Value>,
    content: Vec<Value>,
    encrypted: Option<String>,
    /// Where its first detail stands.
    place: usize,
}

/// The items that the details of one message were. Details of other formats are named, and so is what the upstream
/// would not know again: a summary alone, where it keeps nothing.
pub(super) fn items(
    details: Vec<ReasoningDetail>,
    stores: bool,
    path: &str,
    dropped: &mut Dropped,
) -> Vec<Map<String, Value>> {
    let mut thoughts: Vec<Thought> = Vec::new();
    for (place, detail) in joined(details) {
        if detail.format.as_deref() != Some(REASONING_FORMAT) {
            dropped.name(format!("{path}[{place}]"));
            continue;
        }
        let id = detail.id.clone().into_option();
        let goes_on = |thought: &Thought| thought.id.is_none() || thought.id == id;
        if !thoughts.last().is_some_and(goes_on) {
            thoughts.push(Thought {
                place,
                ..Thought::default()
            });
        }
        if let Some(thought) = thoughts.last_mut() {
            thought.add(detail);
        }
    }
    let mut items = Vec::new();
    for thought in thoughts {
        let place = thought.place;
        match thought.into_item(stores) {
            Some(item) => items.push(item),
            None => dropped.name(format!("{path}[{place}]")),
        }
    }
    items
}

/// Clients that do not put a stream's pieces together send each for itself: they are joined here.
fn joined(details: Vec<ReasoningDetail>) -> Vec<(usize, ReasoningDetail)> {
    let mut joined: Vec<(usize, ReasoningDetail)> = Vec::new();
    for (place, next) in details.into_iter().enumerate() {
        let begun = joined.last_mut().filter(|(_, last)| {
            next.index.is_value() && last.index == next.index && last.kind == next.kind
        });
        let Some((_, begun)) = begun else {
            joined.push((place, next));
            continue;
        };
        for (mine, more) in [
            (&mut begun.text, next.text),
            (&mut begun.summary, next.summary),
        ] {
            if let Some(more) = more.into_option() {
                *mine = (mine.take().unwrap_or_default() + &more).into();
            }
        }
        for (mine, more) in [
            (&mut begun.data, next.data),
            (&mut begun.id, next.id),
            (&mut begun.format, next.format),
        ] {
            if more.is_value() {
                *mine = more;
            }
        }
    }
    joined
}

impl Thought {
    fn add(&mut self, detail: ReasoningDetail) {
        self.id = detail.id.into_option().or(self.id.take());
        if let Some(text) = detail.summary.into_option() {
            self.summary
                .push(json!({"type": "summary_text", "text": text}));
        }
        if let Some(text) = detail.text.into_option() {
            self.content
                .push(json!({"type": "reasoning_text", "text": text}));
        }
        self.encrypted = detail.data.into_option().or(self.encrypted.take());
    }

    fn into_item(self, stores: bool) -> Option<Map<String, Value>> {
        let Self {
            id,
            summary,
            content,
            encrypted,
            place: _,
        } = self;
        if encrypted.is_none() && content.is_empty() && !(stores && id.is_some()) {
            return None;
        }
        let mut item = Map::new();
        item.insert("type".to_owned(), "reasoning".into());
        item.extend(id.map(|id| ("id".to_owned(), id.into())));
        item.insert("summary".to_owned(), summary.into());
        if !content.is_empty() {
            item.insert("content".to_owned(), content.into());
        }
        let encrypted = encrypted.map(|data| ("encrypted_content".to_owned(), data.into()));
        item.extend(encrypted);
        Some(item)
    }
}
