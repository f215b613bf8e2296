//! Event streams of upstreams, checked before they are passed on.
//!
//! A clean end of a stream is success to every OpenAI SDK, whatever was in it. So the gateway looks at every
//! event: [`StreamGuard`] is a pure state machine which turns chunks of bytes into [`EventBatch`]es that may go
//! to the client as they are, or into the [`Fault`] that ended the stream. [`EventPump`] drives it from a
//! response body, with the timeouts.
//!
//! [`EventBatch`]: crate::EventBatch
//! [`Fault`]: crate::Fault

mod form;
mod guard;
mod machine;
mod output;
mod progress;
mod pump;
mod rules;
mod stray;
#[cfg(test)]
mod tests;

pub use self::{
    guard::StreamGuard,
    machine::{Step, StreamMachine, StreamOutcome, UpstreamEnd},
    pump::{EventPump, PumpLimits},
    rules::GuardRules,
};
