//! One event as it stood on the wire.

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memchr2};

/// One event of a stream: its raw bytes, and what the event-stream rules read in them.
///
/// A frame is not always an event in the sense of the specification: comments, a lone blank line and a
/// `retry:` come as frames without [`data`](Self::data), so that the frames of a stream put together are the
/// stream itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The bytes of the event as they came, blank line included.
    pub raw: Bytes,
    /// The `data` field, several lines joined with LF. `None` where the event had no `data` line at all
    /// (a comment, a `retry:`). UTF-8 is not checked here.
    pub data: Option<Bytes>,
    /// The `event` field, if there was one; the last one where there were several.
    pub event: Option<Bytes>,
    /// The `id` field, if there was one without a NUL in it; the last one where there were several.
    pub id: Option<Bytes>,
    /// True when [`raw`](Self::raw) is exactly `data: <data>\n\n`: it can be relayed as it is.
    pub canonical: bool,
    /// True when a line was no comment and its field is none of `data`, `event`, `id` and `retry`. The rules
    /// say to ignore such a line; a relay wants to know, since it may be a bare JSON error or an HTML page
    /// where an event should have been.
    pub stray: bool,
}

impl Frame {
    /// True when the frame says nothing: comments, `id`, `retry` or blank lines only.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.data.is_none() && !self.stray
    }

    /// Reads whole lines. `first_line_end` is where the first line terminator stands, from the scan that found
    /// the frame's end; it saves the usual frame a second pass.
    pub(super) fn parse(raw: Bytes, first_line_end: Option<usize>) -> Self {
        match first_line_end.and_then(|end| canonical_data(&raw, end)) {
            Some(data) => Self {
                raw,
                data: Some(data),
                event: None,
                id: None,
                canonical: true,
                stray: false,
            },
            None => Self::parse_lines(raw),
        }
    }

    fn parse_lines(raw: Bytes) -> Self {
        let mut fields = Fields::default();
        let mut rest = 0;
        while rest < raw.len() {
            let (line, next) = next_line(&raw, rest);
            fields.read(&line);
            rest = next;
        }
        let Fields {
            data,
            event,
            id,
            stray,
        } = fields;
        Self {
            raw,
            data: data.map(DataLines::join),
            event,
            id,
            canonical: false,
            stray,
        }
    }
}

/// The data of `data: <data>\n\n`, where `raw` is just that.
fn canonical_data(raw: &Bytes, first_line_end: usize) -> Option<Bytes> {
    const PREFIX: &[u8] = b"data: ";
    let is_one_line = raw.get(first_line_end..) == Some(b"\n\n".as_slice());
    (is_one_line && raw.starts_with(PREFIX)).then(|| raw.slice(PREFIX.len()..first_line_end))
}

/// The line that begins at `start`, without its terminator, and where the next one begins.
fn next_line(raw: &Bytes, start: usize) -> (Bytes, usize) {
    let rest = raw.get(start..).unwrap_or_default();
    let Some(end) = memchr2(b'\n', b'\r', rest) else {
        return (raw.slice(start..), raw.len());
    };
    let terminator = if rest.get(end..end + 2) == Some(b"\r\n") {
        2
    } else {
        1
    };
    (raw.slice(start..start + end), start + end + terminator)
}

/// What the lines of one frame have given so far.
#[derive(Default)]
struct Fields {
    data: Option<DataLines>,
    event: Option<Bytes>,
    id: Option<Bytes>,
    stray: bool,
}

impl Fields {
    fn read(&mut self, line: &Bytes) {
        if line.is_empty() || line.starts_with(b":") {
            return;
        }
        let colon = memchr(b':', line).unwrap_or(line.len());
        let name = line.get(..colon).unwrap_or_default();
        let value = value_after(line, colon);
        match name {
            b"data" => self.data = Some(DataLines::push(self.data.take(), value)),
            b"event" => self.event = Some(value),
            b"id" if memchr(0, &value).is_none() => self.id = Some(value),
            b"id" | b"retry" => {}
            _ => self.stray = true,
        }
    }
}

/// What stands behind the colon, without the one space that may follow it.
fn value_after(line: &Bytes, colon: usize) -> Bytes {
    let from = (colon + 1).min(line.len());
    let space = usize::from(line.get(from) == Some(&b' '));
    line.slice(from + space..)
}

/// The `data` lines of one frame: one is kept as the slice it is, only several are copied.
enum DataLines {
    One(Bytes),
    Joined(BytesMut),
}

impl DataLines {
    fn push(so_far: Option<Self>, line: Bytes) -> Self {
        let mut joined = match so_far {
            None => return Self::One(line),
            Some(Self::One(first)) => BytesMut::from(first),
            Some(Self::Joined(joined)) => joined,
        };
        joined.extend_from_slice(b"\n");
        joined.extend_from_slice(&line);
        Self::Joined(joined)
    }

    fn join(self) -> Bytes {
        match self {
            Self::One(line) => line,
            Self::Joined(joined) => joined.freeze(),
        }
    }
}
