//! What becomes of a stream after its beginning counts, too.

use std::{fmt, sync::Arc};

use gateway_providers::Fault;

use super::{
    Health, Why,
    judgement::{Circumstances, judge_fault},
};
use crate::{resolve::Target, select::UnderWay};

/// Tells how a stream ended whose beginning was answered well. Dropped without a word, it says nothing: the client has
/// gone.
pub struct Feedback {
    health: Arc<Health>,
    target: Target,
    circumstances: Circumstances,
    /// The target is busy with the stream for as long as it lasts.
    _under_way: Option<UnderWay>,
}

impl Feedback {
    pub(super) fn new(
        health: Arc<Health>,
        target: Target,
        circumstances: Circumstances,
        under_way: Option<UnderWay>,
    ) -> Self {
        Self {
            _under_way: under_way,
            health,
            target,
            circumstances,
        }
    }

    /// The stream came to its end.
    pub fn complete(self) {
        self.health.stream_ended(&self.target);
    }

    /// The stream broke. Nobody else is asked any more, but the target's health is the poorer for it.
    pub fn broke(self, fault: &Fault) {
        let judgement = judge_fault(Some(fault), self.circumstances);
        let mark = (judgement.mark, Why::of(fault));
        self.health
            .stream_broke(&self.target, mark, judgement.retry_after);
    }
}

impl fmt::Debug for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Feedback({})", self.target.provider.name())
    }
}
