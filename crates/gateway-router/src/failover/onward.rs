//! How it goes on after a failed attempt.

use std::time::Duration;

use gateway_providers::call::Timeouts;
use tokio::time::Instant;

use super::{
    circuit::jitter,
    course::{Course, USUAL_WAIT},
    judgement::{Judgement, Next},
    round::Failed,
};
use crate::resolve::Target;

/// The pause before the same target is asked once more, at random between the two.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// The longest that a request waits for a target that asked for a pause.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How it goes on after a target.
pub(super) enum Onward {
    /// With the next target.
    Next,
    /// With another account of the target at this place, where there is one.
    Sibling(usize),
    /// Not at all.
    End,
}

/// How it goes on after a failed attempt.
pub(super) enum Step {
    /// With the same target, after this time.
    Again(Duration),
    Leave(Onward),
}

impl<T: Fn(&str) -> Timeouts> Course<'_, T> {
    pub(super) fn step(&self, failed: &Failed, again: bool) -> Step {
        let Failed {
            place, judgement, ..
        } = *failed;
        let is_over = self.sent() >= self.failover.settings.attempts
            || self.ask.is_gone()
            || self.deadline <= Instant::now();
        if is_over || judgement.next == Next::Stop {
            return Step::Leave(Onward::End);
        }
        let Some(target) = self.targets.get(place).filter(|_| !failed.both) else {
            return Step::Leave(Onward::Next);
        };
        let pause = match judgement.next {
            Next::SameThenAlternate => Some(Duration::ZERO),
            Next::AlternateOrSame if !self.has_alternate() => Some(Duration::ZERO),
            Next::AlternateOrWait if !self.has_alternate() => Some(self.wait(judgement, target)),
            Next::Stop | Next::Alternate | Next::AlternateOrSame | Next::AlternateOrWait => None,
        };
        match pause.filter(|_| !again) {
            Some(pause) => self.once_more(pause, judgement.next, target),
            None if judgement.of_credential => Step::Leave(Onward::Sibling(place)),
            None => Step::Leave(Onward::Next),
        }
    }

    fn has_alternate(&self) -> bool {
        let health = &self.failover.health;
        let mut others = self
            .remaining
            .places()
            .filter_map(|place| self.targets.get(place));
        others.any(|target| health.refusal(target).is_none())
    }

    pub(super) fn siblings_first(&mut self, place: usize) {
        let targets = self.targets;
        let Some(target) = targets.get(place) else {
            return;
        };
        self.remaining.prefer(|other| {
            let other = targets.get(other);
            other.is_some_and(|other| other.is_sibling_of(target))
        });
    }

    /// The same target once more, where it may be asked, the pause is short enough and the budget allows it.
    fn once_more(&self, pause: Duration, next: Next, target: &Target) -> Step {
        let left_alone =
            next != Next::AlternateOrWait && self.failover.health.refusal(target).is_some();
        let (least, most) = PAUSE;
        let whole = pause + least + (most - least).mul_f64(jitter());
        let too_late = self.deadline <= Instant::now() + whole;
        if left_alone || pause > LONGEST_WAIT || too_late {
            return Step::Leave(Onward::Next);
        }
        // How often a caller's own endpoint is asked is the caller's to decide.
        let provider = &target.provider;
        if provider.is_callers_own() || !self.failover.budgets.may_retry(provider.name()) {
            return Step::Leave(Onward::Next);
        }
        Step::Again(whole)
    }

    /// How long a target that asked for a pause is left alone.
    fn wait(&self, judgement: Judgement, target: &Target) -> Duration {
        let until = self.failover.health.refusal(target);
        until.map_or(judgement.retry_after.unwrap_or(USUAL_WAIT), |refusal| {
            refusal.until.saturating_duration_since(Instant::now())
        })
    }
}
