//! Generated files: written where they differ, or compared.
#![cfg_attr(
    not(any(feature = "codegen", test)),
    expect(dead_code, reason = "used by the build that can make the files")
)]

use std::{fs, io, path::Path};

use crate::failure::{Failure, Outcome};

/// A file as the code makes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document {
    /// From the workspace's folder.
    pub(super) path: &'static str,
    /// With one line break at its end.
    pub(super) content: String,
}

impl Document {
    /// A file with this text.
    pub(super) fn new(path: &'static str, text: impl AsRef<str>) -> Self {
        let content = format!("{}\n", text.as_ref().trim_end());
        Self { path, content }
    }
}

/// Writes all that differ; with `check`, writes none and fails where one differs.
pub(super) fn all(root: &Path, documents: &[Document], check: bool) -> Outcome {
    let mut stale = Vec::new();
    for Document { path, content } in documents {
        let full = root.join(path);
        let failed = |error: io::Error| Failure::because(path, error);
        let committed = match fs::read_to_string(&full) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(failed)?,
        };
        if committed == *content {
            println!("{path} is up to date");
        } else if check {
            println!(
                "{path}:{} is not what the code makes of it",
                first_difference(&committed, content)
            );
            stale.push(*path);
        } else {
            full.parent()
                .map_or(Ok(()), fs::create_dir_all)
                .map_err(failed)?;
            fs::write(&full, content).map_err(failed)?;
            println!("{path} is written");
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("not up to date: {}", stale.join(", "))).hint("cargo xtask codegen"))
}

/// The first line, counted from 1, that is not the same.
fn first_difference(one: &str, other: &str) -> usize {
    let same = one
        .lines()
        .zip(other.lines())
        .take_while(|(one, other)| one == other);
    same.count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_once_and_a_change_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let documents = [
            Document::new("deep/a.md", "one\ntwo\n\n"),
            Document::new("b.md", "b"),
        ];
        assert!(all(root, &documents, true).is_err(), "nothing is there");
        all(root, &documents, false).unwrap();
        assert_eq!(
            fs::read_to_string(root.join("deep/a.md")).unwrap(),
            "one\ntwo\n"
        );
        assert_eq!(all(root, &documents, true), Ok(()));

        fs::write(root.join("b.md"), "B\n").unwrap();
        let failure = all(root, &documents, true).unwrap_err().to_string();
        assert!(
            failure.contains("b.md") && failure.contains("cargo xtask codegen"),
            "{failure}"
        );
        assert!(!failure.contains("a.md"));
    }

    #[test]
    fn the_first_different_line_is_named() {
        assert_eq!(first_difference("a\nb\nc", "a\nx\nc"), 2);
        assert_eq!(first_difference("a", "a\nb"), 2);
    }
}
