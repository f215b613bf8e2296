//! Why a task failed, and what the person at the terminal can do about it.

use std::fmt;

/// What every step of a task gives.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A failed task, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// What went wrong.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    /// What was tried, and the error that came of it.
    pub(crate) fn because(tried: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::new(format!("{tried}: {error}"))
    }

    /// Adds what to do about it, unless something nearer to the cause has said so already.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FAILED: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "\nWhat to do: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_nearest_to_the_cause_is_shown() {
        let failure = Failure::because("reading a", "no such file")
            .hint("make it")
            .hint("ask somebody");
        let shown = "FAILED: reading a: no such file\nWhat to do: make it";
        assert_eq!(failure.to_string(), shown);
    }
}
