//! What is sent: as often as needed, or once where the body flows past.

use crate::attempt::Ask;

/// A request's ask, given out for one attempt after the other.
#[derive(Debug)]
pub(super) enum Asked {
    Again(Ask),
    Once(Ask),
    Gone,
}

impl Asked {
    pub(super) fn new(ask: Ask, attempts: usize) -> Self {
        if attempts > 1 && ask.is_replayable() {
            Self::Again(ask)
        } else {
            Self::Once(ask)
        }
    }

    /// A copy for the next attempt; the ask itself for the last.
    pub(super) fn next(&mut self, is_last: bool) -> Option<Ask> {
        match self {
            Self::Again(ask) if !is_last => ask.again(),
            Self::Again(_) | Self::Once(_) | Self::Gone => {
                match std::mem::replace(self, Self::Gone) {
                    Self::Again(ask) | Self::Once(ask) => Some(ask),
                    Self::Gone => None,
                }
            }
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }
}
