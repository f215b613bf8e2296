//! Tool calls of a stream: whose part each one is, told as the contract has it.
//!
//! A client finds a call by its index, and joins the texts of its parts. So the indices go up from 0 without a gap,
//! and what names the call stands in its first part only.

use super::{
    edits::Edits,
    walk::{self, Call, Choice, Member},
};

/// A stream's calls are remembered up to here; who makes more is not mended any more.
const MAX_CALLS: usize = 4096;

/// The calls of one stream so far.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Known>);

#[derive(Debug)]
struct Known {
    choice: u32,
    /// The index that the upstream gave it.
    given: Option<u32>,
    id: String,
    name: String,
    /// The index that it is told under.
    told: u32,
}

/// What one part says of its call.
struct Part<'a> {
    call: &'a Call,
    given: Option<u32>,
    id: String,
    name: String,
}

impl Calls {
    /// What to change in the calls of one choice.
    pub(super) fn mend(&mut self, data: &[u8], choice: &Choice, edits: &mut Edits) {
        for call in &choice.calls {
            if self.0.len() >= MAX_CALLS {
                return;
            }
            let index = call.index.value().and_then(|range| data.get(range.clone()));
            let part = Part {
                call,
                given: index.and_then(walk::number),
                id: walk::string(data, call.id.as_ref()),
                name: walk::string(data, call.name.as_ref()),
            };
            let told = match self.place_of(choice.index, &part) {
                Some(place) => self.go_on(place, &part, edits),
                None => self.begin(choice.index, part.given, &part),
            };
            match &call.index {
                Member::Value(_) if part.given == Some(told) => {}
                Member::Value(range) | Member::Null(range) => {
                    edits.replace(range.clone(), told.to_string());
                }
                Member::Absent => edits.insert(call.start + 1, format!("\"index\":{told},")),
            }
            if let Member::Null(range) = &call.kind {
                edits.replace(range.clone(), "\"function\"");
            }
        }
    }

    /// The call that a part goes on with: told by its index, else by its id, else by its place. A part that has
    /// another id and a name begins a call, whatever its index.
    fn place_of(&self, choice: u32, part: &Part<'_>) -> Option<usize> {
        let begins = !part.name.is_empty();
        let is_other =
            |known: &Known| !part.id.is_empty() && !known.id.is_empty() && known.id != part.id;
        let is_same = |known: &Known| match part.given {
            Some(_) => known.given == part.given && !(begins && is_other(known)),
            None if part.id.is_empty() => !begins,
            None => known.id == part.id,
        };
        let same = |known: &Known| known.choice == choice && is_same(known);
        self.0.iter().rposition(same)
    }

    fn begin(&mut self, choice: u32, given: Option<u32>, part: &Part<'_>) -> u32 {
        let before = self.0.iter().filter(|known| known.choice == choice).count();
        let told = u32::try_from(before).unwrap_or(u32::MAX);
        self.0.push(Known {
            choice,
            given,
            id: part.id.clone(),
            name: part.name.clone(),
            told,
        });
        told
    }

    /// A later part: what it repeats would be joined to what the first one said.
    fn go_on(&mut self, place: usize, part: &Part<'_>, edits: &mut Edits) -> u32 {
        let Some(known) = self.0.get_mut(place) else {
            return 0;
        };
        for (mine, said, range) in [
            (&mut known.id, &part.id, &part.call.id),
            (&mut known.name, &part.name, &part.call.name),
        ] {
            match range {
                Some(range) if !said.is_empty() && mine == said => {
                    edits.replace(range.clone(), "null");
                }
                _ => mine.push_str(said),
            }
        }
        known.told
    }
}
