//! Heads of requests and answers as bytes (RFC 9112, sections 2 to 5). Pure.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use httparse::{EMPTY_HEADER, Status};
use memchr::memchr_iter;

use super::framing::{Framing, FramingError};

/// What is room for beside the names and values of an answer's headers: the status line, colons and line ends.
const BESIDE_HEADERS: usize = 8 << 10;
/// How many interim answers may come before the answer.
const MAX_INTERIM: u8 = 32;

/// How a request's body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutLength {
    /// There is none.
    Nothing,
    /// It has so many bytes.
    Known(u64),
    /// It is sent in chunks.
    Chunked,
}

/// A request's head. What frames the body is this function's business alone, whatever the headers say of it.
pub(super) fn encode(
    method: &Method,
    target: &str,
    host: &HeaderValue,
    headers: &HeaderMap,
    length: OutLength,
) -> BytesMut {
    let size: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let mut head = BytesMut::with_capacity(size + target.len() + host.len() + 96);
    put(
        &mut head,
        &[
            method.as_str().as_bytes(),
            b" ",
            target.as_bytes(),
            b" HTTP/1.1\r\n",
        ],
    );
    line(
        &mut head,
        &header::HOST,
        headers.get(header::HOST).unwrap_or(host),
    );
    for (name, value) in headers {
        if !is_ours(name) {
            line(&mut head, name, value);
        }
    }
    if !headers.contains_key(header::ACCEPT) {
        head.put_slice(b"accept: */*\r\n");
    }
    match length {
        OutLength::Nothing if takes_a_body(method) => head.put_slice(b"content-length: 0\r\n"),
        OutLength::Nothing => {}
        OutLength::Known(length) => put(
            &mut head,
            &[b"content-length: ", length.to_string().as_bytes(), b"\r\n"],
        ),
        OutLength::Chunked => head.put_slice(b"transfer-encoding: chunked\r\n"),
    }
    head.put_slice(b"\r\n");
    head
}

/// A server may wait for the body of such a request unless it is told that there is none (RFC 9110, section 8.6).
fn takes_a_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

fn is_ours(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::HOST | header::CONTENT_LENGTH | header::TRANSFER_ENCODING
    )
}

fn line(head: &mut BytesMut, name: &HeaderName, value: &HeaderValue) {
    put(
        head,
        &[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"],
    );
}

fn put(head: &mut BytesMut, parts: &[&[u8]]) {
    for part in parts {
        head.put_slice(part);
    }
}

/// What an answer's head says.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
    /// Whether the other end keeps the connection open for a next request.
    pub(super) keeps_open: bool,
}

/// Why a head cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeadError {
    #[error("this is not HTTP")]
    NotHttp,
    #[error("unreadable: {0}")]
    Unreadable(#[from] httparse::Error),
    #[error("a header that is none")]
    Header,
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    #[error("an answer with status {0}, which was not asked for")]
    Unasked(u16),
    #[error(transparent)]
    Framing(#[from] FramingError),
}

/// Looks for an answer's head in what arrives.
#[derive(Debug)]
pub(super) struct HeadReader {
    method: Method,
    max_headers: usize,
    max_bytes: usize,
    /// So much of the input holds no end of a head.
    seen: usize,
    interim: u8,
}

impl HeadReader {
    /// A reader for the answer to a request with this method.
    pub(super) fn new(method: Method, max_headers: usize, max_header_bytes: usize) -> Self {
        Self {
            method,
            max_headers,
            max_bytes: max_header_bytes.saturating_add(BESIDE_HEADERS),
            seen: 0,
            interim: 0,
        }
    }

    /// Takes the head off the input, if all of it is there. Interim answers before it are skipped.
    ///
    /// # Errors
    /// When this is no answer that can be understood.
    pub(super) fn take(&mut self, input: &mut BytesMut) -> Result<Option<Head>, HeadError> {
        loop {
            let Some(bytes) = self.cut(input)? else {
                return Ok(None);
            };
            let head = self.parse(&bytes)?;
            match head.status.as_u16() {
                101 => return Err(HeadError::Unasked(101)),
                status @ 100..=199 => {
                    self.interim += 1;
                    if self.interim > MAX_INTERIM {
                        return Err(HeadError::Unasked(status));
                    }
                }
                _ => return Ok(Some(head)),
            }
        }
    }

    /// The bytes up to the blank line.
    fn cut(&mut self, input: &mut BytesMut) -> Result<Option<Bytes>, HeadError> {
        const START: &[u8] = b"HTTP/";
        if self.seen == 0 {
            let blank = input
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let blank = blank.count().min(4);
            input.advance(blank);
        }
        let there = input.len().min(START.len());
        if input.get(..there) != START.get(..there) {
            return Err(HeadError::NotHttp);
        }
        let Some(end) = end_of_head(input, self.seen) else {
            // The blank line may have begun already.
            self.seen = input.len().saturating_sub(3);
            return if input.len() > self.max_bytes {
                Err(HeadError::TooLarge(self.max_bytes))
            } else {
                Ok(None)
            };
        };
        if end > self.max_bytes {
            return Err(HeadError::TooLarge(self.max_bytes));
        }
        self.seen = 0;
        Ok(Some(input.split_to(end).freeze()))
    }

    fn parse(&self, bytes: &Bytes) -> Result<Head, HeadError> {
        let mut lines = [EMPTY_HEADER; 32];
        let mut many;
        let mut room = lines.as_mut_slice();
        // Each header has a line end; few answers have so many.
        if memchr_iter(b'\n', bytes).count() > room.len() {
            many = vec![EMPTY_HEADER; self.max_headers];
            room = many.as_mut_slice();
        }
        let mut response = httparse::Response::new(room);
        let Status::Complete(_) = response.parse(bytes)? else {
            return Err(HeadError::Header);
        };
        let status = response
            .code
            .and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(HeadError::NotHttp)?;
        let version = match response.version {
            Some(0) => Version::HTTP_10,
            _ => Version::HTTP_11,
        };
        let mut headers = HeaderMap::with_capacity(response.headers.len());
        for line in response.headers.iter() {
            let name = HeaderName::from_bytes(line.name.as_bytes());
            let value = HeaderValue::from_maybe_shared(bytes.slice_ref(line.value));
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(HeadError::Header);
            };
            headers.append(name, value);
        }
        if response.headers.len() > self.max_headers {
            return Err(HeadError::Header);
        }
        let framing = Framing::of(&self.method, version, status, &headers)?;
        let is_ambiguous = headers.contains_key(header::TRANSFER_ENCODING)
            && headers.contains_key(header::CONTENT_LENGTH);
        Ok(Head {
            status,
            framing,
            keeps_open: keeps_open(version, &headers)
                && framing != Framing::UntilClose
                && !is_ambiguous,
            headers,
        })
    }
}

/// Where the head ends, its blank line included.
fn end_of_head(input: &[u8], from: usize) -> Option<usize> {
    let unseen = input.get(from..)?;
    memchr_iter(b'\n', unseen)
        .map(|line_end| from + line_end + 1)
        .find_map(|next_line| match input.get(next_line..)? {
            [b'\r', b'\n', ..] => Some(next_line + 2),
            [b'\n', ..] => Some(next_line + 1),
            _ => None,
        })
}

/// RFC 9112, section 9.3.
fn keeps_open(version: Version, headers: &HeaderMap) -> bool {
    let says = |word: &str| {
        headers
            .get_all(header::CONNECTION)
            .iter()
            .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
            .any(|token| token.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    };
    match version {
        Version::HTTP_10 => says("keep-alive") && !says("close"),
        _ => !says("close"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> HeadReader {
        HeadReader::new(Method::POST, 100, 1000)
    }

    /// What is read, with the input byte by byte and all at once.
    fn read(text: &str) -> Result<Option<(Head, String)>, HeadError> {
        let mut slow = BytesMut::new();
        let mut reader_of_slow = reader();
        let mut slowly = Ok(None);
        for byte in text.bytes() {
            slow.put_u8(byte);
            if matches!(slowly, Ok(None)) {
                slowly = reader_of_slow.take(&mut slow);
            }
        }
        let mut input = BytesMut::from(text);
        let at_once = reader().take(&mut input);
        match (&at_once, &slowly) {
            (Ok(Some(a)), Ok(Some(b))) => {
                assert_eq!((a.status, &a.headers), (b.status, &b.headers));
            }
            (Ok(None), Ok(None)) | (Err(_), Err(_)) => {}
            other => panic!("{other:?}"),
        }
        let rest = String::from_utf8(input.to_vec()).unwrap();
        at_once.map(|head| head.map(|head| (head, rest)))
    }

    #[test]
    fn heads_are_read_up_to_their_blank_line() {
        let (head, rest) =
            read("HTTP/1.1 200 OK\r\nA: b\r\na:  c \r\ncontent-length: 4\r\n\r\nbody")
                .unwrap()
                .unwrap();
        assert_eq!(
            (head.status.as_u16(), rest.as_str(), head.framing),
            (200, "body", Framing::Length(4))
        );
        let values: Vec<_> = head.headers.get_all("a").iter().collect();
        assert_eq!(values, ["b", "c"]);
        assert!(head.keeps_open);
        let interim = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 \r\n\r\n";
        let (head, rest) = read(interim).unwrap().unwrap();
        assert_eq!((head.status.as_u16(), rest.as_str()), (204, ""));
        assert!(!head.headers.contains_key("link"));
        let (head, _) = read("\r\nHTTP/1.0 200 OK\n\n").unwrap().unwrap();
        assert!(!head.keeps_open && head.framing == Framing::UntilClose);
        assert!(read("HTTP/1.1 200 OK\r\na: b\r\n").unwrap().is_none());
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(101));
        let large = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(10_000));
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(40);
        for text in [
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
            "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            &many,
            &large,
            &interim,
        ] {
            assert!(read(text).is_err(), "{text:.60}");
        }
        let hundred = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(100));
        assert!(read(&hundred).unwrap().is_some());
    }

    #[test]
    fn connections_are_kept_where_both_ends_say_so() {
        for (head, kept) in [
            ("HTTP/1.1 204 x\r\n\r\n", true),
            ("HTTP/1.1 204 x\r\nconnection: a, Close\r\n\r\n", false),
            ("HTTP/1.0 204 x\r\n\r\n", false),
            ("HTTP/1.0 204 x\r\nconnection: Keep-Alive\r\n\r\n", true),
            ("HTTP/1.1 200 x\r\n\r\n", false),
            (
                "HTTP/1.1 200 x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
                false,
            ),
        ] {
            assert_eq!(read(head).unwrap().unwrap().0.keeps_open, kept, "{head}");
        }
    }

    #[test]
    fn nothing_that_a_caller_sets_frames_the_body() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-length", "99"),
            ("transfer-encoding", "chunked"),
            ("x", "y"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let text = |method, length| {
            let host = HeaderValue::from_static("h:1");
            let head = encode(&method, "/p?q", &host, &headers, length);
            String::from_utf8(head.to_vec()).unwrap()
        };
        let start = "POST /p?q HTTP/1.1\r\nhost: h:1\r\nx: y\r\naccept: */*\r\n";
        for (length, end) in [
            (OutLength::Known(3), "content-length: 3\r\n\r\n"),
            (OutLength::Nothing, "content-length: 0\r\n\r\n"),
            (OutLength::Chunked, "transfer-encoding: chunked\r\n\r\n"),
        ] {
            assert_eq!(text(Method::POST, length), format!("{start}{end}"));
        }
        assert!(text(Method::GET, OutLength::Nothing).ends_with("accept: */*\r\n\r\n"));
    }
}
