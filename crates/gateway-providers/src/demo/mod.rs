//! The built-in `demo` provider: answers without a network, a key or a model, the same every time.
//!
//! It is what the first `curl` of a fresh machine talks to, what examples and tests run against, and, through
//! [`engine`], what a test server or a load target serves over HTTP. Every answer says that it is a demo:
//! header `x-gateway-demo: true`, `owned_by: "gateway-demo"`, `system_fingerprint: "fp_demo"`, and the text.
//!
//! [`engine`] is pure: a request gives a script of body pieces with delays. [`DemoTransport`] plays the scripts in
//! the place of a network, and [`DemoProvider`] is the provider of OpenAI's dialect over that transport: what a
//! demo model does wrong is met by the same checks as an upstream's faults. The models, those that misbehave on purpose among them, are data: [`MODELS`].

pub mod engine;
mod models;
mod provider;
#[cfg(test)]
mod tests;
mod transport;

use std::time::Duration;

pub use self::{
    models::{DemoModel, MODELS, Role},
    provider::{DemoError, DemoProvider},
    transport::DemoTransport,
};

/// The name of the provider and the id of its vendor.
pub const DEMO: &str = "demo";

/// The `owned_by` of the demo models.
pub const OWNED_BY: &str = "gateway-demo";

/// The header that marks every answer of the demo provider.
pub const DEMO_HEADER: &str = "x-gateway-demo";

/// Settings of the demo provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoConfig {
    /// The wait before each word of a stream. Default 20 ms; a request's `x_demo_pace_ms` overrides it.
    pub pace: Duration,
    /// Whether the models that misbehave on purpose are listed. They always answer. Default false.
    pub list_faults: bool,
}

impl Default for DemoConfig {
    fn default() -> Self {
        Self {
            pace: Duration::from_millis(20),
            list_faults: false,
        }
    }
}
