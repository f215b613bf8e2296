//! What an alias says about its targets as a whole: in which order they are asked, and how patiently.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_providers::call::Timeouts;

/// In which order the targets of an alias are asked. Whatever the order, a target that is left alone now (its circuit
/// is not closed) comes after those that are not, as far as anybody can help it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// As written.
    #[default]
    Ordered,
    /// At random, each target's chance to be the next being its share of the weights.
    Weighted,
    /// The one that answers soonest, of two taken at random.
    LeastLatency,
    /// In turn.
    RoundRobin,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 4] = [
        Self::Ordered,
        Self::Weighted,
        Self::LeastLatency,
        Self::RoundRobin,
    ];

    /// The name in the configuration, e.g. `least_latency`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Weighted => "weighted",
            Self::LeastLatency => "least_latency",
            Self::RoundRobin => "round_robin",
        }
    }

    /// Which target is asked first, as the end of a sentence about it; `None` where that is the first one written.
    pub const fn first_asked(self) -> Option<&'static str> {
        match self {
            Self::Ordered => None,
            Self::Weighted => Some("is drawn by weight"),
            Self::LeastLatency => Some("is the one that answers sooner, of two drawn"),
            Self::RoundRobin => Some("is another with each request"),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an alias says beside its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Times that stand above those of the targets' providers.
    pub timeouts: PoolTimeouts,
    /// Whether the requests of one conversation stay with one target while it is well. Default true.
    pub affinity: bool,
    /// After this time without an answer a second target is asked beside the first; `None` for never, the default.
    pub hedge: Option<Duration>,
    /// Whether opaque state that only its maker understands may be left behind where a request moves to another
    /// target. Default no.
    pub leave_state_behind: bool,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            timeouts: PoolTimeouts::default(),
            affinity: true,
            hedge: None,
            leave_state_behind: false,
        }
    }
}

/// How long the phases of a call may take at the targets of an alias; what is `None` is left to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolTimeouts {
    /// See [`Timeouts::first_token`].
    pub first_token: Option<Duration>,
    /// See [`Timeouts::idle`].
    pub idle: Option<Duration>,
    /// See [`Timeouts::total`].
    pub total: Option<Duration>,
    /// See [`Timeouts::hold`].
    pub hold: Option<Duration>,
}

impl PoolTimeouts {
    /// These times where they are said, else the provider's.
    pub fn over(&self, provider: Timeouts) -> Timeouts {
        Timeouts {
            first_token: self.first_token.unwrap_or(provider.first_token),
            idle: self.idle.unwrap_or(provider.idle),
            total: self.total.unwrap_or(provider.total),
            hold: self.hold.unwrap_or(provider.hold),
        }
    }
}

/// The alias that a plan comes from.
#[derive(Debug)]
pub struct Pool {
    /// The alias's name as configured, a wildcard with its `*`.
    pub name: String,
    /// In which order its targets are asked.
    pub strategy: Strategy,
    /// What else it says.
    pub settings: PoolSettings,
    turn: AtomicUsize,
}

impl Pool {
    /// What an alias of that name says.
    pub fn new(name: impl Into<String>, strategy: Strategy, settings: PoolSettings) -> Self {
        Self {
            name: name.into(),
            strategy,
            settings,
            turn: AtomicUsize::new(0),
        }
    }

    /// How many requests took a turn before this one.
    pub(crate) fn next_turn(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }
}

/// A shared pool.
pub(crate) type SharedPool = Arc<Pool>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aliases_times_stand_above_the_providers_one_by_one() {
        let seconds = Duration::from_secs;
        let own = PoolTimeouts {
            first_token: Some(seconds(3)),
            total: Some(seconds(9)),
            ..PoolTimeouts::default()
        };
        let provider = Timeouts::default();
        let expected = Timeouts {
            first_token: seconds(3),
            total: seconds(9),
            ..provider
        };
        assert_eq!(own.over(provider), expected);
        assert_eq!(PoolTimeouts::default().over(provider), provider);
    }

    #[test]
    fn strategies_have_names_of_their_own() {
        let names: std::collections::HashSet<_> = Strategy::ALL
            .iter()
            .map(|strategy| strategy.name())
            .collect();
        assert_eq!(names.len(), Strategy::ALL.len());
    }
}
