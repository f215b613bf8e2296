//! Event streams: a bounded, linear splitter of raw bytes into frames.
//!
//! [`FrameSplitter`] does no IO: bytes go in as they arrive, frames come out. It follows the parsing rules of
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>, and keeps each
//! frame's own bytes, so that a relay can pass them on untouched.

mod frame;
mod scan;
mod splitter;
#[cfg(test)]
mod tests;

pub use self::{
    frame::Frame,
    splitter::{FrameError, FrameSplitter},
};
