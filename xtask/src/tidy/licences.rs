//! The licences of everything that a build may use, for any platform.

use super::{Finding, spdx};
use crate::{
    failure::Outcome,
    workspace::{Package, Workspace},
};

/// Licences that ask for no more than their notice.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Every package's licence is accepted.
pub(super) fn allowed(workspace: &Workspace) -> Outcome<Vec<Finding>> {
    Ok(workspace
        .all_packages()?
        .iter()
        .filter_map(refused)
        .collect())
}

fn refused(package: &Package) -> Option<Finding> {
    let Package { name, version, .. } = package;
    let place = format!("{name} {version}");
    match &package.license {
        None => Some(Finding::new(&place, None, "its manifest names no licence")),
        Some(expression) if !spdx::is_met(expression, ACCEPTED) => {
            let message = format!(
                "its licence is `{expression}`, which xtask/src/tidy/licences.rs does not accept"
            );
            Some(Finding::new(&place, None, message))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_that_is_missing_or_not_accepted_is_found() {
        let with = |license: Option<&str>| {
            let manifest = serde_json::json!({
                "name": "a", "version": "1.0.0", "license": license, "description": null, "readme": null,
                "publish": null, "manifest_path": "a/Cargo.toml", "targets": [],
            });
            refused(&serde_json::from_value(manifest).unwrap()).map(|finding| finding.place)
        };
        assert_eq!(with(Some("MIT OR GPL-3.0-only")), None);
        assert_eq!(with(Some("GPL-3.0-only")).as_deref(), Some("a 1.0.0"));
        assert_eq!(with(None).as_deref(), Some("a 1.0.0"));
    }
}
