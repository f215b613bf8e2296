//! What one request has been through, and what its client is told when nothing helps.

use std::time::Duration;

use gateway_providers::{CallError, call::Timeouts};
use tokio::time::Instant;

use super::{Failover, NoHealthyTarget, Refusal, asked::Asked, remaining::Remaining};
use crate::{
    attempt::{Attempt, Outcome, RouteError},
    limits::Overloaded,
    resolve::Target,
};

/// The pause of a target that asked for one without saying how long, where no circuit keeps count.
pub(super) const USUAL_WAIT: Duration = Duration::from_secs(1);

/// What one request has been through.
pub(super) struct Course<'a, T> {
    pub(super) failover: &'a Failover,
    pub(super) targets: &'a [Target],
    /// How long each phase of a call to a provider may take.
    pub(super) timeouts: T,
    /// When it ends, whatever is left to try.
    pub(super) deadline: Instant,
    /// The caller's own limit for each attempt.
    pub(super) limit: Option<Duration>,
    /// After what time a second target is asked beside the first.
    pub(super) hedge: Option<Duration>,
    pub(super) ask: Asked,
    pub(super) remaining: Remaining,
    /// Whether all targets are left alone, so that one may be tried all the same: see `Breaker::admit`.
    pub(super) last_resort: bool,
    pub(super) attempts: Vec<Attempt>,
    /// What the client will be told when nothing helps.
    pub(super) cause: Option<CallError>,
    pub(super) overloaded: Option<Overloaded>,
    pub(super) refusals: Vec<(String, Refusal)>,
}

impl<T: Fn(&str) -> Timeouts> Course<'_, T> {
    /// How many attempts went out.
    pub(super) fn sent(&self) -> usize {
        let sent = |attempt: &&Attempt| attempt.outcome != Outcome::NotSent;
        self.attempts.iter().filter(sent).count()
    }

    pub(super) fn refused(&mut self, target: &Target, refusal: Refusal) {
        let provider = target.provider.name();
        let known = self.refusals.iter_mut().find(|(name, _)| name == provider);
        match known {
            Some((_, known)) if refusal.until < known.until => *known = refusal,
            Some(_) => {}
            None => self.refusals.push((provider.to_owned(), refusal)),
        }
    }

    /// What an upstream said weighs more than why nothing was sent to another.
    pub(super) fn failed(&mut self, error: CallError) {
        let keep = matches!(
            (&self.cause, &error),
            (Some(CallError::Fault(_)), CallError::Translate(_))
        );
        if !keep {
            self.cause = Some(error);
        }
    }

    pub(super) fn end(self) -> RouteError {
        let rest = self.failover.health.rest(self.targets);
        let cause = match (self.cause, self.overloaded) {
            (Some(cause), _) => cause.into(),
            (None, Some(overloaded)) => overloaded.into(),
            (None, None) => none_healthy(self.refusals).into(),
        };
        RouteError {
            cause,
            attempts: self.attempts,
            rest,
        }
    }
}

pub(super) fn none_healthy(refusals: Vec<(String, Refusal)>) -> NoHealthyTarget {
    let now = Instant::now();
    let first = refusals.iter().map(|(_, refusal)| refusal.until).min();
    NoHealthyTarget {
        retry_after: first.map_or(USUAL_WAIT, |until| until.saturating_duration_since(now)),
        reasons: refusals
            .into_iter()
            .map(|(provider, refusal)| (provider, refusal.why))
            .collect(),
    }
}
