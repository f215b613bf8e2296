//! Recorded answers, sent again: the same status, headers and bytes, cut into pieces of one's choice.
//!
//! Recordings keep the bytes of an answer, not where they were cut on their way. A reader that is right gives the
//! same for every cut, so each recording is sent in several.

use bytes::Bytes;

use super::Reply;

/// An answer as it was recorded.
#[derive(Debug, Clone)]
pub struct RecordedReply {
    /// The HTTP status.
    pub status: u16,
    /// Names and values. Those that belong to a connection are left out when it is sent.
    pub headers: Vec<(String, String)>,
    /// The body, its transfer coding removed.
    pub body: Bytes,
    /// How the body tells its events apart.
    pub framing: BodyFraming,
}

/// How a body tells its events apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFraming {
    /// It has none: one document.
    Whole,
    /// Server-sent events: each ends with an empty line.
    EventStream,
    /// One JSON value a line.
    Lines,
    /// One JSON array: each element is an event.
    JsonArray,
    /// AWS event stream messages: each begins with its length.
    ///
    /// Spec: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html>
    AwsEventStream,
}

/// Where a body is cut into pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunking {
    /// Nowhere.
    Whole,
    /// After each event.
    Events,
    /// After every so many bytes, also inside of a character.
    Bytes(usize),
}

impl Chunking {
    /// The four that every streamed recording is sent in.
    pub const ALL: [Self; 4] = [Self::Whole, Self::Events, Self::Bytes(7), Self::Bytes(1)];
}

/// Headers that belong to a connection, or to a coding that the recorded body no longer has.
const CONNECTION_HEADERS: &[&str] = &[
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-encoding",
];

impl RecordedReply {
    /// The answer in pieces. Each piece reaches its reader on its own, however fast they follow each other: they
    /// are chunks of HTTP's chunked coding.
    pub fn reply(&self, chunking: Chunking) -> Reply {
        let is_sent = |name: &str| {
            !CONNECTION_HEADERS
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        };
        let head = Reply::status(self.status).chunked();
        let headers = self.headers.iter().filter(|(name, _)| is_sent(name));
        headers
            .fold(head, |reply, (name, value)| reply.header(name, value))
            .send_burst(self.pieces(chunking))
    }

    /// The body, cut.
    pub fn pieces(&self, chunking: Chunking) -> Vec<Bytes> {
        let ends: Vec<usize> = match chunking {
            Chunking::Whole => Vec::new(),
            Chunking::Events => event_ends(self.framing, &self.body),
            Chunking::Bytes(size) => (size..self.body.len()).step_by(size.max(1)).collect(),
        };
        let mut pieces = Vec::with_capacity(ends.len() + 1);
        let mut start = 0;
        for end in ends.into_iter().chain([self.body.len()]) {
            let end = end.min(self.body.len());
            if end > start {
                pieces.push(self.body.slice(start..end));
                start = end;
            }
        }
        pieces
    }
}

fn event_ends(framing: BodyFraming, body: &[u8]) -> Vec<usize> {
    match framing {
        BodyFraming::Whole => Vec::new(),
        BodyFraming::EventStream => empty_lines(body),
        BodyFraming::Lines => line_ends(body),
        BodyFraming::JsonArray => element_ends(body),
        BodyFraming::AwsEventStream => message_ends(body),
    }
}

/// Behind every empty line, whichever of the three line ends it has.
fn empty_lines(body: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut line_is_empty = true;
    let mut place = 0;
    while let Some(&byte) = body.get(place) {
        place += 1;
        match byte {
            b'\n' | b'\r' => {
                if byte == b'\r' && body.get(place) == Some(&b'\n') {
                    place += 1;
                }
                if line_is_empty {
                    ends.push(place);
                }
                line_is_empty = true;
            }
            _ => line_is_empty = false,
        }
    }
    ends
}

fn line_ends(body: &[u8]) -> Vec<usize> {
    let ends = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(place, _)| place + 1).collect()
}

/// Behind every element of the outermost array.
fn element_ends(body: &[u8]) -> Vec<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    let mut ends = Vec::new();
    for (place, byte) in body.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    ends.push(place + 1);
                }
            }
            _ => {}
        }
    }
    ends
}

/// Behind every message, as its first four bytes say.
fn message_ends(body: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
    while let Some(&[a, b, c, d]) = body.get(start..).and_then(<[u8]>::first_chunk::<4>) {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        start = start.saturating_add(length.max(16)).min(body.len());
        ends.push(start);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(framing: BodyFraming, body: &'static [u8]) -> RecordedReply {
        RecordedReply {
            status: 200,
            headers: Vec::new(),
            body: Bytes::from_static(body),
            framing,
        }
    }

    fn texts(framing: BodyFraming, body: &'static str, chunking: Chunking) -> Vec<String> {
        let pieces = recorded(framing, body.as_bytes()).pieces(chunking);
        pieces
            .iter()
            .map(|piece| String::from_utf8_lossy(piece).into_owned())
            .collect()
    }

    #[test]
    fn events_are_cut_where_their_framing_ends_them() {
        use BodyFraming::{EventStream, JsonArray, Lines, Whole};
        for (framing, body, pieces) in [
            (
                EventStream,
                "data: a\n\n: c\r\n\r\ndata: b\r\rdata: c",
                &["data: a\n\n", ": c\r\n\r\n", "data: b\r\r", "data: c"][..],
            ),
            (Lines, "{}\n{\"a\":1}\n{", &["{}\n", "{\"a\":1}\n", "{"]),
            (
                JsonArray,
                r#"[{"a":"}]\""} , {"b":[{}]}]"#,
                &[r#"[{"a":"}]\""}"#, r#" , {"b":[{}]}"#, "]"],
            ),
            (Whole, "a\n\nb", &["a\n\nb"]),
        ] {
            assert_eq!(texts(framing, body, Chunking::Events), pieces);
        }
    }

    #[test]
    fn messages_are_cut_by_their_lengths_even_where_the_last_is_cut_off() {
        let mut body = vec![0, 0, 0, 18];
        body.extend([7; 14]);
        body.extend([0, 0, 0, 20, 1, 2]);
        let reply = RecordedReply {
            body: body.into(),
            ..recorded(BodyFraming::AwsEventStream, b"")
        };
        let lengths: Vec<usize> = reply
            .pieces(Chunking::Events)
            .iter()
            .map(Bytes::len)
            .collect();
        assert_eq!(lengths, [18, 6]);
    }

    #[test]
    fn no_byte_is_lost_or_doubled_by_any_cut() {
        let body = "data: {\"a\":\"\u{1f600}\"}\r\n\r\ndata: [DONE]\n\n";
        for chunking in Chunking::ALL {
            assert_eq!(
                texts(BodyFraming::EventStream, body, Chunking::Whole),
                [body]
            );
            let reply = recorded(BodyFraming::EventStream, body.as_bytes());
            assert_eq!(
                reply.pieces(chunking).concat(),
                body.as_bytes(),
                "{chunking:?}"
            );
        }
        assert!(
            recorded(BodyFraming::Whole, b"abcdefgh")
                .pieces(Chunking::Bytes(1))
                .iter()
                .all(|piece| piece.len() == 1)
        );
    }
}
