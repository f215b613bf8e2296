//! From windows to the numbers that are reported, and whether targets are met. Pure.

use serde::Serialize;

use super::{
    Outcome, Scenario,
    scenario::{Metric, Target},
};

/// A scenario with all its windows.
#[derive(Debug)]
pub(crate) struct Summary {
    /// What was measured.
    pub(crate) scenario: &'static Scenario,
    /// By subject, in the order of a round; subjects that were not asked are left out.
    pub(crate) subjects: Vec<(&'static str, Vec<Outcome>)>,
}

/// The numbers of one subject over all its windows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Numbers {
    /// Answers per second.
    pub(crate) requests_per_second: f64,
    /// Events per second.
    pub(crate) events_per_second: f64,
    /// The median window's 50th percentile, in microseconds.
    pub(crate) p50_us: f64,
    /// The median window's 99th percentile, in microseconds.
    pub(crate) p99_us: f64,
    /// CPU time per answer in microseconds, where there were answers.
    pub(crate) cpu_us_per_request: Option<f64>,
    /// CPU time per event in microseconds, where there were events.
    pub(crate) cpu_us_per_event: Option<f64>,
    /// Memory at the last window's end, in KiB.
    pub(crate) memory_kib: u64,
    /// Streams that were open at the last window's end and silent.
    pub(crate) open: u64,
    /// Memory per open stream in KB, where streams were open.
    pub(crate) memory_kb_per_stream: Option<f64>,
}

/// What came out for a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Verdict {
    /// The target.
    pub(crate) target: Target,
    /// The number; `None` where it could not be had, which meets nothing.
    pub(crate) value: Option<f64>,
    /// The least and the most of the single rounds.
    pub(crate) spread: Option<(f64, f64)>,
}

impl Verdict {
    /// Whether the number is within its limit.
    pub(crate) fn is_met(&self) -> bool {
        self.value.is_some_and(|value| value <= self.target.limit)
    }
}

impl Numbers {
    fn of(outcomes: &[Outcome]) -> Option<Self> {
        let last = outcomes.last()?;
        let sum = |part: fn(&Outcome) -> f64| outcomes.iter().map(part).sum::<f64>();
        let (seconds, cpu) = (
            sum(|outcome| outcome.seconds),
            sum(|outcome| outcome.cpu_us),
        );
        let (requests, events) = (
            sum(|outcome| count(outcome.requests)),
            sum(|outcome| count(outcome.events)),
        );
        let per = |whole: f64, parts: f64| (parts > 0.0 && whole > 0.0).then(|| whole / parts);
        let grown = last.memory_kib.saturating_sub(last.memory_before_kib);
        Some(Self {
            requests_per_second: requests / seconds,
            events_per_second: events / seconds,
            p50_us: median(outcomes.iter().map(|outcome| outcome.p50_us)),
            p99_us: median(outcomes.iter().map(|outcome| outcome.p99_us)),
            cpu_us_per_request: per(cpu, requests),
            cpu_us_per_event: per(cpu, events),
            memory_kib: last.memory_kib,
            open: last.open,
            memory_kb_per_stream: per(count(grown) * 1.024, count(last.open)),
        })
    }

    fn get(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::CpuPerRequest => self.cpu_us_per_request,
            Metric::CpuPerEvent => self.cpu_us_per_event,
            Metric::AddedP99 => Some(self.p99_us / 1e3),
            Metric::MemoryPerStream => self.memory_kb_per_stream,
        }
    }
}

impl Summary {
    /// Leaves subjects out that had no window.
    pub(crate) fn new(
        scenario: &'static Scenario,
        mut subjects: Vec<(&'static str, Vec<Outcome>)>,
    ) -> Self {
        subjects.retain(|(_, outcomes)| !outcomes.is_empty());
        Self { scenario, subjects }
    }

    /// The numbers of a subject.
    pub(crate) fn numbers(&self, subject: &str) -> Option<Numbers> {
        Numbers::of(self.outcomes(subject))
    }

    /// What came out for the scenario's target, if it has one.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let target = self.scenario.target?;
        let rounds = self.outcomes("gateway").len();
        let of_rounds: Vec<_> = (0..rounds)
            .filter_map(|round| {
                self.value(target.metric, |outcomes| {
                    outcomes.get(round..=round).unwrap_or_default()
                })
            })
            .collect();
        let spread = (of_rounds.len() > 1).then(|| {
            let least = of_rounds.iter().copied().fold(f64::INFINITY, f64::min);
            (
                least,
                of_rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            )
        });
        Some(Verdict {
            target,
            value: self.value(target.metric, |outcomes| outcomes),
            spread,
        })
    }

    /// What the gateway costs as a multiple of nginx, where the scenario is about CPU time.
    pub(crate) fn cpu_ratio(&self) -> Option<f64> {
        let streams = self.numbers("gateway")?.cpu_us_per_event.is_some();
        self.value(
            if streams {
                Metric::CpuPerEvent
            } else {
                Metric::CpuPerRequest
            },
            |outcomes| outcomes,
        )
    }

    fn value(&self, metric: Metric, part: impl Fn(&[Outcome]) -> &[Outcome]) -> Option<f64> {
        let get = |subject| Numbers::of(part(self.outcomes(subject)))?.get(metric);
        let gateway = get("gateway")?;
        match metric {
            Metric::CpuPerRequest | Metric::CpuPerEvent => Some(gateway / get("nginx")?),
            Metric::AddedP99 => Some(gateway - get("direct")?),
            Metric::MemoryPerStream => Some(gateway),
        }
    }

    fn outcomes(&self, subject: &str) -> &[Outcome] {
        let found = self.subjects.iter().find(|(name, _)| *name == subject);
        found.map_or(&[], |(_, outcomes)| outcomes)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(crate) fn count(count: u64) -> f64 {
    count as f64
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::scenario::SCENARIOS;

    fn window(requests: u64, cpu_us: f64, p99_us: f64) -> Outcome {
        Outcome {
            seconds: 1.0,
            requests,
            cpu_us,
            p99_us,
            ..Outcome::default()
        }
    }

    fn named(name: &str) -> &'static Scenario {
        SCENARIOS
            .iter()
            .find(|scenario| scenario.name == name)
            .unwrap()
    }

    #[test]
    fn a_ratio_is_of_all_rounds_and_a_missing_nginx_meets_nothing() {
        let gateway = vec![window(100, 2_000.0, 0.0), window(300, 12_000.0, 0.0)];
        let nginx = vec![window(100, 1_000.0, 0.0), window(100, 1_000.0, 0.0)];
        let both = Summary::new(
            named("chat-1k"),
            vec![("nginx", nginx), ("gateway", gateway.clone())],
        );
        let verdict = both.verdict().unwrap();
        assert_eq!(
            (verdict.value, verdict.spread),
            (Some(3.5), Some((2.0, 4.0)))
        );
        assert!(!verdict.is_met());
        let alone = Summary::new(named("chat-1k"), vec![("gateway", gateway)]);
        assert_eq!(alone.verdict().unwrap().value, None);
        assert!(!alone.verdict().unwrap().is_met());
    }

    #[test]
    fn added_time_and_memory_have_absolute_limits() {
        let rate = vec![
            ("direct", vec![window(1, 0.0, 200.0)]),
            ("gateway", vec![window(1, 9.0, 900.0)]),
        ];
        let verdict = Summary::new(named("rate"), rate).verdict().unwrap();
        assert!(verdict.is_met() && (verdict.value.unwrap() - 0.7).abs() < 1e-9);
        let idle = Outcome {
            memory_before_kib: 1_000,
            memory_kib: 1_300,
            open: 10,
            seconds: 1.0,
            ..Outcome::default()
        };
        let verdict = Summary::new(named("idle"), vec![("gateway", vec![idle])])
            .verdict()
            .unwrap();
        assert!(!verdict.is_met() && (verdict.value.unwrap() - 30.72).abs() < 1e-9);
    }
}
