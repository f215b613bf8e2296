//! Where an event ends, found in one pass over bytes that come in pieces.

use memchr::memchr2;

/// Looks for the blank line that ends an event, and remembers how far it got.
///
/// A line ends with LF, CR or CRLF. A CR at the very end of the bytes so far could be either of the last two;
/// only a blank line ended so makes the scan wait for one byte more, and not even then where the line before
/// ended with a bare CR: a stream that uses CR alone is not delayed. The answer depends on the bytes alone and
/// never on how they were cut.
#[derive(Debug, Default)]
pub(super) struct EventScan {
    place: Place,
    /// Bytes of the event that were looked at and belong to it.
    len: usize,
    /// Where the terminator of the first line stands in the event.
    first_line_end: Option<usize>,
    /// Bytes looked at over the whole life, to prove that no byte is looked at over and over.
    #[cfg(test)]
    pub(super) work: u64,
}

/// What stands just before the next byte.
#[derive(Debug, Clone, Copy, Default)]
enum Place {
    /// A line terminator (not a CR that may go on), or the event's beginning.
    #[default]
    LineStart,
    /// A byte of a line.
    InLine,
    /// The CR that ended a line with something in it.
    LineCr,
    /// The CR that ended a blank line.
    BlankCr,
}

/// An event that ended.
pub(super) struct EventEnd {
    /// Where, counted from the bytes that were scanned last.
    pub(super) offset: usize,
    /// Where the terminator of its first line stands, counted from the event's beginning.
    pub(super) first_line_end: Option<usize>,
}

impl EventScan {
    /// The length in bytes of the unfinished event.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Scans the next bytes of the event. When they hold its end, the scan is ready for the event after it.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Option<EventEnd> {
        let mut offset = 0;
        while let Some(&byte) = bytes.get(offset) {
            let step = match (self.place, byte) {
                (Place::InLine, _) => self.run_to_line_end(bytes, offset),
                (Place::LineStart | Place::BlankCr, b'\n') | (Place::LineCr, b'\r') => {
                    return Some(self.end(offset + 1));
                }
                (Place::LineStart, b'\r') => self.go(Place::BlankCr, 1),
                (Place::LineCr, b'\n') => self.go(Place::LineStart, 1),
                (Place::LineStart | Place::LineCr, _) => self.go(Place::InLine, 0),
                (Place::BlankCr, _) => return Some(self.end(offset)),
            };
            offset += step;
        }
        self.len += bytes.len();
        None
    }

    /// Forgets the unfinished event.
    pub(super) fn restart(&mut self) {
        self.place = Place::LineStart;
        self.len = 0;
        self.first_line_end = None;
    }

    fn go(&mut self, place: Place, step: usize) -> usize {
        self.place = place;
        self.count(step);
        step
    }

    /// Runs over the rest of a line, terminator included.
    fn run_to_line_end(&mut self, bytes: &[u8], offset: usize) -> usize {
        let rest = bytes.get(offset..).unwrap_or_default();
        let Some(end) = memchr2(b'\n', b'\r', rest) else {
            return self.go(Place::InLine, rest.len());
        };
        self.first_line_end.get_or_insert(self.len + offset + end);
        let place = if rest.get(end) == Some(&b'\r') {
            Place::LineCr
        } else {
            Place::LineStart
        };
        self.go(place, end + 1)
    }

    fn end(&mut self, offset: usize) -> EventEnd {
        let first_line_end = self.first_line_end;
        self.count(1);
        self.restart();
        EventEnd {
            offset,
            first_line_end,
        }
    }

    fn count(&mut self, bytes: usize) {
        #[cfg(test)]
        {
            self.work += bytes as u64;
        }
        #[cfg(not(test))]
        let _ = bytes;
    }
}
