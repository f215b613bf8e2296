//! `[limits]`: how much of anything is accepted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::ByteSize;

/// How much of anything is accepted.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest body of a request; a larger one is answered 413.
    pub max_request_body: ByteSize,
    /// The most memory that the bodies of all requests take together, at least one whole body; a request beyond
    /// it is answered 503 at once.
    pub max_request_memory: ByteSize,
    /// How deep a request's JSON may be nested; deeper is answered 400.
    #[schemars(range(min = 1, max = 128))]
    pub max_json_depth: usize,
    /// The largest whole answer of an upstream.
    pub max_response_body: ByteSize,
    /// The largest single event in an upstream's stream.
    pub max_event: ByteSize,
    /// The most connections of callers at one time.
    #[schemars(range(min = 1))]
    pub max_connections: usize,
    /// The most connections from one address at one time; 0 for no such limit, e.g. behind a reverse proxy.
    pub max_connections_per_ip: usize,
    /// The most whole answers that are awaited although their callers have gone, so that their tokens are counted;
    /// 0 cancels them at once.
    pub max_detached_requests: usize,
    /// The most headers in a request.
    #[schemars(range(min = 1, max = 1000))]
    pub max_headers: usize,
    /// The largest head of a request: its line and headers.
    pub max_header_size: ByteSize,
    /// The most requests at one time on one HTTP/2 connection.
    #[schemars(range(min = 1))]
    pub max_streams_per_connection: u32,
    /// How much of its requests' bodies one HTTP/2 connection may have sent before anybody reads it; one request may
    /// have sent a quarter of that. It is counted in `max_request_memory`, and a caller far away sends so much in one
    /// round trip and no more. 64 KiB to 16 MiB.
    pub http2_window: ByteSize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_request_body: ByteSize::mib(32),
            max_request_memory: ByteSize::mib(1024),
            max_json_depth: 64,
            max_response_body: ByteSize::mib(64),
            max_event: ByteSize::mib(8),
            max_connections: 20_000,
            max_connections_per_ip: 0,
            max_detached_requests: 256,
            max_headers: 100,
            max_header_size: ByteSize::kib(64),
            max_streams_per_connection: 100,
            http2_window: ByteSize::mib(1),
        }
    }
}
