//! One call from sending to a checked reply.

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use futures::StreamExt;
use gateway_client::transport::{Transport, TransportRequest, TransportResponse};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{
    as_stream,
    body::{self, MAX_ERROR, Sniffed},
    headers, whole,
};
use crate::{
    CallError, EventBatch, Fault, FaultKind, Operation, Reply, ReplyBody, TranslateError,
    call::Timeouts,
    fault::UpstreamError,
    operation::StreamEnd,
    peek::is_valid,
    secret::Redactor,
    stream::{EventPump, GuardRules, PumpLimits, StreamGuard},
    upstream_error::{redacted, retry_delay},
};

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const DROPPED: HeaderName = HeaderName::from_static("x-gateway-dropped");

/// A call on its way: all that is needed to send it and to judge the answer.
pub(super) struct Exchange {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) request: TransportRequest,
    pub(super) operation: Operation,
    pub(super) stream: bool,
    pub(super) rules: GuardRules,
    pub(super) timeouts: Timeouts,
    /// The largest whole answer.
    pub(super) whole_bytes: usize,
    /// Members of the request that were taken out, to be told to the caller.
    pub(super) dropped: Vec<String>,
}

/// What judges the answer, apart from what sends the request.
struct Judge {
    operation: Operation,
    stream: bool,
    rules: GuardRules,
    timeouts: Timeouts,
    whole_bytes: usize,
    sent: Instant,
}

impl Exchange {
    /// Sends the request and gives the checked reply. A stream is given once its first valid event is there, or
    /// when it has been held for long enough; what goes wrong later is told inside of it.
    pub(super) async fn run(self) -> Result<Reply, CallError> {
        let dropped = dropped_header(&self.dropped);
        let reply = if self.stream {
            self.run_held().await?
        } else {
            self.open().await?
        };
        let Reply {
            status,
            mut headers,
            body,
        } = reply;
        headers.extend(dropped.map(|value| (DROPPED, value)));
        Ok(Reply {
            status,
            headers,
            body,
        })
    }

    async fn run_held(self) -> Result<Reply, CallError> {
        let held_until = Instant::now() + self.timeouts.hold;
        let mut opening = Box::pin(self.open());
        match timeout_at(held_until, &mut opening).await {
            Ok(reply) => reply,
            Err(_) => Ok(Reply {
                status: StatusCode::OK,
                headers: HeaderMap::from_iter([(header::CONTENT_TYPE, EVENT_STREAM)]),
                body: ReplyBody::Events(
                    futures::stream::once(opening)
                        .flat_map(|reply| late_events(reply).boxed())
                        .boxed(),
                ),
            }),
        }
    }

    async fn open(self) -> Result<Reply, CallError> {
        let Self {
            transport,
            request,
            operation,
            stream,
            rules,
            timeouts,
            whole_bytes,
            dropped: _,
        } = self;
        let sent = Instant::now();
        let judge = Judge {
            operation,
            stream,
            rules,
            timeouts,
            whole_bytes,
            sent,
        };
        let response = send(&*transport, request, judge.head_deadline(), judge.late()).await?;
        judge.reply(response).await
    }
}

/// Sends a request whose head must come by then.
pub(super) async fn send(
    transport: &dyn Transport,
    request: TransportRequest,
    deadline: Instant,
    late: FaultKind,
) -> Result<TransportResponse, CallError> {
    match timeout_at(deadline, transport.send(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(body::fault_before_body(&error, late).map_or_else(
            || {
                let message = "the request's body ended before it was complete".to_owned();
                TranslateError::InvalidValue {
                    param: "body".to_owned(),
                    message,
                }
                .into()
            },
            CallError::from,
        )),
        Err(_) => Err(Fault::new(late, "no response head in time").into()),
    }
}

/// A redirect or an error status is a fault; any other answer is given back.
pub(super) async fn refuse_errors(
    response: TransportResponse,
    redactor: &Redactor,
    deadline: Instant,
) -> Result<TransportResponse, CallError> {
    let status = response.status;
    if status.is_success() {
        return Ok(response);
    }
    if status.is_redirection() {
        let target = response
            .headers
            .get(header::LOCATION)
            .map(|value| redactor.redact(value.as_bytes()).into_owned());
        let target = String::from_utf8_lossy(&target.unwrap_or_default())
            .chars()
            .take(200)
            .collect::<String>();
        return Err(Fault::new(
            FaultKind::Redirect,
            format!("status {status} to {target:?}"),
        )
        .into());
    }
    let body = body::read(response.body, MAX_ERROR, deadline).await.ok();
    let body = body.filter(|body| is_valid(body) && body.trim_ascii_start().starts_with(b"{"));
    let retry_after = headers::retry_after(&response.headers, SystemTime::now())
        .or_else(|| retry_delay(&serde_json::from_slice::<Value>(body.as_deref()?).ok()?));
    let upstream = UpstreamError {
        status,
        headers: headers::for_client(&response.headers, redactor),
        body: body.map(|body| redacted(body, redactor)),
        retry_after,
    };
    Err(Fault {
        kind: FaultKind::Status,
        detail: format!("status {status}"),
        upstream: Some(upstream),
    }
    .into())
}

impl Judge {
    /// When the response head must be there.
    fn head_deadline(&self) -> Instant {
        self.sent
            + if self.stream {
                self.timeouts.first_token
            } else {
                self.timeouts.total
            }
    }

    /// What it means that it is not.
    fn late(&self) -> FaultKind {
        if self.stream {
            FaultKind::FirstTokenTimeout
        } else {
            FaultKind::Deadline
        }
    }

    fn deadline(&self) -> Instant {
        self.sent + self.timeouts.total
    }

    async fn reply(self, response: TransportResponse) -> Result<Reply, CallError> {
        let response = refuse_errors(response, &self.rules.redactor, self.deadline()).await?;
        if headers::is_encoded(&response.headers) {
            return Err(Fault::new(
                FaultKind::InvalidResponse,
                "a compressed answer, which was not asked for",
            )
            .into());
        }
        let media_type = headers::media_type(&response.headers);
        let headers = headers::for_client(&response.headers, &self.rules.redactor);
        let reply = Reply {
            status: response.status,
            headers,
            body: ReplyBody::Binary(response.body),
        };
        match self.expected(&media_type) {
            Expected::Events => self.events(reply, media_type == "text/event-stream").await,
            Expected::Json => self.whole(reply).await,
            Expected::Binary => Ok(reply),
            Expected::Nothing => Err(Fault::new(
                FaultKind::InvalidResponse,
                format!("a success of type {media_type:?}"),
            )
            .into()),
        }
    }

    fn expected(&self, media_type: &str) -> Expected {
        let free_form = matches!(
            self.operation,
            Operation::Speech | Operation::Transcriptions | Operation::Translations
        );
        match media_type {
            "text/html" => Expected::Nothing,
            "text/event-stream" if self.stream || free_form => Expected::Events,
            "application/json" if free_form => Expected::Json,
            _ if free_form => Expected::Binary,
            _ if self.stream => Expected::Events,
            _ => Expected::Json,
        }
    }

    async fn whole(self, reply: Reply) -> Result<Reply, CallError> {
        let ReplyBody::Binary(body) = reply.body else {
            return Ok(reply);
        };
        let bytes = body::read(body, self.whole_bytes, self.deadline()).await?;
        let usage = whole::check(
            self.operation,
            &bytes,
            self.rules.reasoning_beside,
            &self.rules.redactor,
        )
        .map_err(CallError::Fault)?;
        let mut headers = reply.headers;
        if !headers::media_type(&headers).contains("json") {
            // What was checked is JSON, and a client that is told otherwise takes it for text.
            headers.insert(header::CONTENT_TYPE, JSON);
        }
        Ok(Reply {
            status: reply.status,
            headers,
            body: ReplyBody::Whole { bytes, usage },
        })
    }

    /// A stream was asked for, or came. Its first byte tells what it really is.
    async fn events(self, reply: Reply, declared: bool) -> Result<Reply, CallError> {
        let Reply {
            status,
            headers,
            body,
        } = reply;
        let ReplyBody::Binary(body) = body else {
            return Ok(Reply {
                status,
                headers,
                body,
            });
        };
        let (kind, body) = body::sniff(body, declared, self.first_token_deadline()).await?;
        match kind {
            Sniffed::Events => {
                self.first_events(Reply {
                    status,
                    headers,
                    body: ReplyBody::Binary(body),
                })
                .await
            }
            Sniffed::Json => {
                let (operation, hide_usage) = (self.operation, self.rules.hide_usage);
                let reply = self
                    .whole(Reply {
                        status,
                        headers,
                        body: ReplyBody::Binary(body),
                    })
                    .await?;
                retell(reply, operation, hide_usage)
            }
            Sniffed::Other => {
                Err(Fault::new(FaultKind::InvalidResponse, "text that is no event stream").into())
            }
        }
    }

    async fn first_events(self, reply: Reply) -> Result<Reply, CallError> {
        let deadline = self.first_token_deadline();
        let Reply {
            status,
            mut headers,
            body,
        } = reply;
        let ReplyBody::Binary(body) = body else {
            return Ok(Reply {
                status,
                headers,
                body,
            });
        };
        let mut pump = EventPump::new(
            body,
            StreamGuard::new(self.rules),
            PumpLimits::new(self.timeouts.idle),
        );
        let first = timeout_at(deadline, pump.next())
            .await
            .map_err(|_| Fault::new(FaultKind::FirstTokenTimeout, "no first event in time"))?;
        let first = first.transpose()?;
        headers.insert(header::CONTENT_TYPE, EVENT_STREAM);
        let events = futures::stream::iter(first.map(Ok)).chain(pump).boxed();
        Ok(Reply {
            status,
            headers,
            body: ReplyBody::Events(events),
        })
    }

    fn first_token_deadline(&self) -> Instant {
        self.sent + self.timeouts.first_token
    }
}

/// What an answer's body is taken for, before it is looked at.
enum Expected {
    Events,
    Json,
    Binary,
    Nothing,
}

/// A whole answer where a stream was asked for, told as a stream where the operation allows that.
fn retell(reply: Reply, operation: Operation, hide_usage: bool) -> Result<Reply, CallError> {
    let Reply {
        status,
        mut headers,
        body,
    } = reply;
    let ReplyBody::Whole { bytes, usage } = body else {
        return Ok(Reply {
            status,
            headers,
            body,
        });
    };
    let Some(events) = as_stream::events(operation, &bytes, !hide_usage) else {
        return Ok(Reply {
            status,
            headers,
            body: ReplyBody::Whole { bytes, usage },
        });
    };
    let told: Bytes = events.map_err(|error| {
        Fault::new(
            FaultKind::InvalidResponse,
            format!("an answer that cannot be retold: {error}"),
        )
    })?;
    let ends = memchr::memmem::find_iter(&told, b"\n\n").count();
    let has_done = operation.spec().stream_end == StreamEnd::Chunks;
    let events = u32::try_from(ends.saturating_sub(usize::from(has_done))).unwrap_or(u32::MAX);
    let batch = EventBatch {
        bytes: told,
        events,
        usage,
    };
    headers.insert(header::CONTENT_TYPE, EVENT_STREAM);
    Ok(Reply {
        status,
        headers,
        body: ReplyBody::Events(futures::stream::iter([Ok(batch)]).boxed()),
    })
}

/// The events of a reply whose head the client has got already.
fn late_events(reply: Result<Reply, CallError>) -> crate::EventStream {
    let fault = match reply {
        Ok(Reply {
            body: ReplyBody::Events(events),
            ..
        }) => return events,
        Ok(_) => Fault::new(
            FaultKind::InvalidResponse,
            "a whole answer, too late to be given as one",
        ),
        Err(CallError::Fault(fault)) => *fault,
        Err(CallError::Translate(error)) => Fault::new(FaultKind::Reset, error.to_string()),
    };
    futures::stream::iter([Err(fault)]).boxed()
}

/// Names what the upstream refuses and the request therefore lost.
fn dropped_header(dropped: &[String]) -> Option<HeaderValue> {
    if dropped.is_empty() {
        return None;
    }
    HeaderValue::from_str(&dropped.join(", ")).ok()
}
