//! `cargo xtask ci`: everything that must hold, as a table of named steps. It stops at the first failure and says what
//! to do. What it needs beyond Rust it installs itself, and says so.

mod debian;
mod demo_gateway;
mod examples;
mod package;
mod rust;
mod sdk;
mod tools;

use std::time::{Duration, Instant};

use clap::Args;

use crate::{
    codegen,
    failure::{Failure, Outcome},
    fuzz, tidy,
    workspace::Workspace,
};

/// What may be left out.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Leaves out the steps that install packages of PyPI and npm.
    #[arg(long)]
    quick: bool,
    /// Runs the long steps as well.
    #[arg(long, conflicts_with = "quick")]
    long: bool,
    /// Runs these steps alone; may be given several times. `--list` has the names.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Lists the steps and does nothing.
    #[arg(long)]
    list: bool,
}

/// One thing that must hold.
struct Step {
    name: &'static str,
    /// What holds when it passes.
    meaning: &'static str,
    run: fn(&Workspace) -> Outcome,
    /// What to do when it fails and nothing nearer to the cause says it.
    hint: &'static str,
    kind: Kind,
}

/// When a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usual,
    /// It installs packages of other languages' registries: not in the quick run.
    Installs,
    /// It takes minutes and finds what nobody looked for: in the long run, or by its name.
    Long,
}

const STEPS: &[Step] = &[
    Step {
        name: "tools",
        meaning: "what the steps call is there",
        run: tools::run,
        hint: "install what is named above",
        kind: Kind::Usual,
    },
    Step {
        name: "fmt",
        meaning: "the code is formatted",
        run: rust::fmt,
        hint: "cargo fmt --all",
        kind: Kind::Usual,
    },
    Step {
        name: "tidy",
        meaning: "the rules of the tree hold",
        run: tidy::run,
        hint: "each finding says what to change",
        kind: Kind::Usual,
    },
    Step {
        name: "clippy",
        meaning: "no warning anywhere",
        run: rust::clippy,
        hint: "mend the warnings above; where one is wrong, `#[expect(..., reason = \"...\")]`",
        kind: Kind::Usual,
    },
    Step {
        name: "build",
        meaning: "programs, tests and examples build",
        run: rust::build,
        hint: "mend the errors above",
        kind: Kind::Usual,
    },
    Step {
        name: "features",
        meaning: "each library crate builds by itself, with no feature and with each alone",
        run: rust::features,
        hint: "what is used must be switched on by the feature that uses it: the crate's Cargo.toml",
        kind: Kind::Usual,
    },
    Step {
        name: "codegen",
        meaning: "generated files are what the code makes of them",
        run: codegen::check_with_built,
        hint: "cargo xtask codegen, then look at the difference and commit it",
        kind: Kind::Usual,
    },
    Step {
        name: "doc",
        meaning: "the documentation builds without a warning",
        run: rust::doc,
        hint: "mend the links and comments above",
        kind: Kind::Usual,
    },
    Step {
        name: "test",
        meaning: "all tests of all crates pass, documentation tests too",
        run: rust::test,
        hint: "run the failing one alone: cargo test -p CRATE NAME",
        kind: Kind::Usual,
    },
    Step {
        name: "corpus",
        meaning: "recorded traffic of real providers reaches the client whole",
        run: rust::corpus,
        hint: "target/corpus-report.txt says what is lost; without GATEWAY_CORPUS the made-up samples run alone",
        kind: Kind::Usual,
    },
    Step {
        name: "examples",
        meaning: "the library crates' examples run against the demo provider",
        run: examples::run,
        hint: "start `cargo run -p gateway-server`, then `cargo run -p gateway-client --example NAME`",
        kind: Kind::Usual,
    },
    Step {
        name: "package",
        meaning: "the library crates can be published",
        run: package::run,
        hint: "complete the manifest or the package that is named above",
        kind: Kind::Usual,
    },
    Step {
        name: "sdk",
        meaning: "the official SDKs work unchanged, and the providers' own accept what they are sent",
        run: sdk::contracts,
        hint: "tests/sdk/run.py and tests/sdk/judges/run.py run it alone",
        kind: Kind::Installs,
    },
    Step {
        name: "completeness",
        meaning: "the types leave no wire name of the official SDK to `extra`",
        run: sdk::completeness,
        hint: "add the field, or name it in tests/sdk/completeness/allowed.json with the reason",
        kind: Kind::Installs,
    },
    Step {
        name: "openapi",
        meaning: "the OpenAPI document and the configuration's schema are valid",
        run: sdk::documents,
        hint: "mend crates/gateway-server/src/openapi or the section's type, then cargo xtask codegen",
        kind: Kind::Installs,
    },
    Step {
        name: "fuzz",
        meaning: "what reads an upstream's bytes takes anything, a minute each",
        run: fuzz::run_all,
        hint: "cargo xtask fuzz --target NAME runs it alone",
        kind: Kind::Long,
    },
];

/// Runs the steps.
///
/// # Errors
/// The first failure.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    let steps = chosen(arguments)?;
    if arguments.list {
        for step in steps {
            println!("{:13} {}", step.name, step.meaning);
        }
        return Ok(());
    }
    let started = Instant::now();
    let mut times = Vec::new();
    for (number, step) in (1..).zip(&steps) {
        println!(
            "\n=== {number}/{} {}: {}",
            steps.len(),
            step.name,
            step.meaning
        );
        let began = Instant::now();
        (step.run)(workspace).map_err(|failure| failure.hint(step.hint))?;
        times.push((step.name, began.elapsed()));
    }
    println!("\n=== all good");
    for (name, time) in times.into_iter().chain([("total", started.elapsed())]) {
        println!("{name:13} {}", minutes(time));
    }
    Ok(())
}

fn chosen(arguments: &Arguments) -> Outcome<Vec<&'static Step>> {
    if let Some(unknown) = arguments
        .only
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        return Err(
            Failure::new(format!("there is no step `{unknown}`")).hint("cargo xtask ci --list")
        );
    }
    let is_wanted = |step: &&Step| {
        let is_usual = match step.kind {
            Kind::Usual => true,
            Kind::Installs => !arguments.quick,
            Kind::Long => arguments.long || !arguments.only.is_empty(),
        };
        let is_named =
            arguments.only.is_empty() || arguments.only.iter().any(|name| name == step.name);
        is_usual && is_named
    };
    Ok(STEPS.iter().filter(is_wanted).collect())
}

fn minutes(time: Duration) -> String {
    format!(
        "{:2}:{:04.1} min",
        time.as_secs() / 60,
        time.as_secs_f64() % 60.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(quick: bool, only: &[&str]) -> Outcome<Vec<&'static str>> {
        let only = only.iter().map(|&name| name.to_owned()).collect();
        let steps = chosen(&Arguments {
            quick,
            long: false,
            only,
            list: false,
        })?;
        Ok(steps.into_iter().map(|step| step.name).collect())
    }

    #[test]
    fn steps_are_chosen_by_name_and_the_quick_run_installs_nothing() {
        let usual = names(false, &[]).unwrap();
        assert_eq!(usual.len(), STEPS.len() - 1, "all but the long one");
        assert!(!usual.contains(&"fuzz"));
        assert_eq!(names(false, &["fuzz"]).unwrap(), ["fuzz"]);
        assert_eq!(names(false, &["test", "fmt"]).unwrap(), ["fmt", "test"]);
        assert!(!names(true, &[]).unwrap().contains(&"sdk"));
        assert!(names(true, &[]).unwrap().contains(&"test"));
        assert!(names(false, &["tests"]).is_err());
    }

    #[test]
    fn times_are_readable() {
        assert_eq!(minutes(Duration::from_millis(62_340)), " 1:02.3 min");
    }
}
