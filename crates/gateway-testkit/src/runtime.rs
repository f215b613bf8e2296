//! One runtime for every server of a test binary, so that tests stay plain functions and share their servers.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

/// The runtime on which scripted upstreams and gateways run. It lives as long as the process.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("testkit")
            .enable_all()
            .build()
            .expect("a runtime can be built")
    })
}
