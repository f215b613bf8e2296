//! An upstream's answer as data: a head, steps of a body, and the way the connection goes on.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::sse;

/// One scripted answer. Each piece of the body is written on its own, without delay unless the script says so.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) before_head: Vec<Step>,
    pub(super) head: Option<ReplyHead>,
    pub(super) body: Vec<Step>,
    pub(super) ending: Ending,
}

#[derive(Debug, Clone)]
pub(super) struct ReplyHead {
    version: &'static str,
    status: u16,
    headers: Vec<(String, String)>,
    pub(super) framing: Framing,
}

/// How the body's end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(Option<usize>),
    Chunked,
    UntilClose,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A piece of the body, framed as the head says.
    Piece(Bytes),
    /// Pieces of the body, each framed on its own, written together.
    Burst(Vec<Bytes>),
    /// Bytes outside of any framing.
    Raw(Bytes),
    Wait(Duration),
    Gate(Gate),
}

/// What becomes of the connection after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The body is terminated as its framing asks, and the connection stays for the next request.
    Complete,
    /// FIN, with no terminator.
    Cut,
    /// The body is terminated, then RST.
    CompleteThenReset,
    /// RST, with no terminator.
    Reset,
    /// Nothing more comes, and nothing is closed.
    Hang,
}

/// A door in a script: the upstream waits there until the test opens it.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed door.
    #[expect(
        clippy::new_without_default,
        reason = "a closed gate is no natural default"
    )]
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Opens it for everybody, for good.
    pub fn open(&self) {
        self.0.close();
    }

    pub(super) async fn pass(&self) {
        // A closed semaphore lets everybody through with an error: that is the open gate.
        let _ = self.0.acquire().await;
    }
}

impl Reply {
    /// A status with an empty body.
    pub fn status(status: u16) -> Self {
        let head = ReplyHead {
            version: "HTTP/1.1",
            status,
            headers: Vec::new(),
            framing: Framing::Length(None),
        };
        Self {
            before_head: Vec::new(),
            head: Some(head),
            body: Vec::new(),
            ending: Ending::Complete,
        }
    }

    /// A whole JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// A whole answer of any type.
    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::status(status)
            .header("content-type", content_type)
            .send(body)
    }

    /// A chunked event stream, each of these texts the data of one event and one piece.
    pub fn sse<T: AsRef<str>>(data: &[T]) -> Self {
        data.iter()
            .fold(Self::stream(), |reply, data| reply.event(data.as_ref()))
    }

    /// A chunked event stream that is empty so far.
    pub fn stream() -> Self {
        Self::status(200)
            .header("content-type", "text/event-stream")
            .chunked()
    }

    /// Exactly these bytes, head and all, then FIN.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self {
            before_head: vec![Step::Raw(bytes.into())],
            head: None,
            body: Vec::new(),
            ending: Ending::Cut,
        }
    }

    /// No answer, no close.
    pub fn never() -> Self {
        Self {
            ending: Ending::Hang,
            ..Self::raw("")
        }
    }

    /// RST instead of an answer.
    pub fn reset_at_once() -> Self {
        Self::raw("").reset()
    }

    /// FIN instead of an answer.
    pub fn close_at_once() -> Self {
        Self::raw("")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Some(head) = &mut self.head {
            head.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Puts another content type in the place of the one that is there.
    #[must_use]
    pub fn content_type(mut self, value: &str) -> Self {
        if let Some(head) = &mut self.head {
            head.headers
                .retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        }
        self.header("content-type", value)
    }

    /// Adds a piece of the body.
    #[must_use]
    pub fn send(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body.push(Step::Piece(bytes.into()));
        self
    }

    /// Adds pieces of the body that are written together, yet framed each on its own: in a chunked body every one
    /// is a chunk, whatever the network joins.
    #[must_use]
    pub fn send_burst(mut self, pieces: Vec<Bytes>) -> Self {
        self.body.push(Step::Burst(pieces));
        self
    }

    /// Adds one canonical event.
    #[must_use]
    pub fn event(self, data: &str) -> Self {
        self.send(sse::event(data))
    }

    /// Adds `data: [DONE]`.
    #[must_use]
    pub fn done(self) -> Self {
        self.event("[DONE]")
    }

    /// Waits before the next piece.
    #[must_use]
    pub fn wait(mut self, time: Duration) -> Self {
        self.body.push(Step::Wait(time));
        self
    }

    /// Waits at a gate before the next piece.
    #[must_use]
    pub fn gate(mut self, gate: &Gate) -> Self {
        self.body.push(Step::Gate(gate.clone()));
        self
    }

    /// Waits before the head.
    #[must_use]
    pub fn slow_head(mut self, time: Duration) -> Self {
        self.before_head.push(Step::Wait(time));
        self
    }

    /// Sends an interim answer such as `HTTP/1.1 103 Early Hints` before the head.
    #[must_use]
    pub fn interim(mut self, status_line: &str) -> Self {
        self.before_head.push(Step::Raw(Bytes::from(format!(
            "{status_line}\r\nlink: </x>\r\n\r\n"
        ))));
        self
    }

    /// The body in pieces of `size` bytes, `pause` between them.
    #[must_use]
    pub fn trickle(mut self, size: usize, pause: Duration) -> Self {
        let whole = self.body();
        self.body.clear();
        for start in (0..whole.len()).step_by(size) {
            self.body.push(Step::Piece(
                whole.slice(start..(start + size).min(whole.len())),
            ));
            self.body.push(Step::Wait(pause));
        }
        self
    }

    /// Frames the body in chunks.
    #[must_use]
    pub fn chunked(self) -> Self {
        self.framed(Framing::Chunked)
    }

    /// The body ends where the connection does (as HTTP/1.0 has it, and HTTP/1.1 allows).
    #[must_use]
    pub fn until_close(mut self) -> Self {
        self.ending = Ending::Cut;
        self.framed(Framing::UntilClose)
    }

    /// Declares this length, true or not.
    #[must_use]
    pub fn content_length(self, length: usize) -> Self {
        self.framed(Framing::Length(Some(length)))
    }

    /// Answers as HTTP/1.0.
    #[must_use]
    pub fn http10(mut self) -> Self {
        if let Some(head) = &mut self.head {
            head.version = "HTTP/1.0";
        }
        self
    }

    /// Ends with FIN and no terminator.
    #[must_use]
    pub fn cut(self) -> Self {
        self.ending(Ending::Cut)
    }

    /// Ends with RST and no terminator.
    #[must_use]
    pub fn reset(self) -> Self {
        self.ending(Ending::Reset)
    }

    /// Terminates the body, then RST.
    #[must_use]
    pub fn complete_then_reset(self) -> Self {
        self.ending(Ending::CompleteThenReset)
    }

    /// Falls silent for ever after the last piece.
    #[must_use]
    pub fn hang(self) -> Self {
        self.ending(Ending::Hang)
    }

    fn framed(mut self, framing: Framing) -> Self {
        if let Some(head) = &mut self.head {
            head.framing = framing;
        }
        self
    }

    fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// The body's pieces, joined.
    pub fn body(&self) -> Bytes {
        let mut whole = BytesMut::new();
        for step in &self.body {
            match step {
                Step::Piece(bytes) => whole.extend_from_slice(bytes),
                Step::Burst(pieces) => pieces
                    .iter()
                    .for_each(|bytes| whole.extend_from_slice(bytes)),
                Step::Raw(_) | Step::Wait(_) | Step::Gate(_) => {}
            }
        }
        whole.freeze()
    }

    pub(super) fn framing(&self) -> Framing {
        self.head
            .as_ref()
            .map_or(Framing::UntilClose, |head| head.framing)
    }

    /// The head's bytes.
    pub(super) fn head_bytes(&self) -> Bytes {
        let Some(head) = &self.head else {
            return Bytes::new();
        };
        let mut text = format!("{} {} Scripted\r\n", head.version, head.status);
        for (name, value) in &head.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        match head.framing {
            Framing::Chunked => text.push_str("transfer-encoding: chunked\r\n"),
            Framing::UntilClose => text.push_str("connection: close\r\n"),
            Framing::Length(declared) => {
                let length = declared.unwrap_or_else(|| self.body().len());
                text.push_str(&format!("content-length: {length}\r\n"));
            }
        }
        text.push_str("\r\n");
        Bytes::from(text)
    }
}

impl Framing {
    /// Pieces of the body, each framed on its own, as they go on the wire.
    pub(super) fn wrap_all(self, pieces: &[Bytes]) -> Bytes {
        let mut wire = BytesMut::new();
        for piece in pieces {
            wire.extend_from_slice(&self.wrap(piece));
        }
        wire.freeze()
    }

    /// One piece of the body, as it goes on the wire.
    pub(super) fn wrap(self, piece: &Bytes) -> Bytes {
        if self != Self::Chunked || piece.is_empty() {
            return piece.clone();
        }
        let mut wire = BytesMut::from(format!("{:x}\r\n", piece.len()).as_bytes());
        wire.extend_from_slice(piece);
        wire.extend_from_slice(b"\r\n");
        wire.freeze()
    }

    /// What ends a complete body.
    pub(super) fn terminator(self) -> &'static [u8] {
        if self == Self::Chunked {
            b"0\r\n\r\n"
        } else {
            b""
        }
    }
}
