//! Requests that are answered before their body has arrived: refused for their head, their size or their key.
//!
//! Closing a socket with unread bytes in it makes the system reset the connection, and the reset can overtake the
//! answer: the client then sees a broken pipe in place of the error it should read. So after such an answer only
//! the sending half is closed, and what still comes is read and thrown away for a while. And the answer says so, or a
//! client would send its next request on a connection that is closed, and see that one fail. HTTP/2 has the same
//! trouble with one stream, and the same remedy.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{HeaderValue, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::{
    io::{AsyncRead, ReadBuf},
    runtime::Handle,
    time::{Instant, Sleep, sleep, timeout},
};

use super::Peer;

/// How long a client may be silent before it is taken to have read its answer, or to be gone.
const SILENCE: Duration = Duration::from_secs(2);
/// How long it may go on sending.
const TIME: Duration = Duration::from_secs(10);
/// How much it may go on sending.
const BYTES: usize = 64 * 1024 * 1024;

/// Of a body of which no more is left, hyper has read the rest together with the head, and keeps the connection. That of
/// a longer one it closes.
const ARRIVED: u64 = 4 * 1024;

/// Says in an answer that the connection ends with it, where it does.
pub(super) fn tell_end<B>(mut answer: Response<B>, peer: &Peer) -> Response<B> {
    if peer.ends() {
        let headers = answer.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// A request's body that tells its connection when it was not read to its end.
pub(super) struct RequestBody {
    /// There until the body is dropped.
    body: Option<Incoming>,
    peer: Peer,
    is_read: bool,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, peer: Peer) -> Self {
        Self {
            body: Some(body),
            peer,
            is_read: false,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(body).poll_frame(context));
        self.is_read |= frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(body) = self
            .body
            .take()
            .filter(|body| !self.is_read && !body.is_end_stream())
        else {
            return;
        };
        if !self.peer.is_multiplexed() {
            let left = body.size_hint().exact();
            self.peer
                .leave_unread(left.is_none_or(|left| left > ARRIVED));
        } else if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(TIME, throw_away(body)));
        }
    }
}

/// Reads a stream of HTTP/2 on, which would otherwise be reset, and its answer with it.
async fn throw_away(mut body: Incoming) {
    let mut seen = 0;
    while let Some(Ok(frame)) = body.frame().await {
        seen += frame.data_ref().map_or(0, Bytes::len);
        if seen > BYTES {
            return;
        }
    }
}

/// Reads and throws away until the client closes, is silent, or has had its share.
pub(super) struct Linger {
    silence: Pin<Box<Sleep>>,
    until: Instant,
    bytes: usize,
}

impl Linger {
    pub(super) fn new() -> Self {
        Self {
            silence: Box::pin(sleep(SILENCE)),
            until: Instant::now() + TIME,
            bytes: 0,
        }
    }

    /// Ready when the connection may be closed; it never fails, for the answer has been given.
    pub(super) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut scratch = [0; 16 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = Pin::new(&mut *stream).poll_read(context, &mut buffer);
            let Poll::Ready(read) = read else {
                return self.silence.as_mut().poll(context).map(Ok);
            };
            let count = buffer.filled().len();
            self.bytes = self.bytes.saturating_add(count);
            let now = Instant::now();
            if read.is_err() || count == 0 || self.bytes > BYTES || now > self.until {
                return Poll::Ready(Ok(()));
            }
            self.silence.as_mut().reset(now + SILENCE);
        }
    }
}
