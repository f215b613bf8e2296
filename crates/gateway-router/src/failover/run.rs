//! The loop: for each target in the plan's order, unless it is to be left alone, attempt, judge, remember, go on.

use std::{sync::Arc, time::Duration};

use gateway_providers::{CallError, Reply, ReplyBody, call::Timeouts};
use tokio::time::{Instant, sleep};

use super::{
    Failover, Feedback, NoHealthyTarget, Refusal, RouteFailure, Why,
    circuit::jitter,
    judgement::{Circumstances, Judgement, Next, judge},
};
use crate::{
    attempt::{Ask, Attempt, Outcome, RouteError, Routed, attempt},
    resolve::Target,
    select::{Selection, UnderWay, siblings_first},
};

/// The pause before the same target is asked once more, at random between the two.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// The longest that a request waits for a target that asked for a pause.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The pause of a target that asked for one without saying how long, where no circuit keeps count.
const USUAL_WAIT: Duration = Duration::from_secs(1);

/// What one request has been through.
struct Course<'a, T> {
    failover: &'a Failover,
    /// How long each phase of a call to a provider may take.
    timeouts: T,
    /// When it ends, whatever is left to try.
    deadline: Instant,
    ask: Asked,
    attempts: Vec<Attempt>,
    /// What the client will be told when nothing helps.
    cause: Option<CallError>,
    refusals: Vec<(String, Refusal)>,
}

/// What is sent: as often as needed, or once where the body flows past.
enum Asked {
    Again(Ask),
    Once(Ask),
    Gone,
}

/// How it goes on after a target.
enum Onward {
    /// With the next target.
    Next,
    /// With another account of the same target, where there is one.
    Sibling,
    /// Not at all.
    End,
}

/// How it goes on after a failed attempt.
enum Step {
    /// With the same target, after this time.
    Again(Duration),
    Leave(Onward),
}

impl Failover {
    /// Sends a request to one target after the other until one gives a reply.
    pub(crate) async fn run<T: Fn(&str) -> Timeouts>(
        &self,
        mut selection: Selection,
        ask: Ask,
        timeouts: &T,
    ) -> Result<Routed, RouteError> {
        let mut targets = std::mem::take(&mut selection.targets);
        if !ask.is_replayable() {
            targets.truncate(1);
        }
        let timeouts = |provider: &str| selection.timeouts(timeouts(provider));
        let first = targets.first().map(|target| target.provider.name());
        let deadline = Instant::now() + timeouts(first.unwrap_or_default()).total;
        let mut course = Course {
            failover: self,
            timeouts,
            deadline,
            ask: Asked::new(ask, self.settings.attempts),
            attempts: Vec::with_capacity(1),
            cause: None,
            refusals: Vec::new(),
        };
        // Who finds all of them left alone may try one all the same, at times: see `Breaker::admit`.
        for last_resort in [false, true] {
            let mut rest = targets.as_mut_slice();
            while let Some((target, later)) = rest.split_first_mut() {
                match course.try_target(target, later, last_resort).await {
                    Ok(routed) => return Ok(routed),
                    Err(Onward::Next) => {}
                    Err(Onward::Sibling) => siblings_first(target, later),
                    Err(Onward::End) => return Err(course.end()),
                }
                rest = later;
            }
            if !course.attempts.is_empty() {
                break;
            }
        }
        Err(course.end())
    }
}

impl<T: Fn(&str) -> Timeouts> Course<'_, T> {
    /// Asks one target, once more where that may help.
    async fn try_target(
        &mut self,
        target: &Target,
        later: &[Target],
        last_resort: bool,
    ) -> Result<Routed, Onward> {
        let failover = self.failover;
        let mut again = false;
        loop {
            let leave = match failover.health.admit(target, last_resort) {
                Ok(leave) => leave,
                Err(refusal) => {
                    self.refused(target, refusal);
                    return Err(Onward::Next);
                }
            };
            if !again && !self.may_begin(target) {
                return Err(Onward::Next);
            }
            let ask = self.ask.next(self.sent() + 1 >= failover.settings.attempts);
            let Some(ask) = ask else {
                return Err(Onward::End);
            };
            let (timeouts, circumstances) = self.patience(target, &ask);
            let stream = ask.stream;
            let (result, record, under_way) = attempt(target, ask, timeouts).await;
            let took = record.duration;
            self.attempts.push(record);
            let error = match result {
                Ok(reply) => {
                    leave.answered(matches!(reply.body, ReplyBody::Events(_)));
                    return Ok(self.routed(reply, target, (circumstances, under_way)));
                }
                Err(error) => error,
            };
            let judgement = judge(&error, circumstances);
            if let Some(under_way) = under_way.filter(|_| judgement.mark.is_fault()) {
                under_way.failed(stream, took);
            }
            leave.failed(judgement.mark, why(&error), judgement.retry_after);
            self.failed(error);
            match self.step(judgement, target, later, again) {
                Step::Leave(onward) => return Err(onward),
                Step::Again(pause) => sleep(pause).await,
            }
            again = true;
        }
    }

    /// How long the target has, and whether that is shorter than it was given by the configuration.
    fn patience(&self, target: &Target, ask: &Ask) -> (Timeouts, Circumstances) {
        let configured = (self.timeouts)(target.provider.name());
        let left = self.deadline.saturating_duration_since(Instant::now());
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
    fn may_begin(&self, target: &Target) -> bool {
        let provider = target.provider.name();
        let is_retry = self
            .attempts
            .iter()
            .any(|attempt| attempt.provider == provider && attempt.outcome != Outcome::NotSent);
        if is_retry {
            return self.failover.budgets.may_retry(provider);
        }
        self.failover.budgets.request(provider);
        true
    }

    fn step(&self, judgement: Judgement, target: &Target, later: &[Target], again: bool) -> Step {
        let is_over = self.sent() >= self.failover.settings.attempts
            || self.ask.is_gone()
            || self.deadline <= Instant::now();
        if is_over || judgement.next == Next::Stop {
            return Step::Leave(Onward::End);
        }
        let has_alternate = || {
            let health = &self.failover.health;
            later.iter().any(|target| health.refusal(target).is_none())
        };
        let pause = match judgement.next {
            Next::SameThenAlternate => Some(Duration::ZERO),
            Next::AlternateOrSame if !has_alternate() => Some(Duration::ZERO),
            Next::AlternateOrWait if !has_alternate() => Some(self.wait(judgement, target)),
            Next::Stop | Next::Alternate | Next::AlternateOrSame | Next::AlternateOrWait => None,
        };
        match pause.filter(|_| !again) {
            Some(pause) => self.once_more(pause, judgement.next, target),
            None if judgement.of_credential => Step::Leave(Onward::Sibling),
            None => Step::Leave(Onward::Next),
        }
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
        if !self.failover.budgets.may_retry(target.provider.name()) {
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

    /// How many attempts went out.
    fn sent(&self) -> usize {
        let sent = |attempt: &&Attempt| attempt.outcome != Outcome::NotSent;
        self.attempts.iter().filter(sent).count()
    }

    fn refused(&mut self, target: &Target, refusal: Refusal) {
        let provider = target.provider.name();
        let known = self.refusals.iter_mut().find(|(name, _)| name == provider);
        match known {
            Some((_, known)) if refusal.until < known.until => *known = refusal,
            Some(_) => {}
            None => self.refusals.push((provider.to_owned(), refusal)),
        }
    }

    /// What an upstream said weighs more than why nothing was sent to another.
    fn failed(&mut self, error: CallError) {
        let keep = matches!(
            (&self.cause, &error),
            (Some(CallError::Fault(_)), CallError::Translate(_))
        );
        if !keep {
            self.cause = Some(error);
        }
    }

    fn routed(
        &mut self,
        reply: Reply,
        target: &Target,
        (circumstances, under_way): (Circumstances, Option<UnderWay>),
    ) -> Routed {
        let goes_on = matches!(reply.body, ReplyBody::Events(_));
        let health = &self.failover.health;
        Routed {
            feedback: goes_on.then(|| {
                Feedback::new(Arc::clone(health), target.clone(), circumstances, under_way)
            }),
            reply,
            target: target.clone(),
            attempts: std::mem::take(&mut self.attempts),
        }
    }

    fn end(self) -> RouteError {
        let Some(cause) = self.cause else {
            let now = Instant::now();
            let first = self.refusals.iter().map(|(_, refusal)| refusal.until).min();
            let cause = NoHealthyTarget {
                retry_after: first.map_or(USUAL_WAIT, |until| until.saturating_duration_since(now)),
                reasons: self
                    .refusals
                    .into_iter()
                    .map(|(provider, refusal)| (provider, refusal.why))
                    .collect(),
            };
            return RouteError {
                cause: RouteFailure::NoHealthyTarget(cause),
                attempts: self.attempts,
            };
        };
        RouteError {
            cause: cause.into(),
            attempts: self.attempts,
        }
    }
}

impl Asked {
    fn new(ask: Ask, attempts: usize) -> Self {
        if attempts > 1 && ask.is_replayable() {
            Self::Again(ask)
        } else {
            Self::Once(ask)
        }
    }

    /// A copy for the next attempt; the ask itself for the last.
    fn next(&mut self, last: bool) -> Option<Ask> {
        match self {
            Self::Again(ask) if !last => ask.again(),
            Self::Again(_) | Self::Once(_) | Self::Gone => {
                match std::mem::replace(self, Self::Gone) {
                    Self::Again(ask) | Self::Once(ask) => Some(ask),
                    Self::Gone => None,
                }
            }
        }
    }

    fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }
}

fn why(error: &CallError) -> Option<Why> {
    match error {
        CallError::Fault(fault) => Some(Why::of(fault)),
        CallError::Translate(_) => None,
    }
}
