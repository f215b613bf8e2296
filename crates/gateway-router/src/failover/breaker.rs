//! One circuit breaker as a pure state machine: the time and the jitter are passed in, nothing is read from outside.
//!
//! Closed, everything passes. After too many faults it opens for a while; then it is half open, and one request alone
//! finds out whether the target is back. A success of that probe closes it, a fault opens it for twice as long.

use std::time::Duration;

use tokio::time::Instant;

use super::window::Window;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerSettings {
    /// Opens after so many faults without a success between them. Default 5.
    pub consecutive_faults: u32,
    /// Opens when so many percent of the newest outcomes are faults. Default 50.
    pub fault_percent: u32,
    /// The percentage counts from so many outcomes on. Default 20.
    pub least_outcomes: u32,
    /// How long an outcome counts. Default 30 s.
    pub window: Duration,
    /// How long it stays open at first; it doubles with every probe that fails. Default 5 s.
    pub open: Duration,
    /// The longest that it stays open. Default 60 s.
    pub longest_open: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            consecutive_faults: 5,
            fault_percent: 50,
            least_outcomes: 20,
            window: Duration::from_secs(30),
            open: Duration::from_secs(5),
            longest_open: Duration::from_secs(60),
        }
    }
}

/// A probe that has not ended after this time gives its place to another: a model that thinks for minutes must not
/// keep everybody out for minutes.
const LONGEST_PROBE: Duration = Duration::from_secs(10);

/// Which probe a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeId(u64);

/// Whether a request may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// As any other.
    Pass,
    /// As the one that finds out whether the target is back. It must end in [`Breaker::success`], [`Breaker::fault`]
    /// or [`Breaker::give_back`].
    Probe(ProbeId),
    /// Not before this time.
    Refused(Instant),
}

/// What a breaker does at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Everything passes.
    Closed,
    /// Nothing passes until then.
    Open(Instant),
    /// One request at a time finds out whether the target is back.
    HalfOpen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        until: Instant,
        /// From then on a request that has nowhere else to go may try all the same.
        last_resort: Instant,
    },
    HalfOpen {
        probe: Option<(ProbeId, Instant)>,
    },
}

/// The state machine.
#[derive(Debug)]
pub struct Breaker {
    state: State,
    consecutive: u32,
    window: Window,
    /// How often it opened since it was last closed.
    openings: u32,
    probes: u64,
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: &BreakerSettings, now: Instant) -> Self {
        Self {
            state: State::Closed,
            consecutive: 0,
            window: Window::new(settings.window, now),
            openings: 0,
            probes: 0,
        }
    }

    /// Whether a request may pass now. With `last_resort`, for a request that has nowhere else to go, an open breaker
    /// lets one probe through after each [`BreakerSettings::open`], however long it is open itself: waiting longer
    /// spares nobody when there is no other target.
    pub fn admit(&mut self, now: Instant, last_resort: bool) -> Admission {
        match self.peek(now, last_resort) {
            Admission::Probe(probe) => {
                self.probes += 1;
                self.state = State::HalfOpen {
                    probe: Some((probe, now)),
                };
                Admission::Probe(probe)
            }
            other => other,
        }
    }

    /// What [`admit`](Self::admit) would say, without taking the probe's place.
    pub fn peek(&self, now: Instant, last_resort: bool) -> Admission {
        let probe = Admission::Probe(ProbeId(self.probes));
        match self.state {
            State::Closed => Admission::Pass,
            State::Open { until, .. } if until <= now => probe,
            State::Open {
                last_resort: from, ..
            } if last_resort && from <= now => probe,
            State::Open {
                last_resort: from, ..
            } if last_resort => Admission::Refused(from),
            State::Open { until, .. } => Admission::Refused(until),
            State::HalfOpen {
                probe: Some((_, since)),
            } if now < since + LONGEST_PROBE => Admission::Refused(since + LONGEST_PROBE),
            State::HalfOpen { .. } => probe,
        }
    }

    /// A request was answered; `probe` where it was one. While the breaker is not closed, only its probe counts:
    /// other answers belong to requests from before it opened.
    pub fn success(&mut self, settings: &BreakerSettings, now: Instant, probe: Option<ProbeId>) {
        match self.state {
            State::Closed => {
                self.consecutive = 0;
                self.window.note(now, false);
            }
            State::HalfOpen { .. } if self.is_current(probe) => {
                *self = Self {
                    probes: self.probes,
                    ..Self::new(settings, now)
                };
            }
            State::HalfOpen { .. } | State::Open { .. } => {}
        }
    }

    /// A request failed by the target's fault. `jitter` from 0 to 1 spreads the reopening by a tenth either way.
    pub fn fault(
        &mut self,
        settings: &BreakerSettings,
        now: Instant,
        probe: Option<ProbeId>,
        jitter: f64,
    ) {
        match self.state {
            State::Closed => {
                self.consecutive = self.consecutive.saturating_add(1);
                self.window.note(now, true);
                let (faults, outcomes) = self.window.counts(now);
                let too_many = outcomes >= settings.least_outcomes.max(1)
                    && u64::from(faults) * 100
                        >= u64::from(outcomes) * u64::from(settings.fault_percent);
                if too_many || self.consecutive >= settings.consecutive_faults.max(1) {
                    self.open(settings, now, jitter);
                }
            }
            State::HalfOpen { .. } if self.is_current(probe) => self.open(settings, now, jitter),
            State::HalfOpen { .. } | State::Open { .. } => {}
        }
    }

    /// Opens without counting: the fault cannot mend itself by another try. One that is open already stays as it is.
    pub fn open_at_once(&mut self, settings: &BreakerSettings, now: Instant, jitter: f64) {
        if !matches!(self.state, State::Open { .. }) {
            self.open(settings, now, jitter);
        }
    }

    /// A probe that came to nothing (its client went away, or its outcome says nothing) leaves its place to another.
    pub fn give_back(&mut self, probe: ProbeId) {
        if self.is_current(Some(probe)) {
            self.state = State::HalfOpen { probe: None };
        }
    }

    /// What it does now.
    pub fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { until, .. } if now < until => BreakerState::Open(until),
            State::Open { .. } | State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Whether there is nothing to remember: closed, and no fault within the window.
    pub fn is_at_rest(&self, now: Instant) -> bool {
        self.state == State::Closed && self.window.counts(now).0 == 0
    }

    fn open(&mut self, settings: &BreakerSettings, now: Instant, jitter: f64) {
        let doubled = settings
            .open
            .saturating_mul(1_u32.checked_shl(self.openings).unwrap_or(u32::MAX));
        let spread = |time: Duration| time.mul_f64(0.9 + 0.2 * jitter.clamp(0.0, 1.0));
        let longest = settings.longest_open.max(settings.open);
        self.state = State::Open {
            until: now + spread(doubled.min(longest)),
            last_resort: now + spread(settings.open),
        };
        self.openings = self.openings.saturating_add(1).min(31);
        self.consecutive = 0;
        self.window = Window::new(settings.window, now);
    }

    fn is_current(&self, probe: Option<ProbeId>) -> bool {
        matches!((self.state, probe), (State::HalfOpen { probe: Some((current, _)) }, Some(id)) if current == id)
    }
}

#[cfg(test)]
mod tests;
