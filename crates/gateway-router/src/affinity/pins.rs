//! Where conversations are, and who made which state: a bounded table of keys and makers. What has not been used for a
//! time is forgotten, and before the table overflows what has not been used for longest.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    key::{ConversationKey, Maker, Place},
    shard::Shard,
};

/// Into how many parts with a lock each the table is divided.
const SHARDS: usize = 16;

/// How many entries that are too old a new one takes out with it: work is bounded, and the table shrinks.
const SWEPT: usize = 2;

#[derive(Debug)]
pub(super) struct Pins {
    shards: Box<[Mutex<Shard>]>,
    ttl: Duration,
    /// How many entries a shard has at most.
    room: usize,
}

impl Pins {
    /// A table for so many conversations (at least one), each remembered for this time after it was used last.
    pub(super) fn new(most: usize, ttl: Duration) -> Self {
        let shards = SHARDS.min(most.max(1));
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            ttl,
            room: (most / shards).max(1),
        }
    }

    /// Who has the conversation. To ask is to use it.
    pub(super) fn get(&self, key: ConversationKey, now: Instant) -> Option<Maker> {
        self.shard(key)?.get(key, now, self.ttl)
    }

    /// The conversation is with the one at this place now. Who that is has to be found out only where it was with
    /// another.
    pub(super) fn put(
        &self,
        key: ConversationKey,
        place: Place,
        describe: impl Fn() -> Maker,
    ) -> Maker {
        let now = Instant::now();
        let Some(mut shard) = self.shard(key) else {
            return describe();
        };
        let maker = shard.put(key, now, place, describe);
        for _ in 0..SWEPT {
            if !shard.forget_old(now, self.ttl) {
                break;
            }
        }
        while shard.len() > self.room && shard.forget_oldest() {}
        maker
    }

    /// How many are remembered, those that are too old among them.
    pub(super) fn len(&self) -> usize {
        let shards = self.shards.iter();
        shards.map(|shard| locked(shard).len()).sum()
    }

    fn shard(&self, key: ConversationKey) -> Option<MutexGuard<'_, Shard>> {
        let count = self.shards.len() as u64;
        let at = usize::try_from(key.low().checked_rem(count)?).ok()?;
        self.shards.get(at).map(locked)
    }
}

fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::fixture::target;

    const TTL: Duration = Duration::from_secs(60);

    fn key(number: usize) -> ConversationKey {
        ConversationKey::new("t", "test", &number.to_le_bytes())
    }

    fn maker(name: &str) -> Maker {
        Maker::of(&target(name, "m"))
    }

    fn put(pins: &Pins, number: usize, name: &str) {
        pins.put(key(number), maker(name).place, || maker(name));
    }

    fn get(pins: &Pins, number: usize) -> Option<Maker> {
        pins.get(key(number), Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn a_pin_lasts_while_it_is_used() {
        let pins = Pins::new(100, TTL);
        assert_eq!(get(&pins, 1), None);
        put(&pins, 1, "a");
        for _ in 0..5 {
            advance(TTL).await;
            assert_eq!(get(&pins, 1), Some(maker("a")));
        }
        advance(TTL + Duration::from_millis(1)).await;
        assert_eq!(get(&pins, 1), None);
        assert_eq!(pins.len(), 0);
        put(&pins, 1, "a");
        put(&pins, 1, "b");
        assert_eq!((get(&pins, 1), pins.len()), (Some(maker("b")), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_least_recently_used_go_first() {
        let pins = Pins::new(1, TTL);
        put(&pins, 1, "a");
        put(&pins, 2, "a");
        assert_eq!((get(&pins, 1), pins.len()), (None, 1));
        // One shard of several, with room for three.
        let pins = Pins {
            shards: Box::new([Mutex::default()]),
            ttl: TTL,
            room: 3,
        };
        for number in 1..=3 {
            put(&pins, number, "a");
        }
        assert!(get(&pins, 1).is_some());
        put(&pins, 4, "a");
        let kept: Vec<usize> = (1..=4).filter(|it| get(&pins, *it).is_some()).collect();
        assert_eq!(kept, [1, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_never_overflows_and_shrinks_again() {
        let pins = Pins::new(1000, TTL);
        for number in 0..5000 {
            put(&pins, number, "a");
        }
        assert!((900..=1000).contains(&pins.len()), "{}", pins.len());
        advance(TTL * 2).await;
        for number in 5000..6000 {
            put(&pins, number, "a");
        }
        let fresh = (5000..6000).filter(|it| get(&pins, *it).is_some());
        assert!(pins.len() <= 1000 && fresh.count() > 900);
    }
}
