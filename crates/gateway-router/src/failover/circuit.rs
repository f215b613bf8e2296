//! What is remembered of one target, or of one provider as a whole: its breaker, its pause, and why.

use std::{fmt, time::Duration};

use gateway_providers::{Fault, FaultKind};
use http::StatusCode;
use tokio::time::Instant;

use super::breaker::{Admission, Breaker, BreakerSettings, BreakerState, ProbeId};

/// The bounds of a pause, whatever the upstream says.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long it is remembered after a pause that there was one: another within this time is longer.
const PAUSE_MEMORY: Duration = Duration::from_secs(60);

/// Why a target is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It answered with this status.
    Status(StatusCode),
    /// It failed so.
    Kind(FaultKind),
    /// Its account is empty, whatever the status was.
    NoQuota,
}

impl Why {
    /// The reason that a fault is.
    pub(super) fn of(fault: &Fault) -> Self {
        match fault.upstream_status() {
            Some(status) => Self::Status(status),
            None => Self::Kind(fault.kind),
        }
    }

    /// Whether the account is empty: that a provider can be reached does not fill it.
    pub(super) fn is_about_money(self) -> bool {
        matches!(
            self,
            Self::NoQuota
                | Self::Status(StatusCode::PAYMENT_REQUIRED | StatusCode::TOO_MANY_REQUESTS)
        )
    }
}

/// As the end of a sentence about the provider: `its credential was refused (401)`.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuota => f.write_str("its account has no quota left"),
            Self::Kind(kind) => write!(f, "its last requests failed ({})", kind.spec().code),
            Self::Status(status) => {
                let words = match status.as_u16() {
                    401 => "its credential was refused",
                    402 => "its account has no quota left",
                    429 => "it is rate limited",
                    529 => "it is overloaded",
                    _ => "its last requests failed",
                };
                write!(f, "{words} ({})", status.as_u16())
            }
        }
    }
}

/// What a circuit does at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Requests pass.
    Closed,
    /// Faults opened it; nothing passes until then.
    Open(Instant),
    /// The upstream asked for a pause, or refused the credential; nothing passes until then.
    Cooling(Instant),
    /// One request at a time finds out whether it is back.
    HalfOpen,
}

impl CircuitState {
    /// A short name for logs, metrics and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
            Self::Cooling(_) => "cooling",
            Self::HalfOpen => "half_open",
        }
    }

    /// Until when nothing passes.
    pub const fn until(self) -> Option<Instant> {
        match self {
            Self::Closed | Self::HalfOpen => None,
            Self::Open(until) | Self::Cooling(until) => Some(until),
        }
    }
}

/// Breaker, pause and reason.
#[derive(Debug)]
pub(super) struct Circuit {
    breaker: Breaker,
    paused_until: Option<Instant>,
    /// How many pauses came one after the other.
    pauses: u32,
    why: Why,
}

impl Circuit {
    pub(super) fn new(settings: &BreakerSettings, why: Why, now: Instant) -> Self {
        Self {
            breaker: Breaker::new(settings, now),
            paused_until: None,
            pauses: 0,
            why,
        }
    }

    pub(super) fn why(&self) -> Why {
        self.why
    }

    pub(super) fn peek(&self, now: Instant, last_resort: bool) -> Admission {
        match self.paused_until {
            Some(until) if now < until => Admission::Refused(until),
            _ => self.breaker.peek(now, last_resort),
        }
    }

    /// To be asked only after a [`peek`](Self::peek) that did not refuse.
    pub(super) fn admit(&mut self, now: Instant, last_resort: bool) -> Option<ProbeId> {
        match self.breaker.admit(now, last_resort) {
            Admission::Probe(id) => Some(id),
            Admission::Pass | Admission::Refused(_) => None,
        }
    }

    pub(super) fn success(
        &mut self,
        settings: &BreakerSettings,
        now: Instant,
        probe: Option<ProbeId>,
    ) {
        self.breaker.success(settings, now, probe);
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
            self.pauses = 0;
        }
    }

    pub(super) fn fault(
        &mut self,
        settings: &BreakerSettings,
        now: Instant,
        probe: Option<ProbeId>,
        why: Why,
    ) {
        self.why = why;
        self.breaker.fault(settings, now, probe, jitter());
    }

    pub(super) fn open_at_once(&mut self, settings: &BreakerSettings, now: Instant, why: Why) {
        self.why = why;
        self.breaker.open_at_once(settings, now, jitter());
    }

    /// Pauses for as long as the upstream said; where it did not, for a second, and twice as long each time it
    /// happens again soon. Many requests that are refused at once are one refusal.
    pub(super) fn pause(&mut self, now: Instant, said: Option<Duration>, why: Why) -> Instant {
        self.why = why;
        let running = self.paused_until.is_some_and(|until| now < until);
        let forgotten = self
            .paused_until
            .is_none_or(|until| until + PAUSE_MEMORY <= now);
        if forgotten {
            self.pauses = 0;
        }
        let doubled =
            || SHORTEST_PAUSE.saturating_mul(1_u32.checked_shl(self.pauses).unwrap_or(u32::MAX));
        let wait = match said {
            Some(said) => said,
            None if running => Duration::ZERO,
            None => doubled(),
        };
        let until = now + wait.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        let until = if running {
            self.paused_until.map_or(until, |running| match said {
                Some(_) => running.max(until),
                None => running,
            })
        } else {
            self.pauses = self.pauses.saturating_add(1).min(31);
            until
        };
        self.paused_until = Some(until);
        until
    }

    pub(super) fn give_back(&mut self, probe: ProbeId) {
        self.breaker.give_back(probe);
    }

    pub(super) fn state(&self, now: Instant) -> CircuitState {
        match (self.paused_until, self.breaker.state(now)) {
            (Some(until), _) if now < until => CircuitState::Cooling(until),
            (_, BreakerState::Closed) => CircuitState::Closed,
            (_, BreakerState::Open(until)) => CircuitState::Open(until),
            (_, BreakerState::HalfOpen) => CircuitState::HalfOpen,
        }
    }

    /// Whether there is nothing left to remember.
    pub(super) fn is_at_rest(&self, now: Instant) -> bool {
        let forgotten = self
            .paused_until
            .is_none_or(|until| until + PAUSE_MEMORY <= now);
        forgotten && self.breaker.is_at_rest(now)
    }
}

/// A number from 0 to 1 that no two breakers and no two retries share. Nobody's secret hangs on it.
pub(super) fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    #[expect(
        clippy::cast_precision_loss,
        reason = "a fraction needs no more than the digits that a float has"
    )]
    let fraction = |number: u64| (number >> 11) as f64 / (1_u64 << 53) as f64;
    fraction(RandomState::new().hash_one(0_u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: fn() -> BreakerSettings = BreakerSettings::default;
    const WHY: Why = Why::Kind(FaultKind::Reset);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn a_pause_is_as_long_as_it_is_said_within_bounds() {
        let now = Instant::now();
        for (said, length) in [(0, 1), (7, 7), (60, 60), (86_400, 60)] {
            let mut circuit = Circuit::new(&SETTINGS(), WHY, now);
            assert_eq!(
                circuit.pause(now, Some(seconds(said)), WHY),
                now + seconds(length)
            );
            assert_eq!(
                circuit.peek(now, true),
                Admission::Refused(now + seconds(length))
            );
            assert_eq!(circuit.peek(now + seconds(length), false), Admission::Pass);
        }
    }

    #[test]
    fn a_pause_that_is_not_said_doubles_from_one_to_the_next() {
        let mut now = Instant::now();
        let mut circuit = Circuit::new(&SETTINGS(), WHY, now);
        for length in [1, 2, 4, 8, 16, 32, 60, 60] {
            let until = circuit.pause(now, None, WHY);
            assert_eq!(until, now + seconds(length));
            // A hundred requests that were under way are refused as well: that is one refusal.
            for _ in 0..100 {
                assert_eq!(
                    circuit.pause(now + Duration::from_millis(1), None, WHY),
                    until
                );
            }
            now = until;
        }
        circuit.success(&SETTINGS(), now, None);
        assert_eq!(circuit.pause(now, None, WHY), now + seconds(1));
        now += seconds(1) + PAUSE_MEMORY;
        assert!(circuit.is_at_rest(now));
        assert_eq!(circuit.pause(now, None, WHY), now + seconds(1), "forgotten");
    }

    #[test]
    fn a_longer_word_prolongs_a_pause_and_a_shorter_one_does_not_cut_it() {
        let now = Instant::now();
        let mut circuit = Circuit::new(&SETTINGS(), WHY, now);
        circuit.pause(now, Some(seconds(10)), WHY);
        assert_eq!(circuit.pause(now, Some(seconds(3)), WHY), now + seconds(10));
        assert_eq!(
            circuit.pause(now, Some(seconds(30)), WHY),
            now + seconds(30)
        );
    }

    #[test]
    fn jitter_is_a_fraction_and_differs() {
        let numbers: Vec<f64> = (0..100).map(|_| jitter()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < 0.5));
        assert!(numbers.iter().any(|number| *number >= 0.5));
    }
}
