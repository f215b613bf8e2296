//! One call from sending to a checked reply.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use futures::StreamExt;
use gateway_client::transport::{Transport, TransportRequest, TransportResponse};
use http::{HeaderValue, header};
use tokio::time::{Instant, timeout_at};

use super::{
    as_stream,
    whole::{self, Checked},
};
use crate::{
    CallError, EventBatch, Fault, FaultKind, Operation, Reply, ReplyBody,
    call::Timeouts,
    mend,
    operation::StreamEnd,
    stream::{EventPump, GuardRules, PumpLimits, StreamGuard},
    upstream::{
        EVENT_STREAM, as_it_came,
        body::{self, Sniffed},
        headers, hold, not_silent, refuse_errors, send, tell_dropped,
    },
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

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
    pub(super) async fn run(mut self) -> Result<Reply, CallError> {
        let dropped = std::mem::take(&mut self.dropped);
        let reply = if self.stream {
            hold(self.timeouts.hold, self.open()).await
        } else {
            self.open().await
        };
        tell_dropped(reply, &dropped)
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
        let response =
            refuse_errors(response, &self.rules.redactor, self.deadline(), as_it_came).await?;
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
            Expected::Binary => Ok(self.binary(reply)),
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

    /// Bytes that are passed on as they come, as long as they come.
    fn binary(&self, mut reply: Reply) -> Reply {
        if let ReplyBody::Binary(body) = reply.body {
            reply.body = ReplyBody::Binary(not_silent(body, self.timeouts.idle));
        }
        reply
    }

    async fn whole(self, reply: Reply) -> Result<Reply, CallError> {
        let ReplyBody::Binary(body) = reply.body else {
            return Ok(reply);
        };
        let bytes = body::read(body, self.whole_bytes, self.deadline()).await?;
        let Checked {
            usage,
            may_need_mending,
        } = whole::check(
            self.operation,
            &bytes,
            self.rules.reasoning_beside,
            &self.rules.redactor,
        )
        .map_err(CallError::Fault)?;
        let bytes = if may_need_mending {
            mended(bytes)
        } else {
            bytes
        };
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

/// The answer, with what clients could not read mended.
fn mended(bytes: Bytes) -> Bytes {
    match mend::whole(&bytes) {
        Cow::Borrowed(_) => bytes,
        Cow::Owned(mended) => mended.into(),
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
