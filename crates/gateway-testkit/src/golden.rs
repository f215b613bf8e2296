//! Golden files: what a test produced once and a person has read. A difference fails; so does a file nobody uses.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A folder of golden files that one test checks as a whole.
///
/// With `UPDATE_GOLDEN=1` in the environment files are written (and stale ones removed) instead of compared.
#[derive(Debug)]
pub struct Golden {
    folder: PathBuf,
    seen: BTreeSet<PathBuf>,
    problems: Vec<String>,
    update: bool,
}

impl Golden {
    /// The golden files of this folder.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
        Self {
            folder: folder.into(),
            seen: BTreeSet::new(),
            problems: Vec::new(),
            update,
        }
    }

    /// Compares one file with what the test produced.
    pub fn check(&mut self, name: &str, actual: &[u8]) {
        let path = self.folder.join(name);
        self.seen.insert(path.clone());
        if self.update {
            let parent = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(parent).expect("the golden folder can be made");
            fs::write(&path, actual).expect("a golden file can be written");
            return;
        }
        match fs::read(&path) {
            Ok(expected) if expected == actual => {}
            Ok(expected) => self.problems.push(difference(name, &expected, actual)),
            Err(error) => self.problems.push(format!("{name}: {error}")),
        }
    }

    /// Ends the check: every difference and every file that no check named.
    ///
    /// # Panics
    /// With the whole list, when there is one.
    pub fn finish(mut self) {
        for path in files_below(&self.folder) {
            if self.seen.contains(&path) {
                continue;
            }
            if self.update {
                fs::remove_file(&path).expect("a stale golden file can be removed");
            } else {
                self.problems
                    .push(format!("{}: no test uses this file", path.display()));
            }
        }
        let problems = self.problems.join("\n");
        assert!(
            problems.is_empty(),
            "golden files differ (UPDATE_GOLDEN=1 rewrites them):\n{problems}"
        );
    }
}

fn difference(name: &str, expected: &[u8], actual: &[u8]) -> String {
    let at = expected
        .iter()
        .zip(actual)
        .take_while(|(left, right)| left == right)
        .count();
    let window = |bytes: &[u8]| {
        let start = at.saturating_sub(40).min(bytes.len());
        let end = (at + 80).min(bytes.len());
        String::from_utf8_lossy(bytes.get(start..end).unwrap_or_default()).into_owned()
    };
    format!(
        "{name}: differs at byte {at}\n  expected ..{:?}\n  actual   ..{:?}",
        window(expected),
        window(actual)
    )
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .flat_map(|entry| {
            if entry.path().is_dir() {
                files_below(&entry.path())
            } else {
                vec![entry.path()]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden(folder: &Path) -> Golden {
        Golden {
            update: false,
            ..Golden::open(folder)
        }
    }

    #[test]
    fn equal_files_pass_and_others_are_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "one").unwrap();
        fs::write(folder.path().join("stale"), "").unwrap();
        let mut golden = golden(folder.path());
        golden.check("a", b"one");
        golden.check("missing", b"two");
        let message = std::panic::catch_unwind(|| golden.finish()).unwrap_err();
        let message = message.downcast_ref::<String>().unwrap();
        assert!(
            message.contains("missing")
                && message.contains("stale")
                && !message.contains("a: differs")
        );
    }
}
