//! What all connections count together while the load runs.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Counts and times.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Answers of status 200.
    pub(crate) answered: Times,
    /// Refusals in good order.
    pub(crate) refused: Times,
    /// Connections that were closed unanswered.
    pub(crate) closed: Count,
    /// Requests of an open loop that were not sent when they were due.
    pub(crate) late: Count,
    pub(crate) events: AtomicU64,
    /// Whether the window is open.
    pub(crate) measuring: AtomicBool,
    /// Whether connections are to end.
    pub(crate) stopping: AtomicBool,
    failures: AtomicU64,
    first_failure: Mutex<Option<String>>,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// One more.
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// So many by now.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Answers of one kind, and how long those of the window took.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// How many there were, of the window and not.
    pub(crate) count: Count,
    /// In microseconds.
    took: Mutex<Vec<f64>>,
}

impl Times {
    /// Takes over one connection's times.
    pub(crate) fn add(&self, of_one: &[Duration]) {
        let mut all = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(of_one.iter().map(|took| took.as_secs_f64() * 1e6));
    }

    /// The times' 50th and 99th percentile; zero where there are none.
    pub(crate) fn percentiles(&self) -> (f64, f64) {
        let mut all = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        all.sort_by(f64::total_cmp);
        let at = |part: usize| all.get(all.len() * part / 100).or(all.last()).copied();
        (at(50).unwrap_or_default(), at(99).unwrap_or_default())
    }
}

impl Tally {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn is_measuring(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }

    /// Notes a failure; what breaks while everything ends is none.
    pub(crate) fn fail(&self, error: &io::Error) {
        if self.is_stopping() {
            return;
        }
        self.failures.fetch_add(1, Ordering::Relaxed);
        self.first_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(|| error.to_string());
    }

    /// The failures, and what the first one was.
    pub(crate) fn failures(&self) -> (u64, Option<String>) {
        let first = self
            .first_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        (self.failures.load(Ordering::Relaxed), first)
    }
}
