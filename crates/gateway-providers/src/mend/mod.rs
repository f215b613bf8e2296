//! What OpenAI's own SDKs cannot read in an answer that says it is OpenAI's, mended in place.
//!
//! Answers in OpenAI's words are passed on byte by byte. A few things that some vendors write break every client that
//! follows the contract, though: a choice that ends twice, a tool call in a stream without its `index`, content
//! that is a list of parts with the thinking among them. These, and nothing else, are spliced; an answer without them
//! keeps all of its bytes, and so does everything around them.

mod content;
mod edits;
#[cfg(test)]
mod tests;
mod walk;

use std::borrow::Cow;

pub(crate) use self::edits::Edits;
use self::walk::Choice;

/// A stream's calls are remembered up to here; who makes more is not mended any more.
const MAX_CALLS: usize = 4096;

/// Mends the events of one stream.
#[derive(Debug, Default)]
pub(crate) struct Mender {
    /// The calls so far that had no index of their own: the choice, the id, the index that they were given.
    calls: Vec<(u32, String, u32)>,
}

impl Mender {
    /// What to change in an event's data. `finished` are the choices that ended in earlier events, one bit an index.
    pub(crate) fn event(&mut self, data: &[u8], finished: u128) -> Edits {
        let mut edits = Edits::default();
        for choice in walk::choices(data, b"delta") {
            if finished & choice.bit() != 0
                && let Some(finish) = &choice.finish
            {
                edits.replace(finish.clone(), "null");
            }
            content::mend(data, &choice, &mut edits);
            self.index_calls(data, &choice, &mut edits);
        }
        edits
    }

    /// A call is told by its index, else by its id, else by its place.
    fn index_calls(&mut self, data: &[u8], choice: &Choice, edits: &mut Edits) {
        for call in &choice.calls {
            if call.has_index || self.calls.len() >= MAX_CALLS {
                continue;
            }
            let id = call.id(data);
            let index = self.index_of(choice.index, &id, call.has_name);
            edits.insert(call.start + 1, format!("\"index\":{index},"));
        }
    }

    fn index_of(&mut self, choice: u32, id: &str, begins: bool) -> u32 {
        let mut known = self.calls.iter().filter(|(of, ..)| *of == choice);
        let same = known
            .clone()
            .find(|(_, known, _)| !id.is_empty() && known == id);
        if let Some((.., index)) = same {
            return *index;
        }
        match known.next_back() {
            Some((.., last)) if id.is_empty() && !begins => *last,
            last => {
                let index = last.map_or(0, |(.., last)| last + 1);
                self.calls.push((choice, id.to_owned(), index));
                index
            }
        }
    }
}

/// Mends a whole answer; the very same bytes where there is nothing to mend.
pub(crate) fn whole(answer: &[u8]) -> Cow<'_, [u8]> {
    let mut edits = Edits::default();
    for choice in walk::choices(answer, b"message") {
        content::mend(answer, &choice, &mut edits);
    }
    edits.apply(answer)
}

/// Whether a delta or a message is worth a closer look: most are not, and are looked at once.
pub(crate) fn may_need(part: &[u8]) -> bool {
    memchr::memmem::find(part, b"\"tool_calls\"").is_some() || content::is_list(part)
}
