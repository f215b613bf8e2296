//! The server over real sockets against scripted upstreams: one module for each story, one binary for all.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking, helpers of tests as well; what they measured is printed"
)]

mod affinity;
mod auth;
mod bad_input;
mod callers;
mod client_gone;
mod connection;
mod connections;
mod demo;
mod drain;
mod edges;
mod failover;
mod fault_table;
mod first_token;
mod flow;
mod framing;
mod h2_frames;
mod hostile_upstream;
mod images;
mod limits;
mod loops;
mod models;
mod outbound;
mod overload;
mod passthrough;
mod pausing;
mod pools;
mod proxy;
mod proxy_judge;
mod refused;
mod reload;
mod resolution;
mod seeds_curl;
mod slow_client;
mod slow_reader;
mod snippets;
mod state;
mod status;
mod streaming;
mod support;
mod transcripts;
mod unread;
mod vendors;
