//! Changes to a text that leave every other byte where it was.

use std::{borrow::Cow, ops::Range};

/// Changes, none of which touches another.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<(Range<usize>, Cow<'static, str>)>);

impl Edits {
    pub(crate) fn replace(&mut self, range: Range<usize>, text: impl Into<Cow<'static, str>>) {
        self.0.push((range, text.into()));
    }

    pub(super) fn insert(&mut self, at: usize, text: impl Into<Cow<'static, str>>) {
        self.replace(at..at, text);
    }

    /// Takes a range out, if there is one.
    pub(crate) fn cut(&mut self, range: Option<Range<usize>>) {
        if let Some(range) = range {
            self.replace(range, "");
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changed text; the very same where nothing changes.
    pub(crate) fn apply(mut self, text: &[u8]) -> Cow<'_, [u8]> {
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        self.0.sort_by_key(|(range, _)| range.start);
        let mut out = Vec::with_capacity(text.len() + 64);
        let mut copied = 0;
        for (range, new) in &self.0 {
            out.extend_from_slice(text.get(copied..range.start).unwrap_or_default());
            out.extend_from_slice(new.as_bytes());
            copied = range.end.max(copied);
        }
        out.extend_from_slice(text.get(copied..).unwrap_or_default());
        Cow::Owned(out)
    }
}
