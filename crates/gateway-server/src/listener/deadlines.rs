//! The socket of one client connection with the clocks that run on it, and with what hyper would say by itself held
//! back.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep, sleep_until},
};

use super::{
    ConnectionLimits, Peer,
    linger::Linger,
    own_answer::{self, OwnAnswer},
    presence::Presence,
};

/// A stream that fails when a request's head began to arrive and is not there in time, or when the other end
/// does not take what is written to it.
pub(super) struct Deadlines<S> {
    stream: S,
    peer: Peer,
    limits: ConnectionLimits,
    /// Runs from the connection's start, and again from the first byte after each answer.
    head: Pin<Box<Sleep>>,
    /// A head is arriving, and this many requests had begun before it.
    arriving: Option<u32>,
    /// The head did not arrive in time.
    is_late: bool,
    /// Somebody waits for more to read, and learns from that when the client goes.
    is_read: bool,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
    /// All that there was to write has been written.
    is_flushed: bool,
    /// What could be an answer of hyper's own.
    held: Option<OwnAnswer>,
    /// The sending half is closed, and a client that is still sending gets to read its answer.
    linger: Option<Linger>,
}

impl<S> Deadlines<S> {
    pub(super) fn new(stream: S, peer: Peer, opened: Instant, limits: ConnectionLimits) -> Self {
        Self {
            stream,
            peer,
            limits,
            head: Box::pin(sleep_until(opened + limits.head)),
            arriving: Some(0),
            is_late: false,
            is_read: false,
            stalled: None,
            is_flushed: true,
            held: None,
            linger: None,
        }
    }

    /// Takes out what hyper answered by itself, once hyper has said that it did.
    pub(super) fn take_own_answer(&mut self) -> Option<StatusCode> {
        self.held.take().map(|own| own.status)
    }

    /// Whether no request is being answered, and every answer so far has been written whole.
    pub(super) fn is_between_requests(&self) -> bool {
        self.is_flushed && !self.peer.is_busy() && !self.peer.has_unread()
    }

    pub(super) fn is_late(&self) -> bool {
        self.is_late
    }

    /// Whether a head has been arriving for too long.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self
            .arriving
            .is_some_and(|before| before != self.peer.begun())
        {
            self.arriving = None;
        }
        if self.arriving.is_none() || self.peer.is_multiplexed() {
            return Poll::Pending;
        }
        self.head.as_mut().poll(context)
    }

    fn note_bytes(&mut self) {
        let begun = self.peer.begun();
        if self.peer.is_busy() || self.arriving == Some(begun) {
            return;
        }
        self.arriving = Some(begun);
        self.head.as_mut().reset(Instant::now() + self.limits.head);
    }

    /// What could be hyper's own answer in what is to be written; no request of ours is being answered then.
    fn own_answer(&self, bytes: &[u8]) -> Option<(usize, StatusCode)> {
        if self.peer.is_busy() || self.peer.is_multiplexed() {
            return None;
        }
        own_answer::find(bytes)
    }

    /// Passes a write's progress on; one that waits for too long becomes an error.
    fn written<T>(
        &mut self,
        progress: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.stalled = None;
            return progress;
        }
        let limit = self.limits.write_stall;
        ready!(
            self.stalled
                .get_or_insert_with(|| Box::pin(sleep(limit)))
                .as_mut()
                .poll(context)
        );
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client does not read its answer",
        )))
    }
}

impl<S: AsyncWrite + Unpin> Deadlines<S> {
    /// Writes what was held back after all: more came behind it, so that it was not hyper's last word.
    fn poll_release(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(own) = &mut self.held {
            let progress = Pin::new(&mut self.stream).poll_write(context, &own.bytes);
            let count = ready!(self.written(progress, context))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if let Some(own) = &mut self.held {
                own.bytes.drain(..count.min(own.bytes.len()));
            }
            self.held.take_if(|own| own.bytes.is_empty());
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Deadlines<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Who reads on has not said its last word.
        if self.held.is_some()
            && let Poll::Ready(Err(error)) = self.poll_release(context)
        {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        let progress = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.is_read = progress.is_pending();
        match progress {
            Poll::Ready(done) => {
                if buffer.filled().len() > before {
                    self.note_bytes();
                }
                Poll::Ready(done)
            }
            Poll::Pending => {
                ready!(self.poll_late(context));
                self.is_late = true;
                Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the request's head did not arrive in time",
                )))
            }
        }
    }
}

impl<S: Presence> Deadlines<S> {
    /// Fails when the client goes while its request is answered and nobody reads. hyper flushes whenever it has done
    /// what there was to do.
    fn check_presence(&self, context: &mut Context<'_>) -> io::Result<()> {
        let is_watched = !self.is_read && self.peer.is_busy();
        if is_watched && self.stream.poll_gone(context).is_ready() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionReset,
                "the client has gone",
            ));
        }
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Presence + Unpin> AsyncWrite for Deadlines<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_flushed = false;
        ready!(self.poll_release(context))?;
        match self.own_answer(bytes) {
            None => {}
            Some((0, status)) => {
                let held = bytes.to_vec();
                self.held = Some(OwnAnswer {
                    status,
                    bytes: held,
                });
                return Poll::Ready(Ok(bytes.len()));
            }
            // The end of another answer goes first.
            Some((at, _)) => bytes = bytes.get(..at).unwrap_or(bytes),
        }
        let progress = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(progress, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_flushed = true;
        self.check_presence(context)?;
        let progress = Pin::new(&mut self.stream).poll_flush(context);
        self.written(progress, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(linger) = &mut this.linger {
            return linger.poll(&mut this.stream, context);
        }
        ready!(this.poll_release(context))?;
        let progress = Pin::new(&mut this.stream).poll_shutdown(context);
        ready!(this.written(progress, context))?;
        if this.peer.is_multiplexed() || !this.peer.has_unread() {
            return Poll::Ready(Ok(()));
        }
        let linger = this.linger.insert(Linger::new());
        linger.poll(&mut this.stream, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // hyper's own answer has no body, so that it comes alone.
        if let [bytes] = slices {
            return self.poll_write(context, bytes);
        }
        self.is_flushed = false;
        ready!(self.poll_release(context))?;
        let progress = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(progress, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
