//! One client connection: from its first request to its end, and the deadline for request heads.

use std::{
    convert::Infallible,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use axum::body::Body;
use futures::{FutureExt, future::BoxFuture};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulConnection};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    ConnectionLimits, Peer,
    linger::{Linger, RequestBody, tell_end},
    protocol::{Protocol, Protocols},
    stall,
};
use crate::{gate::Gate, http::routes::Handler};

/// Serves one connection until it ends, or until a shutdown has let its requests finish.
pub(super) async fn serve<S>(
    (protocols, protocol): (&Protocols, Protocol),
    stream: S,
    (peer, opened): (Peer, Instant),
    handler: Handler,
    limits: ConnectionLimits,
    draining: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let io = TokioIo::new(Deadlines::new(stream, peer.clone(), opened, limits));
    let of_requests = peer.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let peer = of_requests.clone();
        peer.begin();
        if request.version() == http::Version::HTTP_2 {
            peer.set_multiplexed();
        }
        request.extensions_mut().insert(peer.clone());
        let of_body = peer.clone();
        let answer = handler(request.map(|body| Body::new(RequestBody::new(body, of_body))));
        async move { Ok::<_, Infallible>(tell_end(stall::watched(answer.await), &peer)) }
    });
    // Connections are large, and are held in one place rather than in each future around them.
    let serving: BoxFuture<'static, ()> = match protocol {
        Protocol::Http1 => {
            let connection = Box::pin(protocols.http1.serve_connection(io, service));
            run(connection, peer, limits, draining).boxed()
        }
        Protocol::Http2 => {
            let connection = Box::pin(protocols.http2.serve_connection(io, service));
            run(connection, peer, limits, draining).boxed()
        }
    };
    serving.await;
}

async fn run<C>(
    mut connection: Pin<Box<C>>,
    peer: Peer,
    limits: ConnectionLimits,
    draining: CancellationToken,
) where
    C: GracefulConnection<Error = hyper::Error>,
{
    let to_close = pin!(until_to_close(&peer, limits, &draining));
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = Gate::new(to_close) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = until_given_up(&peer, limits) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        // Clients go away all the time; that is no news.
        tracing::debug!(%error, "connection ended");
    }
}

/// Waits for the shutdown, or until a connection of HTTP/2 was idle for too long: hyper's own timer for that
/// knows HTTP/1 only, and a client that answers pings would keep its place for ever.
async fn until_to_close(peer: &Peer, limits: ConnectionLimits, draining: &CancellationToken) {
    let mut begun = 0;
    while timeout(limits.keep_alive, draining.cancelled())
        .await
        .is_err()
    {
        let is_idle = !peer.is_busy() && peer.begun() == begun;
        if is_idle && peer.is_multiplexed() {
            return;
        }
        begun = peer.begun();
    }
}

/// Waits for as long as requests are answered, and then for a client to read the last of it.
async fn until_given_up(peer: &Peer, limits: ConnectionLimits) {
    sleep(limits.write_stall).await;
    while peer.is_busy() {
        sleep(limits.write_stall).await;
    }
}

/// A stream that fails when a request's head began to arrive and is not there in time, or when the other end
/// does not take what is written to it.
struct Deadlines<S> {
    stream: S,
    peer: Peer,
    limits: ConnectionLimits,
    /// Runs from the connection's start, and again from the first byte after each answer.
    head: Pin<Box<Sleep>>,
    /// A head is arriving, and this many requests had begun before it.
    arriving: Option<u32>,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The sending half is closed, and a client that is still sending gets to read its answer.
    linger: Option<Linger>,
}

impl<S> Deadlines<S> {
    fn new(stream: S, peer: Peer, opened: Instant, limits: ConnectionLimits) -> Self {
        Self {
            stream,
            peer,
            limits,
            head: Box::pin(sleep_until(opened + limits.head)),
            arriving: Some(0),
            stalled: None,
            linger: None,
        }
    }

    /// Whether a head has been arriving for too long.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self
            .arriving
            .is_some_and(|before| before != self.peer.begun())
        {
            self.arriving = None;
        }
        if self.arriving.is_none() || self.peer.is_multiplexed() {
            return Poll::Pending;
        }
        self.head.as_mut().poll(context)
    }

    fn note_bytes(&mut self) {
        let begun = self.peer.begun();
        if self.peer.is_busy() || self.arriving == Some(begun) {
            return;
        }
        self.arriving = Some(begun);
        self.head.as_mut().reset(Instant::now() + self.limits.head);
    }

    /// Passes a write's progress on; one that waits for too long becomes an error.
    fn written<T>(
        &mut self,
        progress: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.stalled = None;
            return progress;
        }
        let limit = self.limits.write_stall;
        ready!(
            self.stalled
                .get_or_insert_with(|| Box::pin(sleep(limit)))
                .as_mut()
                .poll(context)
        );
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client does not read its answer",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deadlines<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(done) => {
                if buffer.filled().len() > before {
                    self.note_bytes();
                }
                Poll::Ready(done)
            }
            Poll::Pending => {
                ready!(self.poll_late(context));
                Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the request's head did not arrive in time",
                )))
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Deadlines<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(progress, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.stream).poll_flush(context);
        self.written(progress, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(linger) = &mut this.linger {
            return linger.poll(&mut this.stream, context);
        }
        let progress = Pin::new(&mut this.stream).poll_shutdown(context);
        ready!(this.written(progress, context))?;
        if this.peer.is_multiplexed() || !this.peer.has_unread() {
            return Poll::Ready(Ok(()));
        }
        let linger = this.linger.insert(Linger::new());
        linger.poll(&mut this.stream, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(progress, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
