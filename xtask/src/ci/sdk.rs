//! The steps that need other people's packages: the official SDKs and the validators. They go into the target folder.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{failure::Outcome, process, workspace::Workspace};

/// From PyPI: the SDK whose type definitions ours are measured against, and the validators.
const PYTHON_PACKAGES: &[&str] = &[
    "openai>=3.52,<4",
    "openapi-spec-validator>=0.9,<1",
    "jsonschema>=4.26,<5",
];

/// The contract tests with openai-python and openai-node, and the judgement of the providers' own SDKs. They install
/// the SDKs for themselves.
pub(super) fn contracts(workspace: &Workspace) -> Outcome {
    ["tests/sdk/run.py", "tests/sdk/judges/run.py"]
        .iter()
        .try_for_each(|script| {
            let mut python = Command::new("python3");
            python
                .arg(script)
                .env("GATEWAY_BIN", workspace.built("gateway"));
            process::run(python.current_dir(&workspace.root))
        })
}

/// The completeness of our types, and the tests of the program that measures it.
pub(super) fn completeness(workspace: &Workspace) -> Outcome {
    let python = python(workspace)?;
    let calls: [&[&str]; 2] = [
        &["tests/sdk/completeness/check.py"],
        &["-m", "unittest", "discover", "-s", "tests/sdk/completeness"],
    ];
    calls
        .iter()
        .try_for_each(|call| in_root(workspace, &python, call))
}

/// The OpenAPI document in both versions, and the configuration's schema.
pub(super) fn documents(workspace: &Workspace) -> Outcome {
    let python = python(workspace)?;
    let calls: [&[&str]; 2] = [
        &[
            "-m",
            "openapi_spec_validator",
            "openapi/openapi.json",
            "openapi/openapi-3.2.json",
        ],
        &[
            "xtask/src/ci/check_schema.py",
            "openapi/config.schema.json",
            "gateway.example.toml",
        ],
    ];
    calls
        .iter()
        .try_for_each(|call| in_root(workspace, &python, call))
}

fn in_root(workspace: &Workspace, python: &Path, arguments: &[&str]) -> Outcome {
    process::run(
        Command::new(python)
            .args(arguments)
            .current_dir(&workspace.root),
    )
}

/// The interpreter of a virtual environment with the packages.
fn python(workspace: &Workspace) -> Outcome<PathBuf> {
    let venv = workspace.target.join("sdk").join("python");
    let python = venv.join("bin").join("python");
    if !python.is_file() {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    println!("PyPI packages for {}:", venv.display());
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    process::run(pip.args(PYTHON_PACKAGES))?;
    Ok(python)
}
