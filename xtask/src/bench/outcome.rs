//! What the load generator tells the bench: the one line of JSON that it ends with.

use serde::{Deserialize, Serialize};

/// One measured window.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The window's length.
    pub(crate) seconds: f64,
    /// Answers that were read to their end.
    pub(crate) requests: u64,
    /// Stream events that arrived.
    pub(crate) events: u64,
    /// Exchanges that went wrong: another status than 200, a broken connection, a wrong count of events.
    pub(crate) failures: u64,
    /// What the first failure was.
    pub(crate) first_failure: Option<String>,
    /// Half of the answers were there within this time, in microseconds. In an open loop the time counts from
    /// when the request was due.
    pub(crate) p50_us: f64,
    /// 99 % of the answers were.
    pub(crate) p99_us: f64,
    /// The CPU time that the watched processes took in the window, user and system, in microseconds.
    pub(crate) cpu_us: f64,
    /// The memory of the watched processes before the load, in KiB; shared pages are counted once.
    pub(crate) memory_before_kib: u64,
    /// The same at the window's end.
    pub(crate) memory_kib: u64,
    /// Connections that were open at the window's end.
    pub(crate) open: u64,
}
