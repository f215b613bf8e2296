//! From a plan to an answer: target after target, as far as another attempt can help and may be made.
//!
//! - [`judgement`]: what follows from a failed attempt, one table.
//! - [`breaker`]: which targets are left alone for a while.
//! - [`budget`]: how many retries a provider is sent.
//! - `run`: the loop that puts them together; `entry` says who may be asked now, `round` asks one target or two at once,
//!   `onward` says how it goes on.

mod asked;
pub mod breaker;
pub mod budget;
mod check;
mod circuit;
mod course;
mod entry;
mod feedback;
mod health;
pub mod judgement;
mod onward;
mod raw;
mod remaining;
mod round;
mod run;
mod window;

#[cfg(test)]
pub(crate) mod tests;

use std::{fmt, sync::Arc, time::Duration};

use gateway_providers::CallError;

use crate::{
    affinity::StateBound,
    limits::{Limits, Overloaded},
};

use self::budget::Budgets;
pub use self::{
    breaker::BreakerSettings,
    budget::BudgetSettings,
    check::Check,
    circuit::{CircuitState, Why},
    feedback::Feedback,
    health::{CircuitReport, Health, Refusal},
    raw::RawReply,
};
use crate::succession::Kept;

/// How a request survives what one upstream does not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailoverSettings {
    /// How many upstream calls one request may make, over all targets; at least 1. Default 3.
    pub attempts: usize,
    /// How many retries a provider is sent.
    pub budget: BudgetSettings,
    /// When a target is left alone; `None` for never. Default: as [`BreakerSettings::default`].
    pub breaker: Option<BreakerSettings>,
    /// Whether a target that does not begin to answer in the configured time is given up for the next one, although
    /// it may go on working and be paid for. Default no.
    pub retry_timeouts: bool,
}

impl Default for FailoverSettings {
    fn default() -> Self {
        Self {
            attempts: 3,
            budget: BudgetSettings::default(),
            breaker: Some(BreakerSettings::default()),
            retry_timeouts: false,
        }
    }
}

/// What one router knows of its targets' health, and by which rules it moves on.
#[derive(Debug)]
pub(crate) struct Failover {
    settings: FailoverSettings,
    health: Arc<Health>,
    budgets: Budgets,
    limits: Limits,
}

impl Failover {
    pub(crate) fn new<'a>(
        providers: impl IntoIterator<Item = &'a str>,
        settings: FailoverSettings,
        limits: Limits,
    ) -> Self {
        Self {
            settings,
            health: Arc::new(Health::new(settings.breaker)),
            budgets: Budgets::new(providers, settings.budget),
            limits,
        }
    }

    /// What takes the place of an older one: it knows of the providers in both what that one does.
    pub(crate) fn succeeding<'a>(
        old: &Self,
        kept: &Kept<'_>,
        providers: impl IntoIterator<Item = &'a str>,
        settings: FailoverSettings,
        limits: Limits,
    ) -> Self {
        Self {
            settings,
            health: Arc::new(Health::succeeding(&old.health, kept, settings.breaker)),
            budgets: Budgets::succeeding(&old.budgets, kept, providers, settings.budget),
            limits: limits.succeeding(&old.limits, kept),
        }
    }

    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// Why a request got no reply.
#[derive(Debug, thiserror::Error)]
pub enum RouteFailure {
    /// The last attempt that an upstream answered failed so; where none was sent, why not.
    #[error(transparent)]
    Call(#[from] CallError),
    /// No attempt was made, as every target is left alone for a while (503, `no_healthy_backend`).
    #[error(transparent)]
    NoHealthyTarget(#[from] NoHealthyTarget),
    /// No attempt was made, as every target has as much to do as it may have (503, `overloaded`).
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// No attempt was made, as the request carries state that no target takes (400, `state_not_portable`).
    #[error(transparent)]
    StateBound(#[from] StateBound),
}

/// Every target is left alone for a while. The text is for the caller; it names no host and no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NoHealthyTarget {
    /// When the first of them may be asked again.
    pub retry_after: Duration,
    /// The providers and what they did, in the order of the plan.
    pub reasons: Vec<(String, Why)>,
}

impl fmt::Display for NoHealthyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("No provider can take the request now")?;
        let reasons = self.reasons.iter().enumerate();
        for (place, (provider, why)) in reasons {
            let before = if place == 0 { ": " } else { "; " };
            write!(f, "{before}{provider}: {why}")?;
        }
        f.write_str(".")
    }
}
