//! What became of each recording, for whoever mends what fails: one file, written anew by each run.

use std::{collections::BTreeMap, env, fmt::Write, fs, path::PathBuf};

use crate::{exceptions, recording::Recording};

/// What is wrong with a recording: in which run, and what.
type Found = Vec<(String, String)>;

/// The verdicts of a run: the recordings with problems, those that were not asked for, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) recordings: usize,
    pub(crate) runs: usize,
    /// By id.
    pub(crate) failures: BTreeMap<String, Found>,
    pub(crate) not_spoken: BTreeMap<String, &'static str>,
}

impl Report {
    pub(crate) fn fail(&mut self, id: &str, problems: impl IntoIterator<Item = (String, String)>) {
        let mut problems = problems.into_iter().peekable();
        if problems.peek().is_some() {
            self.failures.entry(id.to_owned()).or_default().extend(problems);
        }
    }

    /// What the test fails with: failures that nobody expects, and exceptions that are none.
    pub(crate) fn unexpected(&self, recordings: &[Recording]) -> Vec<String> {
        let mut lines = Vec::new();
        for (id, problems) in self.failures.iter().filter(|(id, _)| exceptions::reason(id).is_none()) {
            lines.push(id.clone());
            lines.extend(lines_of(problems));
        }
        let given = |id: &&&str| recordings.iter().any(|recording| recording.id == ***id);
        for id in exceptions::EXCEPTIONS.iter().flat_map(|exception| exception.ids).filter(given) {
            if !self.failures.contains_key(*id) {
                lines.push(format!("{id} is a named exception, and it is carried: take it out of the list"));
            }
        }
        lines
    }

    /// Writes the whole report into the target folder.
    pub(crate) fn write(&self, name: &str, recordings: &[Recording]) {
        let by_dialect = |id: &str| recordings.iter().find(|recording| recording.id == id).map_or("?", |recording| &recording.dialect);
        let mut failed: BTreeMap<&str, Vec<(&String, &Found)>> = BTreeMap::new();
        for (id, problems) in &self.failures {
            failed.entry(by_dialect(id)).or_default().push((id, problems));
        }
        let mut text = format!("{} recordings, {} requests, {} not carried, {} not asked for\n", self.recordings, self.runs, self.failures.len(), self.not_spoken.len());
        for (dialect, failures) in &failed {
            let total = recordings.iter().filter(|recording| recording.dialect == *dialect).count();
            let _ = writeln!(text, "\n=== {dialect}: {} of {total} fail", failures.len());
            let missing: Vec<_> =
                failures.iter().filter(|(_, problems)| problems.iter().all(|(_, problem)| problem.contains("nobody speaks"))).map(|(id, _)| *id).collect();
            if !missing.is_empty() {
                let _ = writeln!(text, "{} of them: nobody speaks it yet", missing.len());
            }
            for (id, problems) in failures.iter().filter(|(id, _)| !missing.contains(id)) {
                let _ = writeln!(text, "{id}{}", exceptions::reason(id).map(|reason| format!("  (exception: {reason})")).unwrap_or_default());
                lines_of(problems).iter().for_each(|line| {
                    let _ = writeln!(text, "{line}");
                });
            }
        }
        // Nobody waits for this file.
        let _ = fs::write(target().join(name), text);
    }
}

/// Runs that fail alike are told once.
fn lines_of(problems: &[(String, String)]) -> Vec<String> {
    let mut by_problem: Vec<(&str, Vec<&str>)> = Vec::new();
    for (run, problem) in problems {
        match by_problem.iter_mut().find(|(known, _)| known == problem) {
            Some((_, runs)) => runs.push(run),
            None => by_problem.push((problem, vec![run])),
        }
    }
    by_problem
        .into_iter()
        .map(|(problem, runs)| format!("    [{}{}] {problem}", runs[0], if runs.len() > 1 { format!(" and {} more", runs.len() - 1) } else { String::new() }))
        .collect()
}

/// The folder of everything that is built.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from)
}
