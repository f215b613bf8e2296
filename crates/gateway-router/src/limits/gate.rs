//! One limit: places, and a queue before them that is fair and bounded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{LimitSettings, TurnedAway};

/// The limit of one account.
#[derive(Debug)]
pub(crate) struct Gate {
    settings: LimitSettings,
    /// Whoever waits for it is served in the order of coming, and before anybody who has just come.
    places: Arc<Semaphore>,
    size: usize,
    waiting: AtomicUsize,
    shed: AtomicU64,
}

/// A request's place at an account, given back when dropped.
#[derive(Debug)]
#[must_use = "dropped, it makes room for the next request"]
pub struct Permit {
    _place: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(settings: LimitSettings) -> Self {
        let size = settings.max_concurrent.min(Semaphore::MAX_PERMITS);
        Self {
            settings,
            places: Arc::new(Semaphore::new(size)),
            size,
            waiting: AtomicUsize::new(0),
            shed: AtomicU64::new(0),
        }
    }

    /// A place, if one is free and nobody waits for it.
    pub(crate) fn try_enter(&self) -> Option<Permit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Permit { _place: place })
    }

    /// A place, after a wait in the queue where that is needed: never longer than `most`, nor than the limit's own wait.
    ///
    /// # Errors
    /// At once when the queue is full; when the wait is over without a place.
    pub(crate) async fn enter(&self, most: Duration) -> Result<Permit, TurnedAway> {
        if let Some(permit) = self.try_enter() {
            return Ok(permit);
        }
        let Some(_queued) = Queued::join(self) else {
            return Err(self.turn_away(TurnedAway::QueueFull));
        };
        let wait = self.settings.queue_wait.min(most);
        match timeout(wait, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Permit { _place: place }),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(self.turn_away(TurnedAway::WaitedTooLong)),
        }
    }

    pub(crate) fn settings(&self) -> LimitSettings {
        self.settings
    }

    pub(crate) fn is_free(&self) -> bool {
        self.places.available_permits() > 0
    }

    pub(crate) fn in_use(&self) -> usize {
        self.size.saturating_sub(self.places.available_permits())
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(crate) fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    fn turn_away(&self, why: TurnedAway) -> TurnedAway {
        self.shed.fetch_add(1, Ordering::Relaxed);
        why
    }
}

/// A place in the queue, given back when dropped: a client that goes does not keep it.
struct Queued<'a>(&'a Gate);

impl<'a> Queued<'a> {
    fn join(gate: &'a Gate) -> Option<Self> {
        let most = gate.settings.max_queued;
        let one_more = |waiting: usize| (waiting < most).then(|| waiting + 1);
        gate.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .ok()?;
        Some(Self(gate))
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
