//! The library crates can be published: their manifests are complete, cargo packages them, and each package holds what
//! its code includes.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use crate::{
    failure::{Failure, Outcome},
    process,
    workspace::{Package, Workspace},
};

/// Packages all of them together, so that they need not be in a registry to find each other.
///
/// The code in the packages is not built once more: it is the code that the other steps built, and what can go missing
/// between the tree and a package is looked for in the packages' lists.
pub(super) fn run(workspace: &Workspace) -> Outcome {
    let packages: Vec<&Package> = workspace.published().collect();
    for package in &packages {
        complete(package)?;
        let listed = listed(workspace, package)?;
        let folder = package.manifest_path.parent().unwrap_or(&workspace.root);
        for needed in needed(folder, &listed)? {
            if !listed.contains(&needed) {
                let what = format!("the package of {} lacks {}", package.name, needed.display());
                return Err(Failure::new(what)
                    .hint("its code includes the file; move it into the crate's folder"));
            }
        }
    }
    let mut cargo = workspace.cargo();
    cargo.args(["package", "--no-verify", "--allow-dirty", "--quiet"]);
    process::run(
        cargo.args(
            packages
                .iter()
                .flat_map(|package| ["--package", &*package.name]),
        ),
    )?;
    let names: Vec<&str> = packages.iter().map(|package| &*package.name).collect();
    println!("packaged: {}", names.join(", "));
    Ok(())
}

/// What a registry asks for, and what its readers look for.
fn complete(package: &Package) -> Outcome {
    let members = [
        ("description", package.description.is_some()),
        ("license", package.license.is_some()),
        ("readme", package.readme.is_some()),
        ("keywords", !package.keywords.is_empty()),
        ("categories", !package.categories.is_empty()),
    ];
    match members.iter().find(|(_, is_there)| !is_there) {
        Some((member, _)) => {
            let what = format!("the manifest of {} has no `{member}`", package.name);
            Err(Failure::new(what))
        }
        None => Ok(()),
    }
}

/// The files of the package, as cargo would pack them.
fn listed(workspace: &Workspace, package: &Package) -> Outcome<Vec<PathBuf>> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "package",
        "--list",
        "--allow-dirty",
        "--package",
        &package.name,
    ]);
    let list = process::capture(&mut cargo)?;
    Ok(list.lines().map(PathBuf::from).collect())
}

/// The files that the package's own code includes, from the package's folder. Tests may look at the whole tree.
fn needed(folder: &Path, listed: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut needed = Vec::new();
    let is_code = |path: &&PathBuf| {
        path.extension().is_some_and(|ending| ending == "rs")
            && !path.iter().any(|part| part == "tests")
    };
    for source in listed.iter().filter(is_code) {
        let path = folder.join(source);
        let text =
            fs::read_to_string(&path).map_err(|error| Failure::because(path.display(), error))?;
        let beside = source.parent().unwrap_or(Path::new(""));
        needed.extend(included(&text).map(|file| plain(&beside.join(file))));
    }
    Ok(needed)
}

/// The paths in `include_str!("...")` and `include_bytes!("...")`.
fn included(text: &str) -> impl Iterator<Item = &str> {
    let calls = ["include_str!(\"", "include_bytes!(\""];
    calls.into_iter().flat_map(|call| {
        text.split(call)
            .skip(1)
            .filter_map(|rest| rest.split_once('"').map(|(path, _)| path))
    })
}

/// The path without `..` where a part before it can be taken away.
fn plain(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::CurDir, _) => {}
            (part, _) => parts.push(part),
        }
    }
    parts.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_the_code_includes_are_found_from_where_it_includes_them() {
        let text = "a(include_str!(\"../README.md\")); b(include_bytes!(\"x/y.bin\"))";
        let found: Vec<PathBuf> = included(text)
            .map(|file| plain(&Path::new("src/deep").join(file)))
            .collect();
        assert_eq!(
            found,
            [Path::new("src/README.md"), Path::new("src/deep/x/y.bin")]
        );
        assert_eq!(
            plain(Path::new("src/../../LICENSE")),
            Path::new("../LICENSE")
        );
    }

    #[test]
    fn a_manifest_without_a_readers_words_is_found() {
        let mut manifest = serde_json::json!({
            "name": "a", "version": "1.0.0", "license": "MIT", "description": "d", "readme": "README.md",
            "keywords": ["k"], "categories": ["c"], "publish": null, "manifest_path": "a/Cargo.toml", "targets": [],
        });
        let complete = |manifest: &serde_json::Value| {
            complete(&serde_json::from_value(manifest.clone()).unwrap())
        };
        assert_eq!(complete(&manifest), Ok(()));
        manifest["keywords"] = serde_json::json!([]);
        assert!(
            complete(&manifest)
                .unwrap_err()
                .to_string()
                .contains("`keywords`")
        );
    }
}
