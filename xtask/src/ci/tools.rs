//! What the steps call beyond cargo: looked for first, so that nobody waits for a build to learn what is missing.

use super::debian;
use crate::{
    failure::{Failure, Outcome},
    process,
    workspace::Workspace,
};

/// A program, or a part of one, that a step calls.
struct Tool {
    name: &'static str,
    /// What tells that it is there, by ending with success.
    probe: &'static [&'static str],
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
    used_for: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "git",
        probe: &["git", "--version"],
        packages: &["git"],
        used_for: "the list of the tree's files",
    },
    Tool {
        name: "curl",
        probe: &["curl", "--version"],
        packages: &["curl"],
        used_for: "the documents' command lines",
    },
    Tool {
        name: "bash",
        probe: &["bash", "--version"],
        packages: &["bash"],
        used_for: "the documents' command lines",
    },
    Tool {
        name: "python3",
        probe: &["python3", "--version"],
        packages: &["python3"],
        used_for: "openai-python and the validators",
    },
    Tool {
        name: "python3 venv",
        probe: &["python3", "-c", "import venv, ensurepip"],
        packages: &["python3-venv"],
        used_for: "openai-python and the validators",
    },
    Tool {
        name: "npm",
        probe: &["npm", "--version"],
        packages: &["nodejs", "npm"],
        used_for: "openai-node",
    },
];

/// Parts of the Rust toolchain that a minimal one is without.
const COMPONENTS: &[(&str, &str)] = &[("rustfmt", "fmt"), ("clippy", "clippy")];

/// Looks for each, and installs what is missing where it can.
pub(super) fn run(workspace: &Workspace) -> Outcome {
    for (component, command) in COMPONENTS {
        let version = process::capture(workspace.cargo().args([command, "--version"]));
        if version.is_err() {
            println!("cargo {command} is missing; adding it with rustup");
            let mut rustup = std::process::Command::new("rustup");
            process::run(rustup.args(["component", "add", component])).map_err(|failure| {
                failure.hint(format!("install the Rust component {component}"))
            })?;
        }
    }
    let missing = missing();
    if missing.is_empty() {
        println!("all there: {}", names(TOOLS.iter()));
        return Ok(());
    }
    for tool in &missing {
        println!("{} is missing; it is used for {}", tool.name, tool.used_for);
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|tool| tool.packages)
        .copied()
        .collect();
    debian::install(&packages)?;
    match self::missing().as_slice() {
        [] => Ok(()),
        still => Err(Failure::new(format!(
            "still missing: {}",
            names(still.iter().copied())
        ))),
    }
}

fn missing() -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| !is_there(tool)).collect()
}

fn is_there(tool: &Tool) -> bool {
    let probe = tool.probe.split_first();
    probe.is_some_and(|(program, arguments)| process::works(program, arguments))
}

fn names<'a>(tools: impl Iterator<Item = &'a Tool>) -> String {
    tools.map(|tool| tool.name).collect::<Vec<_>>().join(", ")
}
