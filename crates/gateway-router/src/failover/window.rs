//! What happened in the newest while, counted in a few slots of time: memory that does not grow with the requests.

use std::time::Duration;

use tokio::time::Instant;

const SLOTS: usize = 6;

/// Events, and how many of them were of a special kind (faults among outcomes, retries among attempts), for as long as
/// they count.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// How long a slot is, in nanoseconds.
    slot: u64,
    start: Instant,
    /// The number of the newest slot, counted from the start.
    newest: u64,
    /// Special and all events by the slot's number modulo [`SLOTS`].
    counts: [(u32, u32); SLOTS],
}

impl Window {
    pub(super) fn new(length: Duration, now: Instant) -> Self {
        Self {
            slot: nanos((length / SLOTS as u32).max(Duration::from_millis(1))),
            start: now,
            newest: 0,
            counts: [(0, 0); SLOTS],
        }
    }

    pub(super) fn note(&mut self, now: Instant, special: bool) {
        let number = self.number(now);
        let gone = number.saturating_sub(self.newest).min(SLOTS as u64);
        for step in 1..=gone {
            *self.at(self.newest + step) = (0, 0);
        }
        self.newest = number.max(self.newest);
        let newest = self.newest;
        let (specials, all) = self.at(newest);
        *all = all.saturating_add(1);
        *specials = specials.saturating_add(u32::from(special));
    }

    /// Special and all events that count now.
    pub(super) fn counts(&self, now: Instant) -> (u32, u32) {
        let newest = self.number(now).max(self.newest);
        let oldest = (newest + 1).saturating_sub(SLOTS as u64);
        (oldest..=self.newest).fold((0, 0), |(specials, all), at| {
            let (s, a) = self.counts.get(place(at)).copied().unwrap_or_default();
            (specials + s, all + a)
        })
    }

    fn number(&self, now: Instant) -> u64 {
        // In 64 bits, which are enough for 584 years and divided a lot sooner than 128.
        nanos(now.saturating_duration_since(self.start)) / self.slot
    }

    #[expect(clippy::indexing_slicing, reason = "the place is below the length")]
    fn at(&mut self, number: u64) -> &mut (u32, u32) {
        &mut self.counts[place(number)]
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a remainder below the number of slots"
)]
fn place(number: u64) -> usize {
    (number % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_count_for_the_length_of_the_window_and_no_longer() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut window = Window::new(Duration::from_secs(30), start);
        window.note(at(0), true);
        window.note(at(7), false);
        window.note(at(12), true);
        assert_eq!(window.counts(at(12)), (2, 3));
        assert_eq!(window.counts(at(29)), (2, 3));
        assert_eq!(window.counts(at(31)), (1, 2));
        assert_eq!(window.counts(at(36)), (1, 1));
        window.note(at(36), false);
        assert_eq!(window.counts(at(36)), (1, 2));
        assert_eq!(window.counts(at(45)), (0, 1));
        window.note(at(100_000), true);
        assert_eq!(window.counts(at(100_000)), (1, 1));
        // A clock that stands behind changes nothing that was counted.
        assert_eq!(window.counts(at(0)), (1, 1));
    }
}
