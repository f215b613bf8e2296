//! Ids of tool calls in the characters that Bedrock takes.

use std::{borrow::Cow, collections::VecDeque};

use sha2::{Digest, Sha256};

/// The longest id.
const LONGEST: usize = 64;
/// How many bytes of a digest tell ids apart that would become alike.
const TOLD_APART: usize = 6;

/// The same id for a call and for its answer, whatever the client's looks like: letters, digits, `_` and `-`, at most
/// 64 of them.
pub(super) fn native(id: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if (1..=LONGEST).contains(&id.len()) && id.chars().all(plain) {
        return Cow::Borrowed(id);
    }
    let digest: String = Sha256::digest(id.as_bytes())
        .iter()
        .take(TOLD_APART)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let readable: String = id
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .take(LONGEST - 2 * TOLD_APART - 1)
        .collect();
    Cow::Owned(format!("{readable}_{digest}"))
}

/// Calls without an id, whose answers come in their order: those of clients that leave ids out, and the function
/// calls of old, which have none.
#[derive(Debug, Default)]
pub(super) struct Nameless {
    waiting: VecDeque<String>,
    made: usize,
}

impl Nameless {
    /// An id for a call.
    pub(super) fn call(&mut self) -> String {
        self.made += 1;
        let id = format!("call_{}", self.made);
        self.waiting.push_back(id.clone());
        id
    }

    /// The id of the call that an answer without one belongs to.
    pub(super) fn answer(&mut self) -> String {
        match self.waiting.pop_front() {
            Some(id) => id,
            None => {
                self.made += 1;
                format!("call_{}", self.made)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_where_they_can_and_are_told_apart_where_they_cannot() {
        assert_eq!(native("tooluse_a-B9"), "tooluse_a-B9");
        let long = "x".repeat(65);
        for id in [
            "functions.look:0",
            "functions.look_0x",
            "ä",
            &long,
            "functions look:0",
        ] {
            let native = native(id);
            assert!(native.len() <= LONGEST, "{native}");
            assert!(
                native
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)),
                "{native}"
            );
        }
        assert_ne!(native("a.b"), native("a:b"));
        assert_eq!(native("a.b"), native("a.b"));
    }

    #[test]
    fn answers_without_an_id_belong_to_the_calls_in_order() {
        let mut nameless = Nameless::default();
        let (first, second) = (nameless.call(), nameless.call());
        assert_ne!(first, second);
        assert_eq!((nameless.answer(), nameless.answer()), (first, second));
        assert_eq!(nameless.answer(), "call_3");
    }
}
