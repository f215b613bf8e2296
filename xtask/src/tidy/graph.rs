//! Who may depend on whom: the layers of the architecture, and crates that are kept out altogether.

use super::Finding;
use crate::{failure::Outcome, process, workspace::Workspace};

/// What a layer is kept free of, with all of its features on.
struct Layer {
    package: &'static str,
    free_of: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer {
        package: "gateway-types",
        free_of: &["tokio", "reqwest", "axum", "hyper", "gateway-client"],
    },
    Layer {
        package: "gateway-client",
        free_of: &["axum", "gateway-providers"],
    },
    Layer {
        package: "gateway-providers",
        free_of: &["axum", "sqlx", "gateway-router"],
    },
    Layer {
        package: "gateway-router",
        free_of: &["axum", "sqlx", "gateway-server"],
    },
    Layer {
        package: "gateway-server",
        free_of: &["gateway-testkit"],
    },
];

/// A crate that no build may use.
struct Ban {
    name: &'static str,
    reason: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        name: "ring",
        reason: "a second cryptography beside aws-lc-rs",
    },
    Ban {
        name: "openssl-sys",
        reason: "builds need no system library",
    },
    Ban {
        name: "native-tls",
        reason: "TLS is rustls, the same on every platform",
    },
    Ban {
        name: "rsa",
        reason: "RUSTSEC-2023-0071: private keys leak through timing",
    },
    Ban {
        name: "serde_yaml",
        reason: "archived",
    },
    Ban {
        name: "serde_yml",
        reason: "RUSTSEC-2025-0068: unsound",
    },
    Ban {
        name: "tiktoken-rs",
        reason: "panics on long runs of spaces, which a request may hold",
    },
    Ban {
        name: "reqwest-eventsource",
        reason: "buffers without a bound and stops at an old reqwest",
    },
];

/// No layer reaches what is above it.
pub(super) fn layers(workspace: &Workspace) -> Outcome<Vec<Finding>> {
    let mut findings = Vec::new();
    for layer in LAYERS {
        let used = used(workspace, &["--package", layer.package, "--all-features"])?;
        let wrong = layer
            .free_of
            .iter()
            .filter(|name| used.iter().any(|used| used == *name));
        findings.extend(wrong.map(|name| {
            let message = format!(
                "depends on `{name}`; see it with `cargo tree -p {} -i {name}`",
                layer.package
            );
            Finding::new(layer.package, None, message)
        }));
    }
    Ok(findings)
}

/// No banned crate is in any build of any platform.
pub(super) fn banned(workspace: &Workspace) -> Outcome<Vec<Finding>> {
    Ok(bans(&used(workspace, &["--workspace", "--all-features"])?))
}

fn bans(used: &[String]) -> Vec<Finding> {
    let hit = BANS
        .iter()
        .filter(|ban| used.iter().any(|used| used == ban.name));
    hit.map(|ban| {
        let message = format!(
            "kept out: {}; see who uses it with `cargo tree --target all -i {}`",
            ban.reason, ban.name
        );
        Finding::new(ban.name, None, message)
    })
    .collect()
}

/// The names of all packages that a build uses, on any platform, tests aside.
fn used(workspace: &Workspace, selection: &[&str]) -> Outcome<Vec<String>> {
    let mut tree = workspace.cargo();
    tree.args([
        "tree",
        "--target",
        "all",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
    ]);
    Ok(names(&process::capture(
        tree.args(["--format", "{p}"]).args(selection),
    )?))
}

/// The names in lines such as `bytes v1.12.1 (*)`.
fn names(tree: &str) -> Vec<String> {
    let mut names: Vec<String> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_cargos_tree() {
        let tree = "a v1.0.0 (path)\nring v0.17.0\nserde v1.0.0\nserde v1.0.0 (*)\n\n";
        let names = names(tree);
        assert_eq!(names, ["", "a", "ring", "serde"]);
        let found: Vec<String> = bans(&names)
            .into_iter()
            .map(|finding| finding.place)
            .collect();
        assert_eq!(found, ["ring"]);
    }

    #[test]
    fn the_layers_are_packages_of_this_workspace_and_see_what_is_below() {
        let workspace = Workspace::load().unwrap();
        let server = used(
            &workspace,
            &["--package", "gateway-server", "--all-features"],
        )
        .unwrap();
        for layer in LAYERS {
            assert!(
                server.iter().any(|name| name == layer.package),
                "{}",
                layer.package
            );
        }
        assert!(
            server.iter().any(|name| name == "axum"),
            "the rules would see axum"
        );
    }
}
