//! Whether a key stands twice in one object.

use std::{collections::HashSet, ops::Range};

use super::text::strip_quotes;

/// The keys of one object, to find a second one of the same name.
///
/// Few keys are compared one by one, many go into a set (randomly seeded, since the client chooses them).
#[derive(Default)]
pub(super) struct Keys {
    few: Vec<Range<usize>>,
    many: HashSet<String>,
    /// Keys with escapes are compared by their meaning, so they force the set.
    uses_set: bool,
}

impl Keys {
    const FEW: usize = 24;

    pub(super) fn clear(&mut self) {
        self.few.clear();
        self.many.clear();
        self.uses_set = false;
    }

    /// False when the key is there already.
    pub(super) fn insert(
        &mut self,
        text: &str,
        key: Range<usize>,
        plain: &str,
        escaped: bool,
    ) -> bool {
        if !self.uses_set && (escaped || self.few.len() >= Self::FEW) {
            self.uses_set = true;
            self.many.extend(
                self.few
                    .drain(..)
                    .map(|key| strip_quotes(text.get(key).unwrap_or_default()).to_owned()),
            );
        }
        if self.uses_set {
            return self.many.insert(plain.to_owned());
        }
        let twice = self.few.iter().any(|other| {
            text.get(other.clone())
                .is_some_and(|other| strip_quotes(other) == plain)
        });
        if !twice {
            self.few.push(key);
        }
        !twice
    }
}
