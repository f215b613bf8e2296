//! What OpenAI's own SDKs cannot read in an answer that says it is OpenAI's, mended in place.
//!
//! Answers in OpenAI's words are passed on byte by byte. A few things that some vendors write break every client that
//! follows the contract, though: a choice that ends twice, tool calls without an `index` or counted otherwise than
//! from 0, names that are repeated in every part of a call, entries of growing lists without an `index`, content that
//! is a list of parts with the thinking among them, chunks that call themselves something else, or
//! that lack their choices or a delta. These, and nothing else, are spliced; an answer without them keeps all of its bytes, and so
//! does everything around them.

mod calls;
mod content;
mod edits;
mod shape;
#[cfg(test)]
mod tests;
mod walk;

use std::borrow::Cow;

pub(crate) use self::edits::Edits;
use self::{calls::Calls, walk::Choice};
use crate::peek::{Cursor, Malformed};

/// What may have to be mended in it wherever it stands: content that is a list.
const ANYWHERE: &[&[u8]] = &[b"content"];

/// In a delta lists that grow from event to event, too.
const IN_DELTA: &[&[u8]] = &[b"content", b"tool_calls", b"annotations", b"images"];

/// Whether what an event calls itself, if anything, is in order: it is a chunk, or what nobody takes for one.
pub(crate) fn is_named(object: Option<&[u8]>) -> bool {
    object.is_none_or(|name| name == shape::CHUNK.as_bytes() || shape::LEFT.contains(&name))
}

/// Mends the events of one stream.
#[derive(Debug, Default)]
pub(crate) struct Mender {
    calls: Calls,
    /// The entries so far of lists that grow: the choice, the list, how many.
    entries: Vec<(u32, &'static str, u32)>,
}

impl Mender {
    /// What to change in an event's data. `finished` are the choices that ended in earlier events, one bit an index.
    pub(crate) fn event(&mut self, data: &[u8], finished: u128) -> Edits {
        let mut edits = Edits::default();
        let event = walk::event(data, b"delta");
        shape::mend(data, &event, &mut edits);
        for choice in &event.list {
            if finished & choice.bit() != 0
                && let Some(finish) = &choice.finish
            {
                edits.replace(finish.clone(), "null");
            }
            content::mend(data, choice, &mut edits);
            self.calls.mend(data, choice, &mut edits);
            self.count_entries(choice, &mut edits);
        }
        edits
    }

    /// Entries are counted through; who counts them alone is left to it.
    fn count_entries(&mut self, choice: &Choice, edits: &mut Edits) {
        for entry in choice.entries.iter().filter(|entry| !entry.has_index) {
            let key = (choice.index, entry.list);
            let known = self
                .entries
                .iter_mut()
                .find(|(of, list, _)| (*of, *list) == key);
            let place = match known {
                Some((.., count)) => std::mem::replace(count, *count + 1),
                None => {
                    self.entries.push((choice.index, entry.list, 1));
                    0
                }
            };
            edits.insert(entry.start + 1, format!("\"index\":{place},"));
        }
    }
}

/// Mends a whole answer; the very same bytes where there is nothing to mend.
pub(crate) fn whole(answer: &[u8]) -> Cow<'_, [u8]> {
    let mut edits = Edits::default();
    for choice in walk::event(answer, b"message").list {
        content::mend(answer, &choice, &mut edits);
    }
    edits.apply(answer)
}

/// Passes an event's delta and says whether it is worth a closer look: most are not, and are looked at once.
pub(crate) fn pass_delta(cursor: &mut Cursor<'_>) -> Result<bool, Malformed> {
    pass(cursor, IN_DELTA)
}

/// The same for a whole answer's message.
pub(crate) fn pass_message(cursor: &mut Cursor<'_>) -> Result<bool, Malformed> {
    pass(cursor, ANYWHERE)
}

fn pass(cursor: &mut Cursor<'_>, lists: &[&[u8]]) -> Result<bool, Malformed> {
    let mut is_worth_it = false;
    cursor.members(|cursor, key| {
        is_worth_it |= cursor.peek() == Some(b'[') && lists.contains(&key.text().as_ref());
        cursor.value().map(drop)
    })?;
    Ok(is_worth_it)
}
