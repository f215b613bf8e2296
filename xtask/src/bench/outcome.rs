//! What the load generator tells the bench: the one line of JSON that it ends with.

use serde::{Deserialize, Serialize};

/// One measured window.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The window's length.
    pub(crate) seconds: f64,
    /// Answers of status 200 that were read to their end.
    pub(crate) requests: u64,
    /// Stream events that arrived.
    pub(crate) events: u64,
    /// Exchanges that went wrong: another status than 200, a broken connection, a wrong count of events. Where load
    /// may be refused, a refusal in good order is none.
    pub(crate) failures: u64,
    /// What the first failure was.
    pub(crate) first_failure: Option<String>,
    /// Half of the answers were there within this time, in microseconds. In an open loop the time counts from
    /// when the request was due.
    pub(crate) p50_us: f64,
    /// 99 % of the answers were.
    pub(crate) p99_us: f64,
    /// Requests that were refused in good order: 503 with `retry-after` and the error object.
    pub(crate) refused: u64,
    /// Half of the refusals were there within this time, in microseconds, counted as that of answers.
    pub(crate) refused_p50_us: f64,
    /// 99 % of the refusals were.
    pub(crate) refused_p99_us: f64,
    /// Connections that were closed before they were answered anything.
    pub(crate) closed: u64,
    /// Requests of an open loop that were not sent when they were due, since their connection was still busy. Their times
    /// count from when they were due all the same.
    pub(crate) late: u64,
    /// The CPU time that the watched processes took in the window, user and system, in microseconds.
    pub(crate) cpu_us: f64,
    /// The memory of the watched processes before the load, in KiB; shared pages are counted once.
    pub(crate) memory_before_kib: u64,
    /// The same at the window's end.
    pub(crate) memory_kib: u64,
    /// The most of the window, where load may be refused; 0 elsewhere.
    pub(crate) memory_most_kib: u64,
    /// A second after the last connection was closed, where load may be refused; 0 elsewhere.
    pub(crate) memory_after_kib: u64,
    /// Connections that were open at the window's end.
    pub(crate) open: u64,
}
