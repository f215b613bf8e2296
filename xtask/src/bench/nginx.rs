//! nginx as a reverse proxy for the same upstream: what the least work costs that a proxy can do.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::process::{Running, Subject, await_listener, free_address};
use crate::failure::{Failure, Outcome as Done};

/// Worker processes of nginx, and worker threads of the gateway.
pub(crate) const WORKERS: usize = 2;

/// Starts nginx where there is one, or can be one.
pub(crate) fn start(folder: &Path, upstream: SocketAddr) -> Done<Option<Subject>> {
    if !is_installed() && !install() {
        println!(
            "\nnginx IS MISSING: there is nothing to compare with, and targets that are ratios cannot be checked.\n\
             Install it (Debian: apt-get install nginx-light) and run the bench again.\n",
        );
        return Ok(None);
    }
    let address = free_address()?;
    let file = folder.join("nginx.conf");
    let output = fs::write(&file, configuration(address, upstream, is_root()))
        .and_then(|()| File::create(folder.join("nginx.out")))
        .map_err(|error| Failure::because(folder.display(), error))?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(&file).args([
        "-g",
        "daemon off;",
        "-e",
        "nginx.err",
    ]);
    let process = Running::start_logged(&command, output)
        .map_err(|error| Failure::because("nginx", error))?;
    await_listener(address)?;
    let mut pids = vec![process.pid()];
    pids.extend(workers(&process)?);
    Ok(Some(Subject {
        name: "nginx",
        address,
        pids,
        process,
    }))
}

fn workers(process: &Running) -> Done<Vec<u32>> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        let workers = process.children();
        if workers.len() == WORKERS {
            return Ok(workers);
        }
        thread::sleep(Duration::from_millis(20));
    }
    Err(Failure::new(
        "the worker processes of nginx cannot be found",
    ))
}

fn is_installed() -> bool {
    let version = Command::new("nginx")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

fn install() -> bool {
    if !is_root() {
        return false;
    }
    println!("nginx is missing: installing it with `apt-get install nginx-light`.");
    let update = Command::new("apt-get")
        .args(["update", "-q"])
        .stdout(Stdio::null())
        .status();
    if !update.is_ok_and(|status| status.success()) {
        return false;
    }
    let install = Command::new("apt-get")
        .args([
            "install",
            "-y",
            "-q",
            "--no-install-recommends",
            "nginx-light",
        ])
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status();
    install.is_ok_and(|status| status.success()) && is_installed()
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.and_then(|uid| uid.split_ascii_whitespace().next()) == Some("0")
}

/// A proxy that does nothing badly: connections are kept on both sides, a body of 100 KB stays in memory (with the
/// default buffer nginx would write it to a file and cost more), streams are passed on at once.
fn configuration(address: SocketAddr, upstream: SocketAddr, as_root: bool) -> String {
    let user = if as_root { "user root;\n" } else { "" };
    format!(
        r#"{user}worker_processes {WORKERS};
pid nginx.pid;
error_log nginx.err warn;
events {{ worker_connections 30000; }}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_body_buffer_size 256k;
    client_max_body_size 32m;
    keepalive_requests 1000000000;
    tcp_nodelay on;
    upstream canned {{
        server {upstream};
        keepalive 512;
        keepalive_requests 1000000000;
    }}
    server {{
        listen {address} backlog=4096;
        location / {{
            proxy_pass http://canned;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 600s;
        }}
    }}
}}
"#
    )
}
