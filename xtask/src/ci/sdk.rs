//! The steps that need other people's packages: the official SDKs and the validators. They go into the target folder.

use std::{path::PathBuf, process::Command};

use crate::{failure::Outcome, process, workspace::Workspace};

/// From PyPI: the SDK whose type definitions ours are measured against, and the validators.
const PYTHON_PACKAGES: &[&str] = &[
    "openai>=3.52,<4",
    "openapi-spec-validator>=0.9,<1",
    "jsonschema>=4.26,<5",
];

/// A schema must itself be valid, and must take the example of the configuration.
const CHECK_SCHEMA: &str = "
import json, sys, tomllib
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
Draft202012Validator(schema).validate(tomllib.load(open(sys.argv[2], 'rb')))
print(sys.argv[1] + ': OK, and takes ' + sys.argv[2])
";

/// The contract tests with openai-python and openai-node, which install the two for themselves.
pub(super) fn contracts(workspace: &Workspace) -> Outcome {
    let mut python = Command::new("python3");
    python
        .arg("tests/sdk/run.py")
        .env("GATEWAY_BIN", workspace.built("gateway"));
    process::run(python.current_dir(&workspace.root))
}

/// The completeness of our types, and the tests of the program that measures it.
pub(super) fn completeness(workspace: &Workspace) -> Outcome {
    let python = python(workspace)?;
    let run = |arguments: &[&str]| {
        process::run(
            Command::new(&python)
                .args(arguments)
                .current_dir(&workspace.root),
        )
    };
    run(&["tests/sdk/completeness/check.py"])?;
    run(&["-m", "unittest", "discover", "-s", "tests/sdk/completeness"])
}

/// The OpenAPI document and the configuration's schema.
pub(super) fn documents(workspace: &Workspace) -> Outcome {
    let python = python(workspace)?;
    let run = |arguments: &[&str]| {
        process::run(
            Command::new(&python)
                .args(arguments)
                .current_dir(&workspace.root),
        )
    };
    run(&["-m", "openapi_spec_validator", "openapi/openapi.json"])?;
    run(&[
        "-c",
        CHECK_SCHEMA,
        "openapi/config.schema.json",
        "gateway.example.toml",
    ])
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
