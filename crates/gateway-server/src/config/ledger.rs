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
    /// Tables that lost a wrong value: what is missing there now is no further mistake.
    spoiled: Vec<Path>,
    warnings: Vec<String>,
}

impl Ledger {
    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Notes what could not be read.
    pub(crate) fn mistake(&mut self, mistake: Mistake) {
        self.spoil(&mistake.path);
        self.problems.push(mistake.problem);
    }

    /// Notes a value that has to go, and takes it out of the tree.
    pub(crate) fn reject(&mut self, document: &mut Document<'_>, findings: Vec<Finding>) {
        // From the end, so that the places in a list stay right.
        for finding in findings.into_iter().rev() {
            self.spoil(&finding.path);
            let position = document.position(&finding.path);
            document.remove(&finding.path);
            self.problems.push(placed(finding, position));
        }
    }

    /// Notes a variable that could not be laid over the tree.
    pub(crate) fn refuse(&mut self, finding: Finding, origin: Origin) {
        self.spoil(&finding.path);
        self.problems.push(placed(
            finding,
            Some(Position {
                origin,
                line: 1,
                column: 1,
            }),
        ));
    }

    /// Whether something around a key was wrong already.
    pub(crate) fn is_spoiled(&self, path: &Path) -> bool {
        self.spoiled.iter().any(|spoiled| path.starts_with(spoiled))
    }

    /// Notes what makes no sense, unless it only follows from something that is wrong already.
    pub(crate) fn find(&mut self, document: &Document<'_>, finding: Finding) {
        if !self.is_spoiled(&finding.path) {
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

    fn spoil(&mut self, path: &Path) {
        let table = path.parent();
        // A wrong name of a whole section spoils nothing beside it.
        if !table.0.is_empty() {
            self.spoiled.push(table);
        }
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
