//! The examples of the library crates, run as their users run them: against a gateway that serves the demo provider.

use std::{path::Path, process::Command, time::Duration};

use super::demo_gateway::DemoGateway;
use crate::{
    failure::{Failure, Outcome},
    process,
    workspace::{Package, Workspace},
};

/// The crates whose examples are run, and none of them may be without one.
const PACKAGES: &[&str] = &["gateway-client", "gateway-providers"];
const LIMIT: Duration = Duration::from_secs(60);

/// Runs every example; each must end with success.
pub(super) fn run(workspace: &Workspace) -> Outcome {
    let gateway = DemoGateway::start(workspace)?;
    for name in PACKAGES {
        let package = workspace
            .packages
            .iter()
            .find(|package| package.name == *name);
        let examples: Vec<&str> = package.into_iter().flat_map(examples_of).collect();
        if examples.is_empty() {
            return Err(Failure::new(format!("{name} has no examples")));
        }
        for example in examples {
            let program = workspace.built(&Path::new("examples").join(example).to_string_lossy());
            let mut command = Command::new(program);
            command
                .current_dir(&workspace.root)
                .env("GATEWAY_URL", gateway.base_url())
                .env_remove("GATEWAY_API_KEY");
            process::run_within(&mut command, LIMIT)?;
        }
    }
    Ok(())
}

fn examples_of(package: &Package) -> impl Iterator<Item = &str> {
    let is_example = |kinds: &[String]| kinds.iter().any(|kind| kind == "example");
    let targets = package
        .targets
        .iter()
        .filter(move |target| is_example(&target.kind));
    targets.map(|target| target.name.as_str())
}
