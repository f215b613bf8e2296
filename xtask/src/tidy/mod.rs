//! `cargo xtask tidy`: rules of the tree that the compiler and clippy cannot check. Each rule is a pure function over
//! the tree's texts, or over what cargo tells about dependencies; all findings are shown at once.

mod graph;
mod licences;
mod links;
mod modules;
mod purity;
mod sources;
mod spdx;
mod text;
mod vendors;

use std::fmt;

use self::text::Text;
use crate::{
    failure::{Failure, Outcome},
    workspace::Workspace,
};

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// The file, or the package.
    place: String,
    /// Counted from 1; `None` for the whole file.
    line: Option<usize>,
    message: String,
    /// Only worth a look, no failure.
    is_advice: bool,
}

impl Finding {
    fn new(place: &str, line: impl Into<Option<usize>>, message: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            line: line.into(),
            message: message.into(),
            is_advice: false,
        }
    }

    fn advice(mut self) -> Self {
        self.is_advice = true;
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.place)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        let kind = if self.is_advice { "advice: " } else { "" };
        write!(out, ": {kind}{}", self.message)
    }
}

/// A rule over the texts of the tree.
type TextRule = fn(&[Text]) -> Vec<Finding>;

/// A rule that asks cargo.
type CargoRule = fn(&Workspace) -> Outcome<Vec<Finding>>;

const TEXT_RULES: &[TextRule] = &[
    sources::headers,
    sources::sizes,
    sources::open_ends,
    sources::machine_paths,
    purity::no_io,
    vendors::no_branch_on_identity,
    vendors::no_guess_from_model_names,
    links::lead_somewhere,
    modules::are_named,
];

const CARGO_RULES: &[CargoRule] = &[graph::layers, graph::banned, licences::allowed];

/// Checks the whole tree.
///
/// # Errors
/// When a rule is broken, or the tree cannot be read.
pub(crate) fn run(workspace: &Workspace) -> Outcome {
    let texts = text::read(workspace)?;
    let mut findings: Vec<Finding> = TEXT_RULES.iter().flat_map(|rule| rule(&texts)).collect();
    for rule in CARGO_RULES {
        findings.extend(rule(workspace)?);
    }
    findings.sort_by(|a, b| (&a.place, a.line).cmp(&(&b.place, b.line)));
    for finding in &findings {
        println!("{finding}");
    }
    let breaches = findings.iter().filter(|finding| !finding.is_advice).count();
    println!("tidy: {} files, {breaches} findings", texts.len());
    match breaches {
        0 => Ok(()),
        _ => Err(Failure::new(format!("{breaches} findings of tidy"))
            .hint("each finding above says what to change; xtask/src/tidy has the rules")),
    }
}
