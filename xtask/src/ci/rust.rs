//! The steps that are cargo's own. All of them choose the same packages and features, so that nothing is built twice.

use crate::{failure::Outcome, process, workspace::Workspace};

/// What every step builds: with tests and examples, cargo takes the same features of all dependencies each time.
const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// The code is formatted.
pub(super) fn fmt(workspace: &Workspace) -> Outcome {
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

/// No warning of the compiler or of clippy.
pub(super) fn clippy(workspace: &Workspace) -> Outcome {
    let mut cargo = workspace.cargo();
    cargo.arg("clippy").args(EVERYTHING).arg("--all-targets");
    process::run(cargo.args(["--", "-D", "warnings"]))
}

/// Every library crate by itself: with no feature, and with each of its features alone. What the workspace builds
/// together switches on for one crate what another one needs, and so hides what is missing.
pub(super) fn features(workspace: &Workspace) -> Outcome {
    for package in workspace.published() {
        let single = package.features.keys().filter(|name| *name != "default");
        for feature in std::iter::once("").chain(single.map(String::as_str)) {
            let mut cargo = workspace.cargo();
            cargo.args(["check", "--quiet", "--lib", "--no-default-features"]);
            cargo.args(["--package", &package.name, "--features", feature]);
            process::run(&mut cargo)?;
        }
    }
    Ok(())
}

/// Programs, tests and examples.
pub(super) fn build(workspace: &Workspace) -> Outcome {
    let mut cargo = workspace.cargo();
    process::run(cargo.arg("build").args(EVERYTHING).args([
        "--lib",
        "--bins",
        "--tests",
        "--examples",
    ]))
}

/// The documentation, links checked.
pub(super) fn doc(workspace: &Workspace) -> Outcome {
    let mut cargo = workspace.cargo();
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    cargo.arg("doc").args(EVERYTHING);
    process::run(cargo.args(["--no-deps", "--lib", "--bins", "--examples"]))
}

/// All tests, those in the documentation too.
pub(super) fn test(workspace: &Workspace) -> Outcome {
    let mut cargo = workspace.cargo();
    process::run(cargo.arg("test").args(EVERYTHING).arg("--no-fail-fast"))
}

/// Recorded traffic, shown for itself: how much there was of it, or that none was given.
pub(super) fn corpus(workspace: &Workspace) -> Outcome {
    let mut cargo = workspace.cargo();
    cargo
        .arg("test")
        .args(EVERYTHING)
        .args(["--test", "corpus"]);
    process::run(cargo.args(["--", "--show-output", "every_recording"]))
}
