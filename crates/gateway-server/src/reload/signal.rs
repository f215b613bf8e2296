//! SIGHUP, where there is one.

use std::future::pending;

/// Hang-up signals as they come.
#[derive(Debug)]
pub(super) struct Hangups {
    #[cfg(unix)]
    signals: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    /// From now on the signal does not end the process.
    pub(super) fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let signals = signal(SignalKind::hangup())
                .inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be heard"))
                .ok();
            Self { signals }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// The next one; for ever where there is none.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signals) = &mut self.signals
            && signals.recv().await.is_some()
        {
            return;
        }
        pending::<()>().await;
    }
}
