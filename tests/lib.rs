//! End-to-end suites: see `e2e/` for the stories that run against scripted upstreams, `sdk/` for the contract tests
//! with the official SDKs, and `seeds/` for the command lines that both fulfil.
