//! What is wrong with a configuration, all of it at once: where, what, and what to change.

use std::fmt;

use super::{
    origin::{Origin, Position},
    path::Path,
};

/// One thing that is wrong. It never holds a value, since a value may be a secret that stands in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, unless it concerns the configuration as a whole.
    pub position: Option<Position>,
    /// The key that it is about, dotted; empty for the whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to change.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = &self.position {
            write!(f, "{position}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "\n    help: {help}"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a configuration. Displayed as one block of lines for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// The problems in the order of their places: file, variables, flags, the whole. None of them twice.
    pub(crate) fn sorted(mut problems: Vec<Problem>) -> Self {
        let place = |problem: &Problem| {
            problem.position.as_ref().map(|position| {
                let layer = match &position.origin {
                    Origin::File(_) => (0, String::new()),
                    Origin::Variable(name) => (1, name.clone()),
                    Origin::Flag(name) => (2, name.clone()),
                };
                (layer, position.line, position.column)
            })
        };
        problems.sort_by_key(|problem| (place(problem).is_none(), place(problem)));
        problems.dedup();
        Self(problems)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        let count = self.0.len();
        write!(
            f,
            "{count} problem{} in the configuration",
            if count == 1 { "" } else { "s" }
        )
    }
}

impl std::error::Error for Problems {}

/// A finding on its way to being placed: about which key, what, and what to change.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) path: Path,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Finding {
    pub(crate) fn new(path: Path, message: impl Into<String>) -> Self {
        Self {
            path,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
