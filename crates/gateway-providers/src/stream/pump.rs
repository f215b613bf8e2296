//! Where a response body meets the guard: the only part of a stream that waits.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::Stream;
use gateway_client::transport::ByteStream;
use tokio::time::{Instant, Sleep};

use super::{
    guard::StreamGuard,
    machine::{Step, StreamMachine, StreamOutcome, UpstreamEnd},
    output::Output,
};
use crate::{EventBatch, Fault, FaultKind};

/// Bounds of a pump.
#[derive(Debug, Clone, Copy)]
pub struct PumpLimits {
    /// How long the upstream may say nothing at all; comments and hidden events count as something.
    pub idle: Duration,
    /// From how many bytes on a batch is given, though more could be ready. Default 64 KiB.
    pub batch_bytes: usize,
}

impl PumpLimits {
    /// Limits with this idle time.
    pub fn new(idle: Duration) -> Self {
        Self {
            idle,
            batch_bytes: 64 << 10,
        }
    }
}

/// An upstream's body as an [`EventStream`](crate::EventStream): reads it through a [`StreamMachine`], gives what
/// is ready together as one batch, and drops the body (which cancels the upstream) as soon as the answer is
/// complete or has failed. Nothing is held back: a batch is given when the upstream makes a pause.
pub struct EventPump<M = StreamGuard> {
    /// `None` when the stream has ended.
    body: Option<ByteStream>,
    machine: M,
    limits: PumpLimits,
    output: Output,
    fault: Option<Fault>,
    last_piece: Instant,
    /// Set for some time at or before `last_piece + idle`, and moved on only when it goes off: a timer is not
    /// touched for every piece.
    alarm: Pin<Box<Sleep>>,
}

impl<M: StreamMachine> EventPump<M> {
    /// A pump for one body. The idle time begins now.
    pub fn new(body: ByteStream, machine: M, limits: PumpLimits) -> Self {
        let last_piece = Instant::now();
        Self {
            body: Some(body),
            machine,
            limits,
            output: Output::default(),
            fault: None,
            last_piece,
            alarm: Box::pin(tokio::time::sleep(limits.idle)),
        }
    }

    /// The machine, for an answer that goes on in another body.
    pub(crate) fn into_machine(self) -> M {
        self.machine
    }

    /// Takes all pieces that are there already, up to a batch's size.
    fn read_ready(&mut self, context: &mut Context<'_>) {
        if self.read_pieces(context) > 0 {
            self.last_piece = Instant::now();
        }
    }

    /// Says how many pieces were there.
    fn read_pieces(&mut self, context: &mut Context<'_>) -> usize {
        let mut pieces = 0;
        while self.output.len() < self.limits.batch_bytes {
            let Some(body) = self.body.as_mut() else {
                return pieces;
            };
            let step = match body.as_mut().poll_next(context) {
                Poll::Pending => return pieces,
                Poll::Ready(Some(Ok(piece))) => {
                    pieces += 1;
                    self.machine.push(piece)
                }
                Poll::Ready(Some(Err(error))) => self
                    .machine
                    .finish(UpstreamEnd::Broken(Fault::in_body(&error))),
                Poll::Ready(None) => self.machine.finish(UpstreamEnd::Clean),
            };
            self.take(step);
        }
        // The loop stopped at its bound with the body not asked again: whoever reads on will ask it.
        pieces
    }

    fn take(&mut self, step: Step) {
        self.output.add(step.batch);
        match step.outcome {
            None => return,
            Some(StreamOutcome::Complete) => {}
            Some(StreamOutcome::Failed(fault)) => self.fault = Some(*fault),
        }
        self.body = None;
    }

    /// Ends the stream when the upstream was silent for too long.
    fn watch_silence(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.alarm.as_mut().poll(context).is_ready() {
            let due = self.last_piece + self.limits.idle;
            if Instant::now() >= due {
                let fault = Fault::new(
                    FaultKind::IdleTimeout,
                    format!("silent for {:?}", self.limits.idle),
                );
                let step = self.machine.finish(UpstreamEnd::Broken(fault));
                self.take(step);
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl<M: StreamMachine + Unpin> Stream for EventPump<M> {
    type Item = Result<EventBatch, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let pump = &mut *self;
        loop {
            pump.read_ready(context);
            if !pump.output.is_empty() {
                return Poll::Ready(Some(Ok(pump.output.take())));
            }
            if pump.body.is_none() {
                return Poll::Ready(pump.fault.take().map(Err));
            }
            if pump.watch_silence(context).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl<M: fmt::Debug> fmt::Debug for EventPump<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventPump")
            .field("limits", &self.limits)
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}
