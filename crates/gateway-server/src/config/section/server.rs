//! `[server]`: where it listens, and how long it waits for its callers.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::{TextList, Wait};

/// Where the gateway listens, and how long it waits for its callers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The addresses to listen on, each `host:port`. The host is an IP address, `localhost`, or `*` for every
    /// address. Without API keys only loopback addresses are allowed, unless `auth.allow_anonymous` says otherwise.
    pub listen: TextList,
    /// How many threads serve; 0 for one on each core.
    #[schemars(range(max = 1024))]
    pub worker_threads: usize,
    /// Whether the gateway takes up a change of this file, of a secret's file (`file:PATH`) or of its certificate at
    /// once. SIGHUP makes it do so in any case. Default true.
    pub watch_files: bool,
    /// Serves HTTPS itself. Without it the gateway speaks plain HTTP, e.g. behind a reverse proxy.
    pub tls: Option<Tls>,
    /// How long a caller may take to send a request's headers.
    pub header_timeout: Wait,
    /// How long a caller may pause while it sends a request's body.
    pub body_idle_timeout: Wait,
    /// How long a connection without a request is kept open.
    pub keep_alive_timeout: Wait,
    /// How long a caller may leave sent bytes untaken before its connection is closed. A stream as such has no limit.
    pub write_stall_timeout: Wait,
    /// After how much silence of a live stream a comment keeps the connection awake.
    pub heartbeat: Wait,
    /// How long running requests may take to finish after the gateway was told to stop.
    pub drain_timeout: Wait,
}

/// A certificate and its key.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The certificate chain as a PEM file, the server's own certificate first.
    pub cert_path: Option<PathBuf>,
    /// The private key as a PEM file.
    pub key_path: Option<PathBuf>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: TextList::of(&["127.0.0.1:8080"]),
            worker_threads: 0,
            watch_files: true,
            tls: None,
            header_timeout: Wait::secs(10),
            body_idle_timeout: Wait::secs(30),
            keep_alive_timeout: Wait::secs(75),
            write_stall_timeout: Wait::secs(60),
            heartbeat: Wait::secs(15),
            drain_timeout: Wait::secs(30),
        }
    }
}
