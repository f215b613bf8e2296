//! Active probes: providers that are asked for their model list in a rhythm of their own, while the gateway runs.

use std::sync::{Arc, Weak};

use gateway_router::failover::Check;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Live};

/// Begins to ask the providers that the newest configuration wants to be asked, until a newer one takes its place or the
/// gateway shuts down. Inside a tokio runtime; returns at once.
pub fn start(app: &Arc<App>) {
    let live = app.live();
    for check in live.router.checks() {
        let probing = Probing {
            app: Arc::downgrade(app),
            live: Arc::downgrade(&live),
            draining: app.process().draining.clone(),
            check,
        };
        tokio::spawn(probing.run());
    }
}

struct Probing {
    app: Weak<App>,
    live: Weak<Live>,
    draining: CancellationToken,
    check: Check,
}

impl Probing {
    async fn run(self) {
        let asking = async {
            loop {
                sleep(self.check.pause()).await;
                let Some(live) = self.current() else { return };
                let attempt = live.router.check(&self.check.account).await;
                live.health.note_check(&attempt);
            }
        };
        tokio::select! {
            () = self.draining.cancelled() => {}
            () = asking => {}
        }
    }

    /// The configuration that asked for it, while it is the newest.
    fn current(&self) -> Option<Arc<Live>> {
        let (app, live) = (self.app.upgrade()?, self.live.upgrade()?);
        Arc::ptr_eq(&app.live(), &live).then_some(live)
    }
}
