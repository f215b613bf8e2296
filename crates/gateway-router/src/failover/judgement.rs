//! What follows from a failed attempt: who is asked next, and what is remembered of the target. Pure, and one table:
//! the first row that fits decides. `docs/failover.md` shows the same rows.

use std::time::Duration;

use gateway_providers::{CallError, Fault, FaultKind, fault::UpstreamError};
use http::StatusCode;

/// Who is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nobody: another attempt cannot help, or would cost what was paid already.
    Stop,
    /// The next target.
    Alternate,
    /// The next target; where there is none, the same once more.
    AlternateOrSame,
    /// The next target; where there is none, the same once more after the time that it asks for, if that is short.
    AlternateOrWait,
    /// The same once more, then the next.
    SameThenAlternate,
}

/// Which part of a provider a mark is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One model of the provider.
    Target,
    /// The provider with all its models: its address or its credential is at fault.
    Provider,
}

/// What is remembered of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing: the attempt says nothing about the target.
    Nothing,
    /// The target answered; it was the request that failed.
    Works,
    /// A fault, of which several open the breaker.
    Fault(Scope),
    /// A fault that opens the breaker by itself.
    OpenAtOnce(Scope),
    /// The target asked for a pause, or cannot do anything for a while.
    Cool(Scope),
}

impl Mark {
    /// Whether it is the target's fault.
    pub(crate) fn is_fault(self) -> bool {
        !matches!(self, Self::Nothing | Self::Works)
    }
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The request was refused before anything was sent.
    NotSent,
    /// The error's body says that there is no money left, whatever its status.
    NoQuota,
    /// One of these statuses of the upstream; for an error inside a stream the status that its words imply.
    Status(&'static [u16]),
    /// One of these statuses, with a time after which the upstream wants to be asked again.
    StatusWithWait(&'static [u16]),
    /// Any status from the first to the second.
    StatusFrom(u16, u16),
    /// One of these faults.
    Kind(&'static [FaultKind]),
    /// One of these timeouts, when it was the caller who set the time.
    CallersTime(&'static [FaultKind]),
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// What happened.
    pub when: When,
    /// Who is asked next.
    pub next: Next,
    /// What is remembered.
    pub mark: Mark,
    /// Whether it is about the credential, so that another account of the same target is asked before other targets.
    pub of_credential: bool,
    /// Why, for the documentation.
    pub why: &'static str,
}

const fn row(when: When, next: Next, mark: Mark, why: &'static str) -> Row {
    Row {
        when,
        next,
        mark,
        of_credential: false,
        why,
    }
}

impl Row {
    const fn of_credential(self) -> Self {
        Self {
            of_credential: true,
            ..self
        }
    }
}

/// The table.
pub static ROWS: &[Row] = &[
    row(
        When::NotSent,
        Next::Alternate,
        Mark::Nothing,
        "This provider cannot be asked for it; another one may be able to.",
    ),
    row(
        When::NoQuota,
        Next::Alternate,
        Mark::Cool(Scope::Provider),
        "The account is empty, for every model.",
    )
    .of_credential(),
    row(
        When::Status(&[401]),
        Next::Alternate,
        Mark::Cool(Scope::Provider),
        "The gateway's credential for the provider is refused.",
    )
    .of_credential(),
    row(
        When::Status(&[403]),
        Next::Alternate,
        Mark::Fault(Scope::Target),
        "The credential may not use this model, or the request was flagged. One caller's refused request must not \
         take the provider from everybody, so it only counts.",
    )
    .of_credential(),
    row(
        When::Status(&[402]),
        Next::Alternate,
        Mark::Cool(Scope::Provider),
        "The account is empty, for every model.",
    )
    .of_credential(),
    row(
        When::Status(&[404]),
        Next::Alternate,
        Mark::Works,
        "The model is not there; another target may have it.",
    ),
    row(
        When::Status(&[408, 409, 425]),
        Next::SameThenAlternate,
        Mark::Works,
        "It came at a bad moment; the next one may be better.",
    ),
    row(
        When::Status(&[429]),
        Next::AlternateOrWait,
        Mark::Cool(Scope::Target),
        "Too many requests: the target is left alone for as long as it says.",
    )
    .of_credential(),
    row(
        When::StatusFrom(400, 499),
        Next::Stop,
        Mark::Works,
        "The request itself is refused; everybody would refuse it.",
    ),
    row(
        When::Status(&[501]),
        Next::Stop,
        Mark::Works,
        "The upstream does not know how.",
    ),
    row(
        When::Status(&[529]),
        Next::Alternate,
        Mark::Cool(Scope::Target),
        "Overloaded: another try adds to it.",
    ),
    row(
        When::StatusWithWait(&[503]),
        Next::AlternateOrWait,
        Mark::Cool(Scope::Target),
        "It says when it is back.",
    ),
    row(
        When::StatusFrom(500, 599),
        Next::AlternateOrSame,
        Mark::Fault(Scope::Target),
        "The upstream failed.",
    ),
    row(
        When::CallersTime(&[FaultKind::FirstTokenTimeout, FaultKind::Deadline]),
        Next::Alternate,
        Mark::Nothing,
        "The caller gave each attempt so much time and no more. A short patience says nothing about the target.",
    ),
    row(
        When::Kind(&[
            FaultKind::Unreachable,
            FaultKind::Dns,
            FaultKind::ConnectTimeout,
        ]),
        Next::Alternate,
        Mark::Fault(Scope::Provider),
        "Nothing was sent, and no model of the provider can be reached.",
    ),
    row(
        When::Kind(&[FaultKind::Tls]),
        Next::Alternate,
        Mark::OpenAtOnce(Scope::Provider),
        "A wrong certificate does not mend itself.",
    ),
    row(
        When::Kind(&[FaultKind::Reset]),
        Next::AlternateOrSame,
        Mark::Fault(Scope::Target),
        "The connection broke before there was an answer.",
    ),
    row(
        When::Kind(&[
            FaultKind::Truncated,
            FaultKind::Empty,
            FaultKind::InvalidResponse,
            FaultKind::Protocol,
            FaultKind::InStream,
            FaultKind::Status,
        ]),
        Next::Alternate,
        Mark::Fault(Scope::Target),
        "The answer is none.",
    ),
    row(
        When::Kind(&[FaultKind::FirstTokenTimeout, FaultKind::Deadline]),
        Next::Stop,
        Mark::Fault(Scope::Target),
        "The upstream may be working on it and will bill it. With `resilience.retry_timeouts` the next target is asked, \
         as far as `timeouts.total` has not run out.",
    ),
    row(
        When::Kind(&[FaultKind::IdleTimeout]),
        Next::Stop,
        Mark::Fault(Scope::Target),
        "The answer had begun.",
    ),
    row(
        When::Kind(&[FaultKind::TooLarge]),
        Next::Stop,
        Mark::Nothing,
        "The next answer would be as large.",
    ),
    row(
        When::Kind(&[FaultKind::Redirect]),
        Next::Stop,
        Mark::Fault(Scope::Target),
        "The provider's address is wrong; it is never followed.",
    ),
];

/// The verdict on one failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// Who is asked next.
    pub next: Next,
    /// What is remembered.
    pub mark: Mark,
    /// Whether another account of the same target is asked before other targets.
    pub of_credential: bool,
    /// After what time the upstream wants to be asked again, as it said it.
    pub retry_after: Option<Duration>,
}

/// What the judge has to know beside the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// Whether the time that ran out was the caller's, shorter than the configured one.
    pub callers_time: bool,
    /// Whether a timeout moves on to the next target (`resilience.retry_timeouts`).
    pub retry_timeouts: bool,
}

/// Codes and types of errors that mean an empty account. OpenAI answers the first with 429
/// (<https://platform.openai.com/docs/guides/error-codes>).
const NO_QUOTA: [&str; 4] = [
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "insufficient_balance",
];

/// Judges a failed attempt.
pub fn judge(error: &CallError, circumstances: Circumstances) -> Judgement {
    let fault = match error {
        CallError::Fault(fault) => Some(&**fault),
        CallError::Translate(_) => None,
    };
    judge_fault(fault, circumstances)
}

/// Judges a fault; `None` stands for a request that was not sent.
pub(super) fn judge_fault(fault: Option<&Fault>, circumstances: Circumstances) -> Judgement {
    let found = ROWS
        .iter()
        .find(|row| row.when.fits(fault, circumstances.callers_time));
    // The table covers everything (tested); what it did not cover would stop.
    let (mut next, mark) = found.map_or((Next::Stop, Mark::Nothing), |row| (row.next, row.mark));
    let of_credential = found.is_some_and(|row| row.of_credential);
    let timed_out = fault.is_some_and(|fault| {
        matches!(
            fault.kind,
            FaultKind::FirstTokenTimeout | FaultKind::Deadline
        )
    });
    if timed_out && circumstances.retry_timeouts {
        next = Next::Alternate;
    }
    let answer = fault.and_then(answer);
    Judgement {
        next,
        mark,
        of_credential,
        retry_after: answer.and_then(|answer| answer.retry_after),
    }
}

impl When {
    fn fits(self, fault: Option<&Fault>, callers_time: bool) -> bool {
        let Some(fault) = fault else {
            return self == Self::NotSent;
        };
        let answer = answer(fault);
        let status = answer.map(|answer| answer.status.as_u16());
        match self {
            Self::NotSent => false,
            Self::NoQuota => answer.is_some_and(has_no_quota),
            Self::Status(statuses) => status.is_some_and(|status| statuses.contains(&status)),
            Self::StatusWithWait(statuses) => {
                status.is_some_and(|status| statuses.contains(&status))
                    && answer.is_some_and(|answer| answer.retry_after.is_some())
            }
            Self::StatusFrom(first, last) => {
                status.is_some_and(|status| (first..=last).contains(&status))
            }
            Self::Kind(kinds) => kinds.contains(&fault.kind),
            Self::CallersTime(kinds) => callers_time && kinds.contains(&fault.kind),
        }
    }
}

/// What the upstream answered, where the fault is its answer and not what became of it on the way.
fn answer(fault: &Fault) -> Option<&UpstreamError> {
    let told = matches!(fault.kind, FaultKind::Status | FaultKind::InStream);
    fault.upstream.as_ref().filter(|_| told)
}

/// Whether an upstream's error says that there is no money left: neither waiting nor another try helps at this account.
///
/// Read only where it can be, so that the body of most errors is not.
pub fn has_no_quota(answer: &UpstreamError) -> bool {
    let may_be = matches!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST
    );
    let body = answer.body.as_ref().filter(|_| may_be);
    let read = |body| serde_json::from_slice::<serde_json::Value>(body).ok();
    let Some(body) = body.and_then(|body| read(body)) else {
        return false;
    };
    let error = body.get("error").unwrap_or(&body);
    ["code", "type"].iter().any(|member| {
        let word = error.get(member).and_then(serde_json::Value::as_str);
        word.is_some_and(|word| NO_QUOTA.contains(&word))
    })
}

#[cfg(test)]
mod tests;
