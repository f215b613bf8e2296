//! The `gateway` program: reads the command line, serves, and stops in good order.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use gateway_server::{
    Composer, RunningServer,
    cli::{BAD_CONFIGURATION, Cli, Command, Loaded, Options, write_config_schema},
    config::Environment,
    explain::Question,
    observe::diagnostics::Diagnostics,
    openapi,
    reload::Reloader,
    welcome,
};
use tokio::signal;

/// Many small allocations in many threads: the system's allocator costs about a tenth more per request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a process ends with that could not start for a reason outside of its configuration.
const CANNOT_START: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::from_process();
    let mut out = io::stdout().lock();
    let done = match cli.command {
        Some(Command::Check) => cli.options.check(&environment, &mut out),
        Some(Command::Explain(question)) => {
            explain(&cli.options, &environment, &question, &mut out)
        }
        Some(Command::ConfigSchema) => write_config_schema(&mut out).map(|()| ExitCode::SUCCESS),
        Some(Command::Openapi) => {
            writeln!(out, "{}", openapi::pretty()).map(|()| ExitCode::SUCCESS)
        }
        None => {
            drop(out);
            Ok(serve(cli.options, environment))
        }
    };
    done.unwrap_or(ExitCode::FAILURE)
}

/// `gateway explain`.
fn explain(
    options: &Options,
    environment: &Environment,
    question: &Question,
    out: &mut dyn Write,
) -> io::Result<ExitCode> {
    let settings = match options.load(environment) {
        Ok(loaded) => loaded.settings,
        Err(problems) => {
            report(&problems.to_string());
            return Ok(ExitCode::from(BAD_CONFIGURATION));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(question.answer(settings, out))
}

fn serve(options: Options, environment: Environment) -> ExitCode {
    let loaded = match options.load(&environment) {
        Ok(loaded) => loaded,
        Err(problems) => {
            report(&problems.to_string());
            return ExitCode::from(BAD_CONFIGURATION);
        }
    };
    let log = Diagnostics::start(&loaded.settings.logging);
    // This thread accepts connections and waits for signals; the workers serve.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            report(&format!("the runtime cannot start: {error}"));
            return ExitCode::from(CANNOT_START);
        }
    };
    match runtime.block_on(run(options, environment, loaded, log)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&format!("the gateway cannot start: {error}"));
            ExitCode::from(CANNOT_START)
        }
    }
}

async fn run(
    options: Options,
    environment: Environment,
    loaded: Loaded,
    log: Diagnostics,
) -> Result<(), Box<dyn std::error::Error>> {
    let settings = &loaded.settings;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let welcome = welcome::Welcome::of(settings, loaded.file.as_deref());
    let mut composer = Composer::new(settings.server.worker_threads.get());
    let server = RunningServer::start(composer.compose(settings.clone())?).await?;
    let reloader = Reloader::new(options, environment, &loaded, composer, log);
    drop(loaded);
    report(&welcome.text(server.addresses()));
    tokio::select! {
        () = asked_to_stop() => {}
        never = reloader.run(&server) => match never {},
    }
    tracing::info!("stopping: open requests may finish");
    server.shutdown().await;
    Ok(())
}

/// Waits for SIGINT or SIGTERM.
async fn asked_to_stop() {
    let interrupt = signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) else {
            // Without handlers the default action ends the process all the same.
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

/// For the person at the terminal; a closed standard error is no reason to stop.
fn report(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
