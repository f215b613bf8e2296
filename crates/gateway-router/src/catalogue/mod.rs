//! The models of all providers: fetched in parallel under a deadline, kept, and served while a newer version
//! is on its way.
//!
//! Readers take a [`CatalogueSnapshot`] without a lock and without waiting. A snapshot that has grown old
//! starts one refresh in the background and is served meanwhile. A provider that fails keeps its last good
//! list and is marked; it is asked again sooner than the others.

mod list;
mod refresh;
mod snapshot;

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use gateway_providers::provider::SharedProvider;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

pub use self::{
    list::{CatalogueModel, ListFailure, ListState, ProviderList},
    snapshot::CatalogueSnapshot,
};

/// How a catalogue behaves in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogueSettings {
    /// How long one provider's list may take. Default 5 s.
    pub deadline: Duration,
    /// How long a list is fresh. Default 300 s.
    pub ttl: Duration,
    /// After what time a provider that failed is asked again. Default 15 s.
    pub retry_failed: Duration,
}

impl Default for CatalogueSettings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(5),
            ttl: Duration::from_secs(300),
            retry_failed: Duration::from_secs(15),
        }
    }
}

/// The models of all providers. Clones share one state.
#[derive(Debug, Clone)]
pub struct Catalogue {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The accounts of each provider, one at least.
    providers: Vec<Box<[SharedProvider]>>,
    settings: CatalogueSettings,
    current: ArcSwap<CatalogueSnapshot>,
    refreshing: AtomicBool,
    /// Counts publications, and the ends of refreshes.
    news: watch::Sender<u64>,
}

impl Catalogue {
    /// A catalogue of these providers, all lists pending. Nothing is fetched yet.
    pub fn new(providers: Vec<SharedProvider>, settings: CatalogueSettings) -> Self {
        let alone = |provider| Box::from([provider]);
        Self::with_accounts(providers.into_iter().map(alone), settings)
    }

    /// As [`new`](Self::new), with all accounts of each provider: its models are listed through the first of them
    /// whose credential is taken.
    pub(crate) fn with_accounts(
        providers: impl IntoIterator<Item = Box<[SharedProvider]>>,
        settings: CatalogueSettings,
    ) -> Self {
        let providers: Vec<Box<[SharedProvider]>> = providers.into_iter().collect();
        let pending = Arc::new(ProviderList::pending());
        let lists = vec![pending; providers.len()];
        Self::of(providers, lists, settings)
    }

    /// A catalogue that takes the place of an older one: it has the lists of those providers that are in both, the very
    /// same ones with the very same first account. A provider that only goes by the same name begins anew. Nothing is
    /// fetched yet.
    pub(crate) fn succeeding(
        old: &Self,
        providers: impl IntoIterator<Item = Box<[SharedProvider]>>,
        settings: CatalogueSettings,
    ) -> Self {
        let providers: Vec<_> = providers.into_iter().collect();
        let pending = Arc::new(ProviderList::pending());
        let known = old.peek();
        let same = |old: &[SharedProvider], new: &[SharedProvider]| {
            let first = old.first().zip(new.first());
            first.is_some_and(|(old, new)| Arc::ptr_eq(old, new))
        };
        let of = |accounts: &[SharedProvider]| {
            let mut olds = old.shared.providers.iter().zip(known.lists());
            olds.find(|(old, _)| same(old, accounts))
                .map_or_else(|| Arc::clone(&pending), |(_, list)| Arc::clone(list))
        };
        let lists = providers.iter().map(|accounts| of(accounts)).collect();
        Self::of(providers, lists, settings)
    }

    fn of(
        providers: Vec<Box<[SharedProvider]>>,
        lists: Vec<Arc<ProviderList>>,
        settings: CatalogueSettings,
    ) -> Self {
        let shared = Shared {
            providers,
            settings,
            current: ArcSwap::from_pointee(CatalogueSnapshot::new(lists)),
            refreshing: AtomicBool::new(false),
            news: watch::Sender::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The newest snapshot. Never waits and never calls an upstream itself; where lists are due, one refresh
    /// is started in the background (inside a tokio runtime).
    pub fn snapshot(&self) -> Arc<CatalogueSnapshot> {
        let snapshot = self.shared.current.load_full();
        let due = snapshot.next_due().is_none_or(|due| due <= Instant::now());
        if due && !snapshot.lists().is_empty() {
            self.start_refresh();
        }
        snapshot
    }

    /// The newest snapshot as it is, for reports: starts nothing.
    pub fn peek(&self) -> Arc<CatalogueSnapshot> {
        self.shared.current.load_full()
    }

    /// Looks at snapshot after snapshot, as lists come in, until the look needs no further one or its patience
    /// is at an end; gives what the last look saw.
    ///
    /// `look` says beside its result how long to wait for further lists, counted from the call; `None` ends
    /// the wait at once.
    pub async fn watch<T>(
        &self,
        mut look: impl FnMut(&CatalogueSnapshot) -> (T, Option<Duration>),
    ) -> T {
        let (seen, wait) = look(&self.snapshot());
        if wait.is_none() {
            return seen;
        }
        let start = Instant::now();
        let mut news = self.shared.news.subscribe();
        loop {
            // After subscribing, so that no publication falls between the look and the wait.
            let (seen, wait) = look(&self.snapshot());
            let Some(wait) = wait else { return seen };
            if timeout_at(start + wait, news.changed()).await.is_err() {
                return look(&self.snapshot()).0;
            }
        }
    }

    /// Starts a refresh of the lists that are due, unless one is running.
    fn start_refresh(&self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if !self.shared.refreshing.swap(true, Ordering::AcqRel) {
            runtime.spawn(refresh::run(self.shared.clone()));
        }
    }
}
