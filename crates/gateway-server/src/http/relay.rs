//! Step 7 of a request's path: the answer's body, written as it comes.
//!
//! One body type for every answer, so that its end, whichever way it comes, closes the request's record. In a
//! stream silence is filled with comments (the one keep-alive that every SDK ignores), a fault becomes one error
//! event, and after an error there is no `[DONE]`.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, Stream};
use gateway_client::transport::{ByteStream, TransportError};
use gateway_providers::{EventStream, Fault};
use gateway_router::Feedback;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::error::{ApiError, ErrorKind, UpstreamErrorPolicy};
use crate::{gate::Gate, listener::Busy, observe::Exchange};

/// What an answer's body is made of.
pub enum Source {
    /// Bytes that are all there.
    Whole(Bytes),
    /// An event stream.
    Events(Box<Events>),
    /// Bytes as they come, unread.
    Binary(Unread),
}

/// An event stream with what keeps it alive.
pub struct Events {
    stream: EventStream,
    policy: UpstreamErrorPolicy,
    keep_alive: Duration,
    /// When something was last written.
    written: Instant,
    interruption: Gate<Interruption>,
    feedback: Option<Feedback>,
}

/// What a silent stream waits for beside its next event. Of no concern while events come, hence behind a gate.
struct Interruption {
    /// Fires a keep-alive's length after `written`; set anew only when it fires, not at every event.
    quiet: Pin<Box<Sleep>>,
    cut_off: Pin<Box<WaitForCancellationFutureOwned>>,
}

enum Interrupted {
    Quiet,
    CutOff,
}

impl Future for Interruption {
    type Output = Interrupted;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Interrupted> {
        if self.cut_off.as_mut().poll(context).is_ready() {
            return Poll::Ready(Interrupted::CutOff);
        }
        self.quiet
            .as_mut()
            .poll(context)
            .map(|()| Interrupted::Quiet)
    }
}

/// Bytes that are passed on as they come, and who is to be told how they end.
pub struct Unread {
    /// The bytes.
    pub stream: ByteStream,
    /// Of an answer that was routed: its target's health.
    pub feedback: Option<Feedback>,
}

/// The body of an answer. Dropping it cancels the upstream and closes the record.
pub struct RelayBody {
    source: Option<Source>,
    exchange: Exchange,
    /// The error that is to break the framing, once what came before it has been written.
    broken: Option<std::io::Error>,
    _busy: Option<Busy>,
}

/// A comment, which every event-stream parser skips.
const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

impl Events {
    /// Relays a stream, with a comment whenever it was silent for `keep_alive`, until `cut_off` is cancelled.
    pub fn new(
        stream: EventStream,
        policy: UpstreamErrorPolicy,
        keep_alive: Duration,
        cut_off: CancellationToken,
    ) -> Self {
        Self {
            stream,
            policy,
            keep_alive,
            written: Instant::now(),
            interruption: Gate::new(Interruption {
                quiet: Box::pin(sleep(keep_alive)),
                cut_off: Box::pin(cut_off.cancelled_owned()),
            }),
            feedback: None,
        }
    }

    /// Who is to be told how the stream ends.
    #[must_use]
    pub fn feedback(mut self, feedback: Option<Feedback>) -> Self {
        self.feedback = feedback;
        self
    }

    /// A comment once the silence has been long enough, or the end of it all.
    fn poll_interruption(
        &mut self,
        exchange: &mut Exchange,
        context: &mut Context<'_>,
    ) -> Poll<Next> {
        loop {
            if let Interrupted::CutOff = ready!(self.interruption.poll_unpin(context)) {
                let error = ApiError::new(
                    ErrorKind::Draining,
                    "The gateway is shutting down and could not wait for the end of this answer.",
                );
                exchange.record.error = Some(error.code());
                return Poll::Ready(Next::Last(error.event()));
            }
            let now = Instant::now();
            let is_due = self.written + self.keep_alive <= now;
            if is_due {
                self.written = now;
            }
            let quiet = &mut self.interruption.get_mut().quiet;
            quiet.as_mut().reset(self.written + self.keep_alive);
            if is_due {
                return Poll::Ready(Next::Piece(KEEP_ALIVE));
            }
        }
    }
}

impl Unread {
    /// The bytes broke off: what that is, told to whoever is to be told.
    fn broke(&mut self, error: &TransportError) -> Fault {
        let fault = Fault::in_body(error);
        if let Some(feedback) = self.feedback.take() {
            feedback.broke(&fault);
        }
        fault
    }
}

/// What the next poll of an event stream gives.
enum Next {
    Piece(Bytes),
    Last(Bytes),
    End,
}

impl RelayBody {
    /// A body that closes the record when it ends.
    pub fn new(source: Source, exchange: Exchange, busy: Option<Busy>) -> Self {
        Self {
            source: Some(source),
            exchange,
            broken: None,
            _busy: busy,
        }
    }

    fn poll_events(
        events: &mut Events,
        exchange: &mut Exchange,
        context: &mut Context<'_>,
    ) -> Poll<Next> {
        match Pin::new(&mut events.stream).poll_next(context) {
            Poll::Ready(Some(Ok(batch))) => {
                exchange.note_first_token();
                exchange.record.events += u64::from(batch.events);
                exchange.record.usage = batch.usage.or(exchange.record.usage);
                events.written = Instant::now();
                Poll::Ready(Next::Piece(batch.bytes))
            }
            Poll::Ready(Some(Err(fault))) => {
                if let Some(feedback) = events.feedback.take() {
                    feedback.broke(&fault);
                }
                Poll::Ready(Next::Last(error_event(fault, events.policy, exchange)))
            }
            Poll::Ready(None) => {
                if let Some(feedback) = events.feedback.take() {
                    feedback.complete();
                }
                Poll::Ready(Next::End)
            }
            Poll::Pending => events.poll_interruption(exchange, context),
        }
    }
}

fn error_event(fault: Fault, policy: UpstreamErrorPolicy, exchange: &mut Exchange) -> Bytes {
    let error = ApiError::from_fault(fault, policy);
    exchange.record.error = Some(error.code());
    exchange.record.error_detail = error.log_detail().map(str::to_owned);
    error.event()
}

impl Body for RelayBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        if let Some(error) = this.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let next = match &mut this.source {
            None => Next::End,
            Some(Source::Whole(bytes)) if bytes.is_empty() => Next::End,
            Some(Source::Whole(bytes)) => Next::Last(std::mem::take(bytes)),
            Some(Source::Events(events)) => {
                match Self::poll_events(events, &mut this.exchange, context) {
                    Poll::Ready(next) => next,
                    Poll::Pending => return Poll::Pending,
                }
            }
            Some(Source::Binary(unread)) => match Pin::new(&mut unread.stream).poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => Next::Piece(bytes),
                Poll::Ready(Some(Err(error))) => {
                    let fault = unread.broke(&error);
                    // Nothing can be said inside bytes that are not ours: the broken framing has to say it.
                    this.source = None;
                    this.exchange.record.error = Some(fault.kind.spec().code);
                    this.exchange.record.error_detail = Some(fault.detail);
                    // An error makes hyper drop what it has not written yet, the head among it: a pause lets it
                    // write that first.
                    this.broken = Some(std::io::Error::other(error));
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(None) => {
                    if let Some(feedback) = unread.feedback.take() {
                        feedback.complete();
                    }
                    Next::End
                }
                Poll::Pending => return Poll::Pending,
            },
        };
        let bytes = match next {
            Next::Piece(bytes) => bytes,
            Next::Last(bytes) => {
                this.source = None;
                this.exchange.record.complete = this.exchange.record.error.is_none();
                bytes
            }
            Next::End => {
                this.source = None;
                this.exchange.record.complete = this.exchange.record.error.is_none();
                return Poll::Ready(None);
            }
        };
        this.exchange.record.bytes_out += bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            None => self.broken.is_none(),
            Some(Source::Whole(bytes)) => bytes.is_empty(),
            Some(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.source, &self.broken) {
            (None, None) => SizeHint::with_exact(0),
            (Some(Source::Whole(bytes)), _) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Events(_) => f.write_str("Events(..)"),
            Self::Binary(_) => f.write_str("Binary(..)"),
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unread")
    }
}

impl fmt::Debug for RelayBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayBody")
    }
}
