//! Whom a request may ask now: targets that are not left alone, not busy, and within the budget.

use std::time::Duration;

use gateway_providers::call::Timeouts;
use tokio::time::Instant;

use super::{
    course::Course,
    health::Leave,
    judgement::Circumstances,
    remaining::Remaining,
    round::{Lane, Start},
};
use crate::{
    attempt::{Ask, Outcome},
    limits::{Gate, Overloaded, Permit, TurnedAway},
    resolve::Target,
};

/// Why a target is not asked now.
enum Closed {
    /// It may be once one of its requests has ended.
    Busy,
    /// Not by this request.
    Refused,
}

impl<'a, T: Fn(&str) -> Timeouts> Course<'a, T> {
    /// The first target that may be asked now; where there is none, the first that is merely busy.
    pub(super) fn first_free(&mut self) -> Result<Start<'a>, Option<usize>> {
        let mut busy = None;
        let mut at = 0;
        while let Some(place) = self.remaining.get(at) {
            match self.enter(place) {
                Ok(start) => return Ok(start),
                Err(Closed::Busy) => {
                    if let Some(start) = self.free_sibling(at, place) {
                        return Ok(start);
                    }
                    busy = busy.or(Some(place));
                    at += 1;
                }
                Err(Closed::Refused) => self.remaining.leave(place),
            }
        }
        Err(busy)
    }

    /// The busy target at that number through another account that is free, before other targets. The busy one takes the
    /// other's place behind them.
    fn free_sibling(&mut self, at: usize, busy: usize) -> Option<Start<'a>> {
        let targets = self.targets;
        let target = targets.get(busy)?;
        target.provider.account()?;
        let is_sibling = |place: &usize| {
            let other = targets.get(*place);
            other.is_some_and(|other| other.is_sibling_of(target))
        };
        // Whoever was found busy before has asked all of them.
        if self
            .remaining
            .places()
            .take(at)
            .any(|place| is_sibling(&place))
        {
            return None;
        }
        let siblings: Vec<usize> = self.remaining.places().filter(is_sibling).collect();
        for sibling in siblings {
            self.remaining.swap(busy, sibling);
            if let Ok(start) = self.enter(sibling) {
                return Some(start);
            }
            self.remaining.swap(busy, sibling);
        }
        None
    }

    fn enter(&mut self, place: usize) -> Result<Start<'a>, Closed> {
        let (target, leave) = self.admit(place).ok_or(Closed::Refused)?;
        let permit = free_place(self.gate(target)).map_err(|NoPlace| Closed::Busy)?;
        self.begin(place, (target, leave), permit)
            .ok_or(Closed::Refused)
    }

    /// Waits for a busy target, as long as it lets anybody wait. Whatever comes of it, it is not waited for again.
    pub(super) async fn queue_at(&mut self, place: usize) -> Option<Start<'a>> {
        let target = self.targets.get(place)?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let most = self.limit.map_or(left, |limit| limit.min(left));
        let entered = match self.gate(target) {
            Some(gate) => gate.enter(most).await.map(Some),
            None => Ok(None),
        };
        self.remaining.leave(place);
        match entered {
            Ok(permit) => {
                let admitted = self.admit(place)?;
                self.begin(place, admitted, permit)
            }
            Err(why) => {
                match why {
                    TurnedAway::WaitedTooLong => self.remaining = Remaining::all(0),
                    TurnedAway::QueueFull => self.siblings_first(place),
                }
                self.overloaded.get_or_insert_with(|| Overloaded {
                    provider: target.provider.name().to_owned(),
                    why,
                });
                None
            }
        }
    }

    pub(super) fn admit(&mut self, place: usize) -> Option<(&'a Target, Leave<'a>)> {
        let target = self.targets.get(place)?;
        match self.failover.health.admit(target, self.last_resort) {
            Ok(leave) => Some((target, leave)),
            Err(refusal) => {
                self.refused(target, refusal);
                None
            }
        }
    }

    /// A first attempt at a target, if the budget allows it.
    fn begin(
        &mut self,
        place: usize,
        (target, leave): (&'a Target, Leave<'a>),
        permit: Option<Permit>,
    ) -> Option<Start<'a>> {
        let now = Instant::now();
        if !self.may_begin(target, now) {
            return None;
        }
        self.start_at(now, place, (target, leave), permit, 0)
    }

    /// A target to be asked beside one that takes its time: another model or another provider, free now, and with a
    /// retry left in its provider's budget.
    pub(super) fn second(&mut self, first: &Lane<'a>) -> Option<Start<'a>> {
        if self.sent() + 1 >= self.failover.settings.attempts {
            return None;
        }
        let mut at = 0;
        while let Some(place) = self.remaining.get(at) {
            if let Some(start) = self.enter_beside(place, first) {
                return Some(start);
            }
            at += 1;
        }
        None
    }

    fn enter_beside(&mut self, place: usize, first: &Lane<'a>) -> Option<Start<'a>> {
        let target = self.targets.get(place)?;
        if target.is_same_place(first.target) {
            return None;
        }
        let leave = self.failover.health.admit(target, false).ok()?;
        let permit = free_place(self.gate(target)).ok()?;
        let provider = &target.provider;
        let may = !provider.is_callers_own() && self.failover.budgets.may_retry(provider.name());
        may.then(|| self.start(place, (target, leave), permit, 1))?
    }

    /// An attempt while so many others are under way.
    pub(super) fn start(
        &mut self,
        place: usize,
        admitted: (&'a Target, Leave<'a>),
        permit: Option<Permit>,
        under_way: usize,
    ) -> Option<Start<'a>> {
        self.start_at(Instant::now(), place, admitted, permit, under_way)
    }

    fn start_at(
        &mut self,
        now: Instant,
        place: usize,
        (target, leave): (&'a Target, Leave<'a>),
        permit: Option<Permit>,
        under_way: usize,
    ) -> Option<Start<'a>> {
        self.remaining.leave(place);
        let is_last = self.sent() + under_way + 1 >= self.failover.settings.attempts;
        let ask = self.ask.next(is_last)?;
        let (timeouts, circumstances) = self.patience(target, &ask, now);
        let pace = target.pace.as_ref();
        let lane = Lane {
            under_way: pace.map(|pace| pace.begin(ask.stream)),
            place,
            target,
            leave,
            permit,
            circumstances,
            began: now,
        };
        Some(Start {
            lane,
            ask,
            timeouts,
        })
    }

    fn gate(&self, target: &Target) -> Option<&'a Gate> {
        self.failover.limits.gate_of(&*target.provider)
    }

    /// How long the target has, and whether that is shorter than it was given by the configuration.
    fn patience(&self, target: &Target, ask: &Ask, now: Instant) -> (Timeouts, Circumstances) {
        let configured = (self.timeouts)(target.provider.name());
        let left = self.deadline.saturating_duration_since(now);
        let most = ask.limit.map_or(left, |limit| limit.min(left));
        let timeouts = Timeouts {
            first_token: configured.first_token.min(most),
            total: configured.total.min(most),
            ..configured
        };
        // What the clock took since the start is no shortening.
        let usual = if ask.stream {
            configured.first_token
        } else {
            configured.total
        };
        let circumstances = Circumstances {
            callers_time: most < usual.saturating_sub(Duration::from_millis(100)),
            retry_timeouts: self.failover.settings.retry_timeouts,
        };
        (timeouts, circumstances)
    }

    /// Whether the target may be asked for the first time by this request: at a provider that has failed it already
    /// that is a retry.
    fn may_begin(&self, target: &Target, now: Instant) -> bool {
        if target.provider.is_callers_own() {
            return true;
        }
        let provider = target.provider.name();
        let is_retry = self
            .attempts
            .iter()
            .any(|attempt| attempt.provider == provider && attempt.outcome != Outcome::NotSent);
        if is_retry {
            return self.failover.budgets.may_retry(provider);
        }
        self.failover.budgets.request(provider, now);
        true
    }
}

/// A place where one is free, or none where none is needed.
fn free_place(gate: Option<&Gate>) -> Result<Option<Permit>, NoPlace> {
    match gate.map(Gate::try_enter) {
        Some(None) => Err(NoPlace),
        Some(permit) => Ok(permit),
        None => Ok(None),
    }
}

/// As many requests are under way as may be.
struct NoPlace;
