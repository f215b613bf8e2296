//! The little of HTTP/1.1 that a test must see for itself: heads, and bodies under their framing. Pure.

use bytes::{Buf, Bytes, BytesMut};

/// The head of a request or a response, exactly as it came.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The first line, e.g. `POST /v1/models HTTP/1.1`.
    pub start_line: String,
    /// Names and values in the order of arrival, names as they were spelt. Bytes above 127 become U+FFFD.
    pub headers: Vec<(String, String)>,
    /// Every byte of the head, the empty line included.
    pub raw: Bytes,
}

impl Head {
    /// The first header of this name, compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// How many headers have this name.
    pub fn count(&self, name: &str) -> usize {
        self.headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .count()
    }

    /// The n-th word of the first line.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.start_line.split(' ').nth(index).unwrap_or_default()
    }
}

/// Takes one whole head off the front of the buffer, or leaves the buffer alone.
pub(crate) fn take_head(buffer: &mut BytesMut) -> Option<Head> {
    let end = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let raw = buffer.split_to(end).freeze();
    let text = String::from_utf8_lossy(&raw);
    let mut lines = text.split("\r\n");
    let start_line = lines.next().unwrap_or_default().to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    Some(Head {
        start_line,
        headers,
        raw,
    })
}

/// Reads a body under its framing, piece by piece.
#[derive(Debug)]
pub(crate) enum BodyDecoder {
    /// So many bytes are missing.
    Length(usize),
    /// Chunks, until the empty one.
    Chunked(ChunkState),
    /// Whatever comes before the connection ends.
    UntilClose,
}

/// Where in a chunked body the reader stands.
#[derive(Debug)]
pub(crate) enum ChunkState {
    /// At a chunk's size line.
    Size,
    /// Inside a chunk's data, so many bytes missing.
    Data(usize),
    /// At the line end that follows a chunk's data.
    DataEnd,
    /// After the empty chunk, at a trailer line.
    Trailer,
    /// Complete.
    Done,
}

impl BodyDecoder {
    /// The framing that a head declares; `otherwise` where it declares none.
    pub(crate) fn of(head: &Head, otherwise: Self) -> Self {
        if head
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            return Self::Chunked(ChunkState::Size);
        }
        match head
            .header("content-length")
            .and_then(|value| value.parse().ok())
        {
            Some(length) => Self::Length(length),
            None => otherwise,
        }
    }

    /// Whether the body is complete by its own framing.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(ChunkState::Done))
    }

    /// Takes what it can from the buffer and returns the next bytes of the body; `None` when more must be read first.
    pub(crate) fn take(&mut self, buffer: &mut BytesMut) -> Option<Bytes> {
        match self {
            Self::UntilClose => (!buffer.is_empty()).then(|| buffer.split().freeze()),
            Self::Length(missing) => {
                let count = buffer.len().min(*missing);
                *missing -= count;
                (count > 0).then(|| buffer.split_to(count).freeze())
            }
            Self::Chunked(state) => state.take(buffer),
        }
    }
}

impl ChunkState {
    fn take(&mut self, buffer: &mut BytesMut) -> Option<Bytes> {
        loop {
            match self {
                Self::Done => return None,
                Self::Size => {
                    let line = take_line(buffer)?;
                    let digits = line.split(';').next().unwrap_or_default().trim();
                    let size = usize::from_str_radix(digits, 16)
                        .unwrap_or_else(|_| panic!("no chunk size: {line:?}"));
                    *self = if size == 0 {
                        Self::Trailer
                    } else {
                        Self::Data(size)
                    };
                }
                Self::Data(missing) => {
                    let count = buffer.len().min(*missing);
                    if count == 0 {
                        return None;
                    }
                    *missing -= count;
                    if *missing == 0 {
                        *self = Self::DataEnd;
                    }
                    return Some(buffer.split_to(count).freeze());
                }
                Self::DataEnd => {
                    if buffer.len() < 2 {
                        return None;
                    }
                    buffer.advance(2);
                    *self = Self::Size;
                }
                Self::Trailer => {
                    if take_line(buffer)?.is_empty() {
                        *self = Self::Done;
                    }
                }
            }
        }
    }
}

fn take_line(buffer: &mut BytesMut) -> Option<String> {
    let end = buffer.windows(2).position(|window| window == b"\r\n")?;
    let line = String::from_utf8_lossy(&buffer.split_to(end)).into_owned();
    buffer.advance(2);
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_keeps_its_bytes_and_its_order() {
        let mut buffer = BytesMut::from(&b"GET /a HTTP/1.1\r\nX-A: 1\r\nx-a:2\r\n\r\nrest"[..]);
        let head = take_head(&mut buffer).unwrap();
        assert_eq!(head.word(1), "/a");
        assert_eq!((head.header("x-a"), head.count("x-a")), (Some("1"), 2));
        assert_eq!(&buffer[..], b"rest");
        assert!(take_head(&mut buffer).is_none());
    }

    #[test]
    fn a_chunked_body_is_read_whatever_the_pieces() {
        let wire = b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nt: 1\r\n\r\nnext";
        for size in 1..wire.len() {
            let mut decoder = BodyDecoder::Chunked(ChunkState::Size);
            let (mut buffer, mut body) = (BytesMut::new(), Vec::new());
            for piece in wire.chunks(size) {
                buffer.extend_from_slice(piece);
                while let Some(bytes) = decoder.take(&mut buffer) {
                    body.extend_from_slice(&bytes);
                }
            }
            assert_eq!(body, b"hello!");
            assert!(decoder.is_done());
            assert_eq!(&buffer[..], b"next");
        }
    }
}
