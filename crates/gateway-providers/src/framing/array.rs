//! The elements of one JSON array, as they arrive.

use bytes::BytesMut;

use super::{FramingError, NativeEvent};

/// Cuts a JSON array into its elements, which must be objects. It looks at each byte once.
#[derive(Debug)]
pub(super) struct Elements {
    held: BytesMut,
    /// How much of `held` was looked at.
    seen: usize,
    /// How many brackets and braces are open, the array's own counted.
    depth: u32,
    in_string: bool,
    escaped: bool,
    limit: usize,
}

/// What the next byte means.
enum Mark {
    Inside,
    /// The bytes before it belong to no element.
    Between,
    ElementEnds,
}

impl Elements {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            held: BytesMut::new(),
            seen: 0,
            depth: 0,
            in_string: false,
            escaped: false,
            limit,
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        self.held.extend_from_slice(chunk);
    }

    pub(super) fn next(&mut self) -> Result<Option<NativeEvent>, FramingError> {
        while let Some(&byte) = self.held.get(self.seen) {
            self.seen += 1;
            match self.read(byte)? {
                Mark::Inside => {}
                Mark::Between => {
                    let _ = self.held.split_to(self.seen);
                    self.seen = 0;
                }
                Mark::ElementEnds => {
                    let element = self.held.split_to(self.seen).freeze();
                    self.seen = 0;
                    if std::str::from_utf8(&element).is_err() {
                        return Err(FramingError::Malformed("an element is not valid UTF-8"));
                    }
                    return Ok(Some(NativeEvent::event(element)));
                }
            }
            if self.seen > self.limit {
                return Err(FramingError::TooLarge(self.limit));
            }
        }
        Ok(None)
    }

    /// Whether the array, and every element in it, has ended.
    pub(super) fn is_whole(&self) -> bool {
        self.depth == 0
    }

    fn read(&mut self, byte: u8) -> Result<Mark, FramingError> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Ok(Mark::Inside);
        }
        match (self.depth, byte) {
            (0 | 1, b' ' | b'\t' | b'\r' | b'\n') | (1, b',') => Ok(Mark::Between),
            (0, b'[') => {
                self.depth = 1;
                Ok(Mark::Between)
            }
            (1, b']') => {
                self.depth = 0;
                Ok(Mark::Between)
            }
            (1, b'{') => {
                self.depth = 2;
                Ok(Mark::Inside)
            }
            (0 | 1, _) => Err(FramingError::Malformed(
                "an array with more than objects in it",
            )),
            (_, b'"') => {
                self.in_string = true;
                Ok(Mark::Inside)
            }
            (_, b'{' | b'[') => {
                self.depth += 1;
                Ok(Mark::Inside)
            }
            (_, b'}' | b']') => {
                self.depth -= 1;
                Ok(if self.depth == 1 {
                    Mark::ElementEnds
                } else {
                    Mark::Inside
                })
            }
            _ => Ok(Mark::Inside),
        }
    }
}
