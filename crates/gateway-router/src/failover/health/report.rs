//! What is left alone now, for people and for metrics.

use std::borrow::Cow;

use tokio::time::Instant;

use super::Health;
use crate::{
    account,
    failover::{CircuitState, Why},
};

/// One circuit that is not closed, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitReport {
    /// The provider's name.
    pub provider: String,
    /// Which of its accounts, where it has several.
    pub account: Option<String>,
    /// The model as the upstream takes it; `None` for the account as a whole. It may be a client's invention.
    pub model: Option<String>,
    /// What it does now.
    pub state: CircuitState,
    /// What opened it.
    pub why: Why,
}

impl CircuitReport {
    /// The provider's name, with its account where it has several: `openai`, `openai#2`.
    pub fn label(&self) -> Cow<'_, str> {
        account::written(&self.provider, self.account.as_deref())
    }
}

impl Health {
    /// Every circuit that is not closed.
    pub fn circuits(&self) -> Vec<CircuitReport> {
        if self.is_untroubled() {
            return Vec::new();
        }
        let now = Instant::now();
        let ledger = self.lock();
        let mut reports: Vec<CircuitReport> = ledger
            .accounts
            .values()
            .flat_map(|standing| {
                let whole = standing.whole.iter().map(|circuit| (None, circuit));
                let models = standing.models.iter();
                whole
                    .chain(models.map(|(model, circuit)| (Some(model.clone()), circuit)))
                    .map(|(model, circuit)| CircuitReport {
                        provider: standing.provider.clone(),
                        account: standing.account.clone(),
                        model,
                        state: circuit.state(now),
                        why: circuit.why(),
                    })
            })
            .filter(|report| report.state != CircuitState::Closed)
            .collect();
        drop(ledger);
        let key = |report: &CircuitReport| {
            let report = report.clone();
            (report.provider, report.account, report.model)
        };
        reports.sort_by_cached_key(key);
        reports
    }
}
