//! The release programs.

use std::path::PathBuf;

use crate::{failure::Outcome, process, workspace::Workspace};

/// The programs of a run.
#[derive(Debug)]
pub(super) struct Programs {
    /// The gateway.
    pub(super) gateway: PathBuf,
    /// The canned upstream and the load generator.
    pub(super) peer: PathBuf,
}

/// Builds both. The gateway is built by itself, with the features that users get.
pub(super) fn release(workspace: &Workspace) -> Outcome<Programs> {
    let build = |arguments: &[&str]| {
        process::run(
            workspace
                .cargo()
                .args(["build", "--release"])
                .args(arguments),
        )
    };
    build(&["--package", "gateway-server", "--bin", "gateway"])?;
    build(&[
        "--package",
        "xtask",
        "--bin",
        "bench-peer",
        "--features",
        "bench",
    ])?;
    let folder = workspace.target.join("release");
    Ok(Programs {
        gateway: folder.join("gateway"),
        peer: folder.join("bench-peer"),
    })
}
