//! Events on their way out, put together without copies where that is possible.

use bytes::{Bytes, BytesMut};

use crate::{EventBatch, TokenUsage};

/// What was gathered so far. One slice alone goes out as it is; from the second piece on they are copied
/// together, so that the writer below gets one buffer.
#[derive(Debug, Default)]
pub(super) struct Output {
    first: Bytes,
    joined: BytesMut,
    events: u32,
    usage: Option<TokenUsage>,
}

impl Output {
    pub(super) fn push(&mut self, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if self.first.is_empty() && self.joined.is_empty() {
            self.first = bytes;
        } else {
            self.join().extend_from_slice(&bytes);
        }
    }

    /// Adds pieces that do not stand side by side.
    fn push_parts(&mut self, parts: &[&[u8]]) {
        let joined = self.join();
        for part in parts {
            joined.extend_from_slice(part);
        }
    }

    /// Writes one event in canonical form. A line end inside of valid JSON is white space.
    pub(super) fn write_event(&mut self, name: Option<&[u8]>, data: &[&[u8]]) {
        if let Some(name) = name {
            self.push_parts(&[b"event: ", name, b"\n"]);
        }
        self.push_parts(&[b"data: "]);
        for part in data {
            let mut from = 0;
            for line_end in memchr::memchr_iter(b'\n', part) {
                self.push_parts(&[part.get(from..line_end).unwrap_or_default(), b" "]);
                from = line_end + 1;
            }
            self.push_parts(&[part.get(from..).unwrap_or_default()]);
        }
        self.push_parts(&[b"\n\n"]);
    }

    pub(super) fn count_event(&mut self) {
        self.events = self.events.saturating_add(1);
    }

    pub(super) fn note_usage(&mut self, usage: TokenUsage) {
        self.usage = Some(usage);
    }

    pub(super) fn add(&mut self, batch: EventBatch) {
        self.push(batch.bytes);
        self.events = self.events.saturating_add(batch.events);
        self.usage = batch.usage.or(self.usage);
    }

    pub(super) fn len(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    /// Whether there is nothing to tell: no bytes and no usage.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && self.usage.is_none()
    }

    pub(super) fn take(&mut self) -> EventBatch {
        let bytes = if self.joined.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            self.joined.split().freeze()
        };
        EventBatch {
            bytes,
            events: std::mem::take(&mut self.events),
            usage: self.usage.take(),
        }
    }

    fn join(&mut self) -> &mut BytesMut {
        let first = std::mem::take(&mut self.first);
        self.joined.extend_from_slice(&first);
        &mut self.joined
    }
}
