//! A gateway that serves its demo provider on a free port, for as long as the value lives.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use crate::{
    failure::{Failure, Outcome},
    workspace::Workspace,
};

/// What stands before the base URL in what a starting gateway prints.
const BASE_URL: &str = "base URL for SDKs: ";
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running gateway.
pub(super) struct DemoGateway {
    process: Child,
    base_url: String,
}

impl DemoGateway {
    /// Starts the built gateway, without the caller's environment and away from any configuration file.
    pub(super) fn start(workspace: &Workspace) -> Outcome<Self> {
        let program = workspace.built("gateway");
        let folder = workspace.target.join("xtask").join("demo-gateway");
        fs::create_dir_all(&folder).map_err(|error| Failure::because(folder.display(), error))?;
        println!("$ gateway --listen 127.0.0.1:0 &");
        let mut process = Command::new(&program)
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(&folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                Failure::because(program.display(), error).hint("cargo build -p gateway-server")
            })?;
        let said = process.stderr.take();
        // From here on the process ends with the value, whatever happens.
        let mut gateway = Self {
            process,
            base_url: String::new(),
        };
        gateway.base_url = wait_for_base_url(said)?;
        Ok(gateway)
    }

    /// With `/v1`, without a slash at its end.
    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for DemoGateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wait_for_base_url(said: Option<ChildStderr>) -> Outcome<String> {
    let said = said.ok_or_else(|| Failure::new("the gateway has no standard error"))?;
    let (found, wait) = mpsc::channel();
    thread::spawn(move || read_all(said, &found));
    let mut before = String::new();
    loop {
        match wait.recv_timeout(START_LIMIT) {
            Ok(line) => match base_url_of(&line) {
                Some(url) => return Ok(url.to_owned()),
                None => before = format!("{before}{line}\n"),
            },
            Err(RecvTimeoutError::Timeout) => {
                return Err(Failure::because(
                    "the gateway does not say where it listens",
                    before,
                ));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::because("the gateway ended", before));
            }
        }
    }
}

/// Reads to the end, so that the gateway can always write; nobody listens after the base URL.
fn read_all(said: ChildStderr, found: &Sender<String>) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        let _ = found.send(line);
    }
}

fn base_url_of(line: &str) -> Option<&str> {
    line.strip_prefix(BASE_URL)?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_is_read_from_the_welcome() {
        let line = "base URL for SDKs: http://127.0.0.1:4711/v1    documentation: http://127.0.0.1:4711/docs";
        assert_eq!(base_url_of(line), Some("http://127.0.0.1:4711/v1"));
        assert_eq!(base_url_of("gateway 0.1.0 is ready."), None);
    }
}
