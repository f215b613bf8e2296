//! What is measured, as data, with the targets.

/// One load.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// The name on the command line.
    pub(crate) name: &'static str,
    /// What it is, for tables.
    pub(crate) title: &'static str,
    /// Which canned answer is asked for.
    pub(crate) model: &'static str,
    /// The size of a request's body in bytes.
    pub(crate) body: usize,
    /// How many connections ask at once.
    pub(crate) connections: u32,
    /// Requests per second; as fast as it goes when left out.
    pub(crate) rate: Option<f64>,
    /// Seconds before the window, where the usual time is too short.
    pub(crate) warm_up: Option<f64>,
    /// How often each subject has its turn, where not as often as the others.
    pub(crate) rounds: Option<u32>,
    /// What must hold.
    pub(crate) target: Option<Target>,
}

/// A number and its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Target {
    /// Which number.
    pub(crate) metric: Metric,
    /// The most that it may be.
    pub(crate) limit: f64,
}

/// A number of the gateway that has a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    /// CPU time per request, as a multiple of nginx's.
    CpuPerRequest,
    /// CPU time per stream event, as a multiple of nginx's.
    CpuPerEvent,
    /// What the gateway adds to the 99th percentile of asking directly, in milliseconds.
    AddedP99,
    /// Memory per open stream in KB (1,000 bytes).
    MemoryPerStream,
}

const fn target(metric: Metric, limit: f64) -> Option<Target> {
    Some(Target { metric, limit })
}

/// What most of them have.
pub(crate) const CHAT: Scenario = Scenario {
    name: "chat-1k",
    title: "Chat, 1 KB each way, 16 connections",
    model: "small-answer",
    body: 1_000,
    connections: 16,
    rate: None,
    warm_up: None,
    rounds: None,
    target: None,
};

/// All of them.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        target: target(Metric::CpuPerRequest, 2.2),
        ..CHAT
    },
    Scenario {
        name: "chat-100k",
        title: "Chat, 100 KB request, 1 KB answer, 16 connections",
        body: 100_000,
        target: target(Metric::CpuPerRequest, 1.8),
        ..CHAT
    },
    Scenario {
        name: "chat-100k-answer",
        title: "Chat, 1 KB request, 100 KB answer, 16 connections",
        model: "large-answer",
        ..CHAT
    },
    Scenario {
        name: "bursts",
        title: "16 concurrent bursts of 100 events",
        model: "burst",
        target: target(Metric::CpuPerEvent, 3.0),
        ..CHAT
    },
    Scenario {
        name: "bursts-usage-null",
        title: "The same, each event with a usage of null to take out",
        model: "null-burst",
        ..CHAT
    },
    Scenario {
        name: "paced",
        title: "200 streams, an event every 20 ms",
        model: "paced",
        connections: 200,
        warm_up: Some(1.5),
        target: target(Metric::CpuPerEvent, 1.2),
        ..CHAT
    },
    Scenario {
        name: "rate",
        title: "Chat, 1 KB each way, 2,000 requests/s",
        connections: 64,
        rate: Some(2_000.0),
        target: target(Metric::AddedP99, 1.0),
        ..CHAT
    },
    Scenario {
        name: "idle",
        title: "10,000 open streams, silent after their first event",
        model: "idle",
        connections: 10_000,
        warm_up: Some(2.0),
        rounds: Some(1),
        target: target(Metric::MemoryPerStream, 30.0),
        ..CHAT
    },
];

impl Scenario {
    /// Whether the upstream is asked directly too: only times are compared with that.
    pub(crate) fn needs_direct(&self) -> bool {
        self.model != "idle" && self.model != "paced"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::canned::Canned;

    #[test]
    fn names_are_unique_and_models_exist() {
        for (index, scenario) in SCENARIOS.iter().enumerate() {
            assert!(
                Canned::named(scenario.model).is_some(),
                "{}",
                scenario.model
            );
            assert!(
                SCENARIOS[..index]
                    .iter()
                    .all(|other| other.name != scenario.name)
            );
        }
    }
}
