//! `[timeouts]`: how long each phase of an upstream call may take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::Wait;

/// How long each phase of an upstream call may take. A provider may differ in its own `timeouts`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeouts {
    /// To make a connection, TLS included.
    pub connect: Wait,
    /// Of a stream: from sending to the first valid event.
    pub first_token: Wait,
    /// Of a stream: between two pieces. A live stream has no other limit.
    pub idle: Wait,
    /// Of a whole answer: from sending to its last byte.
    pub total: Wait,
    /// How long a stream's head is held back for the first valid event, so that a fault still gets its own status.
    /// After that the caller gets its 200, and later faults arrive inside the stream.
    pub hold: Wait,
}

impl Default for Timeouts {
    fn default() -> Self {
        let upstream = gateway_providers::call::Timeouts::default();
        Self {
            connect: Wait::secs(10),
            first_token: Wait(upstream.first_token),
            idle: Wait(upstream.idle),
            total: Wait(upstream.total),
            hold: Wait(upstream.hold),
        }
    }
}
