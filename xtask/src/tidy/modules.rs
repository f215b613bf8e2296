//! Every source file is a module of something: one that nobody names is never compiled, and its tests never run.

use super::{Finding, text::Text};

/// Files that cargo finds by itself, or that a manifest names.
const ROOTS: [&str; 3] = ["main", "lib", "build"];
/// Folders outside `src` in which every file is a program of its own.
const PROGRAMS: [&str; 4] = ["bin", "benches", "examples", "tests"];

/// A module's file that no file above it names.
pub(super) fn are_named(texts: &[Text]) -> Vec<Finding> {
    texts
        .iter()
        .filter_map(|text| Some((text, Place::of(&text.path)?)))
        .filter(|(_, place)| !texts.iter().any(|other| place.is_named_in(other)))
        .map(|(text, place)| {
            let message = format!(
                "no `mod {};` names this file, so that it is never compiled",
                place.name
            );
            Finding::new(&text.path, None, message)
        })
        .collect()
}

/// Where a module has to be named.
struct Place<'a> {
    name: &'a str,
    /// The folder of the file that names it, or what that file is called after.
    folder: &'a str,
}

impl<'a> Place<'a> {
    /// `None` for what is no module's file.
    fn of(path: &'a str) -> Option<Self> {
        let stem = path.strip_suffix(".rs")?;
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        if name == "mod" {
            let (folder, name) = folder.rsplit_once('/')?;
            return Some(Self { name, folder });
        }
        (!ROOTS.contains(&name) && !holds_programs(folder)).then_some(Self { name, folder })
    }

    fn is_named_in(&self, text: &Text) -> bool {
        let Some(stem) = text.path.strip_suffix(".rs") else {
            return false;
        };
        let is_above = stem == self.folder
            || stem.rsplit_once('/').is_some_and(|(folder, name)| {
                folder == self.folder
                    && (matches!(name, "mod" | "main" | "lib") || holds_programs(folder))
            });
        let by_path = format!("/{}.rs\"]", self.name);
        text.content.lines().map(str::trim).any(|line| {
            (is_above && declares(line, self.name))
                || (line.starts_with("#[path") && line.ends_with(&by_path))
        })
    }
}

fn holds_programs(folder: &str) -> bool {
    let last = folder.rsplit('/').next().unwrap_or_default();
    PROGRAMS.contains(&last) && (last == "bin" || !folder.contains("/src/"))
}

fn declares(line: &str, name: &str) -> bool {
    let declared = line
        .strip_suffix(';')
        .and_then(|line| line.rsplit_once("mod "));
    declared.is_some_and(|(before, declared)| {
        declared == name && (before.is_empty() || before.starts_with("pub"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_nobody_names_is_found() {
        let texts = [
            Text::new(
                "crates/a/src/lib.rs",
                "mod one;\npub(crate) mod two;\n#[cfg(test)]\n#[path = \"../fuzz/other.rs\"]\nmod b;",
            ),
            Text::new("crates/a/src/one.rs", "mod inner;\n// mod lost;"),
            Text::new("crates/a/src/one/inner.rs", ""),
            Text::new("crates/a/src/one/lost.rs", ""),
            Text::new("crates/a/src/two/mod.rs", "mod tests;"),
            Text::new("crates/a/src/two/tests/mod.rs", ""),
            Text::new("crates/a/src/two/tests/gone.rs", ""),
            Text::new("crates/a/src/bin/tool.rs", ""),
            Text::new("crates/a/tests/whole.rs", "mod shared;"),
            Text::new("crates/a/tests/shared/mod.rs", ""),
            Text::new("crates/a/tests/unshared/mod.rs", ""),
            Text::new("fuzz/other.rs", ""),
            Text::new("tests/e2e/main.rs", "mod three;"),
            Text::new("tests/e2e/three/mod.rs", ""),
            Text::new("tests/e2e/three/never.rs", ""),
        ];
        let found: Vec<String> = are_named(&texts).into_iter().map(|it| it.place).collect();
        assert_eq!(
            found,
            [
                "crates/a/src/one/lost.rs",
                "crates/a/src/two/tests/gone.rs",
                "crates/a/tests/unshared/mod.rs",
                "tests/e2e/three/never.rs"
            ]
        );
    }
}
