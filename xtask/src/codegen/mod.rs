//! `cargo xtask codegen`: the files that are made from the code, written or compared.
//!
//! Making them takes the server's own crates, so the command is built with the feature `codegen`; without it, this
//! program starts that build.

#[cfg(feature = "codegen")]
mod conversations;
#[cfg(feature = "codegen")]
mod documents;
#[cfg(feature = "codegen")]
mod errors;
#[cfg(feature = "codegen")]
mod failover;
mod write;

use std::process::Command;

use clap::Args;

use crate::{failure::Outcome, process, workspace::Workspace};

/// What to do with the files.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Arguments {
    /// Writes nothing, and fails where a committed file is not what the code makes of it.
    #[arg(long)]
    check: bool,
}

/// Writes or compares all files.
///
/// # Errors
/// When a file cannot be made or written; with `--check`, when one differs.
#[cfg(feature = "codegen")]
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Outcome {
    write::all(&workspace.root, &documents::make()?, arguments.check)
}

/// Writes or compares all files.
///
/// # Errors
/// When the build that can do it fails, and as that one fails.
#[cfg(not(feature = "codegen"))]
pub(crate) fn run(workspace: &Workspace, arguments: Arguments) -> Outcome {
    let mut cargo = workspace.cargo();
    cargo.args([
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--bin",
        "xtask",
        "--features",
        "codegen",
    ]);
    process::run(
        cargo
            .args(["--", "codegen"])
            .args(arguments.check.then_some("--check")),
    )
}

/// Compares all files, with the program that a build of the whole workspace left behind.
///
/// # Errors
/// When a file differs.
pub(crate) fn check_with_built(workspace: &Workspace) -> Outcome {
    let mut built = Command::new(workspace.built("xtask"));
    process::run(
        built
            .args(["codegen", "--check"])
            .current_dir(&workspace.root),
    )
}
