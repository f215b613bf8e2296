//! Just enough of HTTP/1.1 to know where an answer ends and how many events were in it, without keeping a byte.

/// So much is kept of an answer that is no 200.
const REFUSAL_KEPT: usize = 16 * 1024;

/// Reads one response.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    head: Vec<u8>,
    status: Option<u16>,
    /// The body of an answer that is no 200, so much of it as is kept.
    refusal: Vec<u8>,
    body: Body,
    events: u64,
    /// Whether the body's last byte so far was a line end.
    after_line_end: bool,
}

/// What comes next in the body.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Body {
    #[default]
    Head,
    /// This many bytes, and no more after them.
    Sized(u64),
    /// The hexadecimal digits of a chunk's length, with its value so far.
    Length(u64),
    /// The rest of this chunk.
    Chunk(u64),
    /// The line end behind a chunk of data: this many bytes of it.
    ChunkEnd(u8),
    /// The line end behind the last chunk.
    LastEnd(u8),
    Done,
}

/// The answer is no HTTP, or of a kind that this bench does not use.
#[derive(Debug, thiserror::Error)]
#[error("the answer cannot be read: {0}")]
pub(crate) struct Unreadable(&'static str);

impl Decoder {
    /// Takes the next bytes. Bytes behind the answer's end are an error: nothing is asked twice at once.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Unreadable> {
        if self.body == Body::Head {
            let before = self.head.len();
            self.head.extend_from_slice(bytes);
            let Some(end) = find_head_end(&self.head) else {
                return Ok(());
            };
            self.read_head(end)?;
            self.head.truncate(end);
            bytes = bytes.get(end - before..).unwrap_or_default();
        }
        while let Some(&first) = bytes.first() {
            let taken = self.take(first, bytes)?;
            bytes = bytes.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// The status, once the head is there.
    pub(crate) fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether nothing of an answer has come yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.head.is_empty()
    }

    /// The value of a header, in lower case, once the head is there.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head).to_ascii_lowercase();
        let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let (_, value) = fields.find(|(field, _)| *field == name)?;
        Some(value.trim().to_owned())
    }

    /// The body of an answer that is no 200.
    pub(crate) fn refusal(&self) -> &[u8] {
        &self.refusal
    }

    /// Whether the answer is whole.
    pub(crate) fn is_done(&self) -> bool {
        self.body == Body::Done
    }

    /// How many blank lines ended an event so far.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Makes ready for the next answer, keeping the memory.
    pub(crate) fn reset(&mut self) {
        self.head.clear();
        self.refusal.clear();
        (self.status, self.body, self.events, self.after_line_end) = (None, Body::Head, 0, false);
    }

    fn read_head(&mut self, end: usize) -> Result<(), Unreadable> {
        let head = self
            .head
            .get(..end)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let text = std::str::from_utf8(&head).map_err(|_| Unreadable("a head that is no text"))?;
        let mut lines = text.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        self.status = Some(status.ok_or(Unreadable("no status"))?);
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            match name {
                "content-length" => {
                    let length = value
                        .trim()
                        .parse()
                        .map_err(|_| Unreadable("a wrong length"))?;
                    self.body = if length == 0 {
                        Body::Done
                    } else {
                        Body::Sized(length)
                    };
                }
                "transfer-encoding" if value.trim() == "chunked" => self.body = Body::Length(0),
                _ => {}
            }
        }
        if self.body == Body::Head {
            return Err(Unreadable("neither a length nor chunks"));
        }
        Ok(())
    }

    /// Takes some of the bytes, of which this is the first one, and says how many.
    fn take(&mut self, first: u8, bytes: &[u8]) -> Result<usize, Unreadable> {
        let (next, taken) = match self.body {
            Body::Sized(left) => {
                let taken = self.data(bytes, left);
                let left = left - taken as u64;
                (
                    if left == 0 {
                        Body::Done
                    } else {
                        Body::Sized(left)
                    },
                    taken,
                )
            }
            Body::Length(length) => match first {
                b'\r' => (Body::Length(length), 1),
                b'\n' if length == 0 => (Body::LastEnd(2), 1),
                b'\n' => (Body::Chunk(length), 1),
                digit => {
                    let value = char::from(digit)
                        .to_digit(16)
                        .ok_or(Unreadable("a wrong chunk"))?;
                    (Body::Length(length * 16 + u64::from(value)), 1)
                }
            },
            Body::Chunk(left) => {
                let taken = self.data(bytes, left);
                let left = left - taken as u64;
                (
                    if left == 0 {
                        Body::ChunkEnd(2)
                    } else {
                        Body::Chunk(left)
                    },
                    taken,
                )
            }
            Body::ChunkEnd(1) => (Body::Length(0), 1),
            Body::ChunkEnd(left) => (Body::ChunkEnd(left - 1), 1),
            Body::LastEnd(1) => (Body::Done, 1),
            Body::LastEnd(left) => (Body::LastEnd(left - 1), 1),
            Body::Done | Body::Head => return Err(Unreadable("bytes behind its end")),
        };
        self.body = next;
        Ok(taken)
    }

    /// Counts the events in what belongs to the body, and says how many bytes that is.
    fn data(&mut self, bytes: &[u8], left: u64) -> usize {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let data = bytes.get(..length).unwrap_or_default();
        if self.status != Some(200) && self.refusal.len() < REFUSAL_KEPT {
            self.refusal.extend_from_slice(data);
        }
        for at in memchr::memchr_iter(b'\n', data) {
            let before = match at.checked_sub(1) {
                Some(before) => data.get(before) == Some(&b'\n'),
                None => self.after_line_end,
            };
            self.events += u64::from(before);
        }
        self.after_line_end = data.last() == Some(&b'\n');
        length
    }
}

fn find_head_end(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: a\r\n2\r\n\n\n\r\n1a\r\ndata: bb\n\ndata: cccccccc\n\n\r\n0\r\n\r\n";

    #[test]
    fn an_answer_reads_the_same_however_it_is_cut() {
        for size in 1..=CHUNKED.len() {
            let mut decoder = Decoder::default();
            for piece in CHUNKED.chunks(size) {
                assert!(!decoder.is_done());
                decoder.push(piece).unwrap();
            }
            assert!(decoder.is_done());
            assert_eq!(
                (decoder.status(), decoder.events()),
                (Some(200), 3),
                "in pieces of {size}"
            );
        }
    }

    #[test]
    fn a_refusal_is_kept_with_its_headers_until_the_next_answer() {
        let mut decoder = Decoder::default();
        assert!(decoder.is_untouched());
        let refusal: &[u8] = b"HTTP/1.1 503 No\r\nRetry-After: 1\r\ncontent-length: 2\r\n\r\n{}";
        refusal
            .chunks(3)
            .for_each(|piece| decoder.push(piece).unwrap());
        assert_eq!(decoder.header("retry-after").as_deref(), Some("1"));
        assert_eq!(
            (decoder.header("connection"), decoder.refusal()),
            (None, &b"{}"[..])
        );
        decoder.reset();
        decoder.push(CHUNKED).unwrap();
        assert_eq!(
            (decoder.header("retry-after"), decoder.refusal()),
            (None, &b""[..])
        );
    }

    #[test]
    fn a_length_ends_an_answer_and_more_is_an_error() {
        let mut decoder = Decoder::default();
        decoder
            .push(b"HTTP/1.1 429 No\r\ncontent-length: 3\r\n\r\nab")
            .unwrap();
        assert!(!decoder.is_done());
        decoder.push(b"c").unwrap();
        assert!(decoder.is_done());
        assert_eq!(decoder.status(), Some(429));
        assert!(decoder.push(b"d").is_err());
        decoder.reset();
        assert!(decoder.push(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
