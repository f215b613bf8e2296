//! The loop: for each target in its order, unless it is to be left alone or busy, attempt, judge, remember, go on.

use gateway_providers::call::Timeouts;
use tokio::time::{Instant, sleep};

use super::{
    Failover,
    asked::Asked,
    course::Course,
    onward::{Onward, Step},
    remaining::Remaining,
    round::Start,
};
use crate::{
    attempt::{Ask, RouteError, Routed},
    select::Selection,
};

impl Failover {
    /// Sends a request to one target after the other until one gives a reply.
    pub(crate) async fn run<T: Fn(&str) -> Timeouts>(
        &self,
        mut selection: Selection,
        ask: Ask,
        timeouts: &T,
        now: Instant,
    ) -> Result<Routed, RouteError> {
        let mut targets = std::mem::take(&mut selection.targets);
        if !ask.is_replayable() {
            targets.truncate(1);
        }
        let hedge = selection.hedge().filter(|_| targets.len() > 1);
        let timeouts = |provider: &str| selection.timeouts(timeouts(provider));
        let first = targets.first().map(|target| target.provider.name());
        let deadline = now + timeouts(first.unwrap_or_default()).total;
        let mut course = Course {
            failover: self,
            targets: &targets,
            timeouts,
            deadline,
            limit: ask.limit,
            hedge,
            ask: Asked::new(ask, self.settings.attempts),
            remaining: Remaining::all(targets.len()),
            last_resort: false,
            attempts: Vec::with_capacity(1),
            cause: None,
            overloaded: None,
            refusals: Vec::new(),
        };
        match course.run().await {
            Some(routed) => Ok(routed),
            None => Err(course.end()),
        }
    }
}

impl<'a, T: Fn(&str) -> Timeouts> Course<'a, T> {
    /// The first reply; `None` where there is none to be had. The course stays where it is, as it is large.
    async fn run(&mut self) -> Option<Routed> {
        while let Some(start) = self.next_start().await {
            match self.try_target(start).await {
                Ok(routed) => return Some(routed),
                Err(Onward::Next) => {}
                Err(Onward::Sibling(place)) => self.siblings_first(place),
                Err(Onward::End) => break,
            }
        }
        None
    }

    /// The next target that may be asked now; where all that are left are busy, after a wait for the first of them.
    async fn next_start(&mut self) -> Option<Start<'a>> {
        loop {
            match self.first_free() {
                Ok(start) => return Some(start),
                Err(Some(busy)) => {
                    if let Some(start) = self.queue_at(busy).await {
                        return Some(start);
                    }
                }
                Err(None) if self.may_insist() => {
                    self.last_resort = true;
                    self.remaining = Remaining::all(self.targets.len());
                }
                Err(None) => return None,
            }
        }
    }

    /// Whether a target that is left alone may be tried all the same.
    fn may_insist(&self) -> bool {
        self.attempts.is_empty() && self.overloaded.is_none() && !self.last_resort
    }

    /// Asks one target, once more where that may help.
    async fn try_target(&mut self, start: Start<'a>) -> Result<Routed, Onward> {
        let mut start = start;
        let mut again = false;
        loop {
            let failed = match self.round(start).await {
                Ok(routed) => return Ok(routed),
                Err(failed) => failed,
            };
            match self.step(&failed, again) {
                Step::Leave(onward) => return Err(onward),
                Step::Again(pause) => sleep(pause).await,
            }
            again = true;
            let admitted = self.admit(failed.place).ok_or(Onward::Next)?;
            let once_more = self.start(failed.place, admitted, failed.permit, 0);
            start = once_more.ok_or(Onward::End)?;
        }
    }
}
