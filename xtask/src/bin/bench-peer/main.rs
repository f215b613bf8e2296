//! The two ends of the bench, each a process of its own: the canned upstream and the load generator.
//!
//! They are not part of `xtask` itself because they must be built for speed, and because a small program is.

use std::{error::Error, io::Write, net::SocketAddr, process::ExitCode};

use clap::{Parser, Subcommand};

mod answers;
mod client;
mod decoder;
mod load;
mod processes;
mod tally;
mod upstream;
mod worker;

#[path = "../../bench/canned.rs"]
mod canned;
#[path = "../../bench/outcome.rs"]
mod outcome;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers with what was prepared, until it is killed.
    Upstream {
        /// Where to listen.
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Asks, measures, and prints one line of JSON.
    Load(load::Plan),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error cannot be told to anybody.
            let _ = writeln!(std::io::stderr(), "bench-peer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    match cli.command {
        Command::Upstream { listen } => upstream::serve(listen)?,
        Command::Load(plan) => {
            let outcome = load::run(&plan)?;
            writeln!(std::io::stdout(), "{}", serde_json::to_string(&outcome)?)?;
        }
    }
    Ok(())
}
