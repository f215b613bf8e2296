//! One upstream call and its record. Which calls a request makes is [`failover`](crate::failover)'s to say.

use std::{borrow::Cow, fmt, time::Duration};

use gateway_providers::{
    Call, CallError, FaultKind, Operation, Payload, Reply, TranslateError, call::Timeouts,
};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::{
    account,
    affinity::{BoundState, Conversation},
    failover::{Feedback, RouteFailure},
    limits::Permit,
    resolve::Target,
};

/// A request without its target: what every attempt sends.
#[derive(Debug)]
pub struct Ask {
    /// What is asked.
    pub operation: Operation,
    /// The client's body, still with the client's model name.
    pub payload: Payload,
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// Ask the upstream for usage in the stream, and hide it from a client that did not ask.
    pub count_tokens: bool,
    /// Refuse what would lose a member of the request on its way.
    pub strict: bool,
    /// The client's headers that may go upstream: an allow-list, never a credential.
    pub headers: HeaderMap,
    /// The caller's own limit for each attempt: to the first token of a stream, to the end of a whole answer. It
    /// shortens the configured times, never lengthens them.
    pub limit: Option<Duration>,
    /// The conversation that it belongs to, where that is known and the plan leaves a choice.
    pub conversation: Option<Conversation>,
    /// The opaque state that it carries, where the plan leaves a choice.
    pub state: BoundState,
}

impl Ask {
    /// Whether it can be sent more than once: a body that flows past cannot.
    pub fn is_replayable(&self) -> bool {
        matches!(self.payload, Payload::Json(_))
    }

    /// The same ask for another attempt; its bytes are shared. `None` where it can be sent once only.
    pub(crate) fn again(&self) -> Option<Self> {
        let Payload::Json(body) = &self.payload else {
            return None;
        };
        Some(Self {
            operation: self.operation,
            payload: Payload::Json(body.clone()),
            stream: self.stream,
            count_tokens: self.count_tokens,
            strict: self.strict,
            headers: self.headers.clone(),
            limit: self.limit,
            conversation: self.conversation,
            state: self.state.clone(),
        })
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With a reply; of a stream only the beginning is known.
    Answered(StatusCode),
    /// With a fault, and the upstream's own status where it gave one.
    Failed(FaultKind, Option<StatusCode>),
    /// Nothing was sent: the request cannot be put into the provider's words.
    NotSent,
    /// Another target, asked at the same time, was faster.
    Cancelled,
}

/// The record of one attempt, for headers, logs and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The provider's name.
    pub provider: String,
    /// Which of its accounts, where it has several.
    pub account: Option<String>,
    /// Whether the caller brought the provider along: its name is then nobody's in the configuration.
    pub callers_own: bool,
    /// The model as the upstream takes it.
    pub model: String,
    /// Whether the model's name is from a closed set, see [`Target::known`].
    pub known: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// From sending to the reply's head, or to the failure.
    pub duration: Duration,
}

impl Attempt {
    pub(crate) fn of(target: &Target, outcome: Outcome, duration: Duration) -> Self {
        Self {
            provider: target.provider.name().to_owned(),
            account: target.provider.account().map(str::to_owned),
            callers_own: target.provider.is_callers_own(),
            model: target.model.clone(),
            known: target.known,
            outcome,
            duration,
        }
    }

    /// The provider's name, with its account where it has several: `openai`, `openai#2`.
    pub fn label(&self) -> Cow<'_, str> {
        account::written(&self.provider, self.account.as_deref())
    }
}

/// As in `x-attempts`: `openai=429`, `openai#2=200`, `lab=connect_failed`.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.label())?;
        match self.outcome {
            Outcome::Answered(status) | Outcome::Failed(_, Some(status)) => {
                write!(f, "{}", status.as_u16())
            }
            Outcome::Failed(kind, None) => f.write_str(kind.spec().code),
            Outcome::NotSent => f.write_str("not_sent"),
            Outcome::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// A reply, and how it came about.
#[derive(Debug)]
pub struct Routed {
    /// The reply.
    pub reply: Reply,
    /// Where it comes from.
    pub target: Target,
    /// All attempts, the successful one last.
    pub attempts: Vec<Attempt>,
    /// Of a stream: who is to be told how it ends.
    pub feedback: Option<Feedback>,
    /// Of an answer that has not come whole: its place at a provider with a limit, to be dropped after its last byte.
    pub permit: Option<Permit>,
}

/// No attempt gave a reply.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct RouteError {
    /// What the last attempt failed with, or why there was none.
    #[source]
    pub cause: RouteFailure,
    /// All attempts, the last one last.
    pub attempts: Vec<Attempt>,
    /// How long all of the request's targets are left alone from now on; `None` where one of them may be asked at once.
    pub rest: Option<Duration>,
}

impl RouteError {
    /// Whether more than one attempt was sent: a client that tries again multiplies them.
    pub fn is_retried(&self) -> bool {
        let sent = |attempt: &&Attempt| attempt.outcome != Outcome::NotSent;
        self.attempts.iter().filter(sent).count() > 1
    }
}

/// Makes one attempt, which begins now. What the provider does not offer is refused before anything is sent.
pub(crate) async fn attempt(
    target: &Target,
    ask: Ask,
    (timeouts, now): (Timeouts, Instant),
) -> (Result<Reply, CallError>, Attempt) {
    let flows_past = !ask.is_replayable();
    let mut left = Vec::new();
    let call = lightened(ask, target, &mut left).and_then(|ask| call(target, ask, timeouts));
    let mut result = match call {
        Ok(call) => target.provider.call(call).await,
        Err(error) => Err(error.into()),
    };
    if let Ok(reply) = &mut result {
        reply.tell_dropped(&left);
    }
    if let (true, Some(overrides), Ok(reply)) = (flows_past, &target.overrides, &mut result) {
        let members = overrides.members().map(|(member, ..)| member.to_owned());
        reply.tell_dropped(&members.collect::<Vec<_>>());
    }
    let record = Attempt::of(target, outcome(&result), now.elapsed());
    (result, record)
}

fn call(target: &Target, ask: Ask, timeouts: Timeouts) -> Result<Call, TranslateError> {
    if !target.provider.supports(ask.operation) {
        return Err(TranslateError::UnsupportedOperation {
            provider: target.provider.name().to_owned(),
            operation: ask.operation,
        });
    }
    Ok(Call {
        operation: ask.operation,
        model: target.model.clone(),
        payload: payload(ask.payload, target)?,
        stream: ask.stream,
        count_tokens: ask.count_tokens,
        strict: ask.strict,
        headers: ask.headers,
        timeouts,
    })
}

/// The ask without the state that is left behind on the way to this target, whose paths are noted.
fn lightened(mut ask: Ask, target: &Target, left: &mut Vec<String>) -> Result<Ask, TranslateError> {
    let (Payload::Json(body), Some((carried, goes))) =
        (&ask.payload, ask.state.left_behind(target))
    else {
        return Ok(ask);
    };
    let lighter =
        carried
            .leave_behind(body, goes)
            .map_err(|error| TranslateError::InvalidValue {
                param: String::new(),
                message: format!("the state of earlier answers cannot be left behind: {error}"),
            })?;
    if let Some((body, paths)) = lighter {
        ask.payload = Payload::Json(body);
        *left = paths;
    }
    Ok(ask)
}

/// The client's body with what the target sets in it. A form flows past as it is, which the reply then says.
fn payload(payload: Payload, target: &Target) -> Result<Payload, TranslateError> {
    let (Payload::Json(body), Some(overrides)) = (&payload, &target.overrides) else {
        return Ok(payload);
    };
    let changed = overrides
        .apply(body)
        .map_err(|error| TranslateError::InvalidValue {
            param: String::new(),
            message: format!("the request cannot be given the target's parameters: {error}"),
        })?;
    Ok(Payload::Json(changed))
}

fn outcome(result: &Result<Reply, CallError>) -> Outcome {
    match result {
        Ok(reply) => Outcome::Answered(reply.status),
        Err(CallError::Fault(fault)) => Outcome::Failed(fault.kind, fault.upstream_status()),
        Err(CallError::Translate(_)) => Outcome::NotSent,
    }
}
