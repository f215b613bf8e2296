//! Whole answers whose caller has gone: the provider makes and bills them all the same, so they are awaited, that what
//! they cost is known. Streams are not: there the provider stops when its connection ends.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::future::BoxFuture;
use gateway_providers::ReplyBody;
use gateway_router::{RouteError, Routed};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    error::{ApiError, ErrorKind},
    pipeline,
    receive::Refusal,
};
use crate::{app::Live, observe::Exchange};

/// What an attempt comes to.
pub type Sent = Result<Routed, RouteError>;

/// The attempts that run on without their caller. How many there may be, the configuration says under which each began.
#[derive(Debug, Default)]
pub struct Detached {
    running: AtomicUsize,
    tasks: TaskTracker,
}

impl Detached {
    /// How many run now.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// Waits until the last one has ended; after `deadline` cancels `cut_off`, upon which they end.
    pub async fn finish(&self, deadline: Instant, cut_off: &CancellationToken) {
        self.tasks.close();
        if timeout_at(deadline, self.tasks.wait()).await.is_err() {
            cut_off.cancel();
            let _ = timeout(Duration::from_secs(2), self.tasks.wait()).await;
        }
    }
}

/// An attempt for a whole answer. Dropped before it has come to anything, it runs on.
pub struct Attempting<'a> {
    live: &'a Arc<Live>,
    exchange: &'a mut Exchange,
    alone: Alone,
    sending: Option<BoxFuture<'static, Sent>>,
}

/// What an attempt that is left alone has to know.
#[derive(Debug, Clone)]
pub struct Alone {
    /// How long it may run on.
    pub limit: Duration,
    /// What is wrong with a body that was still flowing when its client went.
    pub refusal: Refusal,
}

impl<'a> Attempting<'a> {
    /// An attempt, with the record that it is to close if it is left alone.
    pub fn new(
        live: &'a Arc<Live>,
        exchange: &'a mut Exchange,
        alone: Alone,
        sending: BoxFuture<'static, Sent>,
    ) -> Self {
        Self {
            live,
            exchange,
            alone,
            sending: Some(sending),
        }
    }
}

impl fmt::Debug for Attempting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempting")
    }
}

impl Future for Attempting<'_> {
    type Output = Sent;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Sent> {
        let Some(sending) = &mut self.sending else {
            return Poll::Pending;
        };
        let sent = ready!(sending.as_mut().poll(context));
        self.sending = None;
        Poll::Ready(sent)
    }
}

impl Drop for Attempting<'_> {
    fn drop(&mut self) {
        let Some(sending) = self.sending.take() else {
            return;
        };
        // It was not the caller who ended it.
        if std::thread::panicking() || self.live.process.cut_off.is_cancelled() {
            return;
        }
        let (Ok(runtime), Some(place)) = (Handle::try_current(), Place::take(self.live)) else {
            return;
        };
        let exchange = self.exchange.hand_over();
        let running_on = run_on(place, exchange, self.alone.clone(), sending);
        self.live
            .process
            .detached
            .tasks
            .spawn_on(running_on, &runtime);
    }
}

/// Awaits the answer and closes the record with what it has cost. The answer itself is nobody's.
async fn run_on(
    place: Place,
    mut exchange: Exchange,
    alone: Alone,
    sending: BoxFuture<'static, Sent>,
) {
    let live = &place.0;
    let sent = tokio::select! {
        biased;
        sent = timeout(alone.limit, sending) => sent,
        () = live.process.cut_off.cancelled() => {
            exchange.record.error = Some(ErrorKind::Draining.row().code);
            return;
        }
    };
    // That the client went in the middle of its body is no fault of the provider's.
    if let Some(error) = alone.refusal.take() {
        exchange.record.error = Some(error.code());
        return;
    }
    let attempts = match sent {
        Err(_) => {
            exchange.record.error = Some("deadline_exceeded");
            return;
        }
        Ok(Ok(routed)) => {
            if let ReplyBody::Whole { usage, .. } = routed.reply.body {
                exchange.record.usage = usage;
            }
            routed.attempts
        }
        Ok(Err(mut failed)) => {
            let attempts = std::mem::take(&mut failed.attempts);
            let error = ApiError::from_route(failed, live.upstream_errors());
            exchange.record.error = Some(error.code());
            exchange.record.error_detail = error.log_detail().map(str::to_owned);
            attempts
        }
    };
    pipeline::note(live, &attempts, &mut exchange);
}

/// A place among the attempts that run on, given back when dropped.
struct Place(Arc<Live>);

impl Place {
    fn take(live: &Arc<Live>) -> Option<Self> {
        let before = live
            .process
            .detached
            .running
            .fetch_add(1, Ordering::Relaxed);
        let place = Self(Arc::clone(live));
        (before < live.settings.max_detached).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0
            .process
            .detached
            .running
            .fetch_sub(1, Ordering::Relaxed);
    }
}
