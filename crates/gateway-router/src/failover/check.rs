//! Active probes: a provider's model list, asked for without a request that needs it. What costs money is never asked.
//!
//! A list that comes closes what opened for the provider as a whole: it can be reached, and takes the credential. That
//! there is quota again, it does not say. A list that does not come counts as a request that failed so.

use std::time::Duration;

use gateway_providers::{
    Fault, FaultKind,
    provider::{ModelListing, SharedProvider},
};
use http::StatusCode;
use tokio::time::{Instant, timeout};

use super::{
    Failover, Health, Why,
    breaker::ProbeId,
    circuit::jitter,
    health::Probes,
    judgement::{Circumstances, Mark, Scope, judge},
};
use crate::{
    attempt::{Attempt, Outcome},
    resolve::Target,
    succession::Identity,
};

/// An account that is asked for its list again and again.
#[derive(Debug, Clone)]
pub struct Check {
    /// Whom.
    pub account: SharedProvider,
    /// How often.
    pub every: Duration,
}

impl Check {
    /// The time to the next one: a tenth more or less by chance, so that many gateways do not ask at once.
    pub fn pause(&self) -> Duration {
        self.every.mul_f64(0.9 + 0.2 * jitter())
    }
}

impl Failover {
    /// Asks for the model list, for so long at most, and remembers what that says about the account as a whole. The
    /// record names no model.
    pub(crate) async fn check(&self, account: &SharedProvider, limit: Duration) -> Attempt {
        let target = Target::whole(account);
        let began = Instant::now();
        let probe = self.health.begin_check(account);
        let answer = timeout(limit, account.models()).await;
        let answer = answer.unwrap_or_else(|_| {
            let text = "the model list did not come in time";
            Err(Fault::new(FaultKind::Deadline, text).into())
        });
        let outcome = self.health.end_check(&target, probe, answer);
        Attempt::of(&target, outcome, began.elapsed())
    }
}

impl Health {
    /// Takes the place of the request that finds out whether the account is back, where one is wanted.
    fn begin_check(&self, account: &SharedProvider) -> Option<ProbeId> {
        if self.is_untroubled() {
            return None;
        }
        let mut ledger = self.lock();
        let standing = ledger.accounts.get_mut(&Identity::of(account))?;
        let circuit = standing.whole.as_mut()?;
        circuit.admit(Instant::now(), false)
    }

    fn end_check(
        &self,
        target: &Target,
        probe: Option<ProbeId>,
        answer: Result<ModelListing, gateway_providers::CallError>,
    ) -> Outcome {
        let probes = Probes {
            whole: probe,
            model: None,
        };
        let error = match answer {
            Ok(_) => {
                self.close_whole(&target.provider);
                self.give_back(target, probes);
                return Outcome::Answered(StatusCode::OK);
            }
            Err(error) => error,
        };
        let judgement = judge(&error, Circumstances::default());
        let gateway_providers::CallError::Fault(fault) = &error else {
            self.give_back(target, probes);
            return Outcome::NotSent;
        };
        let of_whole = matches!(
            judgement.mark,
            Mark::Fault(Scope::Provider)
                | Mark::OpenAtOnce(Scope::Provider)
                | Mark::Cool(Scope::Provider)
        );
        if of_whole {
            let noted = (judgement.mark, Why::of(fault));
            self.note(target, probes, noted, judgement.retry_after);
        } else {
            // That a list fails says nothing about the models.
            self.give_back(target, probes);
        }
        Outcome::Failed(fault.kind, fault.upstream_status())
    }

    /// Forgets what was wrong with an account as a whole, unless its money is.
    fn close_whole(&self, account: &SharedProvider) {
        if self.is_untroubled() {
            return;
        }
        let mut ledger = self.lock();
        if let Some(standing) = ledger.accounts.get_mut(&Identity::of(account)) {
            standing
                .whole
                .take_if(|circuit| !circuit.why().is_about_money());
        }
        self.count(&ledger);
    }
}
