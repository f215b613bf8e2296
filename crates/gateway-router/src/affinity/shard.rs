//! One part of the table of pins: entries found by their key, in the order in which they were used. To use one costs a
//! look-up and, unless it was used last already, a few links; nothing is sorted and nothing is allocated.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use tokio::time::Instant;

use super::key::{ConversationKey, Maker, Place, halves, mix};

/// Where the list ends.
const END: usize = usize::MAX;

#[derive(Debug)]
pub(super) struct Shard {
    /// Where among the entries a key's is.
    places: HashMap<ConversationKey, usize, Scatter>,
    entries: Vec<Entry>,
    /// The ends of the list of entries that are in use, by when they were used last.
    newest: usize,
    oldest: usize,
    /// The first of the entries that are not, which are linked by their `older`.
    vacant: usize,
}

#[derive(Debug)]
struct Entry {
    key: ConversationKey,
    maker: Maker,
    used: Instant,
    newer: usize,
    older: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            places: HashMap::default(),
            entries: Vec::new(),
            newest: END,
            oldest: END,
            vacant: END,
        }
    }
}

impl Shard {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Who has the key. To ask is to use it; one that was not used for longer than this is forgotten.
    pub(super) fn get(
        &mut self,
        key: ConversationKey,
        now: Instant,
        ttl: Duration,
    ) -> Option<Maker> {
        let at = *self.places.get(&key)?;
        let entry = self.entries.get(at)?;
        let maker = entry.maker;
        if entry.is_older_than(ttl, now) {
            self.forget(at);
            return None;
        }
        self.use_now(at, now);
        Some(maker)
    }

    /// The key is with the one at this place now, whose description is asked for where it was with another.
    pub(super) fn put(
        &mut self,
        key: ConversationKey,
        now: Instant,
        place: Place,
        describe: impl FnOnce() -> Maker,
    ) -> Maker {
        let Some(at) = self.places.get(&key).copied() else {
            let maker = describe();
            self.add(key, maker, now);
            return maker;
        };
        self.use_now(at, now);
        match self.entries.get_mut(at) {
            Some(entry) if entry.maker.place == place => entry.maker,
            Some(entry) => {
                entry.maker = describe();
                entry.maker
            }
            None => describe(),
        }
    }

    /// Forgets the entry that was used before all others. Says whether there was one.
    pub(super) fn forget_oldest(&mut self) -> bool {
        let oldest = self.oldest;
        self.forget(oldest);
        oldest != END
    }

    /// Forgets the oldest entry if it was not used for longer than this.
    pub(super) fn forget_old(&mut self, now: Instant, ttl: Duration) -> bool {
        let oldest = self.entries.get(self.oldest);
        oldest.is_some_and(|oldest| oldest.is_older_than(ttl, now)) && self.forget_oldest()
    }

    fn add(&mut self, key: ConversationKey, maker: Maker, now: Instant) {
        let new = Entry {
            key,
            maker,
            used: now,
            newer: END,
            older: END,
        };
        let at = match self.entries.get_mut(self.vacant) {
            Some(entry) => {
                let next = entry.older;
                *entry = new;
                std::mem::replace(&mut self.vacant, next)
            }
            None => {
                self.entries.push(new);
                self.entries.len() - 1
            }
        };
        self.places.insert(key, at);
        self.link(at);
    }

    fn use_now(&mut self, at: usize, now: Instant) {
        if let Some(entry) = self.entries.get_mut(at) {
            entry.used = now;
        }
        if self.newest != at {
            self.unlink(at);
            self.link(at);
        }
    }

    fn forget(&mut self, at: usize) {
        let Some(entry) = self.entries.get(at) else {
            return;
        };
        self.places.remove(&entry.key);
        self.unlink(at);
        let next = std::mem::replace(&mut self.vacant, at);
        if let Some(entry) = self.entries.get_mut(at) {
            entry.older = next;
        }
    }

    /// Takes an entry out of the list.
    fn unlink(&mut self, at: usize) {
        let Some(&Entry { newer, older, .. }) = self.entries.get(at) else {
            return;
        };
        match self.entries.get_mut(newer) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
        match self.entries.get_mut(older) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
    }

    /// Puts an entry that is in no list before all others.
    fn link(&mut self, at: usize) {
        let older = std::mem::replace(&mut self.newest, at);
        if let Some(entry) = self.entries.get_mut(at) {
            (entry.newer, entry.older) = (END, older);
        }
        match self.entries.get_mut(older) {
            Some(entry) => entry.newer = at,
            None => self.oldest = at,
        }
    }
}

impl Entry {
    fn is_older_than(&self, ttl: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.used) > ttl
    }
}

/// Scatters keys over a table. They are hashes already, of which half is enough; a number that only this process knows
/// keeps callers from choosing conversations that would all meet in one place.
#[derive(Debug, Clone)]
struct Scatter(u64);

impl Default for Scatter {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8))
    }
}

impl BuildHasher for Scatter {
    type Hasher = Scattered;

    fn build_hasher(&self) -> Scattered {
        Scattered(self.0)
    }
}

struct Scattered(u64);

impl Hasher for Scattered {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u128(&mut self, key: u128) {
        // The other half chooses the shard.
        let (_, high) = halves(key);
        self.0 = mix(self.0 ^ high);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::target;

    const TTL: Duration = Duration::from_secs(60);

    fn key(number: u8) -> ConversationKey {
        ConversationKey::new("t", "test", &[number])
    }

    fn maker(number: u8) -> Maker {
        Maker::of(&target(&format!("p{number}"), "m"))
    }

    #[derive(Debug, Clone)]
    enum Step {
        Get(u8),
        Put(u8, u8),
        ForgetOldest,
        ForgetOld,
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_u8..12).prop_map(Step::Get),
            (0_u8..12, 0_u8..3).prop_map(|(key, maker)| Step::Put(key, maker)),
            Just(Step::ForgetOldest),
            Just(Step::ForgetOld),
            (0_u64..40).prop_map(Step::Wait),
        ]
    }

    /// What a shard is to be: a list of keys, makers and times, the newest last.
    #[derive(Debug, Default)]
    struct Model(Vec<(u8, u8, Instant)>);

    impl Model {
        fn take(&mut self, key: u8) -> Option<(u8, u8, Instant)> {
            let at = self.0.iter().position(|(known, ..)| *known == key)?;
            Some(self.0.remove(at))
        }

        fn get(&mut self, key: u8, now: Instant) -> Option<u8> {
            let (_, maker, used) = self.take(key)?;
            if now - used > TTL {
                return None;
            }
            self.0.push((key, maker, now));
            Some(maker)
        }

        fn put(&mut self, key: u8, maker: u8, now: Instant) {
            self.take(key);
            self.0.push((key, maker, now));
        }

        fn forget_if(&mut self, may: impl Fn(Instant) -> bool) -> bool {
            let goes = self.0.first().is_some_and(|(.., used)| may(*used));
            if goes {
                self.0.remove(0);
            }
            goes
        }
    }

    proptest! {
        /// Whatever happens to it, it knows what a plain list would know, in the same order.
        #[test]
        fn it_is_a_list_by_last_use(steps in prop::collection::vec(step(), 0..120)) {
            let (mut shard, mut model) = (Shard::default(), Model::default());
            let mut now = Instant::now();
            for step in steps {
                match step {
                    Step::Get(it) => {
                        let known = shard.get(key(it), now, TTL);
                        prop_assert_eq!(known, model.get(it, now).map(maker));
                    }
                    Step::Put(it, by) => {
                        let by_now = shard.put(key(it), now, maker(by).place, || maker(by));
                        prop_assert_eq!(by_now, maker(by));
                        model.put(it, by, now);
                    }
                    Step::ForgetOldest => {
                        prop_assert_eq!(shard.forget_oldest(), model.forget_if(|_| true));
                    }
                    Step::ForgetOld => {
                        let is_old = |used: Instant| now - used > TTL;
                        prop_assert_eq!(shard.forget_old(now, TTL), model.forget_if(is_old));
                    }
                    Step::Wait(seconds) => now += Duration::from_secs(seconds),
                }
                prop_assert_eq!(shard.len(), model.0.len());
                prop_assert!(shard.entries.len() <= 12, "what is vacant is used again");
            }
            for (it, ..) in std::mem::take(&mut model.0) {
                let oldest = shard.entries.get(shard.oldest).map(|entry| entry.key);
                prop_assert_eq!(oldest, Some(key(it)));
                prop_assert!(shard.forget_oldest());
            }
            prop_assert!(!shard.forget_oldest() && shard.newest == END && shard.oldest == END);
        }
    }

    #[test]
    fn who_is_known_is_not_described_again() {
        let (mut shard, now) = (Shard::default(), Instant::now());
        shard.put(key(1), now, maker(1).place, || maker(1));
        let same = shard.put(key(1), now, maker(1).place, || panic!("it is known"));
        assert_eq!(same, maker(1));
    }

    #[test]
    fn keys_are_scattered_otherwise_in_each_table() {
        let (one, other) = (Scatter::default(), Scatter::default());
        let numbers = |scatter: &Scatter| (0..8).map(|it| scatter.hash_one(key(it))).collect();
        let (one, other): (Vec<u64>, Vec<u64>) = (numbers(&one), numbers(&other));
        assert_ne!(one, other);
        let low = |numbers: &[u64]| numbers.iter().map(|it| it & 0xff).collect::<Vec<_>>();
        assert_ne!(low(&one), low(&other));
    }
}
