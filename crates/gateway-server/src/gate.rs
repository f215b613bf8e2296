//! A future that is asked only when it has something to say.
//!
//! A task that waits for several things asks all of them each time that one wakes it. On the path of a stream's
//! events that is a timer and a shutdown signal asked for nothing at every event. Behind a gate they are asked once,
//! and again when they themselves have called.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;

/// A future behind a gate.
#[derive(Debug)]
pub struct Gate<F> {
    future: F,
    bell: Arc<Bell>,
    /// The bell, as the future knows it.
    waker: Waker,
}

/// What the future rings when it wants to be asked.
#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl<F: Future + Unpin> Gate<F> {
    /// Puts a future behind a gate. It is asked at the first poll.
    pub fn new(future: F) -> Self {
        let bell = Arc::new(Bell {
            rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            waker: Waker::from(Arc::clone(&bell)),
            future,
            bell,
        }
    }

    /// The future, to be changed; it is asked again at the next poll.
    pub fn get_mut(&mut self) -> &mut F {
        self.bell.rung.store(true, Ordering::Release);
        &mut self.future
    }
}

impl<F: Future + Unpin> Future for Gate<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        // First the task, then the bell: who rings in between finds the task.
        this.bell.task.register(context.waker());
        if !this.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        Pin::new(&mut this.future).poll(&mut Context::from_waker(&this.waker))
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use futures::FutureExt;
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_asked_once_and_again_when_it_has_called() {
        let mut asked = 0;
        let mut timer = Box::pin(sleep(Duration::from_secs(5)));
        let mut gate = Gate::new(poll_fn(|context| {
            asked += 1;
            timer.poll_unpin(context)
        }));
        for _ in 0..10 {
            assert!((&mut gate).now_or_never().is_none());
        }
        gate.await;
        assert_eq!(asked, 2);
    }

    #[tokio::test]
    async fn whoever_asked_last_is_woken() {
        let (send, receive) = tokio::sync::oneshot::channel::<()>();
        let mut gate = Gate::new(receive);
        assert!((&mut gate).now_or_never().is_none());
        let waits = tokio::spawn(gate);
        tokio::task::yield_now().await;
        send.send(()).unwrap();
        waits.await.unwrap().unwrap();
    }
}
