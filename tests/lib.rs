//! What the end-to-end suites share with the contract tests of the official SDKs: the fault table and its upstreams. See
//! `e2e/` for the stories that run against scripted upstreams, `sdk/` for the contract tests, and `seeds/` for the command
//! lines that both fulfil.
#![expect(clippy::expect_used, reason = "a test kit fails by panicking")]

pub mod answers;
pub mod fault_table;
