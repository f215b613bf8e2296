//! What a guard must know of the call.

use crate::{operation::StreamEnd, secret::Redactor};

/// The rules of one stream.
#[derive(Debug, Clone)]
pub struct GuardRules {
    /// How a stream of this operation says that it is complete.
    pub end: StreamEnd,
    /// Usage was asked for by the gateway and not by the client: the usage chunk is taken out, and
    /// `"usage":null` from the others.
    pub hide_usage: bool,
    /// The upstream's completion tokens leave reasoning tokens out, see [`raw_usage`](crate::raw_usage).
    pub reasoning_beside: bool,
    /// The largest event in bytes, blank line included.
    pub max_event_bytes: usize,
    /// Takes our credentials out of the upstream's errors.
    pub redactor: Redactor,
}

impl GuardRules {
    /// The default of [`max_event_bytes`](Self::max_event_bytes): 8 MiB, room for an image in base64.
    pub const MAX_EVENT_BYTES: usize = 8 << 20;

    /// Rules for streams that end so, with the client asking for everything the upstream sends.
    pub fn new(end: StreamEnd) -> Self {
        Self {
            end,
            hide_usage: false,
            reasoning_beside: false,
            max_event_bytes: Self::MAX_EVENT_BYTES,
            redactor: Redactor::default(),
        }
    }
}
