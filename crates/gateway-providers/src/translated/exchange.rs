//! One call from its native requests to a checked reply.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, stream};
use gateway_client::transport::{ByteStream, RequestBody, Transport, TransportRequest};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::stream::TranslatedStream;
use crate::{
    CallError, EventStream, Fault, FaultKind, HOPS, ProviderSettings, Reply, ReplyBody,
    answer::{AnswerSeed, AnswerWriter},
    call::Timeouts,
    credentials::Signer,
    dialects::{AnswerDecoder, Dialect, NativeRequest, WholeDecoder},
    framing::Framing,
    stream::{EventPump, PumpLimits},
    upstream::{EVENT_STREAM, body, headers, refuse_errors, send, upstream_headers},
    upstream_error::redacted,
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How many requests one whole answer may take.
const MAX_PARTS: u32 = 64;

/// How many requests of one call are under way at a time.
const AT_A_TIME: usize = 4;

/// All that is needed to send a call's requests and to judge the answers.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) settings: Arc<ProviderSettings>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) signer: Arc<dyn Signer>,
    pub(super) dialect: Arc<dyn Dialect>,
    pub(super) timeouts: Timeouts,
    /// The gateways that the call has passed, where it has passed others.
    pub(super) hops: Option<HeaderValue>,
}

/// A success whose body is still to be read.
struct Opened {
    headers: HeaderMap,
    body: ByteStream,
}

/// By when an answer must be there, and what it is when it is not.
#[derive(Clone, Copy)]
struct Patience {
    deadline: Instant,
    late: FaultKind,
}

impl Exchange {
    /// An answer that is no chat, to one request or several.
    pub(super) async fn whole(
        self,
        requests: Vec<NativeRequest>,
        decoder: WholeDecoder,
    ) -> Result<Reply, CallError> {
        let patience = self.whole_patience();
        let exchange = &self;
        let answers: Vec<_> = stream::iter(requests)
            .map(|request| exchange.read_whole(request, patience))
            .buffered(AT_A_TIME)
            .collect()
            .await;
        let mut bodies = Vec::with_capacity(answers.len());
        let mut headers = HeaderMap::new();
        for answer in answers {
            let (more, body) = answer?;
            headers = more;
            bodies.push(body);
        }
        let told = decoder.read(bodies).map_err(|fault| self.clean(fault))?;
        Ok(reply(headers, told.body, told.usage))
    }

    /// A whole chat answer, which may take several requests.
    pub(super) async fn chat(
        self,
        requests: Vec<NativeRequest>,
        mut decoder: Box<dyn AnswerDecoder>,
        seed: AnswerSeed,
    ) -> Result<Reply, CallError> {
        let patience = self.whole_patience();
        let mut answer = AnswerWriter::whole(seed);
        let mut next = requests.into_iter().next();
        let mut headers = HeaderMap::new();
        for _ in 0..MAX_PARTS {
            let Some(request) = next.take() else { break };
            let read = self.read_whole(request, patience).await;
            let told = read.and_then(|(more, body)| {
                headers = more;
                let told = decoder.whole(&body, &mut answer);
                told.map_err(|fault| self.clean(fault).into())
            });
            match told {
                Ok(()) => next = decoder.follow_up(),
                Err(_) if decoder.give_up(&mut answer) => break,
                Err(error) => return Err(error),
            }
        }
        let is_whole = answer.conclude() || (decoder.give_up(&mut answer) && answer.conclude());
        if !is_whole {
            return Err(Fault::new(FaultKind::Empty, "an answer without a finished choice").into());
        }
        let usage = answer.token_usage();
        Ok(reply(headers, answer.take_bytes(), usage))
    }

    /// A streamed chat answer, from its first event on.
    pub(super) async fn stream(
        self,
        requests: Vec<NativeRequest>,
        decoder: Box<dyn AnswerDecoder>,
        seed: AnswerSeed,
    ) -> Result<Reply, CallError> {
        let patience = Patience {
            deadline: Instant::now() + self.timeouts.first_token,
            late: FaultKind::FirstTokenTimeout,
        };
        let Some(request) = requests.into_iter().next() else {
            return Err(Fault::new(FaultKind::Empty, "a call without a request").into());
        };
        let framing = request.framing;
        let Opened { mut headers, body } = self.open(request, true, patience).await?;
        let machine = TranslatedStream::new(
            framing,
            self.settings.limits.event_bytes,
            decoder,
            AnswerWriter::chunks(seed),
        );
        let limits = PumpLimits::new(self.timeouts.idle);
        let mut events = self.events(EventPump::new(body, machine, limits));
        let first = timeout_at(patience.deadline, events.next())
            .await
            .map_err(|_| Fault::new(patience.late, "no first event in time"))?
            .transpose()?;
        headers.insert(header::CONTENT_TYPE, EVENT_STREAM);
        Ok(Reply {
            status: StatusCode::OK,
            headers,
            body: ReplyBody::Events(stream::iter(first.map(Ok)).chain(events).boxed()),
        })
    }

    /// The events of a stream, over as many bodies as the answer takes.
    fn events(self, pump: EventPump<TranslatedStream>) -> EventStream {
        let exchange = Arc::new(self);
        stream::unfold(Some(pump), move |pump| {
            let exchange = Arc::clone(&exchange);
            async move {
                let mut pump = pump?;
                loop {
                    match pump.next().await {
                        Some(Ok(batch)) => return Some((Ok(batch), Some(pump))),
                        Some(Err(fault)) => {
                            return Some((Err(*exchange.clean(Box::new(fault))), None));
                        }
                        None => {}
                    }
                    let mut machine = pump.into_machine();
                    let request = machine.take_follow_up()?;
                    match exchange.next_body(request).await {
                        Ok(body) => {
                            pump = EventPump::new(
                                body,
                                machine,
                                PumpLimits::new(exchange.timeouts.idle),
                            );
                        }
                        Err(fault) => {
                            let end = machine.give_up().ok_or(fault);
                            return Some((end, None));
                        }
                    }
                }
            }
        })
        .boxed()
    }

    /// The body in which a streamed answer goes on.
    async fn next_body(&self, request: NativeRequest) -> Result<ByteStream, Fault> {
        let patience = Patience {
            deadline: Instant::now() + self.timeouts.first_token,
            late: FaultKind::FirstTokenTimeout,
        };
        match self.open(request, true, patience).await {
            Ok(opened) => Ok(opened.body),
            Err(CallError::Fault(fault)) => Err(*fault),
            Err(CallError::Translate(error)) => {
                Err(Fault::new(FaultKind::Reset, error.to_string()))
            }
        }
    }

    async fn read_whole(
        &self,
        request: NativeRequest,
        patience: Patience,
    ) -> Result<(HeaderMap, Bytes), CallError> {
        let Opened { headers, body } = self.open(request, false, patience).await?;
        let limit = self.settings.limits.whole_bytes;
        let bytes = body::read(body, limit, patience.deadline).await?;
        Ok((headers, bytes))
    }

    /// Sends one request; gives the answer where it is a success.
    async fn open(
        &self,
        request: NativeRequest,
        stream: bool,
        patience: Patience,
    ) -> Result<Opened, CallError> {
        let url = self.settings.native_url(&request.path);
        self.open_at(url, request, stream, patience).await
    }

    async fn open_at(
        &self,
        url: Url,
        request: NativeRequest,
        stream: bool,
        patience: Patience,
    ) -> Result<Opened, CallError> {
        let NativeRequest {
            method,
            path: _,
            headers: own,
            body,
            framing,
        } = request;
        let settings = &*self.settings;
        let mut headers = upstream_headers(settings, own);
        if let Some(hops) = &self.hops {
            headers.insert(HOPS, hops.clone());
        }
        headers.insert(header::ACCEPT, accept(framing, stream));
        let body = if body.is_empty() {
            RequestBody::Empty
        } else {
            headers.insert(header::CONTENT_TYPE, JSON);
            RequestBody::Full(body)
        };
        let mut request = TransportRequest {
            method,
            url,
            headers,
            body,
            head_timeout: Some(patience.deadline.saturating_duration_since(Instant::now())),
        };
        self.signer.sign(&mut request).await?;
        let response = send(&*self.transport, request, patience.deadline, patience.late).await?;
        let response = refuse_errors(
            response,
            &settings.redactor,
            patience.deadline,
            |status, headers, body| self.dialect.error(status, headers, &body),
        )
        .await?;
        if headers::is_encoded(&response.headers) {
            let detail = "a compressed answer, which was not asked for";
            return Err(Fault::new(FaultKind::InvalidResponse, detail).into());
        }
        if headers::media_type(&response.headers) == "text/html" {
            let detail = "a success of type \"text/html\"";
            return Err(Fault::new(FaultKind::InvalidResponse, detail).into());
        }
        Ok(Opened {
            headers: headers::for_client(&response.headers, &settings.redactor),
            body: response.body,
        })
    }

    /// One `GET` of a page of the list of models.
    pub(super) async fn get(&self, request: NativeRequest) -> Result<Bytes, CallError> {
        let patience = self.whole_patience();
        let url = self.settings.native_models_url(&request.path);
        let Opened { body, .. } = self.open_at(url, request, false, patience).await?;
        Ok(body::read(body, self.settings.limits.whole_bytes, patience.deadline).await?)
    }

    fn whole_patience(&self) -> Patience {
        Patience {
            deadline: Instant::now() + self.timeouts.total,
            late: FaultKind::Deadline,
        }
    }

    /// A fault that a decoder found, without our credentials in what the upstream said.
    fn clean(&self, mut fault: Box<Fault>) -> Box<Fault> {
        if let Some(upstream) = &mut fault.upstream {
            upstream.body = upstream
                .body
                .take()
                .map(|body| redacted(body, &self.settings.redactor));
        }
        fault
    }
}

fn reply(mut headers: HeaderMap, bytes: Bytes, usage: Option<crate::TokenUsage>) -> Reply {
    headers.insert(header::CONTENT_TYPE, JSON);
    Reply {
        status: StatusCode::OK,
        headers,
        body: ReplyBody::Whole { bytes, usage },
    }
}

fn accept(framing: Framing, stream: bool) -> HeaderValue {
    if stream { framing.media_type() } else { JSON }
}
