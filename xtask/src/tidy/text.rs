//! The tree's texts, and which part of a Rust file is production code.

use std::{fs, path::Path};

use crate::{
    failure::{Failure, Outcome},
    workspace::Workspace,
};

/// One text file of the tree.
#[derive(Debug)]
pub(super) struct Text {
    /// From the workspace's folder, with `/` between the parts.
    pub(super) path: String,
    pub(super) content: String,
}

/// Reads every file that is text.
pub(super) fn read(workspace: &Workspace) -> Outcome<Vec<Text>> {
    let mut texts = Vec::new();
    for path in workspace.files()? {
        let full = workspace.root.join(&path);
        let bytes = fs::read(&full).map_err(|error| Failure::because(full.display(), error))?;
        if let Ok(content) = String::from_utf8(bytes) {
            let path = slashed(&path);
            texts.push(Text { path, content });
        }
    }
    Ok(texts)
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

impl Text {
    #[cfg(test)]
    pub(super) fn new(path: &str, content: &str) -> Self {
        Self {
            path: path.to_owned(),
            content: content.to_owned(),
        }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file is there for tests, examples or measurements only.
    pub(super) fn is_for_tests(&self) -> bool {
        // `proof` is what the tests of several modules share.
        let folders = ["tests", "proof", "examples", "benches"];
        self.path
            .split('/')
            .any(|part| folders.contains(&part) || part == "tests.rs")
            || self.path.starts_with("crates/gateway-testkit/")
    }

    /// The numbered lines of production code: all up to the tests at the end of the file.
    pub(super) fn production(&self) -> impl Iterator<Item = (usize, &str)> {
        let of_tests = if self.is_for_tests() { 0 } else { usize::MAX };
        let mut lines = (1..).zip(self.content.lines()).take(of_tests).peekable();
        std::iter::from_fn(move || {
            let (number, line) = lines.next()?;
            let is_test_module = line == "#[cfg(test)]"
                && lines
                    .peek()
                    .is_some_and(|(_, next)| next.starts_with("mod ") && next.ends_with('{'));
            (!is_test_module).then_some((number, line))
        })
        .fuse()
    }

    /// The numbered lines of production code, without comments.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.production()
            .map(|(number, line)| (number, without_comment(line)))
    }
}

/// The line up to its comment. `//` inside a string is told by the `:` of a URL before it, which is enough here.
fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find("//")) {
        let at = from + at;
        let before = line.get(..at).unwrap_or_default();
        if !before.ends_with(':') {
            return before;
        }
        from = at + 2;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_ends_where_the_tests_begin() {
        let content = "//! a\n#[cfg(test)]\nmod far;\nlet url = \"http://x\"; // b\n#[cfg(test)]\nmod tests {\n}\n";
        let text = Text::new("crates/a/src/lib.rs", content);
        assert_eq!(text.production().count(), 4);
        let code: Vec<&str> = text.code().map(|(_, line)| line).collect();
        assert_eq!(
            code,
            ["", "#[cfg(test)]", "mod far;", "let url = \"http://x\"; "]
        );
        let of_tests = [
            "crates/a/tests/x.rs",
            "crates/a/src/b/tests.rs",
            "crates/a/examples/e.rs",
        ];
        for path in of_tests {
            assert_eq!(Text::new(path, content).production().count(), 0, "{path}");
        }
    }
}
