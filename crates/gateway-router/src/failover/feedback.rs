//! What becomes of a stream after its beginning counts, too.

use std::{fmt, sync::Arc};

use gateway_providers::Fault;

use super::{
    Health, Why,
    judgement::{Circumstances, judge_fault},
};
use crate::resolve::Target;

/// Tells how a stream ended whose beginning was answered well. Dropped without a word, it says nothing: the client has
/// gone.
pub struct Feedback {
    health: Arc<Health>,
    target: Target,
    circumstances: Circumstances,
}

impl Feedback {
    pub(super) fn new(health: Arc<Health>, target: Target, circumstances: Circumstances) -> Self {
        Self {
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
