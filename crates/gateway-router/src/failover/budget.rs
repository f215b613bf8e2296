//! How many retries a provider is sent at most: a share of its requests, or a few a second where it has few requests.
//!
//! Whoever retries every failed request doubles the load of an upstream that is failing under its load. A retry is
//! an attempt at the provider that has just failed; an attempt at another provider is that one's request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::window::Window;
use crate::succession::Kept;

/// How many retries are allowed: the larger of the two, not their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetSettings {
    /// Retries in percent of a provider's requests of the last ten seconds. Default 20.
    pub percent: u32,
    /// So many retries a second, as the mean of the last ten, are always allowed. Default 10.
    pub per_second: u32,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self {
            percent: 20,
            per_second: 10,
        }
    }
}

fn new_window() -> Arc<Mutex<Window>> {
    Arc::new(Mutex::new(Window::new(WINDOW, Instant::now())))
}

/// How long a request counts.
const WINDOW: Duration = Duration::from_secs(10);

/// The budgets of all providers, by name: retries and all attempts of the newest while.
#[derive(Debug)]
pub(crate) struct Budgets {
    settings: BudgetSettings,
    spent: HashMap<String, Arc<Mutex<Window>>>,
}

impl Budgets {
    pub(crate) fn new<'a>(
        providers: impl IntoIterator<Item = &'a str>,
        settings: BudgetSettings,
    ) -> Self {
        let new = |name: &str| (name.to_owned(), new_window());
        Self {
            settings,
            spent: providers.into_iter().map(new).collect(),
        }
    }

    /// What takes the place of older budgets: of a provider that is in both, what was spent is spent.
    pub(crate) fn succeeding<'a>(
        old: &Self,
        kept: &Kept<'_>,
        providers: impl IntoIterator<Item = &'a str>,
        settings: BudgetSettings,
    ) -> Self {
        let spent = |name: &str| {
            let known = old.spent.get(name).filter(|_| kept.has_name(name));
            (name.to_owned(), known.map_or_else(new_window, Arc::clone))
        };
        Self {
            settings,
            spent: providers.into_iter().map(spent).collect(),
        }
    }

    /// Counts a request to the provider that is no retry.
    pub(crate) fn request(&self, provider: &str, now: Instant) {
        if let Some(spent) = self.spent.get(provider) {
            let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
            spent.note(now, false);
        }
    }

    /// Whether a retry may be sent to the provider; if so, it is counted.
    pub(crate) fn may_retry(&self, provider: &str) -> bool {
        let Some(spent) = self.spent.get(provider) else {
            return false;
        };
        let now = Instant::now();
        let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (retries, attempts) = spent.counts(now);
        let may = u64::from(retries) < self.allowed(attempts - retries);
        if may {
            spent.note(now, true);
        }
        may
    }

    /// So many retries go with so many requests.
    fn allowed(&self, requests: u32) -> u64 {
        let share = u64::from(requests) * u64::from(self.settings.percent) / 100;
        let floor = u64::from(self.settings.per_second) * WINDOW.as_secs();
        share.max(floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many retries are allowed out of many more, while so many requests come a second for so many seconds.
    async fn allowed(settings: BudgetSettings, per_second: u32, seconds: u32) -> u32 {
        let budgets = Budgets::new(["p"], settings);
        let mut allowed = 0;
        for _ in 0..seconds * per_second {
            budgets.request("p", Instant::now());
            allowed += u32::from(budgets.may_retry("p"));
            tokio::time::advance(Duration::from_secs(1) / per_second).await;
        }
        allowed
    }

    #[tokio::test(start_paused = true)]
    async fn many_requests_have_their_share_and_few_have_the_floor() {
        let settings = BudgetSettings::default();
        let many = allowed(settings, 200, 60).await;
        assert!((2_200..=2_450).contains(&many), "20 % of 12000: {many}");
        let few = allowed(settings, 5, 60).await;
        assert_eq!(few, 300, "below ten a second each may be retried");
        let none = BudgetSettings {
            percent: 0,
            per_second: 0,
        };
        assert_eq!(allowed(none, 50, 10).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn providers_have_budgets_of_their_own() {
        let settings = BudgetSettings {
            percent: 0,
            per_second: 1,
        };
        let budgets = Budgets::new(["a", "b"], settings);
        assert_eq!((0..20).filter(|_| budgets.may_retry("a")).count(), 10);
        assert!(budgets.may_retry("b") && !budgets.may_retry("unknown"));
    }
}
