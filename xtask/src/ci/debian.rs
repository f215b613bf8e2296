//! Debian packages, installed where we are root; elsewhere the person is told what to install.

use std::process::Command;

use crate::{
    failure::{Failure, Outcome},
    process,
};

/// Installs the packages.
///
/// # Errors
/// When this is no Debian, when we are not root, or when apt-get fails.
pub(super) fn install(packages: &[&str]) -> Outcome {
    let hint = format!("install by hand: {}", packages.join(" "));
    let user = process::capture(Command::new("id").arg("-u")).unwrap_or_default();
    if user.trim() != "0" || !process::works("apt-get", &["--version"]) {
        return Err(Failure::new("only root on Debian can install what is missing").hint(hint));
    }
    println!("installing Debian packages: {}", packages.join(" "));
    process::run(apt_get().args(["update", "-qq"]))
        .and_then(|()| process::run(apt_get().args(["install", "-y", "-qq"]).args(packages)))
        .map_err(|failure| failure.hint(hint))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
