//! Lines of JSON: one value a line, blank lines between them allowed.

use bytes::{Bytes, BytesMut};

use super::{FramingError, NativeEvent};

/// Cuts bytes at line ends.
#[derive(Debug)]
pub(super) struct Lines {
    held: BytesMut,
    /// How much of `held` is known to hold no line end.
    searched: usize,
    limit: usize,
}

impl Lines {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            held: BytesMut::new(),
            searched: 0,
            limit,
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.held.extend_from_slice(chunk);
    }

    pub(super) fn next(&mut self) -> Result<Option<NativeEvent>, FramingError> {
        loop {
            let rest = self.held.get(self.searched..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.searched = self.held.len();
                return if self.searched > self.limit {
                    Err(FramingError::TooLarge(self.limit))
                } else {
                    Ok(None)
                };
            };
            let line = self.held.split_to(self.searched + end + 1).freeze();
            self.searched = 0;
            if line.len() > self.limit {
                return Err(FramingError::TooLarge(self.limit));
            }
            if let Some(event) = event(&line)? {
                return Ok(Some(event));
            }
        }
    }

    /// The last line, where it has no end.
    pub(super) fn finish(&mut self) -> Result<Option<NativeEvent>, FramingError> {
        self.searched = 0;
        event(&self.held.split().freeze())
    }
}

fn event(line: &Bytes) -> Result<Option<NativeEvent>, FramingError> {
    let text = line.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    if std::str::from_utf8(text).is_err() {
        return Err(FramingError::Malformed("a line is not valid UTF-8"));
    }
    Ok(Some(NativeEvent::event(line.slice_ref(text))))
}
