//! Waits for files to change.
//!
//! Folders are watched, not files: editors and Kubernetes put another file in the place of the old one. What the system
//! tells is a hint only, upon which the contents are looked at.

use std::{collections::BTreeSet, future::pending, path::PathBuf, time::Duration};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::{
    sync::mpsc::{Receiver, channel},
    task::spawn_blocking,
    time::{Instant, timeout},
};

use super::Sources;

/// Nothing may happen for so long before files are looked at, so that none is read half written.
const QUIET: Duration = Duration::from_millis(250);
/// In a folder in which something always happens they are looked at all the same.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Watched folders.
#[derive(Debug)]
pub(super) struct Watch {
    folders: BTreeSet<PathBuf>,
    news: Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Watches the folders of these files.
    pub(super) fn start(sources: &Sources) -> notify::Result<Self> {
        let folders = sources.folders();
        // One piece of news is as good as several.
        let (sender, news) = channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| may_change_contents(&event.kind)) {
                let _ = sender.try_send(());
            }
        })?;
        for folder in &folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self {
            folders,
            news,
            _watcher: watcher,
        })
    }

    /// Whether these are the folders of those files. A link may lead elsewhere than before.
    pub(super) fn covers(&self, sources: &Sources) -> bool {
        self.folders == sources.folders()
    }

    /// Waits until something else is in the files.
    pub(super) async fn changed(&mut self, sources: &Sources) {
        loop {
            settled(&mut self.news).await;
            let known = sources.clone();
            if spawn_blocking(move || known.again() != known)
                .await
                .unwrap_or_default()
            {
                return;
            }
        }
    }
}

/// To be read is no change; whoever looks at the files would hear of it himself.
fn may_change_contents(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(access) => *access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// Waits for news, and then until there are none for a while.
async fn settled(news: &mut Receiver<()>) {
    let Some(()) = news.recv().await else {
        // Whoever brought them is gone.
        return pending().await;
    };
    let latest = Instant::now() + LONGEST_WAIT;
    while Instant::now() < latest && matches!(timeout(QUIET, news.recv()).await, Ok(Some(()))) {}
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn files_are_looked_at_once_it_is_quiet_or_after_long() {
        let (sender, mut news) = channel(1);
        let began = Instant::now();
        let writer = async {
            for _ in 0..4 {
                sleep(Duration::from_millis(200)).await;
                sender.send(()).await.unwrap();
            }
        };
        tokio::join!(writer, settled(&mut news));
        assert_eq!(began.elapsed(), Duration::from_millis(4 * 200 + 250));

        let began = Instant::now();
        let restless = async {
            loop {
                sender.send(()).await.unwrap();
                sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::select! {
            () = restless => {}
            () = settled(&mut news) => {}
        }
        assert_eq!(began.elapsed(), LONGEST_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_watcher_there_is_no_news() {
        let (sender, mut news) = channel(1);
        drop(sender);
        let waited = timeout(Duration::from_secs(3600), settled(&mut news)).await;
        assert!(waited.is_err());
    }
}
