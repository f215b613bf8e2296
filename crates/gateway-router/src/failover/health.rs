//! Which targets are to be left alone now: a circuit for each (provider, account, model), and one for each account as a
//! whole. A provider with one credential is one account.
//!
//! Only what failed is remembered, so that names which clients invent cost nothing and a gateway without faults does
//! no more than read one number. What is remembered is bounded, and forgotten when it has been well for a while.

mod report;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_providers::{Provider, provider::SharedProvider};
use tokio::time::Instant;

pub use self::report::CircuitReport;
use super::{
    breaker::{Admission, BreakerSettings, ProbeId},
    circuit::{Circuit, Why},
    judgement::{Mark, Scope},
};
use crate::{
    account,
    resolve::Target,
    succession::{Identity, Kept},
};

/// So many models are remembered at most, twice as many of those whose names are from a closed set. Beyond that a
/// model that fails is tried anew each time.
const MOST_MODELS: usize = 1024;

/// A longer name is not remembered: what a client sends as a model can be as large as its request.
const LONGEST_MODEL: usize = 512;

/// How often what is well again is forgotten.
const PRUNE_EVERY: Duration = Duration::from_secs(1);

/// The circuits of all providers.
#[derive(Debug)]
pub struct Health {
    /// `None` where nothing is remembered.
    settings: Option<BreakerSettings>,
    /// Shared with the health that takes this one's place, so that what requests that are under way find out is known
    /// there, too.
    memory: Arc<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// How many circuits there are. While it is 0, nobody takes the lock.
    tracked: AtomicUsize,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) accounts: HashMap<Identity, Standing>,
    pruned: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Standing {
    /// Keeps the identity from being given to another while it is remembered here.
    object: Weak<dyn Provider>,
    provider: String,
    account: Option<String>,
    pub(super) whole: Option<Circuit>,
    models: HashMap<String, Circuit>,
}

/// Why a target is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// When it may be asked again.
    pub until: Instant,
    /// What it did.
    pub why: Why,
}

/// The leave to make one attempt. Dropped without an outcome, it gives a probe's place back.
#[derive(Debug)]
#[must_use]
pub(crate) struct Leave<'a> {
    health: &'a Health,
    target: &'a Target,
    probes: Probes,
}

/// The places that a request holds as a probe.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Probes {
    pub(super) whole: Option<ProbeId>,
    pub(super) model: Option<ProbeId>,
}

impl Health {
    /// Nothing remembered so far; without settings nothing ever is, and every target is always asked.
    pub fn new(settings: Option<BreakerSettings>) -> Self {
        Self {
            settings,
            memory: Arc::default(),
        }
    }

    /// What takes the place of an older health: it remembers what that one does of the providers that are in both.
    pub(crate) fn succeeding(
        old: &Self,
        kept: &Kept<'_>,
        settings: Option<BreakerSettings>,
    ) -> Self {
        let health = Self {
            settings,
            memory: Arc::clone(&old.memory),
        };
        let mut ledger = health.lock();
        ledger
            .accounts
            .retain(|account, _| kept.has_account(*account));
        health.count(&ledger);
        drop(ledger);
        health
    }

    /// Whether a target may be asked now; if so, with leave to do it. See [`Breaker::admit`] for `last_resort`.
    ///
    /// [`Breaker::admit`]: super::breaker::Breaker::admit
    pub(crate) fn admit<'a>(
        &'a self,
        target: &'a Target,
        last_resort: bool,
    ) -> Result<Leave<'a>, Refusal> {
        let mut leave = Leave {
            health: self,
            target,
            probes: Probes::default(),
        };
        if self.is_untroubled() || target.provider.is_callers_own() {
            return Ok(leave);
        }
        let now = Instant::now();
        let mut ledger = self.lock();
        self.prune(&mut ledger, now);
        let Some(standing) = ledger.accounts.get_mut(&Identity::of(&target.provider)) else {
            return Ok(leave);
        };
        if let Some(refusal) = standing.refusal(&target.model, now, last_resort) {
            return Err(refusal);
        }
        let pass = |circuit: Option<&mut Circuit>| circuit?.admit(now, last_resort);
        leave.probes = Probes {
            whole: pass(standing.whole.as_mut()),
            model: pass(standing.models.get_mut(&target.model)),
        };
        Ok(leave)
    }

    /// Whether a target would be refused now. Takes no probe's place.
    pub(crate) fn refusal(&self, target: &Target) -> Option<Refusal> {
        self.refusal_to(target, false)
    }

    /// As [`refusal`](Self::refusal), to a request that has nowhere else to go.
    pub(super) fn refusal_at_last(&self, target: &Target) -> Option<Refusal> {
        self.refusal_to(target, true)
    }

    /// As [`refusal`](Self::refusal), to a request that may have nowhere else to go.
    fn refusal_to(&self, target: &Target, last_resort: bool) -> Option<Refusal> {
        if self.is_untroubled() || target.provider.is_callers_own() {
            return None;
        }
        let ledger = self.lock();
        let standing = ledger.accounts.get(&Identity::of(&target.provider))?;
        standing.refusal(&target.model, Instant::now(), last_resort)
    }

    /// How long it is until one of these targets may be asked again by a request that has no others; `None` where one may
    /// be asked now.
    pub(crate) fn rest(&self, targets: &[Target]) -> Option<Duration> {
        let refusals = targets.iter().map(|target| self.refusal_to(target, true));
        let first = refusals.collect::<Option<Vec<_>>>()?;
        let until = first.iter().map(|refusal| refusal.until).min()?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    /// Whether nothing may be asked of a provider's account now, whatever the model.
    pub(crate) fn refuses_account(&self, provider: &SharedProvider) -> bool {
        if self.is_untroubled() {
            return false;
        }
        let ledger = self.lock();
        let standing = ledger.accounts.get(&Identity::of(provider));
        let whole = standing.and_then(|standing| standing.whole.as_ref());
        whole.is_some_and(|circuit| {
            matches!(circuit.peek(Instant::now(), false), Admission::Refused(_))
        })
    }

    /// How many circuits are remembered, closed ones among them.
    pub fn tracked(&self) -> usize {
        self.memory.tracked.load(Ordering::Relaxed)
    }

    /// A target answered.
    fn note_success(&self, target: &Target, probes: Probes) {
        if target.provider.is_callers_own() {
            return;
        }
        let Some(settings) = self.settings.as_ref().filter(|_| !self.is_untroubled()) else {
            return;
        };
        let now = Instant::now();
        let mut ledger = self.lock();
        let Some(standing) = ledger.accounts.get_mut(&Identity::of(&target.provider)) else {
            return;
        };
        if let Some(circuit) = &mut standing.whole {
            circuit.success(settings, now, probes.whole);
        }
        if let Some(circuit) = standing.models.get_mut(&target.model) {
            circuit.success(settings, now, probes.model);
        }
    }

    /// Remembers what a failed attempt says about its target.
    pub(super) fn note(
        &self,
        target: &Target,
        probes: Probes,
        (mark, why): (Mark, Why),
        said: Option<Duration>,
    ) {
        let scope = match mark {
            Mark::Nothing => return self.give_back(target, probes),
            Mark::Works => return self.note_success(target, probes),
            Mark::Fault(scope) | Mark::OpenAtOnce(scope) | Mark::Cool(scope) => scope,
        };
        let Some(settings) = &self.settings else {
            return;
        };
        if target.provider.is_callers_own() {
            return;
        }
        let now = Instant::now();
        let mut ledger = self.lock();
        self.prune(&mut ledger, now);
        if scope == Scope::Target && !ledger.has_room_for(target) {
            return;
        }
        let circuit = ledger.circuit(target, scope, || Circuit::new(settings, why, now));
        match mark {
            Mark::Fault(_) => circuit.fault(settings, now, probes.of(scope), why),
            Mark::OpenAtOnce(_) => circuit.open_at_once(settings, now, why),
            Mark::Cool(_) => {
                circuit.pause(now, said, why);
            }
            Mark::Nothing | Mark::Works => {}
        }
        self.count(&ledger);
        drop(ledger);
        tracing::debug!(provider = %account::label(&*target.provider), model = target.model, ?scope, %why, "a target failed");
        // What the attempt says about one of the two circuits, it does not say about the other: a refused credential
        // does not mend a model. A probe of a whole provider that any model answered has found out what it wanted.
        match scope {
            Scope::Target => self.settle_whole(target, probes),
            Scope::Provider => self.give_back(
                target,
                Probes {
                    whole: None,
                    ..probes
                },
            ),
        }
        // A pause has no probe of its own: the breaker's place goes back.
        if matches!(mark, Mark::Cool(_)) {
            self.give_back(target, probes);
        }
    }

    /// The provider could be reached and took the credential, whatever its model did.
    fn settle_whole(&self, target: &Target, probes: Probes) {
        let Some(settings) = &self.settings else {
            return;
        };
        let mut ledger = self.lock();
        let standing = ledger.accounts.get_mut(&Identity::of(&target.provider));
        if let Some(circuit) = standing.and_then(|standing| standing.whole.as_mut()) {
            circuit.success(settings, Instant::now(), probes.whole);
        }
    }

    pub(super) fn give_back(&self, target: &Target, probes: Probes) {
        if probes.is_none() {
            return;
        }
        let mut ledger = self.lock();
        let Some(standing) = ledger.accounts.get_mut(&Identity::of(&target.provider)) else {
            return;
        };
        if let (Some(circuit), Some(probe)) = (&mut standing.whole, probes.whole) {
            circuit.give_back(probe);
        }
        let circuit = standing.models.get_mut(&target.model);
        if let (Some(circuit), Some(probe)) = (circuit, probes.model) {
            circuit.give_back(probe);
        }
    }

    pub(super) fn is_untroubled(&self) -> bool {
        self.settings.is_none() || self.memory.tracked.load(Ordering::Acquire) == 0
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.memory
            .ledger
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn prune(&self, ledger: &mut Ledger, now: Instant) {
        if ledger.pruned.is_some_and(|last| now < last + PRUNE_EVERY) {
            return;
        }
        ledger.pruned = Some(now);
        ledger.forget_what_rests(now);
        self.count(ledger);
    }

    pub(super) fn count(&self, ledger: &Ledger) {
        self.memory.tracked.store(ledger.len(), Ordering::Release);
    }
}

impl Ledger {
    fn len(&self) -> usize {
        let count =
            |standing: &Standing| usize::from(standing.whole.is_some()) + standing.models.len();
        self.accounts.values().map(count).sum()
    }

    /// Whether a model is remembered already or may be.
    fn has_room_for(&self, target: &Target) -> bool {
        let standing = self.accounts.get(&Identity::of(&target.provider));
        let is_known = standing.is_some_and(|standing| standing.models.contains_key(&target.model));
        // Names that clients invent leave room for those that are really there.
        let most = if target.known {
            2 * MOST_MODELS
        } else {
            MOST_MODELS
        };
        is_known || (target.model.len() <= LONGEST_MODEL && self.len() < most)
    }

    fn circuit(
        &mut self,
        target: &Target,
        scope: Scope,
        new: impl FnOnce() -> Circuit,
    ) -> &mut Circuit {
        let standing = self
            .accounts
            .entry(Identity::of(&target.provider))
            .or_insert_with(|| Standing::of(target));
        match scope {
            Scope::Provider => standing.whole.get_or_insert_with(new),
            Scope::Target => standing
                .models
                .entry(target.model.clone())
                .or_insert_with(new),
        }
    }

    fn forget_what_rests(&mut self, now: Instant) {
        self.accounts.retain(|_, standing| {
            standing.whole.take_if(|circuit| circuit.is_at_rest(now));
            standing
                .models
                .retain(|_, circuit| !circuit.is_at_rest(now));
            let remembers = standing.whole.is_some() || !standing.models.is_empty();
            remembers && standing.object.strong_count() > 0
        });
    }
}

impl Standing {
    fn of(target: &Target) -> Self {
        Self {
            object: Arc::downgrade(&target.provider),
            provider: target.provider.name().to_owned(),
            account: target.provider.account().map(str::to_owned),
            whole: None,
            models: HashMap::new(),
        }
    }

    fn refusal(&self, model: &str, now: Instant, last_resort: bool) -> Option<Refusal> {
        let circuits = self.whole.iter().chain(self.models.get(model));
        let refusals = circuits.filter_map(|circuit| match circuit.peek(now, last_resort) {
            Admission::Refused(until) => Some(Refusal {
                until,
                why: circuit.why(),
            }),
            Admission::Pass | Admission::Probe(_) => None,
        });
        refusals.max_by_key(|refusal| refusal.until)
    }
}

impl Probes {
    fn is_none(self) -> bool {
        self.whole.is_none() && self.model.is_none()
    }

    fn of(self, scope: Scope) -> Option<ProbeId> {
        match scope {
            Scope::Provider => self.whole,
            Scope::Target => self.model,
        }
    }
}

impl Leave<'_> {
    /// The target answered. Of a stream only the beginning is known: that is enough for a probe, and for all others
    /// its end counts, see [`Feedback`](super::Feedback).
    pub(crate) fn answered(mut self, is_stream: bool) {
        let probes = std::mem::take(&mut self.probes);
        if !is_stream || !probes.is_none() {
            self.health.note_success(self.target, probes);
        }
    }

    /// The attempt failed.
    pub(crate) fn failed(mut self, mark: Mark, why: Option<Why>, said: Option<Duration>) {
        let probes = std::mem::take(&mut self.probes);
        match why {
            Some(why) => self.health.note(self.target, probes, (mark, why), said),
            None => self.health.give_back(self.target, probes),
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.health.give_back(self.target, self.probes);
    }
}

/// What happens to an answer after its beginning.
impl Health {
    pub(super) fn stream_ended(&self, target: &Target) {
        self.note_success(target, Probes::default());
    }

    pub(super) fn stream_broke(
        &self,
        target: &Target,
        (mark, why): (Mark, Why),
        said: Option<Duration>,
    ) {
        self.note(target, Probes::default(), (mark, why), said);
    }
}
