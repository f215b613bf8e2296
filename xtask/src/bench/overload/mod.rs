//! `cargo xtask bench overload`: what the gateway does with more than it can do, or than a provider can.
//!
//! Requests come when they are due, whatever became of those before them, and a time counts from when a request was due:
//! a client that waits for its answer before it asks again would hide what there is to see.

use std::{path::Path, thread, time::Duration};

mod findings;
mod report;
mod world;

use self::{
    findings::Findings,
    world::{WORLDS, World},
};
use super::{
    Options, Printed,
    build::Programs,
    gateway,
    process::{Load, Subject},
};
use crate::failure::{Failure, Outcome as Done};

/// Measures each world with a gateway of its own.
///
/// # Errors
/// When something cannot be started. A load that saw failures is told and left out, and its checks are not met.
pub(super) fn run(
    programs: &Programs,
    folder: &Path,
    upstream: &Subject,
    options: &Options,
) -> Done<Printed> {
    let worlds = chosen(&options.scenario)?;
    let mut all = Vec::new();
    let mut failed = false;
    for world in worlds {
        println!("\n{}", world.title);
        let start = gateway::start(&programs.gateway, folder, upstream.address, world.setting);
        let (findings, failure) = measure(world, &start?, &programs.peer, options);
        failed |= failure.is_some();
        if let Some(failure) = failure {
            println!("{failure}");
        }
        all.push(findings);
    }
    let command = options.command_line();
    let steps = |findings: &Findings| {
        let places = 0..findings.world.steps.len();
        let verdicts = places.flat_map(|place| findings.verdicts(place));
        verdicts.collect::<Vec<_>>()
    };
    let missed = all.iter().flat_map(steps).any(|verdict| !verdict.is_met());
    Ok(Printed {
        text: report::text(&all),
        markdown: report::markdown(&all, &command),
        json: report::json(&all, &command),
        failed,
        missed,
    })
}

/// The worlds of the loads of these names, each world whole since its loads are compared with its first; all when there
/// are none.
fn chosen(names: &[String]) -> Done<Vec<&'static World>> {
    let has = |world: &World, name: &String| world.steps.iter().any(|step| step.load.name == name);
    if let Some(unknown) = names
        .iter()
        .find(|name| !WORLDS.iter().any(|world| has(world, name)))
    {
        let steps = WORLDS.iter().flat_map(|world| world.steps);
        let known: Vec<_> = steps.map(|step| step.load.name).collect();
        return Err(Failure::new(format!(
            "there is no load {unknown:?}; there are {}",
            known.join(", ")
        )));
    }
    let is_wanted = |world: &&World| names.is_empty() || names.iter().any(|name| has(world, name));
    Ok(WORLDS.iter().filter(is_wanted).collect())
}

/// All rounds of one world's loads, up to one that fails.
fn measure(
    world: &'static World,
    gateway: &Subject,
    peer: &Path,
    options: &Options,
) -> (Findings, Option<Failure>) {
    let mut windows = Vec::new();
    for step in world.steps {
        let mut of_step = Vec::new();
        for round in 1..=options.rounds {
            println!("{} {round}/{}", step.load.name, options.rounds);
            let load = Load {
                peer,
                scenario: &step.load,
                subject: gateway,
                seconds: options.seconds,
                overload: true,
            };
            match load.run() {
                Ok(window) => of_step.push(window),
                Err(failure) => return (Findings { world, windows }, Some(failure)),
            }
            // What is left over of one load must not be counted in the next.
            thread::sleep(Duration::from_millis(300));
        }
        windows.push(of_step);
    }
    (Findings { world, windows }, None)
}
