//! What a connection is given at its beginning and keeps to its end. Others can take their place at any time, for the
//! connections to come.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;

use super::{ConnectionLimits, protocol::Protocols};

/// The terms of connections. Clones share them.
#[derive(Debug, Clone)]
pub struct ConnectionTerms {
    current: Arc<ArcSwap<Terms>>,
}

/// What holds for one connection.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) limits: ConnectionLimits,
    pub(super) protocols: Protocols,
}

impl ConnectionTerms {
    /// Terms with these bounds.
    pub fn new(limits: ConnectionLimits) -> Self {
        Self {
            current: Arc::new(ArcSwap::from_pointee(Terms::of(limits))),
        }
    }

    /// Puts other bounds in their place, for the connections to come. Connections that are open stay open where there
    /// are to be fewer now; those that were opened without a bound for their address do not count for one.
    pub(crate) fn replace(&self, limits: ConnectionLimits) {
        if self.current.load().limits != limits {
            self.current.store(Arc::new(Terms::of(limits)));
        }
    }

    /// How long open requests may go on after a shutdown began, by now.
    pub(crate) fn drain(&self) -> Duration {
        self.current.load().limits.drain
    }

    /// Those for a connection that begins now.
    pub(super) fn now(&self) -> Arc<Terms> {
        self.current.load_full()
    }
}

impl Terms {
    fn of(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            protocols: Protocols::new(limits),
        }
    }
}
