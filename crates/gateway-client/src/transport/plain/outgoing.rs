//! A request on its way out: bytes in memory, and a body that may still be arriving.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Method};

use super::{
    head::{self, OutLength},
    wire::Wire,
};
use crate::transport::{ByteStream, RequestBody, TransportError};

/// How many pieces go out in one write.
const PIECES: usize = 8;

/// A request on its way.
pub(super) struct Outgoing {
    method: Method,
    /// What goes out next.
    queue: VecDeque<Bytes>,
    rest: Rest,
    /// Whether some of it has left.
    has_begun: bool,
}

/// What does not stand in the queue yet.
enum Rest {
    Nothing,
    Stream {
        stream: ByteStream,
        /// How much it has to give; `None` where it is sent in chunks.
        left: Option<u64>,
    },
}

/// Why a request cannot be written.
#[derive(Debug)]
pub(super) enum WriteError {
    /// Its own body failed.
    Body(TransportError),
    /// The connection did.
    Io(io::Error),
}

impl Outgoing {
    /// Puts a request into bytes. The target has been checked.
    pub(super) fn new(
        method: Method,
        target: &str,
        host: &HeaderValue,
        headers: &HeaderMap,
        body: RequestBody,
    ) -> Self {
        let (length, pieces, rest) = match body {
            RequestBody::Empty => (OutLength::Nothing, Vec::new(), Rest::Nothing),
            RequestBody::Full(bytes) => (
                OutLength::Known(bytes.len() as u64),
                vec![bytes],
                Rest::Nothing,
            ),
            RequestBody::Pieces(pieces) => {
                let length = pieces.iter().map(|piece| piece.len() as u64).sum();
                (OutLength::Known(length), pieces, Rest::Nothing)
            }
            RequestBody::Stream { stream, length } => {
                let out = length.map_or(OutLength::Chunked, OutLength::Known);
                let left = length;
                (out, Vec::new(), Rest::Stream { stream, left })
            }
        };
        let head = head::encode(&method, target, host, headers, length).freeze();
        let body = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self {
            method,
            queue: std::iter::once(head).chain(body).collect(),
            rest,
            has_begun: false,
        }
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    /// A second one of the same, where all of it is in memory. To be asked before any of it is written.
    pub(super) fn spare(&self) -> Option<Self> {
        match self.rest {
            Rest::Stream { .. } => None,
            Rest::Nothing => Some(Self {
                method: self.method.clone(),
                queue: self.queue.clone(),
                rest: Rest::Nothing,
                has_begun: false,
            }),
        }
    }

    /// Whether some of it has left.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Writes for as long as the connection takes something. Ready when all of it is out.
    pub(super) fn poll(
        &mut self,
        wire: &mut Wire,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), WriteError>> {
        loop {
            // Most bodies are in memory; of others the first piece goes out with the head, if it is there.
            let is_waiting = self.poll_rest(context)?.is_pending();
            if self.queue.is_empty() {
                return if is_waiting {
                    Poll::Pending
                } else {
                    Poll::Ready(Ok(()))
                };
            }
            let mut slices = [IoSlice::new(&[]); PIECES];
            for (slice, piece) in slices.iter_mut().zip(&self.queue) {
                *slice = IoSlice::new(piece);
            }
            let count = ready!(wire.poll_write(context, &slices)).map_err(WriteError::Io)?;
            if count == 0 {
                return Poll::Ready(Err(WriteError::Io(io::ErrorKind::WriteZero.into())));
            }
            self.has_begun = true;
            self.advance(count);
        }
    }

    fn advance(&mut self, mut count: usize) {
        while let Some(first) = self.queue.front_mut() {
            let done = count.min(first.len());
            first.advance(done);
            count -= done;
            if !first.is_empty() {
                return;
            }
            self.queue.pop_front();
        }
    }

    /// Takes what the body gives now, up to what one write can carry. Ready when the body has ended.
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        while let Rest::Stream { stream, left } = &mut self.rest {
            if self.queue.len() + 3 > PIECES {
                return Poll::Pending;
            }
            match ready!(stream.poll_next_unpin(context)) {
                Some(Err(error)) => return Poll::Ready(Err(WriteError::Body(error))),
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => match left {
                    None => {
                        let size = format!("{:x}\r\n", piece.len());
                        self.queue
                            .extend([size.into(), piece, Bytes::from_static(b"\r\n")]);
                    }
                    Some(left) => {
                        let Some(after) = left.checked_sub(piece.len() as u64) else {
                            return Poll::Ready(Err(wrong_length()));
                        };
                        *left = after;
                        self.queue.push_back(piece);
                    }
                },
                None => {
                    match left {
                        Some(0) => {}
                        Some(_) => return Poll::Ready(Err(wrong_length())),
                        None => self.queue.push_back(Bytes::from_static(b"0\r\n\r\n")),
                    }
                    self.rest = Rest::Nothing;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn wrong_length() -> WriteError {
    let kind = crate::transport::TransportErrorKind::RequestBody;
    WriteError::Body(TransportError::new(
        kind,
        "the body is not as long as was said",
    ))
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing({} pieces)", self.queue.len())
    }
}
