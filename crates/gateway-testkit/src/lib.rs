#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test kit fails by panicking"
)]

#[cfg(feature = "gateway")]
mod gateway;
mod runtime;
mod wire;

pub mod client;
pub mod golden;
pub mod sse;
pub mod upstream;

pub use client::{RawClient, Request, Response};
#[cfg(feature = "gateway")]
pub use gateway::{GatewayUnderTest, Stopping};
pub use runtime::runtime;
pub use upstream::{Gate, RecordedRequest, Reply, ScriptedUpstream};
pub use wire::Head;
