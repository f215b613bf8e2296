//! Where an answer's body ends (RFC 9112, section 6.3), and its chunks without their framing. Pure.

use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use memchr::memchr;

/// The longest line that tells a chunk's size, extensions included.
const MAX_SIZE_LINE: usize = 4 << 10;
/// The most that may stand behind the last chunk.
const MAX_TRAILERS: usize = 16 << 10;
/// From this size on a chunk is given by itself; smaller ones that arrived together are moved together.
const LARGE_CHUNK: usize = 4 << 10;

/// How the end of a body is told, and how much of it is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes are to come.
    Length(u64),
    /// Chunks are to come.
    Chunked(Place),
    /// All that comes until the connection is closed.
    UntilClose,
}

/// What stands next in a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A line with a chunk's size.
    Size,
    /// So many bytes of a chunk.
    Data(u64),
    /// The line end behind a chunk.
    DataEnd,
    /// Trailers, of which so many bytes were seen.
    Trailers(usize),
    /// Nothing.
    End,
}

/// What is wrong with a body or with what its head says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FramingError {
    #[error("contradicting or unreadable lengths of the body")]
    Length,
    #[error("an unreadable size of a chunk")]
    ChunkSize,
    #[error("a chunk that does not end where it should")]
    ChunkEnd,
    #[error("too much behind the last chunk")]
    Trailers,
    #[error("the connection ended inside the body")]
    Cut,
}

/// What a step gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A part of the body; never empty.
    Data(Bytes),
    /// More has to arrive.
    More,
    /// The body has ended.
    End,
}

impl Framing {
    /// The framing that an answer's head tells. Both of a length and a coding make the coding count.
    ///
    /// # Errors
    /// [`FramingError::Length`].
    pub(super) fn of(
        method: &Method,
        version: Version,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Self, FramingError> {
        if method == Method::HEAD
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED
        {
            return Ok(Self::Length(0));
        }
        let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
        if let Some(last) = codings.next_back() {
            return match version {
                // A server of HTTP/1.0 that says so has got it from somewhere and cannot mean it.
                Version::HTTP_10 => Err(FramingError::Length),
                _ if ends_in_chunked(last) => Ok(Self::Chunked(Place::Size)),
                _ => Ok(Self::UntilClose),
            };
        }
        let mut length = None;
        for value in headers.get_all(header::CONTENT_LENGTH) {
            for text in value.as_bytes().split(|&byte| byte == b',') {
                let number = decimal(text.trim_ascii()).ok_or(FramingError::Length)?;
                if *length.get_or_insert(number) != number {
                    return Err(FramingError::Length);
                }
            }
        }
        Ok(length.map_or(Self::UntilClose, Self::Length))
    }

    /// Whether nothing is to come any more.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Place::End))
    }

    /// How many bytes are known to come.
    pub(super) fn known(&self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunked(Place::Data(left)) => *left,
            _ => 0,
        }
    }

    /// Takes the body's next part off the input.
    ///
    /// # Errors
    /// When chunks are not framed as they have to be; what came before is lost then.
    pub(super) fn take(&mut self, input: &mut BytesMut) -> Result<Piece, FramingError> {
        match self {
            Self::Length(0) => Ok(Piece::End),
            _ if input.is_empty() && !self.has_ended() => Ok(Piece::More),
            Self::Length(left) => {
                let count = at_most(*left, input.len());
                *left -= count as u64;
                Ok(Piece::Data(input.split_to(count).freeze()))
            }
            Self::Chunked(place) => take_chunks(place, input),
            Self::UntilClose => Ok(Piece::Data(input.split().freeze())),
        }
    }

    /// The other end has closed the connection.
    ///
    /// # Errors
    /// [`FramingError::Cut`] where that was too soon.
    pub(super) fn close(&self) -> Result<(), FramingError> {
        match self {
            Self::UntilClose => Ok(()),
            _ if self.has_ended() => Ok(()),
            _ => Err(FramingError::Cut),
        }
    }
}

/// Walks over what has arrived. The data of small chunks is moved together, so that a burst of events, each in a
/// chunk of its own, is one piece.
fn take_chunks(place: &mut Place, input: &mut BytesMut) -> Result<Piece, FramingError> {
    let mut walked = Walked::default();
    let outcome = walked.on(place, input);
    let Walked { at, data } = walked;
    if data.is_empty() {
        outcome?;
        input.advance(at);
        let has_ended = *place == Place::End;
        return Ok(if has_ended { Piece::End } else { Piece::More });
    }
    // What is wrong behind the data is met again by the next step.
    input.advance(data.start);
    let piece = input.split_to(data.len()).freeze();
    input.advance(at - data.end);
    Ok(Piece::Data(piece))
}

/// How far a walk over chunks has come, and where it has put their data.
#[derive(Debug, Default)]
struct Walked {
    at: usize,
    data: Range<usize>,
}

impl Walked {
    fn on(&mut self, place: &mut Place, input: &mut BytesMut) -> Result<(), FramingError> {
        let Self { at, data } = self;
        loop {
            let rest = input.get(*at..).unwrap_or_default();
            match place {
                Place::Data(left) => {
                    let count = at_most(*left, rest.len());
                    let is_first = data.start == data.end;
                    if count == 0 || count > LARGE_CHUNK && !is_first {
                        return Ok(());
                    }
                    if is_first {
                        *data = *at..*at;
                    } else {
                        input.copy_within(*at..*at + count, data.end);
                    }
                    data.end += count;
                    *at += count;
                    *left -= count as u64;
                    if *left == 0 {
                        *place = Place::DataEnd;
                    }
                }
                Place::DataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        *at += 2;
                        *place = Place::Size;
                    }
                    [] | [b'\r'] => return Ok(()),
                    _ => return Err(FramingError::ChunkEnd),
                },
                Place::Size => {
                    let Some(line) =
                        line(rest, MAX_SIZE_LINE).map_err(|()| FramingError::ChunkSize)?
                    else {
                        return Ok(());
                    };
                    *at += line.len() + 2;
                    *place = match chunk_size(line).ok_or(FramingError::ChunkSize)? {
                        0 => Place::Trailers(0),
                        size => Place::Data(size),
                    };
                }
                Place::Trailers(seen) => {
                    let room = MAX_TRAILERS.saturating_sub(*seen);
                    let Some(line) = line(rest, room).map_err(|()| FramingError::Trailers)? else {
                        return Ok(());
                    };
                    *at += line.len() + 2;
                    *seen += line.len() + 2;
                    if line.is_empty() {
                        *place = Place::End;
                    }
                }
                Place::End => return Ok(()),
            }
        }
    }
}

/// The next line without its end, if all of it is there; an error when it is too long or does not end in CRLF.
fn line(bytes: &[u8], limit: usize) -> Result<Option<&[u8]>, ()> {
    let Some(end) = memchr(b'\n', bytes) else {
        return if bytes.len() > limit {
            Err(())
        } else {
            Ok(None)
        };
    };
    match bytes.get(..end).and_then(|line| line.strip_suffix(b"\r")) {
        Some(line) if line.len() <= limit => Ok(Some(line)),
        _ => Err(()),
    }
}

/// A size in hexadecimal, extensions behind it left out.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit());
    let digits = line.get(..digits.count())?;
    let behind = line.get(digits.len()..)?.trim_ascii_start();
    if digits.is_empty() || digits.len() > 16 || !(behind.is_empty() || behind.starts_with(b";")) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Digits and nothing else; the standard parser takes a sign too.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn ends_in_chunked(value: &HeaderValue) -> bool {
    let last = value.as_bytes().rsplit(|&byte| byte == b',').next();
    last.unwrap_or_default()
        .trim_ascii()
        .eq_ignore_ascii_case(b"chunked")
}

fn at_most(wanted: u64, there: usize) -> usize {
    usize::try_from(wanted).unwrap_or(usize::MAX).min(there)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decodes a body that arrives in these pieces: what came out, and how it ended.
    fn decode(
        mut framing: Framing,
        pieces: &[&[u8]],
    ) -> (Vec<Vec<u8>>, Result<bool, FramingError>) {
        let mut input = BytesMut::new();
        let mut out = Vec::new();
        for piece in pieces {
            input.extend_from_slice(piece);
            loop {
                match framing.take(&mut input) {
                    Ok(Piece::Data(data)) => out.push(data.to_vec()),
                    Ok(Piece::More) => break,
                    Ok(Piece::End) => return (out, Ok(input.is_empty())),
                    Err(error) => return (out, Err(error)),
                }
            }
        }
        (out, framing.close().map(|()| true))
    }

    const CHUNKED: Framing = Framing::Chunked(Place::Size);

    #[test]
    fn small_chunks_that_arrive_together_are_one_piece() {
        let body = b"5\r\nhello\r\n1;a=\"b\"\r\n \r\n5 \r\nworld\r\n0\r\nx: y\r\n\r\n";
        assert_eq!(
            decode(CHUNKED, &[body]),
            (vec![b"hello world".to_vec()], Ok(true))
        );
        let large = format!("1\r\nx\r\n2000\r\n{}\r\n0\r\n\r\nrest", "y".repeat(0x2000));
        let (pieces, end) = decode(CHUNKED, &[large.as_bytes()]);
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0x2000]);
        assert_eq!(end, Ok(false), "what stands behind the body is left there");
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        let long = "1".repeat(MAX_SIZE_LINE + 1);
        let trailers = format!("0\r\n{}", "a: b\r\n".repeat(MAX_TRAILERS / 6 + 2));
        for (body, error) in [
            ("x\r\n", FramingError::ChunkSize),
            ("\r\n", FramingError::ChunkSize),
            ("-1\r\n", FramingError::ChunkSize),
            ("5\nhello", FramingError::ChunkSize),
            ("5 x\r\nhello", FramingError::ChunkSize),
            ("11111111111111111\r\n", FramingError::ChunkSize),
            (&long, FramingError::ChunkSize),
            ("5\r\nhello!\r\n", FramingError::ChunkEnd),
            ("5\r\nhello\n0\r\n\r\n", FramingError::ChunkEnd),
            (&trailers, FramingError::Trailers),
            ("5\r\nhel", FramingError::Cut),
            ("5\r\nhello\r\n", FramingError::Cut),
            ("0\r\n", FramingError::Cut),
        ] {
            assert_eq!(
                decode(CHUNKED, &[body.as_bytes()]).1,
                Err(error),
                "{body:.40}"
            );
        }
    }

    #[test]
    fn lengths_and_closes_end_a_body() {
        assert_eq!(
            decode(Framing::Length(5), &[b"he", b"llo"]),
            (vec![b"he".to_vec(), b"llo".to_vec()], Ok(true))
        );
        assert_eq!(decode(Framing::Length(5), &[b"hello!"]).1, Ok(false));
        assert_eq!(
            decode(Framing::Length(5), &[b"hell"]).1,
            Err(FramingError::Cut)
        );
        assert_eq!(
            decode(Framing::UntilClose, &[b"hel", b"lo"]),
            (vec![b"hel".to_vec(), b"lo".to_vec()], Ok(true))
        );
    }

    #[test]
    fn the_head_tells_the_framing() {
        let framing = |version, status: u16, lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for &(name, value) in lines {
                headers.append(name, HeaderValue::from_static(value));
            }
            let status = StatusCode::from_u16(status).unwrap();
            Framing::of(&Method::POST, version, status, &headers)
        };
        let (length, coding) = ("content-length", "transfer-encoding");
        let cases: &[(&[_], _)] = &[
            (&[], Ok(Framing::UntilClose)),
            (&[(length, "3")], Ok(Framing::Length(3))),
            (&[(length, "3, 3"), (length, "3")], Ok(Framing::Length(3))),
            (&[(length, "3"), (length, "4")], Err(FramingError::Length)),
            (&[(length, "+3")], Err(FramingError::Length)),
            (&[(length, "")], Err(FramingError::Length)),
            (&[(length, "3"), (coding, "Chunked")], Ok(CHUNKED)),
            (&[(coding, "gzip, chunked")], Ok(CHUNKED)),
            (&[(coding, "gzip")], Ok(Framing::UntilClose)),
        ];
        for (lines, expected) in cases {
            assert_eq!(
                framing(Version::HTTP_11, 200, lines),
                *expected,
                "{lines:?}"
            );
        }
        let chunked = [(coding, "chunked")];
        assert_eq!(
            framing(Version::HTTP_10, 200, &chunked),
            Err(FramingError::Length)
        );
        for status in [204, 304] {
            assert_eq!(
                framing(Version::HTTP_11, status, &chunked),
                Ok(Framing::Length(0))
            );
        }
    }

    proptest! {
        /// However a body is cut on its way, the same bytes come out.
        #[test]
        fn cuts_do_not_matter(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..6000), 0..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mut wire = Vec::new();
            for chunk in &chunks {
                wire.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
            places.extend([0, wire.len()]);
            places.sort_unstable();
            let pieces: Vec<_> = places.windows(2).map(|pair| &wire[pair[0]..pair[1]]).collect();
            let (out, end) = decode(CHUNKED, &pieces);
            prop_assert_eq!(out.concat(), chunks.concat());
            prop_assert_eq!(end, Ok(true));
        }
    }
}
