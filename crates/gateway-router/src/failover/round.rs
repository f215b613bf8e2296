//! One attempt, or two at once: where an alias hedges and its first target takes its time, a second one is asked beside
//! it. The first answer wins, and the other attempt is cancelled.

use std::{pin::pin, sync::Arc, time::Duration};

use gateway_providers::{CallError, Reply, call::Timeouts};
use tokio::time::{Instant, timeout};

use super::{
    Feedback, Why,
    course::Course,
    health::Leave,
    judgement::{Circumstances, Judgement, Next, judge},
};
use crate::{
    attempt::{Ask, Attempt, Outcome, Routed, attempt},
    limits::Permit,
    resolve::Target,
    select::UnderWay,
};

/// An attempt that may be made now.
pub(super) struct Start<'a> {
    pub(super) lane: Lane<'a>,
    pub(super) ask: Ask,
    pub(super) timeouts: Timeouts,
}

/// What an attempt under way holds.
pub(super) struct Lane<'a> {
    /// The target's place among those of the request.
    pub(super) place: usize,
    pub(super) target: &'a Target,
    pub(super) leave: Leave<'a>,
    pub(super) permit: Option<Permit>,
    pub(super) circumstances: Circumstances,
    pub(super) began: Instant,
    /// Where the target is measured.
    pub(super) under_way: Option<UnderWay>,
}

/// What follows from a failure.
pub(super) struct Failed {
    /// Who failed, among two the later one.
    pub(super) place: usize,
    pub(super) judgement: Judgement,
    /// Of one attempt alone: its place at the provider, for another try.
    pub(super) permit: Option<Permit>,
    /// Whether two attempts have failed, so that there is nothing to be had from trying again where one of them was.
    pub(super) both: bool,
}

/// What an attempt came to, and its record.
type Ended = (Result<Reply, CallError>, Attempt);

impl<'a, T: Fn(&str) -> Timeouts> Course<'a, T> {
    /// Makes one attempt, with a second one beside it where that is wanted and helps.
    pub(super) async fn round(&mut self, start: Start<'a>) -> Result<Routed, Failed> {
        match self.hedge {
            // In a box, that those who do not hedge need no room for it.
            Some(delay) => Box::pin(self.hedged(start, delay)).await,
            None => {
                let Start {
                    lane,
                    ask,
                    timeouts,
                } = start;
                let ended = attempt(lane.target, ask, (timeouts, lane.began)).await;
                self.settle(lane, ended)
            }
        }
    }

    async fn hedged(&mut self, first: Start<'a>, delay: Duration) -> Result<Routed, Failed> {
        let mut asking = pin!(attempt(
            first.lane.target,
            first.ask,
            (first.timeouts, first.lane.began)
        ));
        let first = first.lane;
        if let Ok(ended) = timeout(delay, &mut asking).await {
            return self.settle(first, ended);
        }
        let Some(second) = self.second(&first) else {
            return self.settle(first, asking.await);
        };
        let mut hedging = pin!(attempt(
            second.lane.target,
            second.ask,
            (second.timeouts, second.lane.began)
        ));
        let second = second.lane;
        let (ended, (done, other), rest) = tokio::select! {
            biased;
            ended = &mut asking => (ended, (first, second), hedging),
            ended = &mut hedging => (ended, (second, first), asking),
        };
        if ended.0.is_ok() {
            self.cancelled(&other);
            return self.settle(done, ended);
        }
        // Whoever fails leaves the other one running.
        let lost = self.settle(done, ended);
        let last = self.settle(other, rest.await);
        last.map_err(|last| last.after(lost.err().as_ref()))
    }

    /// Remembers what an attempt came to.
    fn settle(&mut self, lane: Lane<'a>, (result, record): Ended) -> Result<Routed, Failed> {
        let took = record.duration;
        self.attempts.push(record);
        let Lane {
            under_way,
            place,
            target,
            leave,
            permit,
            circumstances,
            ..
        } = lane;
        match result {
            Ok(reply) => {
                leave.answered(reply.body.goes_on());
                if let Some(under_way) = &under_way {
                    under_way.answered(took);
                }
                Ok(self.routed(reply, (target, circumstances), permit, under_way))
            }
            Err(error) => {
                let judgement = judge(&error, circumstances);
                if let Some(under_way) = under_way.filter(|_| judgement.mark.is_fault()) {
                    under_way.failed(took);
                }
                leave.failed(judgement.mark, why(&error), judgement.retry_after);
                self.failed(error);
                Err(Failed {
                    place,
                    judgement,
                    permit,
                    both: false,
                })
            }
        }
    }

    /// Records the attempt that came too late. It says nothing about its target's health, whose leave is dropped without a
    /// word; of its pace it says that it is no faster than this.
    fn cancelled(&mut self, lane: &Lane<'a>) {
        let took = lane.began.elapsed();
        if let Some(under_way) = &lane.under_way {
            under_way.outlasted(took);
        }
        let record = Attempt::of(lane.target, Outcome::Cancelled, took);
        self.attempts.push(record);
    }

    fn routed(
        &mut self,
        reply: Reply,
        (target, circumstances): (&Target, Circumstances),
        permit: Option<Permit>,
        under_way: Option<UnderWay>,
    ) -> Routed {
        let health = &self.failover.health;
        // A whole answer has left the upstream: its place is free, however slowly the client reads.
        let goes_on = reply.body.goes_on();
        let feedback = goes_on
            .then(|| Feedback::new(Arc::clone(health), target.clone(), circumstances, under_way));
        Routed {
            feedback,
            permit: permit.filter(|_| goes_on),
            reply,
            target: target.clone(),
            attempts: std::mem::take(&mut self.attempts),
        }
    }
}

impl Failed {
    /// The later of two failures: nothing goes on when either of them says so.
    fn after(self, earlier: Option<&Self>) -> Self {
        let stops = |failed: &Self| failed.judgement.next == Next::Stop;
        let next = if stops(&self) || earlier.is_some_and(stops) {
            Next::Stop
        } else {
            Next::Alternate
        };
        Self {
            judgement: Judgement {
                next,
                ..self.judgement
            },
            permit: None,
            both: true,
            ..self
        }
    }
}

fn why(error: &CallError) -> Option<Why> {
    match error {
        CallError::Fault(fault) => Some(Why::of(fault)),
        CallError::Translate(_) => None,
    }
}
