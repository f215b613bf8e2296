//! `[resilience]`: how a request survives what one upstream does not.

use gateway_router::failover::{BreakerSettings, BudgetSettings, FailoverSettings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::Wait;

/// How a request survives what one upstream does not: a further attempt where that may help, and targets that are left
/// alone while they fail. `docs/failover.md` has the rules.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Resilience {
    /// How many upstream calls one request may make, over all targets: 1 to 10; with 1 nothing is tried again. Default
    /// 3, and 1 for a single backend and for the demo alone.
    pub attempts: Option<usize>,
    /// Retries that one provider is sent, in percent of its requests of the last ten seconds: 0 to 100.
    pub retry_percent: u32,
    /// So many retries a second are allowed for one provider, however few its requests are.
    pub retries_per_second: u32,
    /// Whether a target that does not begin to answer within `timeouts.first_token` is given up for the next one. It
    /// may go on working, and be paid for. A caller's own `x-opengateway-timeout` always moves on.
    pub retry_timeouts: bool,
    /// Whether targets that fail are left alone for a while. Default true, and false for a single
    /// backend and for the demo alone.
    pub breaker: Option<bool>,
    /// After so many faults in a row a target is left alone.
    pub breaker_faults: u32,
    /// A target is left alone, too, when so many percent of its newest requests failed: 1 to 100.
    pub breaker_percent: u32,
    /// From so many requests on the percentage counts.
    pub breaker_requests: u32,
    /// How long a request counts for the percentage.
    pub breaker_window: Wait,
    /// How long a target is left alone at first. After that one request tries it; each that fails doubles the time.
    pub breaker_open: Wait,
    /// The longest that it is left alone.
    pub breaker_longest: Wait,
}

impl Default for Resilience {
    fn default() -> Self {
        let budget = BudgetSettings::default();
        let breaker = BreakerSettings::default();
        Self {
            attempts: None,
            retry_percent: budget.percent,
            retries_per_second: budget.per_second,
            retry_timeouts: false,
            breaker: None,
            breaker_faults: breaker.consecutive_faults,
            breaker_percent: breaker.fault_percent,
            breaker_requests: breaker.least_outcomes,
            breaker_window: Wait(breaker.window),
            breaker_open: Wait(breaker.open),
            breaker_longest: Wait(breaker.longest_open),
        }
    }
}

impl Resilience {
    /// As the router takes it. A backend that is alone is passed through: its errors are the caller's to judge, unless
    /// the operator says otherwise.
    pub(crate) fn settings(&self, alone: bool) -> FailoverSettings {
        let usual = FailoverSettings::default();
        let attempts = if alone { 1 } else { usual.attempts };
        let breaker = BreakerSettings {
            consecutive_faults: self.breaker_faults,
            fault_percent: self.breaker_percent,
            least_outcomes: self.breaker_requests,
            window: self.breaker_window.0,
            open: self.breaker_open.0,
            longest_open: self.breaker_longest.0,
        };
        FailoverSettings {
            attempts: self.attempts.unwrap_or(attempts),
            budget: BudgetSettings {
                percent: self.retry_percent,
                per_second: self.retries_per_second,
            },
            breaker: self.breaker.unwrap_or(!alone).then_some(breaker),
            retry_timeouts: self.retry_timeouts,
        }
    }
}
