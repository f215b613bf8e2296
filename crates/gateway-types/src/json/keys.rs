//! Whether a key stands twice in one object.

use std::{collections::HashSet, ops::Range};

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
        text: &[u8],
        key: Range<usize>,
        plain: &str,
        escaped: bool,
    ) -> bool {
        if !self.uses_set && (escaped || self.few.len() >= Self::FEW) {
            self.uses_set = true;
            let few = self.few.drain(..).map(|key| inside(text, key));
            self.many
                .extend(few.map(|key| String::from_utf8_lossy(key).into_owned()));
        }
        if self.uses_set {
            return self.many.insert(plain.to_owned());
        }
        let twice = self
            .few
            .iter()
            .any(|other| inside(text, other.clone()) == plain.as_bytes());
        if !twice {
            self.few.push(key);
        }
        !twice
    }
}

/// What stands between the quotes of a key.
fn inside(text: &[u8], key: Range<usize>) -> &[u8] {
    let quoted = text.get(key).unwrap_or_default();
    quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or_default()
}
