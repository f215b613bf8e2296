//! The accept loop: connections are bounded in number, in time and in what their heads may hold, and end in good
//! order.
//!
//! `axum::serve` sets no timer, so that a client which sends one byte a minute holds its connection for ever, and
//! waits without end for open streams. Hence a loop of our own on hyper-util.

mod accept;
mod busy;
mod certificate;
mod connection;
mod deadlines;
mod linger;
mod own_answer;
mod presence;
mod protocol;
mod stall;
mod terms;
mod tls;
mod window;

use std::time::Duration;

pub(crate) use self::certificate::Certificate;
pub use self::{
    accept::{BindError, Bound, Signals, serve},
    busy::{Busy, Peer},
    terms::ConnectionTerms,
    tls::{TlsError, TlsFiles},
    window::counted,
};

/// Bounds of client connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// The most open connections; more are closed at once. Default 20,000.
    pub max_connections: usize,
    /// The most open connections of one peer address; 0 is no limit. Default 0.
    pub max_connections_per_ip: usize,
    /// From the first byte of a request's head to its end, and for a TLS handshake. Default 10 s.
    pub head: Duration,
    /// How long a connection may stay idle between two requests. Default 75 s.
    pub keep_alive: Duration,
    /// How long bytes of an answer may wait for a client that does not read its connection, or its stream of
    /// HTTP/2. Default 60 s.
    pub write_stall: Duration,
    /// How long open requests may go on after a shutdown began. Default 30 s.
    pub drain: Duration,
    /// The most headers of a request. Default 100.
    pub max_headers: usize,
    /// The largest head of a request in bytes. Default 64 KiB.
    pub max_head_bytes: usize,
    /// The most concurrent requests on one HTTP/2 connection. Default 100.
    pub max_streams: u32,
    /// The most bytes of request bodies that one HTTP/2 connection may have sent and nobody has read, a quarter of it on
    /// one stream. Default 1 MiB.
    pub http2_window: u32,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 20_000,
            max_connections_per_ip: 0,
            head: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            write_stall: Duration::from_secs(60),
            drain: Duration::from_secs(30),
            max_headers: 100,
            max_head_bytes: 64 * 1024,
            max_streams: 100,
            http2_window: 1 << 20,
        }
    }
}
