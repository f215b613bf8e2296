//! One refresh: every list that is due, all at once, each published as it comes.

use std::sync::{Arc, atomic::Ordering};

use gateway_providers::{
    CallError,
    provider::{ModelListing, SharedProvider},
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{
    Shared,
    list::{ListFailure, ListState, ProviderList},
};
use crate::failover::judgement::{Circumstances, judge};

type Fetched = Result<ModelListing, ListFailure>;

/// Refreshes what is due. The caller has set `refreshing`; it is unset at the end, whatever happens.
pub(super) async fn run(shared: Arc<Shared>) {
    let _running = Running(&shared);
    let mut fetches = JoinSet::new();
    let mut places = std::collections::HashMap::new();
    for place in shared.current.load().due(Instant::now()) {
        let Some(accounts) = shared.providers.get(place) else {
            continue;
        };
        let task = fetches.spawn(fetch(accounts.clone(), shared.settings.deadline));
        places.insert(task.id(), place);
    }
    while let Some(first) = fetches.join_next_with_id().await {
        // Lists that are ready together are published together: each publication builds the index anew.
        let ready =
            std::iter::once(first).chain(std::iter::from_fn(|| fetches.try_join_next_with_id()));
        let outcomes = ready.filter_map(|joined| match joined {
            Ok((id, fetched)) => Some((*places.get(&id)?, fetched)),
            Err(error) => Some((*places.get(&error.id())?, Err(ListFailure::Panicked))),
        });
        publish(&shared, outcomes.collect());
    }
}

/// Says that no refresh runs any more, also when the task is cancelled.
struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.refreshing.store(false, Ordering::Release);
        self.0.news.send_modify(|count| *count += 1);
    }
}

async fn fetch(accounts: Box<[SharedProvider]>, deadline: std::time::Duration) -> Fetched {
    match timeout(deadline, listed(&accounts)).await {
        Ok(Some(Ok(listing))) => Ok(listing),
        Ok(Some(Err(error))) => Err(ListFailure::Call(Arc::new(error))),
        Ok(None) => Ok(ModelListing::default()),
        Err(_) => Err(ListFailure::Deadline(deadline)),
    }
}

/// The list as the first account has it whose credential is taken.
async fn listed(accounts: &[SharedProvider]) -> Option<Result<ModelListing, CallError>> {
    let mut last = None;
    for account in accounts {
        match account.models().await {
            Err(error) if judge(&error, Circumstances::default()).of_credential => {
                last = Some(Err(error));
            }
            settled => return Some(settled),
        }
    }
    last
}

fn publish(shared: &Shared, outcomes: Vec<(usize, Fetched)>) {
    let current = shared.current.load();
    let now = Instant::now();
    let mut changes = Vec::with_capacity(outcomes.len());
    for (place, fetched) in outcomes {
        let provider = shared.providers.get(place).and_then(|them| them.first());
        let (Some(provider), Some(old)) = (provider, current.list(place)) else {
            continue;
        };
        let (list, lifetime) = match fetched {
            Ok(listing) => (
                ProviderList::listed(provider.name(), listing),
                shared.settings.ttl,
            ),
            Err(failure) => {
                report(provider.name(), old, &failure);
                (old.failed(failure), shared.settings.retry_failed)
            }
        };
        changes.push((place, list.due_at(now + lifetime)));
    }
    // Only one refresh runs at a time, so nothing is lost between load and store.
    shared.current.store(Arc::new(current.with(changes)));
    shared.news.send_modify(|count| *count += 1);
}

/// A provider that stays away is routine (a local runtime that is not started); one that goes away is news.
fn report(provider: &str, old: &ProviderList, failure: &ListFailure) {
    match old.state() {
        ListState::Listed => {
            tracing::warn!(provider, error = %failure, "the model list failed; the last good one is kept");
        }
        ListState::Pending => tracing::info!(provider, error = %failure, "the model list failed"),
        ListState::Failed(_) => {
            tracing::debug!(provider, error = %failure, "the model list fails still");
        }
    }
}
