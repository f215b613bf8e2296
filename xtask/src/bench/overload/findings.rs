//! From windows to numbers, and whether what must hold does. Pure.

use serde::Serialize;

use super::world::{Check, World};
use crate::bench::{
    Outcome,
    summary::{count, median},
};

/// The windows of one world, in the order of its steps.
#[derive(Debug)]
pub(crate) struct Findings {
    /// What was measured.
    pub(crate) world: &'static World,
    /// Of each step, so far as they were measured.
    pub(crate) windows: Vec<Vec<Outcome>>,
}

/// The numbers of one load over all its windows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Numbers {
    /// Requests per second that were answered, refused or closed.
    pub(crate) offered_per_second: f64,
    /// Answers of status 200 per second.
    pub(crate) goodput: f64,
    /// Refusals per second.
    pub(crate) refused_per_second: f64,
    /// Connections per second that were closed unanswered.
    pub(crate) closed_per_second: f64,
    /// The median window's percentiles, in milliseconds.
    pub(crate) p50_ms: f64,
    /// 99 % of the answers.
    pub(crate) p99_ms: f64,
    /// Half of the refusals.
    pub(crate) refused_p50_ms: f64,
    /// 99 % of the refusals.
    pub(crate) refused_p99_ms: f64,
    /// Requests in percent that were not sent when they were due.
    pub(crate) late_percent: f64,
    /// CPU time in microseconds for each request, whatever it came to.
    pub(crate) cpu_us: f64,
    /// Memory before the first window, in MB.
    pub(crate) memory_before: f64,
    /// The most of all windows, in MB.
    pub(crate) memory_most: f64,
    /// A second after the last window, in MB.
    pub(crate) memory_after: f64,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// What must hold.
    pub(crate) check: Check,
    /// The number; `None` where it could not be had, which meets nothing.
    pub(crate) value: Option<f64>,
}

impl Verdict {
    /// Whether the number is within its limit.
    pub(crate) fn is_met(&self) -> bool {
        self.value.is_some_and(|value| match self.check {
            Check::Goodput(least) => value >= least,
            Check::Refusal(most) | Check::Memory(most) | Check::MemoryAdded(most) => value <= most,
        })
    }
}

impl Numbers {
    pub(super) fn of(windows: &[Outcome]) -> Option<Self> {
        let (first, last) = (windows.first()?, windows.last()?);
        let sum = |part: fn(&Outcome) -> u64| count(windows.iter().map(part).sum());
        let time = |part: fn(&Outcome) -> f64| windows.iter().map(part).sum::<f64>();
        let middle = |part: fn(&Outcome) -> f64| median(windows.iter().map(part)) / 1e3;
        let seconds = time(|window| window.seconds);
        let (answered, refused, closed) = (
            sum(|window| window.requests),
            sum(|window| window.refused),
            sum(|window| window.closed),
        );
        let all = answered + refused + closed;
        let of_each = |whole: f64| if all > 0.0 { whole / all } else { 0.0 };
        let most = windows.iter().map(|window| window.memory_most_kib).max();
        Some(Self {
            offered_per_second: all / seconds,
            goodput: answered / seconds,
            refused_per_second: refused / seconds,
            closed_per_second: closed / seconds,
            p50_ms: middle(|window| window.p50_us),
            p99_ms: middle(|window| window.p99_us),
            refused_p50_ms: middle(|window| window.refused_p50_us),
            refused_p99_ms: middle(|window| window.refused_p99_us),
            late_percent: of_each(100.0 * sum(|window| window.late)),
            cpu_us: of_each(time(|window| window.cpu_us)),
            memory_before: megabytes(first.memory_before_kib),
            memory_most: megabytes(most.unwrap_or_default()),
            memory_after: megabytes(last.memory_after_kib),
        })
    }
}

impl Findings {
    /// The numbers of a step.
    pub(crate) fn numbers(&self, step: usize) -> Option<Numbers> {
        Numbers::of(self.windows.get(step)?)
    }

    /// What came of a step's checks.
    pub(crate) fn verdicts(&self, step: usize) -> Vec<Verdict> {
        let checks = self.world.steps.get(step).map_or(&[][..], |it| it.checks);
        let verdict = |check: &Check| Verdict {
            check: *check,
            value: self.value(*check, step),
        };
        checks.iter().map(verdict).collect()
    }

    fn value(&self, check: Check, step: usize) -> Option<f64> {
        let (bearable, own) = (self.numbers(0)?, self.numbers(step)?);
        match check {
            Check::Goodput(_) => {
                let capacity = self.world.capacity.unwrap_or(bearable.goodput);
                Some(100.0 * own.goodput / capacity)
            }
            // Where nobody was refused there is nothing to be quick with.
            Check::Refusal(_) => (own.refused_per_second > 0.0).then_some(own.refused_p99_ms),
            Check::Memory(_) => Some(100.0 * own.memory_most / bearable.memory_most),
            Check::MemoryAdded(_) => Some(own.memory_most - bearable.memory_most),
        }
    }
}

fn megabytes(kib: u64) -> f64 {
    count(kib) * 1.024 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::overload::world::WORLDS;

    fn window(requests: u64, refused: u64, refused_p99_us: f64, memory_most_kib: u64) -> Outcome {
        Outcome {
            seconds: 1.0,
            requests,
            refused,
            refused_p99_us,
            memory_most_kib,
            ..Outcome::default()
        }
    }

    fn verdicts(windows: Vec<Vec<Outcome>>) -> Vec<(f64, bool)> {
        let findings = Findings {
            world: &WORLDS[0],
            windows,
        };
        let of = |verdict: &Verdict| (verdict.value.unwrap().round(), verdict.is_met());
        findings.verdicts(1).iter().map(of).collect()
    }

    #[test]
    fn a_load_is_held_against_the_capacity_and_the_first_load() {
        let bearable = vec![window(450, 0, 0.0, 40_000)];
        let good = vec![
            window(490, 510, 2_000.0, 41_000),
            window(500, 500, 4_000.0, 42_000),
            window(480, 520, 3_000.0, 42_000),
        ];
        assert_eq!(
            verdicts(vec![bearable.clone(), good]),
            [(3.0, true), (98.0, true), (105.0, true)]
        );
        let bad = vec![window(440, 560, 11_000.0, 45_000)];
        assert_eq!(
            verdicts(vec![bearable, bad]),
            [(11.0, false), (88.0, false), (113.0, false)]
        );
    }

    #[test]
    fn what_was_not_measured_meets_nothing() {
        let nobody_refused = Findings {
            world: &WORLDS[0],
            windows: vec![vec![window(1, 0, 0.0, 1)], vec![window(500, 0, 0.0, 1)]],
        };
        assert!(!nobody_refused.verdicts(1)[0].is_met());
        let cut_short = Findings {
            world: &WORLDS[0],
            windows: vec![vec![window(1, 0, 0.0, 1)]],
        };
        assert!(
            cut_short
                .verdicts(1)
                .iter()
                .all(|verdict| !verdict.is_met())
        );
    }
}
