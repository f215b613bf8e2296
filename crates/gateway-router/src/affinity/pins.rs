//! Where conversations are, and who made which state: a bounded table of keys and makers. What has not been used for a time is forgotten, and
//! before the table overflows what has not been used for longest.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::key::{ConversationKey, Maker};

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

#[derive(Debug, Default)]
struct Shard {
    pins: HashMap<ConversationKey, Pin>,
    /// Keys by when they were used last, the oldest first.
    order: BTreeMap<u64, ConversationKey>,
    /// Counts the uses.
    uses: u64,
}

#[derive(Debug, Clone, Copy)]
struct Pin {
    maker: Maker,
    used: Instant,
    /// Its place in the order.
    turn: u64,
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
    pub(super) fn get(&self, key: ConversationKey) -> Option<Maker> {
        let now = Instant::now();
        let mut shard = self.shard(key)?;
        let pin = *shard.pins.get(&key)?;
        if now.saturating_duration_since(pin.used) > self.ttl {
            shard.forget(key, pin);
            return None;
        }
        shard.note(key, pin.maker, now);
        Some(pin.maker)
    }

    /// The conversation is with this one now.
    pub(super) fn put(&self, key: ConversationKey, maker: Maker) {
        let now = Instant::now();
        let Some(mut shard) = self.shard(key) else {
            return;
        };
        shard.note(key, maker, now);
        shard.sweep(now, self.ttl);
        while shard.pins.len() > self.room {
            if !shard.forget_oldest() {
                break;
            }
        }
    }

    /// How many are remembered, those that are too old among them.
    pub(super) fn len(&self) -> usize {
        let shards = self.shards.iter();
        shards
            .map(|shard| {
                let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                shard.pins.len()
            })
            .sum()
    }

    fn shard(&self, key: ConversationKey) -> Option<std::sync::MutexGuard<'_, Shard>> {
        let count = self.shards.len() as u64;
        let at = usize::try_from(key.mixed().checked_rem(count)?).ok()?;
        let shard = self.shards.get(at)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    fn note(&mut self, key: ConversationKey, maker: Maker, now: Instant) {
        self.uses += 1;
        let turn = self.uses;
        let pin = Pin {
            maker,
            used: now,
            turn,
        };
        if let Some(old) = self.pins.insert(key, pin) {
            self.order.remove(&old.turn);
        }
        self.order.insert(turn, key);
    }

    fn forget(&mut self, key: ConversationKey, pin: Pin) {
        self.pins.remove(&key);
        self.order.remove(&pin.turn);
    }

    fn forget_oldest(&mut self) -> bool {
        let oldest = self.order.pop_first();
        oldest.is_some_and(|(_, key)| self.pins.remove(&key).is_some())
    }

    fn sweep(&mut self, now: Instant, ttl: Duration) {
        for _ in 0..SWEPT {
            let oldest = self.order.first_key_value();
            let used = oldest
                .and_then(|(_, key)| self.pins.get(key))
                .map(|pin| pin.used);
            let is_old = used.is_some_and(|used| now.saturating_duration_since(used) > ttl);
            if !is_old || !self.forget_oldest() {
                return;
            }
        }
    }
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

    fn place(name: &str) -> Maker {
        Maker::of(&target(name, "m"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_pin_lasts_while_it_is_used() {
        let pins = Pins::new(100, TTL);
        assert_eq!(pins.get(key(1)), None);
        pins.put(key(1), place("a"));
        for _ in 0..5 {
            advance(TTL).await;
            assert_eq!(pins.get(key(1)), Some(place("a")));
        }
        advance(TTL + Duration::from_millis(1)).await;
        assert_eq!(pins.get(key(1)), None);
        assert_eq!(pins.len(), 0);
        pins.put(key(1), place("a"));
        pins.put(key(1), place("b"));
        assert_eq!((pins.get(key(1)), pins.len()), (Some(place("b")), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_least_recently_used_go_first() {
        let pins = Pins::new(1, TTL);
        pins.put(key(1), place("a"));
        pins.put(key(2), place("a"));
        assert_eq!((pins.get(key(1)), pins.len()), (None, 1));
        // One shard of several, with room for three.
        let pins = Pins {
            shards: Box::new([Mutex::default()]),
            ttl: TTL,
            room: 3,
        };
        for number in 1..=3 {
            pins.put(key(number), place("a"));
        }
        assert!(pins.get(key(1)).is_some());
        pins.put(key(4), place("a"));
        let kept: Vec<usize> = (1..=4).filter(|it| pins.get(key(*it)).is_some()).collect();
        assert_eq!(kept, [1, 3, 4]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_never_overflows_and_shrinks_again() {
        let pins = Pins::new(1000, TTL);
        for number in 0..5000 {
            pins.put(key(number), place("a"));
        }
        assert!((900..=1000).contains(&pins.len()), "{}", pins.len());
        advance(TTL * 2).await;
        for number in 5000..6000 {
            pins.put(key(number), place("a"));
        }
        let fresh = (5000..6000).filter(|it| pins.get(key(*it)).is_some());
        assert!(pins.len() <= 1000 && fresh.count() > 900);
        for shard in &pins.shards {
            let shard = shard.lock().unwrap();
            assert_eq!(shard.pins.len(), shard.order.len());
        }
    }
}
