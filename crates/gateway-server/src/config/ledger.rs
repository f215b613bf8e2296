//! Where findings are gathered: placed, sorted, and without those that only follow from another.

use super::{
    decode::Mistake,
    document::Document,
    origin::{Origin, Position},
    path::Path,
    problem::{Finding, Problem, Problems},
};

/// Everything that was found so far.
#[derive(Default)]
pub(crate) struct Ledger {
    problems: Vec<Problem>,
    /// Values that are wrong and were taken out.
    broken: Vec<Path>,
    warnings: Vec<String>,
}

impl Ledger {
    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Notes what could not be read.
    pub(crate) fn mistake(&mut self, mistake: Mistake) {
        self.broken.push(mistake.path);
        self.problems.push(mistake.problem);
    }

    /// Notes a value that has to go, and takes it out of the tree.
    pub(crate) fn reject(&mut self, document: &mut Document<'_>, findings: Vec<Finding>) {
        // From the end, so that the places in a list stay right.
        for finding in findings.into_iter().rev() {
            self.broken.push(finding.path.clone());
            let position = document.position(&finding.path);
            document.remove(&finding.path);
            self.problems.push(placed(finding, position));
        }
    }

    /// Notes a variable that could not be laid over the tree.
    pub(crate) fn refuse(&mut self, finding: Finding, origin: Origin) {
        self.broken.push(finding.path.clone());
        self.problems.push(placed(
            finding,
            Some(Position {
                origin,
                line: 1,
                column: 1,
            }),
        ));
    }

    /// Whether a key's value is not what was meant: it, something in it or around it was wrong, or it is not there and
    /// a wrong key stands beside its place.
    pub(crate) fn is_spoiled(&self, document: &Document<'_>, path: &Path) -> bool {
        let is_there = document.contains(path);
        self.broken.iter().any(|broken| {
            let is_sibling = broken.parent() == path.parent() && !path.parent().0.is_empty();
            broken.starts_with(path) || path.starts_with(broken) || (is_sibling && !is_there)
        })
    }

    /// Notes what makes no sense, unless it only follows from something that is wrong already.
    pub(crate) fn find(&mut self, document: &Document<'_>, finding: Finding) {
        if !self.is_spoiled(document, &finding.path) {
            let position = document.position(&finding.path);
            self.problems.push(placed(finding, position));
        }
    }

    /// All problems in the order of their places, or the warnings when there are none.
    pub(crate) fn close(self) -> Result<Vec<String>, Problems> {
        if self.problems.is_empty() {
            return Ok(self.warnings);
        }
        Err(Problems::sorted(self.problems))
    }
}

fn placed(finding: Finding, position: Option<Position>) -> Problem {
    Problem {
        position,
        key: finding.path.to_string(),
        message: finding.message,
        help: finding.help,
    }
}
