//! One request's record. It is closed when its last owner drops it, so that a client that went away, a panic and
//! an ordinary end all leave a line.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use gateway_providers::TokenUsage;
use http::{Method, StatusCode};
use tokio::time::Instant;

use super::{Metrics, RequestId, access_log::AccessLog};

/// The status that stands for 'the client went away before it was answered'.
const CLIENT_GONE: u16 = 499;

/// Who is told about finished requests.
#[derive(Debug)]
pub struct Observers {
    /// Counters and histograms.
    pub metrics: Metrics,
    /// The log of requests.
    pub access_log: AccessLog,
}

/// What is known of one request.
#[derive(Debug)]
pub struct Record {
    /// The request's id.
    pub request_id: RequestId,
    /// The method.
    pub method: Method,
    /// The route's pattern, never the raw path.
    pub route: &'static str,
    /// The operation's name, or the route's.
    pub operation: &'static str,
    /// Who called.
    pub principal: String,
    /// The provider that was asked.
    pub provider: Option<String>,
    /// The model as the provider names it.
    pub model: Option<String>,
    /// The attempts where there were several, as in `x-attempts`.
    pub attempts: Option<String>,
    /// The answer's status; `None` while there is none.
    pub status: Option<StatusCode>,
    /// The error's code, also of an error inside a stream.
    pub error: Option<&'static str>,
    /// What the log may know of the error.
    pub error_detail: Option<String>,
    /// Whether the answer is a stream.
    pub stream: bool,
    /// From the request's arrival to the first event.
    pub first_token: Option<Duration>,
    /// The tokens that the upstream counted.
    pub usage: Option<TokenUsage>,
    /// Events relayed.
    pub events: u64,
    /// Body bytes answered.
    pub bytes_out: u64,
    /// Whether the answer's body was given whole.
    pub complete: bool,
    /// When the request arrived.
    pub started: Instant,
}

impl Record {
    fn new(request_id: RequestId, method: Method, route: &'static str) -> Self {
        Self {
            request_id,
            method,
            route,
            operation: route,
            principal: String::new(),
            provider: None,
            model: None,
            attempts: None,
            status: None,
            error: None,
            error_detail: None,
            stream: false,
            first_token: None,
            usage: None,
            events: 0,
            bytes_out: 0,
            complete: false,
            started: Instant::now(),
        }
    }

    /// The status for the log: 499, 'the client went away', where nothing was answered.
    pub fn status_code(&self) -> u16 {
        self.status.map_or(CLIENT_GONE, |status| status.as_u16())
    }
}

/// The open record of one request.
#[derive(Debug)]
pub struct Exchange {
    /// What is known so far.
    pub record: Box<Record>,
    observers: Arc<Observers>,
    standing: Standing,
}

/// What is left to do for a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The caller waits.
    Open,
    /// The caller has gone, and what the request costs is still awaited.
    Detached,
    /// Nothing: it is somebody else's now.
    HandedOver,
}

impl Exchange {
    /// Opens a record.
    pub fn begin(
        observers: Arc<Observers>,
        request_id: RequestId,
        method: Method,
        route: &'static str,
    ) -> Self {
        observers.metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Self {
            record: Box::new(Record::new(request_id, method, route)),
            observers,
            standing: Standing::Open,
        }
    }

    /// Gives the record to whoever awaits the end of the request now that its caller has gone. For this one
    /// nothing is left to close, and the request is not in flight any more.
    pub fn hand_over(&mut self) -> Self {
        let request_id = self.record.request_id.clone();
        let empty = Record::new(request_id, Method::default(), self.record.route);
        self.observers
            .metrics
            .in_flight
            .fetch_sub(1, Ordering::Relaxed);
        self.standing = Standing::HandedOver;
        Self {
            record: std::mem::replace(&mut self.record, Box::new(empty)),
            observers: Arc::clone(&self.observers),
            standing: Standing::Detached,
        }
    }

    /// Notes the first event of a stream, once.
    pub fn note_first_token(&mut self) {
        if self.record.first_token.is_none() {
            self.record.first_token = Some(self.record.started.elapsed());
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        match self.standing {
            Standing::HandedOver => return,
            Standing::Detached => {}
            Standing::Open => {
                self.observers
                    .metrics
                    .in_flight
                    .fetch_sub(1, Ordering::Relaxed);
            }
        }
        let duration = self.record.started.elapsed();
        self.observers.metrics.observe(&self.record, duration);
        self.observers.access_log.write(&self.record, duration);
    }
}
