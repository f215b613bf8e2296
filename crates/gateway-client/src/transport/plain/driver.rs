//! A connection that is driven by whoever waits for it, in place of a task of its own.
//!
//! hyper's connection and the exchange that it serves tell each other of every chunk. Between two tasks each of
//! these messages costs a switch, and chunks that arrived together are seen one by one. Here the waiting side
//! polls the connection itself: chunks that are there are read without a switch, and seen together.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::body::OutBody;

/// How often one poll goes on when it is rung again meanwhile; then others have their turn.
const ROUNDS: usize = 4;

type Http1 = http1::Connection<TokioIo<TcpStream>, OutBody>;

/// Drives one connection.
pub(super) struct Driver {
    /// `None` once it has ended.
    connection: Option<Pin<Box<Http1>>>,
    bell: Arc<Bell>,
    /// Rings the bell.
    waker: Waker,
}

impl Driver {
    pub(super) fn new(connection: Http1) -> Self {
        let bell = Arc::new(Bell::default());
        Self {
            connection: Some(Box::pin(connection)),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }

    /// Polls something that only this connection can make ready, and the connection in turn.
    pub(super) fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        mut awaited: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Self {
            connection,
            bell,
            waker,
        } = self;
        bell.task.register(context.waker());
        bell.attend();
        let inner = &mut Context::from_waker(waker);
        if let Poll::Ready(done) = awaited(inner) {
            return Poll::Ready(done);
        }
        for _ in 0..ROUNDS {
            // What has rung so far is seen to now.
            bell.attend();
            advance(connection, inner);
            if let Poll::Ready(done) = awaited(inner) {
                return Poll::Ready(done);
            }
            if bell.leave() {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Does what can be done now; nobody waits for more.
    pub(super) fn settle(&mut self) {
        self.bell.attend();
        advance(&mut self.connection, &mut Context::from_waker(&self.waker));
    }
}

fn advance(connection: &mut Option<Pin<Box<Http1>>>, context: &mut Context<'_>) {
    let ended = connection
        .as_mut()
        .is_some_and(|connection| connection.as_mut().poll(context).is_ready());
    if ended {
        // What went wrong is told to the exchange that it went wrong for.
        *connection = None;
    }
}

/// Tells a poll that is at work from one that is over: only in the latter case somebody has to be woken.
#[derive(Default)]
struct Bell {
    state: AtomicU8,
    task: AtomicWaker,
}

/// Somebody is at work, or nobody cares: a ring is noted.
const ATTENDED: u8 = 0;
/// It has rung.
const RUNG: u8 = 1;
/// A task waits for the next ring.
const AWAITED: u8 = 2;

impl Bell {
    /// From now on rings are noted.
    fn attend(&self) {
        self.state.store(ATTENDED, Ordering::Release);
    }

    /// From now on a ring wakes the task; unless it has rung since it was attended.
    fn leave(&self) -> bool {
        self.state
            .compare_exchange(ATTENDED, AWAITED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(RUNG, Ordering::AcqRel) == AWAITED {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_ring_wakes_only_a_task_that_waits() {
        let count = Arc::new(Count::default());
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        bell.task.register(&Waker::from(Arc::clone(&count)));
        let woken = || count.0.load(Ordering::Relaxed);

        waker.wake_by_ref();
        assert_eq!(woken(), 0, "nobody waits yet");
        assert!(!bell.leave(), "it has rung: there is more to do");
        bell.attend();
        assert!(bell.leave());
        waker.wake_by_ref();
        waker.wake_by_ref();
        assert_eq!(woken(), 1, "one waking is enough");
    }
}
