//! What operators see: one record per request, as a log line and as metrics. Prompts and answers are in neither.

pub mod access_log;
pub mod diagnostics;
mod exchange;
mod metrics;
pub mod occupancy;
mod request_id;
mod series;

pub use self::{
    exchange::{Exchange, Observers, Record},
    metrics::Metrics,
    request_id::RequestId,
};
