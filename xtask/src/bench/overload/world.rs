//! The ways in which there can be too much, as data: how the gateway is set up, what it is asked, and what must hold.

use crate::bench::{
    canned::SERVICE_MILLISECONDS,
    gateway::Setting,
    scenario::{CHAT, Scenario},
};

/// A gateway, and what it is asked one after the other. The first load is one that it can take: with that the others are
/// compared.
#[derive(Debug)]
pub(crate) struct World {
    /// What is scarce, for tables.
    pub(crate) title: &'static str,
    /// How the gateway is set up.
    pub(crate) setting: Setting,
    /// What can be answered in a second at most, where that is known by arithmetic; else what the first load has shown.
    pub(crate) capacity: Option<f64>,
    /// The loads, the bearable one first.
    pub(crate) steps: &'static [Step],
}

/// One load.
#[derive(Debug)]
pub(crate) struct Step {
    /// What is asked.
    pub(crate) load: Scenario,
    /// What must hold.
    pub(crate) checks: &'static [Check],
}

/// What must hold of a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Check {
    /// Answers of status 200, in percent of the capacity, at least.
    Goodput(f64),
    /// The 99th percentile of the time to a refusal, in milliseconds from when the request was due, at most.
    Refusal(f64),
    /// The most memory, in percent of that at the first load, at most.
    Memory(f64),
    /// The most memory above that at the first load, in MB, at most.
    MemoryAdded(f64),
}

/// What the slow provider is sent at one time.
const PLACES: u64 = 50;

/// What it can answer in a second.
const CAPACITY: f64 = (PLACES * 1_000 / SERVICE_MILLISECONDS) as f64;

/// Requests of an open loop at a multiple of the slow provider's capacity. There are so many connections that one is free
/// whenever a request is due, and the same number for each load, since each connection has a price of its own.
const fn arrivals(name: &'static str, title: &'static str, times: f64) -> Scenario {
    let connections = 1_500;
    let rate = times * CAPACITY;
    Scenario {
        name,
        title,
        model: "slow-reply",
        connections,
        rate: Some(rate),
        // Until each connection has had its first request.
        warm_up: Some(connections as f64 / rate + 0.5),
        ..CHAT
    }
}

/// Connections that ask again as soon as they are answered.
const fn clients(name: &'static str, title: &'static str, connections: u32) -> Scenario {
    Scenario {
        name,
        title,
        connections,
        warm_up: Some(2.0),
        ..CHAT
    }
}

/// The same with 1 MB in each request.
const fn senders(name: &'static str, title: &'static str, connections: u32) -> Scenario {
    Scenario {
        body: 1_000_000,
        ..clients(name, title, connections)
    }
}

/// All of them.
pub(crate) const WORLDS: &[World] = &[
    World {
        title: "a provider: 100 ms an answer, 50 at one time, 50 wait",
        setting: Setting {
            provider: "max_concurrent = 50",
            limits: "",
        },
        capacity: Some(CAPACITY),
        steps: &[
            Step {
                load: arrivals("provider-0.9", "0.9 times what it can do", 0.9),
                checks: &[],
            },
            Step {
                load: arrivals("provider-2", "2 times", 2.0),
                checks: &[
                    Check::Refusal(10.0),
                    Check::Goodput(90.0),
                    Check::Memory(110.0),
                ],
            },
            Step {
                load: arrivals("provider-5", "5 times", 5.0),
                checks: &[
                    Check::Refusal(10.0),
                    Check::Goodput(90.0),
                    Check::Memory(110.0),
                ],
            },
        ],
    },
    World {
        title: "the gateway's processor: nothing limits anything",
        setting: Setting {
            provider: "",
            limits: "",
        },
        capacity: None,
        steps: &[
            Step {
                load: clients("processor-64", "64 clients ask without a pause", 64),
                checks: &[],
            },
            Step {
                load: clients("processor-2000", "2,000 clients", 2_000),
                // The generator and the upstream by themselves lose a third from the one to the other: their threads and
                // sockets have two processors, too.
                checks: &[Check::Goodput(50.0), Check::MemoryAdded(120.0)],
            },
        ],
    },
    World {
        title: "connections: `max_connections = 500`",
        setting: Setting {
            provider: "",
            limits: "max_connections = 500",
        },
        capacity: None,
        steps: &[
            Step {
                load: clients("connections-500", "500 clients ask without a pause", 500),
                checks: &[],
            },
            Step {
                load: clients("connections-2000", "2,000 clients", 2_000),
                checks: &[Check::Goodput(75.0), Check::Memory(110.0)],
            },
        ],
    },
    World {
        title: "memory for bodies: `max_request_memory = \"32MiB\"`, 1 MB in each request",
        setting: Setting {
            provider: "",
            limits: "max_request_body = \"2MiB\"\nmax_request_memory = \"32MiB\"",
        },
        capacity: None,
        steps: &[
            Step {
                load: senders("bodies-8", "8 clients ask without a pause", 8),
                checks: &[],
            },
            Step {
                load: senders("bodies-200", "200 clients", 200),
                checks: &[Check::Goodput(50.0), Check::MemoryAdded(150.0)],
            },
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::canned::Canned;

    #[test]
    fn names_are_unique_models_exist_and_the_first_load_of_each_world_is_the_measure() {
        let mut names = Vec::new();
        for world in WORLDS {
            assert!(world.steps.len() > 1, "{}", world.title);
            assert!(world.steps[0].checks.is_empty(), "{}", world.title);
            for step in world.steps {
                assert!(!names.contains(&step.load.name), "{}", step.load.name);
                assert!(Canned::named(step.load.model).is_some());
                names.push(step.load.name);
            }
        }
    }

    /// Or a request would wait for a connection and not for the gateway: the longest answer waits for a place as long as
    /// the whole queue, and works as long as the upstream does.
    #[test]
    fn a_connection_is_free_whenever_a_request_is_due() {
        let longest = 2.0 * SERVICE_MILLISECONDS as f64 / 1e3;
        for step in WORLDS[0].steps {
            let every = f64::from(step.load.connections) / step.load.rate.unwrap();
            assert!(every > 2.0 * longest, "{}: {every}", step.load.name);
        }
    }
}
