//! What the architecture promises about this crate's sources, read from the sources.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the sources fails"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files and folders that do no IO, look at no clock and know no runtime.
const PURE: &[&str] = &[
    "dialects",
    "peek",
    "stream/form.rs",
    "stream/guard.rs",
    "stream/output.rs",
    "stream/progress.rs",
    "stream/rules.rs",
    "stream/stray.rs",
    "openai/as_stream.rs",
    "openai/models.rs",
    "openai/request.rs",
    "openai/whole.rs",
    "raw_usage.rs",
    "upstream_error.rs",
];

/// What gives it away.
const IMPURE: &[&str] = &[
    "tokio",
    "reqwest",
    "Instant",
    "SystemTime",
    "std::env",
    "std::fs",
    "std::net",
    "async fn",
];

fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    entries
        .flat_map(|entry| sources(&entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// Whether a file is part of tests, which read golden files and recordings.
fn is_test(file: &Path) -> bool {
    file.iter()
        .any(|name| name == "tests" || name == "tests.rs" || name == "proof")
}

#[test]
fn pure_parts_do_no_io() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = 0;
    for part in PURE {
        for file in sources(&root.join(part)) {
            if is_test(file.strip_prefix(&root).unwrap()) {
                continue;
            }
            found += 1;
            let text = fs::read_to_string(&file).unwrap();
            for word in IMPURE {
                assert!(!text.contains(word), "{} mentions {word}", file.display());
            }
        }
    }
    assert!(
        found >= PURE.len() - 1,
        "only `dialects` may be missing, found {found} files"
    );
}

#[test]
fn no_code_branches_on_a_vendors_identity() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in sources(&root) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for branch in [
            "vendor.id ==",
            "vendor.id !=",
            "match vendor",
            "vendor() ==",
        ] {
            assert!(!code.contains(branch), "{} has `{branch}`", file.display());
        }
    }
}
