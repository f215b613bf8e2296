//! The memory that the bodies of all requests may take together: one count of bytes, which each body adds to as it
//! arrives and gives back once it has been sent on.
//!
//! Where more bodies arrive than there is room for, those must be refused that have hardly begun: if each grew until all
//! together were at the limit, each would be refused half-way, and nobody answered. So the others may hold half of the
//! memory when a body begins, and the more, up to all of it, the more of the body is there. What is announced is not
//! reserved, or whoever announces much and sends little would have it all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::error::{ApiError, ErrorKind};

/// What all bodies hold together. The most that they may is said by the configuration under which each arrives.
#[derive(Debug, Default)]
pub struct BodyMemory {
    held: AtomicUsize,
}

impl BodyMemory {
    /// How many bytes are held now.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// The share of a body of which nothing has arrived. It grows only while all shares together are not larger than
    /// `limit`, in bytes.
    pub fn share(self: &Arc<Self>, limit: usize) -> BodyShare {
        BodyShare {
            memory: Arc::clone(self),
            limit,
            bytes: 0,
        }
    }
}

/// What one body holds, given back when dropped.
#[derive(Debug)]
pub struct BodyShare {
    memory: Arc<BodyMemory>,
    limit: usize,
    bytes: usize,
}

impl BodyShare {
    /// Takes room for more bytes, with which so much of the body has arrived.
    ///
    /// # Errors
    /// 503 `overloaded`, at once, when there is none.
    pub fn grow(&mut self, bytes: usize, arrived: Arrived) -> Result<(), ApiError> {
        let before = self.memory.held.fetch_add(bytes, Ordering::Relaxed);
        let others = before.saturating_sub(self.bytes);
        self.bytes += bytes;
        // What was taken in vain goes back with the share.
        if before.saturating_add(bytes) > self.limit || others > arrived.others_may_hold(self.limit)
        {
            return Err(overloaded(self.limit));
        }
        Ok(())
    }

    /// Holds so many bytes from now on, for what has not arrived yet. Where there is no room for more, it holds what it held.
    ///
    /// # Errors
    /// 503 `overloaded`; never when it becomes smaller.
    pub fn resize(&mut self, bytes: usize) -> Result<(), ApiError> {
        let before = self.bytes;
        let grown = bytes
            .checked_sub(before)
            .map_or(Ok(()), |more| self.grow(more, Arrived::NOTHING));
        let kept = if grown.is_ok() { bytes } else { before };
        self.memory
            .held
            .fetch_sub(self.bytes - kept, Ordering::Relaxed);
        self.bytes = kept;
        grown
    }

    /// Gives back what is held: it is somebody else's now.
    pub fn give_back(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.memory.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// How much of a body is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Bytes that have arrived, whether they are still held or not.
    pub bytes: usize,
    /// Bytes that were announced for the whole body, where they were.
    pub announced: Option<u64>,
}

impl Arrived {
    /// A body that grows no further.
    pub const ALL: Self = Self {
        bytes: 1,
        announced: Some(1),
    };

    /// A body of which nothing is there.
    const NOTHING: Self = Self {
        bytes: 0,
        announced: None,
    };

    /// How much of the memory the bodies of others may hold when this one goes on.
    fn others_may_hold(self, limit: usize) -> usize {
        let half = limit / 2;
        let whole = self.announced.map_or(0, u128::from);
        let arrived = (self.bytes as u128).min(whole);
        let more = (half as u128 * arrived).checked_div(whole);
        half + more.map_or(0, |more| usize::try_from(more).unwrap_or(half))
    }
}

impl Drop for BodyShare {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn overloaded(limit: usize) -> ApiError {
    let message = format!(
        "The bodies of all requests together are at {limit} bytes, the most that this gateway holds at one time, or so near to it that no further one may begin. Try again."
    );
    ApiError::new(ErrorKind::Overloaded, message)
        .detail("limits.max_request_memory has been reached")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So much of a body of a hundred bytes.
    fn of_hundred(bytes: usize) -> Arrived {
        Arrived {
            bytes,
            announced: Some(100),
        }
    }

    const UNKNOWN: Arrived = Arrived {
        bytes: 1,
        announced: None,
    };

    #[test]
    fn what_is_taken_is_given_back_also_what_was_taken_in_vain() {
        let memory = Arc::new(BodyMemory::default());
        let (mut one, mut other) = (memory.share(100), memory.share(100));
        assert!(one.grow(60, of_hundred(60)).is_ok() && one.grow(40, of_hundred(100)).is_ok());
        let refused = other.grow(1, of_hundred(100)).unwrap_err();
        assert_eq!(refused.code(), "overloaded");
        drop(other);
        assert_eq!(memory.held(), 100);
        one.give_back();
        assert_eq!(memory.held(), 0);
        assert!(one.grow(100, UNKNOWN).is_ok(), "alone it may have all");
        drop(one);
        assert_eq!(memory.held(), 0);
    }

    #[test]
    fn the_less_of_a_body_is_there_the_more_room_is_left_to_others() {
        for (arrived, others, goes_on) in [
            (of_hundred(1), 500, true),
            (of_hundred(1), 506, false),
            (of_hundred(50), 750, true),
            (of_hundred(50), 751, false),
            (of_hundred(100), 999, true),
            (of_hundred(100), 1_000, false),
            // More than was announced is no more than all of it.
            (of_hundred(900), 1_000, false),
            (Arrived::ALL, 999, true),
            (UNKNOWN, 500, true),
            (UNKNOWN, 501, false),
        ] {
            let memory = Arc::new(BodyMemory::default());
            let mut share = memory.share(1_000);
            let _ = share.grow(others, UNKNOWN);
            let grown = memory.share(1_000).grow(1, arrived);
            assert_eq!(grown.is_ok(), goes_on, "{arrived:?} beside {others}");
        }
    }

    /// Bodies that arrive side by side, a piece of each in turn: if none were refused before the memory is full, all would
    /// be refused half-way.
    #[test]
    fn of_many_that_arrive_at_once_as_many_come_to_their_end_as_fit() {
        let memory = Arc::new(BodyMemory::default());
        let mut arriving: Vec<_> = (0..200).map(|_| (memory.share(3_200), 0)).collect();
        let mut whole = 0;
        while !arriving.is_empty() {
            arriving.retain_mut(|(share, bytes)| {
                *bytes += 5;
                let goes_on = share.grow(5, of_hundred(*bytes)).is_ok();
                whole += usize::from(goes_on && *bytes == 100);
                goes_on && *bytes < 100
            });
            assert!(memory.held() <= 3_200);
        }
        assert!((16..=64).contains(&whole), "{whole}");
        assert_eq!(memory.held(), 0);
    }
}
