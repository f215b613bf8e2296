//! The processes of a run: each is ended when its owner goes out of scope.

use std::{
    fmt::Display,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    net::{AddrParseError, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Outcome, Scenario};
use crate::{
    failure::{Failure, Outcome as Done},
    process,
};

/// File descriptors that each process may have: a proxy needs two for each of ten thousand streams.
const FILES: u32 = 65_536;

/// The words of a shell that raise the limit of file descriptors as far as it goes.
macro_rules! raise_files {
    () => {
        r#"ulimit -n "$0" 2>/dev/null || ulimit -n "$(ulimit -Hn)""#
    };
}

/// How many streams a proxy can hold here: it needs two descriptors for each.
pub(crate) fn most_streams() -> Done<u32> {
    const SCRIPT: &str = concat!(raise_files!(), "; ulimit -n");
    let files = process::capture(Command::new("sh").args(["-c", SCRIPT, &FILES.to_string()]))?;
    let files = files.trim().parse().unwrap_or(FILES);
    Ok(files.saturating_sub(500) / 2)
}

/// Somebody who can be asked.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The name for tables.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Whose CPU time and memory are measured; none for the upstream.
    pub(crate) pids: Vec<u32>,
    /// Ends the process with the subject.
    #[expect(dead_code, reason = "only its drop counts")]
    pub(crate) process: Running,
}

/// A process that is ended with its owner.
#[derive(Debug)]
pub(crate) struct Running(Child);

impl Running {
    /// Starts a program whose first line of output will be read.
    pub(crate) fn start(command: &Command) -> io::Result<Self> {
        Self::spawn(command, Stdio::piped(), Stdio::inherit())
    }

    /// Starts a program that writes what it says into a file.
    pub(crate) fn start_logged(command: &Command, log: File) -> io::Result<Self> {
        Self::spawn(command, log.try_clone()?.into(), log.into())
    }

    /// Gives the program as many file descriptors as may be had. There is no safe call for that, but every shell
    /// has one.
    fn spawn(command: &Command, output: Stdio, errors: Stdio) -> io::Result<Self> {
        const SCRIPT: &str = concat!(raise_files!(), r#"; exec "$@""#);
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, &FILES.to_string()]);
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map(Self)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The first line that it prints.
    fn first_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if let Some(out) = self.0.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        Ok(line)
    }

    /// Its children, as far as the system tells.
    pub(crate) fn children(&self) -> Vec<u32> {
        let pid = self.pid();
        let children =
            fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        children
            .split_ascii_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the canned upstream.
pub(crate) fn upstream(peer: &Path) -> Done<Subject> {
    let mut command = Command::new(peer);
    let failed = |error: &dyn Display| Failure::because("the canned upstream", error);
    let mut process = Running::start(command.args(["upstream", "--listen", "127.0.0.1:0"]))
        .map_err(|error| failed(&error))?;
    let line = process.first_line().map_err(|error| failed(&error))?;
    let address = line
        .trim()
        .parse()
        .map_err(|error: AddrParseError| failed(&error))?;
    Ok(Subject {
        name: "direct",
        address,
        pids: Vec::new(),
        process,
    })
}

/// An address that is free now.
pub(crate) fn free_address() -> Done<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| Failure::because("a free port", error))
}

/// Waits until somebody listens.
pub(crate) fn await_listener(address: SocketAddr) -> Done {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(Failure::new(format!(
        "nobody listens at {address} after 10 s"
    )))
}

/// One window of load.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    /// The program.
    pub(crate) peer: &'a Path,
    /// What is asked.
    pub(crate) scenario: &'a Scenario,
    /// Who is asked.
    pub(crate) subject: &'a Subject,
    /// How long.
    pub(crate) seconds: f64,
    /// Whether it may be refused in good order.
    pub(crate) overload: bool,
}

impl Load<'_> {
    /// Runs it.
    ///
    /// # Errors
    /// When anything went wrong in it: numbers of a run with failures mean nothing.
    pub(crate) fn run(&self) -> Done<Outcome> {
        let Self {
            scenario, subject, ..
        } = self;
        let mut command = Command::new(self.peer);
        command.arg("load");
        let mut option = |name: &str, value: String| {
            command.arg(name).arg(value);
        };
        option("--to", subject.address.to_string());
        option("--model", scenario.model.to_owned());
        option("--body", scenario.body.to_string());
        let connections = scenario.connections.min(most_streams()?);
        option("--connections", connections.to_string());
        option("--seconds", self.seconds.to_string());
        if let Some(rate) = scenario.rate {
            option("--rate", rate.to_string());
        }
        if let Some(warm_up) = scenario.warm_up {
            option("--warm-up", warm_up.to_string());
        }
        if !subject.pids.is_empty() {
            let pids: Vec<_> = subject.pids.iter().map(u32::to_string).collect();
            option("--watch", pids.join(","));
        }
        if self.overload {
            command.arg("--overload");
        }
        let failed = |error: &dyn Display| Failure::because("the load generator", error);
        let mut running = Running::start(&command).map_err(|error| failed(&error))?;
        let line = running.first_line().map_err(|error| failed(&error))?;
        let outcome: Outcome = serde_json::from_str(&line).map_err(|error| failed(&error))?;
        match (outcome.failures, &outcome.first_failure) {
            (0, _) => Ok(outcome),
            (failures, first) => Err(Failure::new(format!(
                "{}: {failures} exchanges failed at {}, the first one with: {}",
                scenario.name,
                subject.name,
                first.as_deref().unwrap_or("?")
            ))),
        }
    }
}
