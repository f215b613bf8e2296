//! Child processes: shown as they are started, waited for, and never left behind.

use std::{
    process::{Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::failure::{Failure, Outcome};

/// How often a process with a deadline is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Prints the command, then runs it with its output going straight to ours.
///
/// # Errors
/// When it cannot be started or does not end with success.
pub(crate) fn run(command: &mut Command) -> Outcome {
    announce(command);
    let status = command
        .status()
        .map_err(|error| Failure::because(shown(command), error))?;
    succeeded(command, status)
}

/// Like [`run`], and ends the process when the time is up.
///
/// # Errors
/// As [`run`], and when the time is up.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Outcome {
    announce(command);
    let mut child = command
        .spawn()
        .map_err(|error| Failure::because(shown(command), error))?;
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return succeeded(command, status),
            Ok(None) if started.elapsed() < limit => thread::sleep(LOOK),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                let seconds = limit.as_secs();
                return Err(Failure::new(format!(
                    "{} is not done after {seconds} s",
                    shown(command)
                )));
            }
            Err(error) => return Err(Failure::because(shown(command), error)),
        }
    }
}

/// Runs the command without a word and gives what it wrote to standard output.
///
/// # Errors
/// When it cannot be started or fails; what it wrote to standard error is in the message.
pub(crate) fn capture(command: &mut Command) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::because(shown(command), error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::because(shown(command), said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|error| Failure::because(shown(command), error))
}

/// Whether the command can be started and ends with success.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn announce(command: &Command) {
    println!("$ {}", shown(command));
}

fn succeeded(command: &Command, status: ExitStatus) -> Outcome {
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} ({status})", shown(command))))
    }
}

/// The command as one would type it; the program without its folder.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words
        .map(|word| {
            let word = word.to_string_lossy();
            if word.contains([' ', '"', '<', '>', '*']) {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_process_that_fails_is_a_failure_with_its_own_words() {
        assert_eq!(capture(&mut shell("echo good")).unwrap(), "good\n");
        let failure = capture(&mut shell("echo bad >&2; exit 3")).unwrap_err();
        assert!(failure.to_string().contains("bad"), "{failure}");
        let failure = run(&mut shell("exit 3")).unwrap_err().to_string();
        assert!(
            failure.contains("sh -c 'exit 3'") && failure.contains('3'),
            "{failure}"
        );
        assert!(run(&mut Command::new("/no/such/program")).is_err());
    }

    #[test]
    fn a_process_that_hangs_is_ended() {
        let limit = Duration::from_millis(100);
        let started = Instant::now();
        let failure = run_within(&mut shell("exec sleep 30"), limit).unwrap_err();
        assert!(failure.to_string().contains("is not done"), "{failure}");
        assert!(started.elapsed() < Duration::from_secs(20));
        assert!(run_within(&mut shell("exit 0"), Duration::from_secs(20)).is_ok());
    }
}
