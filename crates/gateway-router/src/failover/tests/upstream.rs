//! A provider that answers as a closure says.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use gateway_providers::{
    Call, CallError, Fault, FaultKind, Operation, Provider, Reply, ReplyBody,
    call::EventBatch,
    provider::{ModelListing, ProxyReply, ProxyRequest},
};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::fixture::refusal;

/// What the upstream does with a call.
pub(crate) enum Answer {
    Good,
    /// Events, and at the end perhaps a fault.
    Stream(Option<Fault>),
    Fails(CallError),
    /// First this time passes; more than the call has, and it is a timeout.
    After(Duration, Box<Answer>),
}

/// What a raw request comes to.
pub(super) type RawAnswer = Result<ProxyReply, CallError>;

type Script = Box<dyn Fn(&Call, usize) -> Answer + Send + Sync>;

pub(crate) struct Upstream {
    pub(crate) name: &'static str,
    account: Option<&'static str>,
    script: Script,
    /// When it was called, and for which model.
    calls: Mutex<Vec<(Instant, String)>>,
    /// When calls were given up by who made them.
    given_up: Mutex<Vec<Instant>>,
    /// What its model list comes to.
    list: Mutex<fn() -> Answer>,
    /// What raw requests come to.
    raw: Mutex<fn() -> RawAnswer>,
}

/// A call under way; dropped before its end, it was given up.
struct UnderWay<'a> {
    upstream: &'a Upstream,
    ended: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.upstream.given_up.lock().unwrap().push(Instant::now());
        }
    }
}

impl Upstream {
    /// The closure gets the call and how many there were before it.
    pub(crate) fn new(
        name: &'static str,
        script: impl Fn(&Call, usize) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::account(name, None, script)
    }

    /// One account of a provider that has several.
    pub(crate) fn account(
        name: &'static str,
        account: Option<&'static str>,
        script: impl Fn(&Call, usize) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            account,
            script: Box::new(script),
            calls: Mutex::default(),
            given_up: Mutex::default(),
            list: Mutex::new(|| Answer::Good),
            raw: Mutex::new(|| Err(Fault::new(FaultKind::Unreachable, "scripted").into())),
        })
    }

    pub(crate) fn good(name: &'static str) -> Arc<Self> {
        Self::new(name, |_, _| Answer::Good)
    }

    /// Answers every call with this error status.
    pub(crate) fn failing(name: &'static str, code: u16) -> Arc<Self> {
        Self::new(name, move |_, _| status(code))
    }

    pub(crate) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    pub(crate) fn times(&self) -> Vec<Instant> {
        self.calls
            .lock()
            .unwrap()
            .iter()
            .map(|(at, _)| *at)
            .collect()
    }

    /// From now on its model list comes to this.
    pub(super) fn lists(&self, answer: fn() -> Answer) {
        *self.list.lock().unwrap() = answer;
    }

    /// From now on raw requests come to this.
    pub(super) fn answers_raw(&self, answer: fn() -> RawAnswer) {
        *self.raw.lock().unwrap() = answer;
    }

    /// When calls were given up by who made them.
    pub(crate) fn given_up(&self) -> Vec<Instant> {
        self.given_up.lock().unwrap().clone()
    }

    pub(crate) fn models(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|(_, model)| model.clone()).collect()
    }
}

pub(crate) fn status(code: u16) -> Answer {
    status_with(code, None)
}

pub(crate) fn status_with(code: u16, retry_after: Option<Duration>) -> Answer {
    let status = StatusCode::from_u16(code).unwrap();
    Answer::Fails(refusal(status, retry_after).into())
}

/// The same, so many seconds later.
pub(crate) fn after(seconds: f64, answer: Answer) -> Answer {
    Answer::After(Duration::from_secs_f64(seconds), Box::new(answer))
}

pub(crate) fn fault(kind: FaultKind) -> Answer {
    Answer::Fails(Fault::new(kind, "scripted").into())
}

#[async_trait]
impl Provider for Upstream {
    fn name(&self) -> &str {
        self.name
    }

    fn account(&self) -> Option<&str> {
        self.account
    }

    fn vendor(&self) -> &'static str {
        "scripted"
    }

    fn supports(&self, _operation: Operation) -> bool {
        true
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        let before = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((Instant::now(), call.model.clone()));
            calls.len() - 1
        };
        let mut under_way = UnderWay {
            upstream: self,
            ended: false,
        };
        let mut answer = (self.script)(&call, before);
        if let Answer::After(time, then) = answer {
            let (most, kind) = if call.stream {
                (call.timeouts.first_token, FaultKind::FirstTokenTimeout)
            } else {
                (call.timeouts.total, FaultKind::Deadline)
            };
            tokio::time::sleep(time.min(most)).await;
            answer = if most < time { fault(kind) } else { *then };
        }
        under_way.ended = true;
        let body = match answer {
            Answer::Good | Answer::After(..) => ReplyBody::Whole {
                bytes: Bytes::from_static(b"{}"),
                usage: None,
            },
            Answer::Stream(last) => {
                let first = Ok(EventBatch::default());
                let items = std::iter::once(first).chain(last.map(Err));
                ReplyBody::Events(futures::stream::iter(items.collect::<Vec<_>>()).boxed())
            }
            Answer::Fails(error) => return Err(error),
        };
        Ok(Reply {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
        })
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        let answer = *self.list.lock().unwrap();
        match answer() {
            Answer::Fails(error) => Err(error),
            Answer::After(time, _) => {
                tokio::time::sleep(time).await;
                Ok(ModelListing::default())
            }
            Answer::Good | Answer::Stream(_) => Ok(ModelListing::default()),
        }
    }

    async fn proxy(&self, _request: ProxyRequest) -> RawAnswer {
        let answer = *self.raw.lock().unwrap();
        answer()
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
