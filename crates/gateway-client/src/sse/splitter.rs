//! Bytes in, frames out.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use super::{
    Frame,
    scan::{EventEnd, EventScan},
};

/// The byte order mark that a stream may begin with.
const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

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
///
/// The work is linear in the bytes pushed, however they are cut, and what is kept between two pushes is at
/// most the limit. An event that lies in one chunk is a slice of it; one that lies in several is put together
/// by one copy. A byte order mark at the stream's very start is taken out; all other bytes are in some frame.
///
/// ```
/// use bytes::Bytes;
/// use gateway_client::sse::FrameSplitter;
///
/// # fn main() -> Result<(), gateway_client::sse::FrameError> {
/// let mut splitter = FrameSplitter::new(8 << 20);
/// splitter.push(Bytes::from_static(b"data: {\"a\":1}\n\ndata: [DO"));
/// let first = splitter.next_frame()?;
/// assert_eq!(first.and_then(|frame| frame.data).as_deref(), Some(br#"{"a":1}"#.as_slice()));
/// assert_eq!(splitter.next_frame()?, None);
///
/// splitter.push(Bytes::from_static(b"NE]\n\n"));
/// let second = splitter.next_frame()?;
/// assert_eq!(second.map(|frame| frame.raw).as_deref(), Some(b"data: [DONE]\n\n".as_slice()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FrameSplitter {
    limit: usize,
    start: StreamStart,
    scan: EventScan,
    /// The unfinished event, as far as it lay in chunks that are used up.
    head: BytesMut,
    /// What is left of the chunk at work.
    chunk: Bytes,
    /// Chunks that were pushed before the one at work was used up.
    waiting: VecDeque<Bytes>,
    /// A frame that is split off and not given yet.
    held: Option<Frame>,
    failed: bool,
}

/// How much of a byte order mark the stream has begun with.
#[derive(Debug, Clone, Copy)]
enum StreamStart {
    Matched(usize),
    Passed,
}

impl FrameSplitter {
    /// A splitter that refuses an event of more than `max_event_bytes`, counted with its line terminators.
    #[must_use]
    pub fn new(max_event_bytes: usize) -> Self {
        Self {
            limit: max_event_bytes,
            start: StreamStart::Matched(0),
            scan: EventScan::default(),
            head: BytesMut::new(),
            chunk: Bytes::new(),
            waiting: VecDeque::new(),
            held: None,
            failed: false,
        }
    }

    /// Takes the next bytes of the stream. Call [`next_frame`](Self::next_frame) until it has none left.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() && self.waiting.is_empty() {
            self.chunk = chunk;
        } else {
            self.waiting.push_back(chunk);
        }
    }

    /// The next whole frame, if the bytes so far hold one.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`]; the splitter gives nothing but this error afterwards.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.failed {
            return Err(self.too_large());
        }
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        while self.next_chunk() {
            match self.scan.advance(&self.chunk) {
                Some(end) => return self.take_event(&end).map(Some),
                None => self.keep_chunk()?,
            }
        }
        Ok(None)
    }

    /// The next frames that stand side by side in one chunk and are all [canonical](Frame::canonical), or the
    /// next single frame of any other kind. The result is the raw bytes of all of them in one piece: a relay
    /// passes on a burst of events without a copy and with one write. `frames` is emptied first; it holds at
    /// least one frame when there is a result, and their `raw` lengths add up to the result's.
    ///
    /// # Errors
    /// As [`next_frame`](Self::next_frame), once the frames before the large one have been given.
    pub fn next_run(&mut self, frames: &mut Vec<Frame>) -> Result<Option<Bytes>, FrameError> {
        frames.clear();
        let Some((first, chunk)) = self.next_frame_and_chunk()? else {
            return Ok(None);
        };
        let mut raw = first.raw.clone();
        let may_go_on = first.canonical;
        frames.push(first);
        if let Some(chunk) = chunk.filter(|_| may_go_on) {
            self.extend_run(frames);
            raw = chunk.slice(..frames.iter().map(|frame| frame.raw.len()).sum::<usize>());
        }
        Ok(Some(raw))
    }

    /// The next frame, with the chunk that begins with it where it is a slice of one.
    fn next_frame_and_chunk(&mut self) -> Result<Option<(Frame, Option<Bytes>)>, FrameError> {
        if self.failed {
            return Err(self.too_large());
        }
        if let Some(held) = self.held.take() {
            return Ok(Some((held, None)));
        }
        while self.next_chunk() {
            let Some(end) = self.scan.advance(&self.chunk) else {
                self.keep_chunk()?;
                continue;
            };
            let chunk = self.head.is_empty().then(|| self.chunk.clone());
            return Ok(Some((self.take_event(&end)?, chunk)));
        }
        Ok(None)
    }

    /// Takes canonical frames from the chunk at work. A frame of another kind that ends the run is held back.
    fn extend_run(&mut self, frames: &mut Vec<Frame>) {
        while let Some(end) = self.scan.advance(&self.chunk) {
            match self.take_event(&end) {
                Ok(frame) if frame.canonical => frames.push(frame),
                Ok(other) => {
                    self.held = Some(other);
                    return;
                }
                Err(_) => return,
            }
        }
        // An event over the limit is told by the call after this one.
        let _ = self.keep_chunk();
    }

    /// The stream has ended: what is left without its blank line, as a frame. Frames that were not fetched
    /// before come first, so call it until it has none left.
    ///
    /// The rules of event streams drop such a rest; whether it counts is for the caller to say.
    pub fn finish(&mut self) -> Option<Frame> {
        match self.next_frame() {
            Ok(Some(frame)) => return Some(frame),
            Ok(None) => self.pass_start(),
            Err(_) => return None,
        }
        self.scan.restart();
        let rest = std::mem::take(&mut self.head).freeze();
        (!rest.is_empty()).then(|| Frame::parse(rest, None))
    }

    /// Makes sure that there are bytes to scan, and that they are not the stream's byte order mark.
    fn next_chunk(&mut self) -> bool {
        loop {
            self.strip_bom();
            if !self.chunk.is_empty() {
                return true;
            }
            match self.waiting.pop_front() {
                Some(chunk) => self.chunk = chunk,
                None => return false,
            }
        }
    }

    fn strip_bom(&mut self) {
        while let StreamStart::Matched(count) = self.start {
            let Some(byte) = self.chunk.first() else {
                return;
            };
            match BOM.get(count) {
                Some(expected) if expected == byte => {
                    self.chunk.advance(1);
                    self.start = StreamStart::Matched(count + 1);
                }
                Some(_) => self.pass_start(),
                None => self.start = StreamStart::Passed,
            }
        }
    }

    /// The stream does not begin with a whole mark: the bytes that looked like one belong to the first event.
    fn pass_start(&mut self) {
        let StreamStart::Matched(count) = self.start else {
            return;
        };
        self.start = StreamStart::Passed;
        let looked_like_bom = BOM
            .get(..count)
            .filter(|begun| begun.len() < BOM.len())
            .unwrap_or_default();
        let ended = self.scan.advance(looked_like_bom);
        debug_assert!(
            ended.is_none(),
            "a part of the mark holds no line terminator"
        );
        self.head.extend_from_slice(looked_like_bom);
    }

    /// The chunk holds no end of the event: it is kept, within the limit.
    fn keep_chunk(&mut self) -> Result<(), FrameError> {
        let chunk = std::mem::take(&mut self.chunk);
        if self.scan.len() > self.limit {
            return Err(self.fail());
        }
        self.head.extend_from_slice(&chunk);
        Ok(())
    }

    fn take_event(&mut self, end: &EventEnd) -> Result<Frame, FrameError> {
        if self.head.len() + end.offset > self.limit {
            return Err(self.fail());
        }
        let tail = self.chunk.split_to(end.offset);
        let raw = if self.head.is_empty() {
            tail
        } else {
            self.join_head(&tail)
        };
        Ok(Frame::parse(raw, end.first_line_end))
    }

    fn join_head(&mut self, tail: &[u8]) -> Bytes {
        let mut event = std::mem::take(&mut self.head);
        event.extend_from_slice(tail);
        event.freeze()
    }

    fn fail(&mut self) -> FrameError {
        self.failed = true;
        self.head = BytesMut::new();
        self.chunk = Bytes::new();
        self.waiting = VecDeque::new();
        self.too_large()
    }

    fn too_large(&self) -> FrameError {
        FrameError::TooLarge { limit: self.limit }
    }

    /// Bytes looked at so far.
    #[cfg(test)]
    pub(super) fn work(&self) -> u64 {
        self.scan.work
    }
}
