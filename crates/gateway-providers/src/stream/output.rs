//! Events on their way out, put together without copies where that is possible.

use bytes::{Bytes, BytesMut};

use crate::{EventBatch, TokenUsage};

/// Where pieces are copied together there are mostly many of them: room is made for so many bytes at once.
const JOINED_BYTES: usize = 16 << 10;

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
            if self.joined.is_empty() {
                self.joined.reserve(JOINED_BYTES);
            }
            self.join().extend_from_slice(&bytes);
        }
    }

    /// Writes one event in canonical form. A line end inside of valid JSON is white space.
    pub(super) fn write_event(&mut self, name: Option<&[u8]>, data: &[&[u8]]) {
        let out = self.join();
        if let Some(name) = name {
            put(out, &[b"event: ", name, b"\n"]);
        }
        out.extend_from_slice(b"data: ");
        for part in data {
            let mut from = 0;
            for line_end in memchr::memchr_iter(b'\n', part) {
                put(out, &[part.get(from..line_end).unwrap_or_default(), b" "]);
                from = line_end + 1;
            }
            out.extend_from_slice(part.get(from..).unwrap_or_default());
        }
        out.extend_from_slice(b"\n\n");
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
            // What is left of the room is given back: most streams are silent most of the time.
            std::mem::take(&mut self.joined).freeze()
        };
        EventBatch {
            bytes,
            events: std::mem::take(&mut self.events),
            usage: self.usage.take(),
        }
    }

    fn join(&mut self) -> &mut BytesMut {
        if !self.first.is_empty() {
            let first = std::mem::take(&mut self.first);
            self.joined.extend_from_slice(&first);
        }
        &mut self.joined
    }
}

fn put(out: &mut BytesMut, parts: &[&[u8]]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}
