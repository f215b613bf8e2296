//! The `gateway` program: reads the command line, serves, and stops in good order.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use gateway_server::{
    Composer, RunningServer,
    cli::{BAD_CONFIGURATION, Cli, Command, Loaded, Options, write_config_schema},
    compose::line_format,
    config::Environment,
    observe::access_log::LineFormat,
    openapi,
    reload::Reloader,
    welcome,
};
use tokio::signal;
use tracing_subscriber::{EnvFilter, fmt};

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

fn serve(options: Options, environment: Environment) -> ExitCode {
    let loaded = match options.load(&environment) {
        Ok(loaded) => loaded,
        Err(problems) => {
            report(&problems.to_string());
            return ExitCode::from(BAD_CONFIGURATION);
        }
    };
    start_log(&loaded);
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
    match runtime.block_on(run(options, environment, loaded)) {
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
) -> Result<(), Box<dyn std::error::Error>> {
    let settings = &loaded.settings;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let welcome = welcome::Welcome::of(settings, loaded.file.as_deref());
    let mut composer = Composer::new(settings.server.worker_threads.get());
    let server = RunningServer::start(composer.compose(settings.clone())?).await?;
    let reloader = Reloader::new(options, environment, &loaded, composer);
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

/// Diagnostics go to standard error, in the same form as the access log.
fn start_log(loaded: &Loaded) {
    let logging = &loaded.settings.logging;
    let filter = EnvFilter::try_new(&logging.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match line_format(logging.format) {
        LineFormat::Json => log.json().flatten_event(true).init(),
        LineFormat::Text => log.with_target(false).init(),
    }
}

/// For the person at the terminal; a closed standard error is no reason to stop.
fn report(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
