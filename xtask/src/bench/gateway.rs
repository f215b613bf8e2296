//! The gateway as it is measured: with keys, metrics and the access log on, and nothing switched off.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::Path,
    process::Command,
};

use super::{
    nginx,
    process::{Running, Subject, await_listener, free_address},
};
use crate::failure::{Failure, Outcome as Done};

/// What is set beside what every gateway here has: lines of the configuration, often none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Setting {
    /// Of the provider.
    pub(crate) provider: &'static str,
    /// Of `[limits]`.
    pub(crate) limits: &'static str,
}

/// Starts the gateway in front of the upstream.
pub(crate) fn start(
    program: &Path,
    folder: &Path,
    upstream: SocketAddr,
    setting: Setting,
) -> Done<Subject> {
    let address = free_address()?;
    let file = folder.join("gateway.toml");
    let log = fs::write(&file, configuration(address, upstream, setting))
        .and_then(|()| File::create(folder.join("gateway.log")))
        .map_err(|error| Failure::because(folder.display(), error))?;
    let mut command = Command::new(program);
    command
        .arg("--config")
        .arg(&file)
        .env("API_KEYS", "bench-key,another-key")
        .env("BENCH_UPSTREAM_KEY", "upstream-key-0123456789")
        .env("TOKIO_WORKER_THREADS", nginx::WORKERS.to_string());
    let process = Running::start_logged(&command, log)
        .map_err(|error| Failure::because("the gateway", error))?;
    await_listener(address)?;
    Ok(Subject {
        name: "gateway",
        address,
        pids: vec![process.pid()],
        process,
    })
}

fn configuration(address: SocketAddr, upstream: SocketAddr, setting: Setting) -> String {
    let Setting { provider, limits } = setting;
    format!(
        r#"[server]
listen = ["{address}"]

[providers.bench]
vendor = "custom"
base_url = "http://{upstream}/v1"
api_key = "${{BENCH_UPSTREAM_KEY}}"
{provider}

[limits]
{limits}
"#
    )
}
