//! `cargo xtask bench`: the release gateway beside nginx, in one run on one machine.
//!
//! Every number of a run is compared with a number of the same run, in rounds that alternate between asking the
//! upstream directly, through nginx and through the gateway, so that a slow machine, or one that is busy with
//! something else, changes the numbers and hardly the ratios.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use clap::Args;

mod build;
#[expect(
    dead_code,
    reason = "shared with `bench-peer`, each of the two uses a part of it"
)]
mod canned;
mod gateway;
mod nginx;
mod outcome;
mod process;
mod report;
mod scenario;
mod summary;
mod text;

use outcome::Outcome;
use process::{Load, Subject};
use scenario::{SCENARIOS, Scenario};
use summary::Summary;

use crate::{
    failure::{Failure, Outcome as Done},
    workspace::Workspace,
};

/// What to measure, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measures only these; may be given several times. All when left out.
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// How long one window of one subject is.
    #[arg(long, default_value_t = 3.0, value_name = "N")]
    seconds: f64,
    /// How often each subject has its turn.
    #[arg(long, default_value_t = 3, value_name = "N")]
    rounds: u32,
    /// Ends with a failure when a target is missed.
    #[arg(long)]
    strict: bool,
}

/// Builds, starts everything, measures, reports.
///
/// # Errors
/// When something cannot be built or started. A load that saw failures is told and left out, since its numbers mean
/// nothing.
pub(crate) fn run(options: &Options) -> Done<ExitCode> {
    let workspace = Workspace::load()?;
    let scenarios = chosen(&options.scenario)?;
    let programs = build::release(&workspace)?;
    let kept = workspace.target.join("bench");
    let folder = kept.join("run");
    fs::create_dir_all(&folder).map_err(|error| Failure::because(folder.display(), error))?;
    let upstream = process::upstream(&programs.peer)?;
    let gateway = gateway::start(&programs.gateway, &folder, upstream.address)?;
    let nginx = nginx::start(&folder, upstream.address)?;
    let mut subjects = vec![&upstream];
    subjects.extend(&nginx);
    subjects.push(&gateway);

    let mut summaries = Vec::new();
    let mut failed = false;
    for scenario in scenarios {
        match measure(scenario, &subjects, &programs.peer, options) {
            Ok(summary) => summaries.push(summary),
            Err(failure) => {
                println!("{failure}");
                failed = true;
            }
        }
    }
    println!("{}", report::text(&summaries));
    let kept = keep(&kept, &summaries, options)?;
    println!("written to {}, and latest.md beside it", kept.display());
    let missed = |summary: &Summary| summary.verdict().is_some_and(|verdict| !verdict.is_met());
    if failed || options.strict && summaries.iter().any(missed) {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(names: &[String]) -> Done<Vec<&'static Scenario>> {
    if names.is_empty() {
        return Ok(SCENARIOS.iter().collect());
    }
    let find = |name: &String| {
        SCENARIOS
            .iter()
            .find(|scenario| scenario.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
                Failure::new(format!(
                    "there is no scenario {name:?}; there are {}",
                    known.join(", ")
                ))
            })
    };
    names.iter().map(find).collect()
}

/// All rounds of one scenario.
fn measure(
    scenario: &'static Scenario,
    subjects: &[&Subject],
    peer: &Path,
    options: &Options,
) -> Done<Summary> {
    let rounds = scenario.rounds.unwrap_or(options.rounds);
    let mut outcomes: Vec<(&'static str, Vec<Outcome>)> = subjects
        .iter()
        .map(|subject| (subject.name, Vec::new()))
        .collect();
    for round in 1..=rounds {
        for (subject, (_, of_subject)) in subjects.iter().zip(&mut outcomes) {
            if subject.pids.is_empty() && !scenario.needs_direct() {
                continue;
            }
            println!("{} {round}/{rounds}: {}", scenario.name, subject.name);
            let load = Load {
                peer,
                scenario,
                subject,
                seconds: options.seconds,
            };
            of_subject.push(load.run()?);
            // What is left over of one load must not be counted in the next.
            thread::sleep(Duration::from_millis(300));
        }
    }
    Ok(Summary::new(scenario, outcomes))
}

/// Keeps the results for machines and for the documents, and says where the former are.
fn keep(folder: &Path, summaries: &[Summary], options: &Options) -> Done<PathBuf> {
    let command = command_line(options);
    let json = folder.join("latest.json");
    let text = format!("{:#}", report::json(summaries, &command));
    fs::write(
        folder.join("latest.md"),
        report::markdown(summaries, &command),
    )
    .and_then(|()| fs::write(&json, text))
    .map_err(|error| Failure::because(folder.display(), error))?;
    Ok(json)
}

fn command_line(options: &Options) -> String {
    let named = options
        .scenario
        .iter()
        .map(|name| format!(" --scenario {name}"));
    format!(
        "cargo xtask bench{} --seconds {} --rounds {}",
        named.collect::<String>(),
        options.seconds,
        options.rounds
    )
}
