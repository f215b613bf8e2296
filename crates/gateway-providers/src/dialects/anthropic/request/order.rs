//! The blocks of an assistant's message, put in the order in which the answer had them.

use serde_json::Value;

use super::super::wire::{Block, Object};

/// The pieces of a message, before they are put in order.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) thoughts: Vec<Block>,
    pub(super) text: Vec<Block>,
    pub(super) calls: Vec<Block>,
    /// Blocks that only Anthropic has.
    pub(super) own: Vec<Block>,
    pub(super) citations: Vec<Value>,
    pub(super) layout: Vec<Object>,
}

impl Pieces {
    /// The pieces in the order in which they stood. Where nobody knows it, thinking comes first, calls last.
    pub(super) fn in_order(self) -> Vec<Block> {
        if let Some(blocks) = by_layout(&self) {
            return blocks;
        }
        let first = self.thoughts.into_iter().chain(self.own);
        first.chain(self.text).chain(self.calls).collect()
    }
}

/// The pieces by their layout; `None` where it does not fit them, since a client changed something.
fn by_layout(pieces: &Pieces) -> Option<Vec<Block>> {
    if pieces.layout.is_empty() {
        return None;
    }
    let whole = plain_text(&pieces.text)?;
    let mut text = whole.as_str();
    let mut thoughts = pieces.thoughts.iter();
    let mut calls = pieces.calls.iter();
    let mut own = pieces.own.iter();
    let mut citations = pieces.citations.iter();
    let mut blocks = Vec::with_capacity(pieces.layout.len());
    for entry in &pieces.layout {
        let count = |name: &str| {
            let count = entry.get(name).and_then(Value::as_u64).unwrap_or(0);
            usize::try_from(count).unwrap_or(usize::MAX)
        };
        match entry.get("type").and_then(Value::as_str)? {
            "thinking" => blocks.push(thoughts.next()?.clone()),
            "tool_use" => blocks.push(calls.next()?.clone()),
            "block" => blocks.push(own.next()?.clone()),
            "text" => {
                let (piece, rest) = split_chars(text, count("chars"))?;
                text = rest;
                let cited: Vec<Value> = citations
                    .by_ref()
                    .take(count("citations"))
                    .cloned()
                    .collect();
                if !piece.trim().is_empty() {
                    blocks.push(Block::Text {
                        text: piece.to_owned(),
                        citations: cited,
                        cache_control: None,
                    });
                }
            }
            _ => return None,
        }
    }
    let is_all = text.is_empty()
        && thoughts.next().is_none()
        && calls.next().is_none()
        && own.next().is_none();
    is_all.then_some(blocks)
}

/// The text of blocks that are nothing but text.
fn plain_text(blocks: &[Block]) -> Option<String> {
    blocks
        .iter()
        .map(|block| match block {
            Block::Text {
                text,
                cache_control: None,
                ..
            } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn split_chars(text: &str, chars: usize) -> Option<(&str, &str)> {
    let at = match text.char_indices().nth(chars) {
        Some((at, _)) => at,
        None if text.chars().count() == chars => text.len(),
        None => return None,
    };
    text.split_at_checked(at)
}
