//! Where a value was written: the file with line and column, a variable, or a flag.
//!
//! Every source is laid into one space of offsets, so that a span of the parsed document names its origin as well
//! as its place, whichever layer a value came from.

use std::{fmt, ops::Range};

/// What a value was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The configuration file, by the path it was asked for.
    File(String),
    /// An environment variable.
    Variable(String),
    /// A command-line flag, e.g. `--listen`.
    Flag(String),
}

/// A place that a person can go to. Displayed as `gateway.toml:3:10`, or as the variable's or flag's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// What was read.
    pub origin: Origin,
    /// The line, counted from 1. 1 for a variable or a flag.
    pub line: usize,
    /// The column in characters, counted from 1. 1 for a variable or a flag.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::File(path) => write!(f, "{path}:{}:{}", self.line, self.column),
            Origin::Variable(name) => write!(f, "environment variable {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

struct Source {
    origin: Origin,
    start: usize,
    text: String,
}

/// Every source that was read, side by side in one space of offsets.
pub(crate) struct Sources {
    all: Vec<Source>,
    end: usize,
}

impl Sources {
    pub(crate) const fn new() -> Self {
        Self {
            all: Vec::new(),
            end: 0,
        }
    }

    /// Adds a source and gives the range of offsets that it takes.
    pub(crate) fn add(&mut self, origin: Origin, text: &str) -> Range<usize> {
        let start = self.end;
        let end = start + text.len();
        // Only a file has lines to show; a variable may be a secret, and its text is not kept.
        let text = if matches!(origin, Origin::File(_)) {
            text.to_owned()
        } else {
            String::new()
        };
        self.all.push(Source {
            origin,
            start,
            text,
        });
        self.end = end + 1;
        start..end
    }

    /// The place of an offset, unless it lies in no source.
    pub(crate) fn position(&self, offset: usize) -> Option<Position> {
        let index = self
            .all
            .partition_point(|source| source.start <= offset)
            .checked_sub(1)?;
        let source = self.all.get(index)?;
        let before = source.text.get(..offset - source.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some(Position {
            origin: source.origin.clone(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_finds_its_source_line_and_column() {
        let mut sources = Sources::new();
        let file = sources.add(Origin::File("a.toml".into()), "é = 1\nb = 2\n");
        let variable = sources.add(Origin::Variable("LISTEN".into()), "x\ny");
        let shown = |offset| sources.position(offset).unwrap().to_string();
        assert_eq!(shown(file.start), "a.toml:1:1");
        assert_eq!(
            shown("é = ".len()),
            "a.toml:1:5",
            "columns count characters"
        );
        assert_eq!(shown("é = 1\nb".len()), "a.toml:2:2");
        assert_eq!(shown(file.end), "a.toml:3:1");
        assert_eq!(shown(variable.start + 2), "environment variable LISTEN");
    }
}
