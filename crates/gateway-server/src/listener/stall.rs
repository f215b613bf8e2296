//! Streams of HTTP/2 whose client does not read its answer.
//!
//! On a connection of HTTP/1.1 such a client is found out by its socket, which takes no more bytes. With HTTP/2 it may
//! go on reading the socket and merely never open the window of one stream; hyper then waits without end, and with it
//! the upstream whose answer that is. Nothing can be said on such a stream: it is reset.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use hyper::{
    body::{Frame, SizeHint},
    rt::Executor,
};
use tokio::time::sleep;

/// The most of an answer that is handed over at once. What has been handed over to a window that was open a little
/// waits in memory and is not seen to wait: the next piece is, be it the comment that fills a silence.
const PIECE: usize = 64 * 1024;
/// How often within the time a stream is looked at.
const LOOKS: u32 = 4;

tokio::task_local! {
    /// The progress of the stream whose task this is.
    static PROGRESS: Arc<Progress>;
}

/// Runs each stream of HTTP/2 as a task, until it ends or has waited for its client for this long, and at most a
/// quarter longer.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamTasks {
    pub(super) stall: Duration,
}

impl<F> Executor<F> for StreamTasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        tokio::spawn(run(stream, self.stall));
    }
}

async fn run<F: Future>(stream: F, stall: Duration) {
    let progress = Arc::new(Progress::default());
    let stream = PROGRESS.scope(Arc::clone(&progress), stream);
    tokio::select! {
        biased;
        _ = stream => {}
        () = progress.stalls(stall) => tracing::debug!("a client does not read its stream, which is reset"),
    }
}

/// The answer on a stream, watched; any other answer as it is.
pub(super) fn watched(response: Response<Body>) -> Response<Body> {
    match PROGRESS.try_with(Arc::clone) {
        Err(_) => response,
        Ok(progress) => response.map(|body| {
            Body::new(Watched {
                body,
                rest: Bytes::new(),
                progress,
            })
        }),
    }
}

/// Even while the answer is being made, odd while a piece of it waits for the client; it only ever grows.
#[derive(Debug, Default)]
struct Progress(AtomicU64);

impl Progress {
    fn asked(&self) {
        if !self.0.load(Ordering::Relaxed).is_multiple_of(2) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn handed_over(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Ready once the same piece has waited for this long.
    async fn stalls(&self, limit: Duration) {
        let (mut seen, mut times) = (0, 0);
        while times < LOOKS {
            sleep(limit / LOOKS).await;
            let now = self.0.load(Ordering::Relaxed);
            times = if now == seen && !now.is_multiple_of(2) {
                times + 1
            } else {
                0
            };
            seen = now;
        }
    }
}

/// A body that says when it is asked for more, which is when the client has taken what it was given.
struct Watched {
    body: Body,
    /// What is left of a piece that was too large.
    rest: Bytes,
    progress: Arc<Progress>,
}

impl Watched {
    fn hand_over(&mut self, mut bytes: Bytes) -> Frame<Bytes> {
        self.rest = bytes.split_off(bytes.len().min(PIECE));
        // Nobody waits for the client to take nothing.
        if !bytes.is_empty() {
            self.progress.handed_over();
        }
        Frame::data(bytes)
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        this.progress.asked();
        if !this.rest.is_empty() {
            let rest = std::mem::take(&mut this.rest);
            return Poll::Ready(Some(Ok(this.hand_over(rest))));
        }
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(bytes) => this.hand_over(bytes),
                Err(trailers) => trailers,
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let of_body = self.body.size_hint();
        let mut hint = SizeHint::new();
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(of_body.lower().saturating_add(rest));
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use hyper::body::Body as _;
    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test]
    async fn a_large_piece_is_handed_over_in_parts() {
        let whole: Bytes = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let mut body = Watched {
            body: Body::from(whole.clone()),
            rest: Bytes::new(),
            progress: Arc::default(),
        };
        assert_eq!(body.size_hint().exact(), Some(200_000));
        let mut parts = Vec::new();
        while let Some(frame) = body.frame().await {
            parts.push(frame.unwrap().into_data().unwrap());
            let given: usize = parts.iter().map(Bytes::len).sum();
            assert_eq!(body.size_hint().exact(), Some(200_000 - given as u64));
            assert_eq!(body.is_end_stream(), given == 200_000);
        }
        assert_eq!(parts.len(), 4);
        assert_eq!(parts.concat(), whole);
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_piece_that_waits_stalls() {
        let limit = Duration::from_secs(60);
        let long = Duration::from_secs(600);
        let progress = Progress::default();
        assert!(timeout(long, progress.stalls(limit)).await.is_err());
        progress.handed_over();
        let began = Instant::now();
        progress.stalls(limit).await;
        assert!(began.elapsed() >= limit && began.elapsed() <= limit * 5 / 4);
        let reads = async {
            for _ in 0..20 {
                sleep(Duration::from_secs(30)).await;
                progress.asked();
                progress.handed_over();
            }
        };
        tokio::select! {
            () = reads => {}
            () = progress.stalls(limit) => panic!("it reads"),
        }
        progress.asked();
        assert!(timeout(long, progress.stalls(limit)).await.is_err());
    }
}
