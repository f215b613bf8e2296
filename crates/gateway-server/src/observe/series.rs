//! The counters of requests that are alike, found by one look-up: a label set is built only for the first of them.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

/// What requests that are alike have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kin<'a> {
    pub(super) operation: &'static str,
    pub(super) provider: &'a str,
    pub(super) model: &'a str,
    pub(super) status: u16,
}

/// The counters of one kin.
#[derive(Debug)]
pub(super) struct Series {
    operation: &'static str,
    provider: String,
    model: String,
    status: u16,
    pub(super) requests: Counter,
    pub(super) durations: Histogram,
    pub(super) first_tokens: Histogram,
    /// Input, output and cached tokens: only what was ever counted is shown.
    pub(super) tokens: [OnceLock<Counter>; 3],
}

impl Series {
    pub(super) fn new(
        kin: Kin<'_>,
        requests: Counter,
        durations: Histogram,
        first_tokens: Histogram,
    ) -> Self {
        Self {
            operation: kin.operation,
            provider: kin.provider.to_owned(),
            model: kin.model.to_owned(),
            status: kin.status,
            requests,
            durations,
            first_tokens,
            tokens: Default::default(),
        }
    }

    fn kin(&self) -> Kin<'_> {
        Kin {
            operation: self.operation,
            provider: &self.provider,
            model: &self.model,
            status: self.status,
        }
    }
}

/// All series by their kin's hash. Their number is bounded by that of the labels' values.
#[derive(Debug, Default)]
pub(super) struct SeriesTable {
    hasher: RandomState,
    table: RwLock<HashMap<u64, Vec<Arc<Series>>>>,
}

impl SeriesTable {
    /// The series of that kin, made where there is none.
    pub(super) fn of(&self, kin: Kin<'_>, make: impl FnOnce() -> Series) -> Arc<Series> {
        let hash = self.hasher.hash_one(kin);
        let alike = |series: &&Arc<Series>| series.kin() == kin;
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = table
            .get(&hash)
            .and_then(|bucket| bucket.iter().find(alike))
        {
            return Arc::clone(series);
        }
        drop(table);
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let bucket = table.entry(hash).or_default();
        if let Some(series) = bucket.iter().find(alike) {
            return Arc::clone(series);
        }
        let series = Arc::new(make());
        bucket.push(Arc::clone(&series));
        series
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin_share_a_series_and_others_do_not() {
        let table = SeriesTable::default();
        let series = |model, status| {
            let kin = Kin {
                operation: "chat",
                provider: "lab",
                model,
                status,
            };
            table.of(kin, || {
                Series::new(
                    kin,
                    Counter::default(),
                    Histogram::new([1.0]),
                    Histogram::new([1.0]),
                )
            })
        };
        series("a", 200).requests.inc();
        series("a", 200).requests.inc();
        series("a", 404).requests.inc();
        assert_eq!(series("a", 200).requests.get(), 2);
        assert_eq!(series("a", 404).requests.get(), 1);
        assert_eq!(series("b", 200).requests.get(), 0);
    }
}
