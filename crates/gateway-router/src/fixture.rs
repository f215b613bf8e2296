//! Providers whose answers are written in the test.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_client::transport::TransportResponse;
use gateway_providers::{
    Call, CallError, Fault, FaultKind, Operation, Provider, Reply, ReplyBody,
    fault::UpstreamError,
    operation::OPERATIONS,
    provider::{ListedModel, ModelListing, ProxyRequest},
};
use gateway_types::json::{RawObject, ScanLimits};
use http::{HeaderMap, StatusCode};

use crate::resolve::Target;

/// What a provider does when its models are asked for.
#[derive(Debug, Clone)]
pub(crate) enum Script {
    List(Vec<String>),
    Listing(ModelListing),
    Fail(FaultKind),
    Refuse(StatusCode),
    Hang,
    Panic,
    After(Duration, Box<Script>),
}

#[derive(Debug)]
pub(crate) struct Scripted {
    name: String,
    operations: Vec<Operation>,
    /// The last one stays.
    script: Mutex<VecDeque<Script>>,
    listed: AtomicUsize,
    callers_own: bool,
    pub(crate) calls: Mutex<Vec<Call>>,
}

impl Scripted {
    pub(crate) fn new(name: &str, script: impl IntoIterator<Item = Script>) -> Self {
        Self {
            name: name.to_owned(),
            operations: OPERATIONS.iter().map(|row| row.operation).collect(),
            script: Mutex::new(script.into_iter().collect()),
            listed: AtomicUsize::new(0),
            callers_own: false,
            calls: Mutex::default(),
        }
    }

    pub(crate) fn offering(mut self, operations: &[Operation]) -> Self {
        self.operations = operations.to_vec();
        self
    }

    /// The same, brought along by a caller.
    pub(crate) fn brought_along(mut self) -> Self {
        self.callers_own = true;
        self
    }

    /// How often the models were asked for.
    pub(crate) fn times_listed(&self) -> usize {
        self.listed.load(Ordering::SeqCst)
    }

    fn next(&self) -> Script {
        let mut script = self.script.lock().unwrap();
        if script.len() > 1 {
            script.pop_front().unwrap()
        } else {
            script.front().unwrap().clone()
        }
    }
}

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn vendor(&self) -> &'static str {
        "scripted"
    }

    fn is_callers_own(&self) -> bool {
        self.callers_own
    }

    fn supports(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        let fails = call.model == "broken";
        self.calls.lock().unwrap().push(call);
        if fails {
            return Err(Fault::new(FaultKind::Unreachable, "refused").into());
        }
        let body = ReplyBody::Whole {
            bytes: Bytes::from_static(b"{}"),
            usage: None,
        };
        Ok(Reply {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body,
        })
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        self.listed.fetch_add(1, Ordering::SeqCst);
        let mut script = self.next();
        loop {
            script = match script {
                Script::List(ids) => return Ok(listing(&ids)),
                Script::Listing(listing) => return Ok(listing),
                Script::Fail(kind) => return Err(Fault::new(kind, "scripted").into()),
                Script::Refuse(status) => return Err(refusal(status, None).into()),
                Script::Hang => std::future::pending().await,
                Script::Panic => panic!("scripted"),
                Script::After(wait, then) => {
                    tokio::time::sleep(wait).await;
                    *then
                }
            };
        }
    }

    async fn proxy(&self, _request: ProxyRequest) -> Result<TransportResponse, CallError> {
        Err(Fault::new(FaultKind::Unreachable, "scripted").into())
    }
}

/// What an upstream's error status is, and when it wants to be asked again.
pub(crate) fn refusal(status: StatusCode, retry_after: Option<Duration>) -> Fault {
    let mut fault = Fault::new(FaultKind::Status, "scripted");
    fault.upstream = Some(UpstreamError {
        status,
        headers: HeaderMap::new(),
        body: None,
        retry_after,
    });
    fault
}

pub(crate) fn list(ids: &[&str]) -> Script {
    Script::List(ids.iter().map(|id| (*id).to_owned()).collect())
}

pub(crate) fn after(millis: u64, then: Script) -> Script {
    Script::After(Duration::from_millis(millis), Box::new(then))
}

/// A listing of plain objects.
pub(crate) fn listing<S: AsRef<str>>(ids: &[S]) -> ModelListing {
    let models = ids.iter().map(|id| model(id.as_ref(), "")).collect();
    ModelListing { models, raw: None }
}

/// One listed model with more members behind the four usual ones.
pub(crate) fn model(id: &str, more: &str) -> ListedModel {
    let quoted = serde_json::to_string(id).unwrap();
    let text =
        format!(r#"{{"id":{quoted},"object":"model","created":7,"owned_by":"maker"{more}}}"#);
    ListedModel {
        id: id.to_owned(),
        object: object(&text),
    }
}

pub(crate) fn object(text: &str) -> RawObject {
    RawObject::parse(
        Bytes::copy_from_slice(text.as_bytes()),
        ScanLimits::default(),
    )
    .unwrap()
}

/// A provider that lists these ids.
pub(crate) fn provider(name: &str, ids: &[&str]) -> Arc<Scripted> {
    Arc::new(Scripted::new(name, [list(ids)]))
}

/// A model of a provider that lists nothing.
pub(crate) fn target(name: &str, model: &str) -> Target {
    Target {
        provider: provider(name, &[]),
        model: model.to_owned(),
        known: true,
        weight: 1,
        overrides: None,
        pace: None,
    }
}
