//! The memory that the bodies of all requests may take together: one count of bytes, which each body adds to as it
//! arrives and gives back once it has been sent on.

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
    /// Takes room for more bytes.
    ///
    /// # Errors
    /// 503 `overloaded`, at once, when there is none.
    pub fn grow(&mut self, bytes: usize) -> Result<(), ApiError> {
        let before = self.memory.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        // What was taken in vain goes back with the share.
        if before.saturating_add(bytes) > self.limit {
            return Err(overloaded(self.limit));
        }
        Ok(())
    }

    /// Holds so many bytes from now on. Where there is no room for more, it holds what it held.
    ///
    /// # Errors
    /// 503 `overloaded`; never when it becomes smaller.
    pub fn resize(&mut self, bytes: usize) -> Result<(), ApiError> {
        let before = self.bytes;
        let grown = bytes
            .checked_sub(before)
            .map_or(Ok(()), |more| self.grow(more));
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

impl Drop for BodyShare {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn overloaded(limit: usize) -> ApiError {
    let message = format!(
        "The bodies of all requests together have reached {limit} bytes, the most that this gateway holds at one time. Try again."
    );
    ApiError::new(ErrorKind::Overloaded, message)
        .detail("limits.max_request_memory has been reached")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back_also_what_was_taken_in_vain() {
        let memory = Arc::new(BodyMemory::default());
        let (mut one, mut other) = (memory.share(100), memory.share(100));
        assert!(one.grow(60).is_ok() && one.grow(40).is_ok());
        assert_eq!(other.grow(1).unwrap_err().code(), "overloaded");
        drop(other);
        assert_eq!(memory.held(), 100);
        one.give_back();
        assert_eq!(memory.held(), 0);
        assert!(one.grow(100).is_ok());
        drop(one);
        assert_eq!(memory.held(), 0);
    }
}
