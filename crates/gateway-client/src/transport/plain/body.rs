//! An answer's body as it arrives; one that was read to its end gives its connection back.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, future::poll_fn};
use tokio::time::timeout;

use super::{
    framing::{Framing, Piece},
    outgoing::Outgoing,
    pool::Host,
    wire::Wire,
};
use crate::transport::{ByteStream, TransportError, TransportErrorKind};

/// How long a body that was dropped before its end may take to end after all. A reader that knows its format
/// stops at the last event, a moment before the framing says that it was the last; whoever goes on sending is
/// cut off.
const LINGER: Duration = Duration::from_millis(100);

/// An answer's body, and what it comes on.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) wire: Wire,
    pub(super) framing: Framing,
    /// What is still to be written of the request.
    pub(super) unfinished: Option<Box<Outgoing>>,
    /// Whether the connection can be used again after the body.
    pub(super) keeps_open: bool,
}

impl Incoming {
    /// The next part of the body; `None` at its end.
    fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, TransportError>>> {
        self.write_on(context);
        loop {
            match self.framing.take(&mut self.wire.input) {
                Ok(Piece::Data(data)) => {
                    self.wire.give_room_back();
                    return Poll::Ready(Some(Ok(data)));
                }
                Ok(Piece::End) => return Poll::Ready(None),
                Ok(Piece::More) => {}
                Err(error) => return Poll::Ready(Some(Err(broken(error)))),
            }
            match ready!(self.wire.poll_read(context, self.framing.known())) {
                Ok(0) => {
                    self.keeps_open = false;
                    let end = self.framing.close();
                    return Poll::Ready(end.err().map(|error| Err(broken(error))));
                }
                Ok(_) => {}
                Err(error) => return Poll::Ready(Some(Err(broken(error)))),
            }
        }
    }

    /// A server that answers early may go on reading, and give its answer as it does.
    fn write_on(&mut self, context: &mut Context<'_>) {
        let Some(outgoing) = &mut self.unfinished else {
            return;
        };
        match outgoing.poll(&mut self.wire, context) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self.unfinished = None,
            Poll::Ready(Err(_)) => {
                // The answer is on its way all the same.
                self.unfinished = None;
                self.keeps_open = false;
            }
        }
    }

    /// Whether it has been read to its end; more may be known of that than was asked for.
    fn has_ended(&self) -> bool {
        self.framing.has_ended()
    }

    /// The connection, if it can be used again.
    fn into_reusable(self) -> Option<Wire> {
        (self.keeps_open && self.unfinished.is_none()).then_some(self.wire)
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> TransportError {
    TransportError::with_source(TransportErrorKind::Body, error)
}

/// An answer's body. Read to its end it gives the connection back; dropped before, it closes it.
pub(super) fn pooled(incoming: Incoming, host: Arc<Host>) -> ByteStream {
    let mut body = PooledBody {
        incoming: Some(incoming),
        host,
    };
    body.finish_if_ended();
    body.boxed()
}

struct PooledBody {
    /// `None` once it has ended.
    incoming: Option<Incoming>,
    host: Arc<Host>,
}

impl PooledBody {
    fn finish_if_ended(&mut self) {
        if self.incoming.as_ref().is_some_and(Incoming::has_ended) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some(incoming) = self.incoming.take() {
            give_back(&self.host, incoming);
        }
    }
}

fn give_back(host: &Arc<Host>, incoming: Incoming) {
    if let Some(wire) = incoming.into_reusable() {
        host.give_back(wire);
    }
}

impl Stream for PooledBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        let piece = ready!(incoming.poll_piece(context));
        match &piece {
            None => self.finish(),
            Some(Ok(_)) => self.finish_if_ended(),
            Some(Err(_)) => self.incoming = None,
        }
        Poll::Ready(piece)
    }
}

impl Drop for PooledBody {
    fn drop(&mut self) {
        let Some(mut incoming) = self.incoming.take() else {
            return;
        };
        // Mostly the end is there already, right behind the last event.
        let mut now = Context::from_waker(Waker::noop());
        match incoming.poll_piece(&mut now) {
            Poll::Ready(None) => return give_back(&self.host, incoming),
            Poll::Ready(Some(_)) => return,
            Poll::Pending => {}
        }
        // Outside of a runtime there is nobody to wait for the end.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let host = Arc::clone(&self.host);
        runtime.spawn(async move {
            let end = poll_fn(|context| incoming.poll_piece(context));
            if let Ok(None) = timeout(LINGER, end).await {
                give_back(&host, incoming);
            }
        });
    }
}
