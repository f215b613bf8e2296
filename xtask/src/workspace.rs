//! The workspace as cargo describes it: where it is, what is in it, and which files belong to it.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

use crate::{
    failure::{Failure, Outcome},
    process,
};

/// The workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// Its folder.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// Its own packages.
    pub(crate) packages: Vec<Package>,
}

/// A package, as `cargo metadata` tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) readme: Option<PathBuf>,
    #[serde(default)]
    pub(crate) keywords: Vec<String>,
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    /// The registries that it may go to; absent is any, and an empty list is none.
    pub(crate) publish: Option<Vec<String>>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) targets: Vec<Target>,
    /// The features that it has, each with what it switches on.
    #[serde(default)]
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// One thing that a package builds.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
}

/// A `cargo` to be given arguments: the one that runs us.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo does not answer.
    pub(crate) fn load() -> Outcome<Self> {
        parse(&["--no-deps"])
    }

    /// Every package that a build for any platform may use, ours included.
    ///
    /// # Errors
    /// When cargo does not answer.
    pub(crate) fn all_packages(&self) -> Outcome<Vec<Package>> {
        Ok(parse(&["--all-features"])?.packages)
    }

    /// A `cargo` in the workspace's folder.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = cargo();
        cargo.current_dir(&self.root);
        cargo
    }

    /// A program that `cargo build` made.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target
            .join("debug")
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// The packages that are published.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| package.publish.as_ref().is_none_or(|to| !to.is_empty()))
    }

    /// The files that belong to the tree, relative to its folder and sorted: those that git tracks or would.
    ///
    /// # Errors
    /// When neither git nor the file system can be asked.
    pub(crate) fn files(&self) -> Outcome<Vec<PathBuf>> {
        let mut git = Command::new("git");
        git.args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let mut files = match process::capture(git.current_dir(&self.root)) {
            Ok(listed) => listed
                .split_terminator('\0')
                .map(PathBuf::from)
                .filter(|path| self.root.join(path).is_file())
                .collect(),
            // An exported tree has no history.
            Err(_) => self.walk()?,
        };
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// All files but those in hidden folders, in folders of installed packages and in the target folder.
    fn walk(&self) -> Outcome<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            let failed = |error| Failure::because(folder.display(), error);
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.is_dir() {
                    if path != self.target && !is_foreign(&path) {
                        folders.push(path);
                    }
                } else if let Ok(relative) = path.strip_prefix(&self.root) {
                    found.push(relative.to_owned());
                }
            }
        }
        Ok(found)
    }
}

fn is_foreign(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name != ".ci" && name != ".cargo"
        || matches!(&*name, "node_modules" | "__pycache__")
}

fn parse(arguments: &[&str]) -> Outcome<Workspace> {
    let mut cargo = cargo();
    let told = process::capture(
        cargo
            .args(["metadata", "--format-version", "1"])
            .args(arguments),
    )?;
    serde_json::from_str(&told).map_err(|error| Failure::because("reading cargo metadata", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_and_git_know_this_very_file() {
        let workspace = Workspace::load().unwrap();
        let here = Path::new("xtask/src/workspace.rs");
        assert!(workspace.files().unwrap().iter().any(|file| file == here));
        let walked = workspace.walk().unwrap();
        assert!(walked.iter().any(|file| file == here));
        assert!(!walked.iter().any(|file| file.starts_with("target")));
        let published: Vec<&str> = workspace
            .published()
            .map(|package| &*package.name)
            .collect();
        assert!(published.contains(&"gateway-types") && !published.contains(&"xtask"));
    }
}
