//! The provider against a scripted transport.

mod answers;
mod as_stream;
mod corpus;
mod requests;
mod streams;
mod through_responses;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use gateway_client::transport::{
    ByteStream, RequestBody, Transport, TransportError, TransportErrorKind, TransportRequest,
    TransportResponse,
};
use gateway_types::json::{RawObject, ScanLimits};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::OpenAiProvider;
use crate::{
    Call, CallError, Fault, FaultKind, Operation, Payload, Provider, ProviderInput,
    ProviderSettings, Reply, ReplyBody, Secret, TokenUsage, VendorRow, call::Timeouts,
};

const KEY: &str = "sk-test-key-123456";

/// One step of a scripted upstream.
#[derive(Clone)]
enum Act {
    Say(&'static str),
    Wait(u64),
    Break(TransportErrorKind),
    Hang,
}

/// What a scripted upstream does with every request.
#[derive(Clone)]
struct Script {
    before_head: Vec<Act>,
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<Act>,
}

impl Script {
    fn new(status: u16, content_type: &'static str, body: &'static str) -> Self {
        Self {
            before_head: Vec::new(),
            status,
            headers: vec![("content-type", content_type)],
            body: vec![Act::Say(body)],
        }
    }

    fn json(body: &'static str) -> Self {
        Self::new(200, "application/json", body)
    }

    fn events(body: Vec<Act>) -> Self {
        Self {
            body,
            ..Self::new(200, "text/event-stream; charset=utf-8", "")
        }
    }

    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A transport that keeps what was sent.
struct Scripted {
    script: Script,
    sent: Mutex<Vec<TransportRequest>>,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        self.sent.lock().unwrap().push(request);
        for act in &self.script.before_head {
            match act {
                Act::Wait(seconds) => tokio::time::sleep(Duration::from_secs(*seconds)).await,
                Act::Break(kind) => return Err(TransportError::new(*kind, "scripted")),
                Act::Hang => std::future::pending().await,
                Act::Say(_) => {}
            }
        }
        let headers = self.script.headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        Ok(TransportResponse {
            status: StatusCode::from_u16(self.script.status).unwrap(),
            headers: headers.collect(),
            body: body(self.script.body.clone()),
        })
    }
}

fn body(acts: Vec<Act>) -> ByteStream {
    let steps = futures::stream::iter(acts).filter_map(|act| async move {
        match act {
            Act::Say(text) => Some(Ok(Bytes::from_static(text.as_bytes()))),
            Act::Break(kind) => Some(Err(TransportError::new(kind, "scripted"))),
            Act::Hang => std::future::pending().await,
            Act::Wait(seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                None
            }
        }
    });
    steps.boxed()
}

/// A provider of this row (TOML) over a script, and what was sent.
struct Bench {
    provider: OpenAiProvider,
    transport: Arc<Scripted>,
}

const PLAIN_ROW: &str = r#"
    id = "lab"
    base_url = "https://lab.test/v1"
    operations = ["chat", "completions", "embeddings", "responses", "speech", "transcriptions", "image_generations", "rerank"]
"#;

fn bench(row: &str, script: Script) -> Bench {
    let row: VendorRow = toml::from_str(row).unwrap();
    let mut input = ProviderInput::new(Arc::new(row));
    input.credential = Some(Secret::from(KEY));
    input.headers = BTreeMap::from([("x-team".to_owned(), Secret::from("team-secret-9"))]);
    let settings = ProviderSettings::resolve(input).unwrap();
    let transport = Arc::new(Scripted {
        script,
        sent: Mutex::default(),
    });
    let settings = Arc::new(settings);
    let provider = match settings.vendor.dialect.as_str() {
        "responses" => OpenAiProvider::with_chat_through_responses(settings, transport.clone()),
        _ => OpenAiProvider::new(settings, transport.clone()),
    };
    Bench {
        provider,
        transport,
    }
}

impl Bench {
    fn sent(&self) -> TransportRequest {
        self.transport
            .sent
            .lock()
            .unwrap()
            .pop()
            .expect("a request was sent")
    }

    async fn ask(&self, operation: Operation, stream: bool) -> Result<Reply, CallError> {
        let body = r#"{"model":"lab/m","messages":[]}"#;
        self.provider.call(call(operation, body, stream)).await
    }
}

fn call(operation: Operation, body: &str, stream: bool) -> Call {
    Call {
        operation,
        model: "m".to_owned(),
        payload: Payload::Json(
            RawObject::parse(
                Bytes::copy_from_slice(body.as_bytes()),
                ScanLimits::default(),
            )
            .unwrap(),
        ),
        stream,
        count_tokens: true,
        strict: false,
        headers: HeaderMap::new(),
        timeouts: Timeouts::default(),
    }
}

fn fault(reply: Result<Reply, CallError>) -> Fault {
    match reply {
        Err(CallError::Fault(fault)) => *fault,
        other => panic!("a fault was expected: {other:?}"),
    }
}

/// All text of a reply's events, and the fault that ended them.
async fn collect(reply: Reply) -> (String, Option<TokenUsage>, Option<FaultKind>) {
    let ReplyBody::Events(events) = reply.body else {
        panic!("events were expected: {reply:?}")
    };
    let (mut text, mut usage, mut kind) = (String::new(), None, None);
    for item in events.collect::<Vec<_>>().await {
        match item {
            Ok(batch) => {
                text.push_str(std::str::from_utf8(&batch.bytes).unwrap());
                usage = batch.usage.or(usage);
            }
            Err(fault) => kind = Some(fault.kind),
        }
    }
    (text, usage, kind)
}

fn sent_body(request: TransportRequest) -> String {
    match request.body {
        RequestBody::Full(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("a body was expected: {other:?}"),
    }
}
