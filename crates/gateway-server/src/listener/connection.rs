//! One client connection: from its first request to its end, and what is said where no request came of it.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use axum::body::Body;
use futures::{FutureExt, future::BoxFuture};
use http::{Request, StatusCode};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::{HttpService, service_fn},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    ConnectionLimits, Peer,
    deadlines::Deadlines,
    linger::{RequestBody, tell_end},
    presence::Presence,
    protocol::{Protocol, Protocols},
    stall::{self, StreamTasks},
};
use crate::{
    gate::Gate,
    http::{
        refuse::{Refusal, Refuser},
        routes::Front,
    },
};

/// Serves one connection, of so many that are open, until it ends, or until a shutdown has let its requests finish.
pub(super) async fn serve<S>(
    (protocols, protocol, open): (&Protocols, Protocol, i64),
    stream: S,
    (peer, opened): (Peer, Instant),
    front: Front,
    limits: ConnectionLimits,
    draining: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Presence + Unpin + Send + 'static,
{
    let io = TokioIo::new(Deadlines::new(stream, peer.clone(), opened, limits));
    let of_requests = peer.clone();
    let Front { handler, refuser } = front;
    let service = service_fn(move |mut request: Request<Incoming>| {
        let peer = of_requests.clone();
        peer.begin();
        if request.version() == http::Version::HTTP_2 {
            peer.set_multiplexed();
        }
        request.extensions_mut().insert(peer.clone());
        let of_body = peer.clone();
        handler(request.map(|body| Body::new(RequestBody::new(body, of_body))))
            .map(move |response| Ok::<_, Infallible>(tell_end(stall::watched(response), &peer)))
    });
    // Connections are large, and are held in one place rather than in each future around them.
    let serving: BoxFuture<'static, ()> = match protocol {
        Protocol::Http1 => {
            let connection = protocols.http1::<S>(open).serve_connection(io, service);
            serve_http1(Box::new(connection), peer, limits, draining, refuser).boxed()
        }
        Protocol::Http2 => {
            let connection = Box::pin(protocols.http2.serve_connection(io, service));
            async move {
                let _ = run(connection, &peer, limits, &draining).await;
            }
            .boxed()
        }
    };
    serving.await;
}

/// The connection's socket as hyper sees it.
type Io<S> = TokioIo<Deadlines<S>>;

async fn serve_http1<S, H>(
    mut connection: Box<http1::Connection<Io<S>, H>>,
    peer: Peer,
    limits: ConnectionLimits,
    draining: CancellationToken,
    refuser: Refuser,
) where
    S: AsyncRead + AsyncWrite + Presence + Unpin,
    H: HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Unpin> + Unpin,
{
    let Some(ended) = run(&mut *connection, &peer, limits, &draining).await else {
        return;
    };
    let parts = connection.into_parts();
    let mut io = parts.io.into_inner();
    if let Err(error) = ended
        && let Some(refusal) = refusal(&mut io, &parts.read_buf, &error)
    {
        // The rest of what cannot be read may still be coming, and must not overtake the answer with a reset. Who was
        // too slow gets no more time for it.
        if refusal != Refusal::TooSlow {
            peer.leave_unread(true);
        }
        let mut refused = refuser(refusal);
        if io.write_all(refused.bytes()).await.is_ok() {
            refused.written();
        }
        drop(refused);
    }
    // The client may have gone, which is no news.
    let _ = io.shutdown().await;
}

/// What is to be said about the error that ended a connection with these bytes unread, if anything can be.
fn refusal<S>(io: &mut Deadlines<S>, unread: &[u8], error: &hyper::Error) -> Option<Refusal> {
    if error.is_parse()
        && let Some(status) = io.take_own_answer()
    {
        return Some(match status {
            StatusCode::URI_TOO_LONG => Refusal::TargetTooLong,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Refusal::HeadTooLarge,
            _ => Refusal::Malformed(error.to_string()),
        });
    }
    if unread.is_empty() || !io.is_between_requests() {
        None
    } else if io.is_late() || error.is_timeout() {
        Some(Refusal::TooSlow)
    } else if error.is_incomplete_message() {
        Some(Refusal::BrokenOff)
    } else if error.is_parse() {
        Some(Refusal::Malformed(error.to_string()))
    } else {
        None
    }
}

/// A connection of either protocol.
trait Served {
    /// Serves on.
    fn poll_served(&mut self, context: &mut Context<'_>) -> Poll<hyper::Result<()>>;

    /// Takes no further request.
    fn finish(&mut self);
}

impl<S, H> Served for &mut http1::Connection<Io<S>, H>
where
    S: AsyncRead + AsyncWrite + Presence + Unpin,
    H: HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Unpin> + Unpin,
{
    fn poll_served(&mut self, context: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.poll_without_shutdown(context)
    }

    fn finish(&mut self) {
        Pin::new(&mut **self).graceful_shutdown();
    }
}

impl<S, H> Served for Pin<Box<http2::Connection<Io<S>, H, StreamTasks>>>
where
    S: AsyncRead + AsyncWrite + Presence + Unpin,
    H: HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send + 'static>,
{
    fn poll_served(&mut self, context: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.as_mut().poll(context)
    }

    fn finish(&mut self) {
        self.as_mut().graceful_shutdown();
    }
}

/// How the connection ended by itself, if it did.
async fn run(
    mut connection: impl Served,
    peer: &Peer,
    limits: ConnectionLimits,
    draining: &CancellationToken,
) -> Option<hyper::Result<()>> {
    let to_close = pin!(until_to_close(peer, limits, draining));
    let ended = tokio::select! {
        biased;
        ended = std::future::poll_fn(|context| connection.poll_served(context)) => Some(ended),
        () = Gate::new(to_close) => {
            connection.finish();
            tokio::select! {
                ended = std::future::poll_fn(|context| connection.poll_served(context)) => Some(ended),
                () = until_given_up(peer, limits) => None,
            }
        }
    };
    if let Some(Err(error)) = &ended {
        // Clients go away all the time; that is no news.
        tracing::debug!(%error, "connection ended");
    }
    ended
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
