//! The gateway's own tasks, run as `cargo xtask COMMAND`: what CI runs, what generates files, what measures.
#![expect(
    clippy::print_stdout,
    reason = "a task tells the person at the terminal what it does"
)]

mod bench;
mod ci;
mod codegen;
mod failure;
mod fuzz;
mod process;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::{
    failure::{Failure, Outcome},
    workspace::Workspace,
};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The gateway's own tasks.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that must hold, in order; stops at the first failure and says what to do.
    Ci(ci::Arguments),
    /// Writes the files that are made from the code: OpenAPI, the configuration's schema, tables of the documentation.
    Codegen(codegen::Arguments),
    /// Rules of the tree that the compiler and clippy cannot check.
    Tidy,
    /// Feeds what reads an upstream's bytes with anything, a minute each: a job of its own, not part of `ci`.
    Fuzz(fuzz::Options),
    /// Measures the release gateway beside nginx, and checks the targets.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    run(Cli::parse().command).unwrap_or_else(|failure| {
        println!("\n{failure}");
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> Outcome<ExitCode> {
    match command {
        Command::Ci(arguments) => ci::run(&Workspace::load()?, &arguments)?,
        Command::Codegen(arguments) => codegen::run(&Workspace::load()?, arguments)?,
        Command::Tidy => tidy::run(&Workspace::load()?)?,
        Command::Fuzz(options) => fuzz::run(&Workspace::load()?, &options)?,
        Command::Bench(options) => {
            return bench::run(&options).map_err(|error| Failure::because("the bench", error));
        }
    }
    Ok(ExitCode::SUCCESS)
}
