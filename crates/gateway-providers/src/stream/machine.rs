//! What turns an upstream's bytes into events for the client: the seam between pure code and the pump.

use bytes::Bytes;

use crate::{EventBatch, Fault};

/// A state machine over the bytes of one streamed answer. It does no IO and has no clock.
pub trait StreamMachine: Send {
    /// Takes the next bytes. After a step with an outcome, what else is pushed is swallowed.
    fn push(&mut self, chunk: Bytes) -> Step;

    /// The upstream's bytes have ended. The step has an outcome, unless one was given before.
    fn finish(&mut self, end: UpstreamEnd) -> Step;
}

/// What one push gave.
#[derive(Debug)]
pub struct Step {
    /// Events that may go to the client. Its bytes can be empty beside a usage report (a hidden usage chunk).
    pub batch: EventBatch,
    /// How the stream ended, when it did.
    pub outcome: Option<StreamOutcome>,
}

/// How a stream ended.
#[derive(Debug)]
pub enum StreamOutcome {
    /// The answer is complete; its `[DONE]`, where the operation has one, is in the batch.
    Complete,
    /// It is not; nothing more may follow but one error event.
    Failed(Box<Fault>),
}

/// How the upstream's bytes ended.
#[derive(Debug)]
pub enum UpstreamEnd {
    /// As HTTP says a body ends.
    Clean,
    /// In any other way: a reset, a silence that was too long.
    Broken(Fault),
}
