//! `cargo xtask bench`: the release gateway beside nginx, in one run on one machine.
//!
//! Every number of a run is compared with a number of the same run, in rounds that alternate between asking the
//! upstream directly, through nginx and through the gateway, so that a slow machine, or one that is busy with
//! something else, changes the numbers and hardly the ratios. [`overload`] is the other half: what happens when there is
//! too much to do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Duration,
};

use clap::{Args, ValueEnum};
use serde_json::Value;

mod build;
#[expect(
    dead_code,
    reason = "shared with `bench-peer`, each of the two uses a part of it"
)]
mod canned;
mod gateway;
mod nginx;
mod outcome;
mod overload;
mod process;
mod report;
mod scenario;
mod summary;
mod text;

use build::Programs;
use gateway::Setting;
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
    /// Which loads.
    #[arg(value_enum, default_value_t = Group::Proxy)]
    group: Group,
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

/// Which question the bench answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// What a request costs, beside nginx.
    Proxy,
    /// What happens when there is more to do than can be done.
    Overload,
}

/// What a group has found.
struct Printed {
    text: String,
    markdown: String,
    json: Value,
    /// Whether a load could not be measured.
    failed: bool,
    /// Whether a target was missed.
    missed: bool,
}

/// Builds, starts everything, measures, reports.
///
/// # Errors
/// When something cannot be built or started. A load that saw failures is told and left out, since its numbers mean
/// nothing.
pub(crate) fn run(options: &Options) -> Done<ExitCode> {
    let workspace = Workspace::load()?;
    let programs = build::release(&workspace)?;
    let kept = workspace.target.join("bench");
    let folder = kept.join("run");
    fs::create_dir_all(&folder).map_err(|error| Failure::because(folder.display(), error))?;
    let upstream = process::upstream(&programs.peer)?;
    let printed = match options.group {
        Group::Proxy => beside_nginx(&programs, &folder, &upstream, options)?,
        Group::Overload => overload::run(&programs, &folder, &upstream, options)?,
    };
    println!("{}", printed.text);
    let name = options.group.file_name();
    let kept = keep(&kept, name, &printed)?;
    println!("written to {}, and {name}.md beside it", kept.display());
    if printed.failed || options.strict && printed.missed {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The upstream asked directly, through nginx and through the gateway in turn.
fn beside_nginx(
    programs: &Programs,
    folder: &Path,
    upstream: &Subject,
    options: &Options,
) -> Done<Printed> {
    let scenarios = chosen(&options.scenario)?;
    let gateway = gateway::start(
        &programs.gateway,
        folder,
        upstream.address,
        Setting::default(),
    )?;
    let nginx = nginx::start(folder, upstream.address)?;
    let mut subjects = vec![upstream];
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
    let command = options.command_line();
    let missed = |summary: &Summary| summary.verdict().is_some_and(|verdict| !verdict.is_met());
    Ok(Printed {
        text: report::text(&summaries),
        markdown: report::markdown(&summaries, &command),
        json: report::json(&summaries, &command),
        failed,
        missed: summaries.iter().any(missed),
    })
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
                overload: false,
            };
            of_subject.push(load.run()?);
            // What is left over of one load must not be counted in the next.
            thread::sleep(Duration::from_millis(300));
        }
    }
    Ok(Summary::new(scenario, outcomes))
}

/// Keeps the results for machines and for the documents, and says where the former are.
fn keep(folder: &Path, name: &str, printed: &Printed) -> Done<PathBuf> {
    let json = folder.join(format!("{name}.json"));
    fs::write(folder.join(format!("{name}.md")), &printed.markdown)
        .and_then(|()| fs::write(&json, format!("{:#}", printed.json)))
        .map_err(|error| Failure::because(folder.display(), error))?;
    Ok(json)
}

impl Group {
    fn file_name(self) -> &'static str {
        match self {
            Self::Proxy => "latest",
            Self::Overload => "overload",
        }
    }
}

impl Options {
    /// As it was typed, without what is usual.
    fn command_line(&self) -> String {
        let group = match self.group {
            Group::Proxy => "",
            Group::Overload => " overload",
        };
        let named = self
            .scenario
            .iter()
            .map(|name| format!(" --scenario {name}"));
        format!(
            "cargo xtask bench{group}{} --seconds {} --rounds {}",
            named.collect::<String>(),
            self.seconds,
            self.rounds
        )
    }
}
