//! Bytes in, events out, whichever way they are framed.

use bytes::{Bytes, BytesMut};
use gateway_client::sse::{Frame, FrameSplitter};

use super::{
    EventKind, Framing, FramingError, NativeEvent, array::Elements, aws::AwsFrames, lines::Lines,
};

/// Cuts the bytes of one answer into events.
///
/// ```
/// use bytes::Bytes;
/// use gateway_providers::framing::{Framer, Framing};
///
/// let mut framer = Framer::new(Framing::Sse, 1 << 20);
/// framer.push(Bytes::from_static(b"event: ping\r\ndata: {}\r\n\r\ndata: {\"a\""));
/// let event = framer.next_event()?.ok_or("no event")?;
/// assert_eq!((event.name.as_deref(), &event.data[..]), (Some(&b"ping"[..]), &b"{}"[..]));
/// assert_eq!(framer.next_event()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Framer {
    state: State,
    limit: usize,
}

#[derive(Debug)]
enum State {
    /// Nothing but white space so far.
    Unseen {
        expected: Framing,
        held: BytesMut,
    },
    Sse(Box<FrameSplitter>),
    Lines(Lines),
    Elements(Elements),
    Aws(AwsFrames),
    Whole(BytesMut),
}

impl Framer {
    /// A framer for an answer that should be framed so, with events of at most `limit` bytes.
    pub fn new(expected: Framing, limit: usize) -> Self {
        let held = BytesMut::new();
        Self {
            state: State::Unseen { expected, held },
            limit,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, chunk: Bytes) {
        match &mut self.state {
            State::Unseen { expected, held } => {
                let expected = *expected;
                held.extend_from_slice(&chunk);
                let start = held.trim_ascii_start();
                if let Some(&first) = start.first() {
                    let held = std::mem::take(held).freeze();
                    self.state = begin(expected, first, self.limit);
                    self.push(held);
                }
            }
            State::Sse(splitter) => splitter.push(chunk),
            State::Lines(lines) => lines.push(&chunk),
            State::Elements(elements) => elements.push(&chunk),
            State::Aws(frames) => frames.push(&chunk),
            State::Whole(held) => held.extend_from_slice(&chunk),
        }
    }

    /// The next event, where one is whole.
    ///
    /// # Errors
    /// Where the bytes cannot be cut; nothing more can be read then.
    pub fn next_event(&mut self) -> Result<Option<NativeEvent>, FramingError> {
        match &mut self.state {
            State::Sse(splitter) => next_sse(splitter, self.limit),
            State::Lines(lines) => lines.next(),
            State::Elements(elements) => elements.next(),
            State::Aws(frames) => frames.next(),
            State::Whole(held) if held.len() > self.limit => {
                Err(FramingError::TooLarge(self.limit))
            }
            State::Unseen { .. } | State::Whole(_) => Ok(None),
        }
    }

    /// What is left when the bytes have ended: an event without its end, or a whole answer.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event), and where the bytes ended inside an event.
    pub fn finish(&mut self) -> Result<Option<NativeEvent>, FramingError> {
        match &mut self.state {
            State::Unseen { .. } => Ok(None),
            State::Sse(splitter) => loop {
                let Some(frame) = splitter.finish() else {
                    return Ok(None);
                };
                if let Some(event) = sse_event(frame)? {
                    return Ok(Some(event));
                }
            },
            State::Lines(lines) => lines.finish(),
            State::Elements(elements) if elements.is_whole() => Ok(None),
            State::Elements(_) => Err(FramingError::Malformed("the array has no end")),
            State::Aws(frames) if frames.is_whole() => Ok(None),
            State::Aws(_) => Err(FramingError::Malformed("the last frame has no end")),
            State::Whole(held) if held.is_empty() => Ok(None),
            State::Whole(held) => {
                let data = held.split().freeze();
                if std::str::from_utf8(&data).is_err() {
                    return Err(FramingError::Malformed("the answer is not valid UTF-8"));
                }
                Ok(Some(NativeEvent {
                    kind: EventKind::Whole,
                    name: None,
                    data,
                }))
            }
        }
    }
}

/// The first byte that is no white space decides.
fn begin(expected: Framing, first: u8, limit: usize) -> State {
    match (expected, first) {
        (Framing::Sse, b'[') => State::Elements(Elements::new(limit)),
        (Framing::Sse | Framing::AwsEventStream, b'{') => State::Whole(BytesMut::new()),
        (Framing::Sse, _) => State::Sse(Box::new(FrameSplitter::new(limit))),
        (Framing::Lines, _) => State::Lines(Lines::new(limit)),
        (Framing::AwsEventStream, _) => State::Aws(AwsFrames::new(limit)),
    }
}

fn next_sse(
    splitter: &mut FrameSplitter,
    limit: usize,
) -> Result<Option<NativeEvent>, FramingError> {
    while let Some(frame) = splitter
        .next_frame()
        .map_err(|_| FramingError::TooLarge(limit))?
    {
        if let Some(event) = sse_event(frame)? {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

/// Comments and the like are no events.
fn sse_event(frame: Frame) -> Result<Option<NativeEvent>, FramingError> {
    let Some(data) = frame.data else {
        return if frame.stray {
            Err(FramingError::Malformed("text outside of events"))
        } else {
            Ok(None)
        };
    };
    let text = data.trim_ascii();
    if std::str::from_utf8(text).is_err() {
        return Err(FramingError::Malformed("an event is not valid UTF-8"));
    }
    Ok(Some(NativeEvent {
        kind: EventKind::Event,
        name: frame.event,
        data: data.slice_ref(text),
    }))
}
