//! From a request to an answer's head.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll, ready},
};

use super::{
    head::{Head, HeadReader},
    outgoing::{Outgoing, WriteError},
    wire::Wire,
};
use crate::transport::{
    HttpTransportConfig, TransportError, TransportErrorKind, error::RequestBodyFailed,
};

/// An exchange whose head has come.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) head: Head,
    pub(super) wire: Wire,
    /// The request, where the answer came before all of it was written.
    pub(super) unfinished: Option<Outgoing>,
}

/// A failed exchange.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: TransportError,
    /// The request, where none of it was written.
    pub(super) unsent: Option<Outgoing>,
    /// Whether the connection ended without a word.
    pub(super) was_silent: bool,
}

/// Writes the request and waits for the head of its answer. A server may answer before it has read all of the
/// request, and may stop reading then.
pub(super) async fn exchange(
    wire: Wire,
    outgoing: Outgoing,
    config: &HttpTransportConfig,
) -> Result<Answered, Failed> {
    let reader = HeadReader::new(
        outgoing.method().clone(),
        config.max_headers,
        config.max_header_bytes,
    );
    let mut open = Open {
        wire,
        outgoing,
        is_written: false,
        broken: None,
        reader,
    };
    let head = poll_fn(|context| open.poll(context)).await;
    let Open {
        wire,
        outgoing,
        is_written,
        broken,
        ..
    } = open;
    match head {
        Ok(mut head) => {
            head.keeps_open &= broken.is_none();
            let unfinished = (!is_written && broken.is_none()).then_some(outgoing);
            Ok(Answered {
                head,
                wire,
                unfinished,
            })
        }
        Err(error) => Err(Failed {
            was_silent: error.kind == TransportErrorKind::ResetBeforeHead && wire.input.is_empty(),
            unsent: (!outgoing.has_begun()).then_some(outgoing),
            error,
        }),
    }
}

struct Open {
    wire: Wire,
    outgoing: Outgoing,
    is_written: bool,
    /// Why no more can be written. What can still be read may be an answer that says why.
    broken: Option<io::Error>,
    reader: HeadReader,
}

impl Open {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Head, TransportError>> {
        if !self.is_written && self.broken.is_none() {
            match self.outgoing.poll(&mut self.wire, context) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => self.is_written = true,
                Poll::Ready(Err(WriteError::Io(error))) => self.broken = Some(error),
                Poll::Ready(Err(WriteError::Body(error))) => {
                    return Poll::Ready(Err(TransportError::with_source(
                        TransportErrorKind::RequestBody,
                        RequestBodyFailed(error),
                    )));
                }
            }
        }
        loop {
            let read = ready!(self.wire.poll_read(context, 0));
            match read {
                Ok(0) => return Poll::Ready(Err(self.ended(None))),
                Err(error) => return Poll::Ready(Err(self.ended(Some(error)))),
                Ok(_) => {}
            }
            match self.reader.take(&mut self.wire.input) {
                Ok(None) => {}
                Ok(Some(head)) => return Poll::Ready(Ok(head)),
                Err(error) => {
                    return Poll::Ready(Err(TransportError::with_source(
                        TransportErrorKind::Protocol,
                        error,
                    )));
                }
            }
        }
    }

    fn ended(&mut self, error: Option<io::Error>) -> TransportError {
        let kind = TransportErrorKind::ResetBeforeHead;
        match self.broken.take().or(error) {
            Some(error) => TransportError::with_source(kind, error),
            None => TransportError::new(kind, "the connection was closed before an answer"),
        }
    }
}
