//! One event as it stood on the wire.

use bytes::Bytes;

/// One event of a stream: its raw bytes, and what the event-stream rules read in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The bytes of the event as they came, blank line included.
    pub raw: Bytes,
    /// The `data` field, several lines joined with LF. `None` where the event had no `data` line at all
    /// (a comment, a `retry:`). UTF-8 is not checked here.
    pub data: Option<Bytes>,
    /// The `event` field, if there was one.
    pub event: Option<Bytes>,
    /// True when [`raw`](Self::raw) is exactly `data: <data>\n\n`: it can be relayed as it is.
    pub canonical: bool,
}
