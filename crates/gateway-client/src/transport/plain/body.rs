//! Bodies in hyper's words: out as they are, in as they come; an answer that was read to its end gives its
//! connection back.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, future::poll_fn};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::timeout;

use super::pool::{Connection, Host};
use crate::transport::{
    ByteStream, RequestBody, TransportError, TransportErrorKind, error::RequestBodyFailed,
};

/// A request's body.
pub(super) struct OutBody(RequestBody);

impl OutBody {
    pub(super) fn new(body: RequestBody) -> Self {
        Self(body)
    }
}

impl Body for OutBody {
    type Data = Bytes;
    type Error = RequestBodyFailed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.0 {
            RequestBody::Empty => Poll::Ready(None),
            RequestBody::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            RequestBody::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            RequestBody::Stream { stream, .. } => stream
                .poll_next_unpin(context)
                .map(|piece| piece.map(|piece| piece.map(Frame::data).map_err(RequestBodyFailed))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            RequestBody::Empty => true,
            RequestBody::Full(bytes) => bytes.is_empty(),
            RequestBody::Stream { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            RequestBody::Empty => SizeHint::with_exact(0),
            RequestBody::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            RequestBody::Stream {
                length: Some(length),
                ..
            } => SizeHint::with_exact(*length),
            RequestBody::Stream { length: None, .. } => SizeHint::default(),
        }
    }
}

/// How long a body that was dropped before its end may take to end after all. A reader that knows its format
/// stops at the last event, a moment before the framing says that it was the last; whoever goes on sending is
/// cut off.
const LINGER: Duration = Duration::from_millis(100);

/// An answer's body. Read to its end it gives the connection back; dropped before, it closes it.
pub(super) fn pooled(body: Incoming, connection: Connection, host: Arc<Host>) -> ByteStream {
    let mut body = PooledBody {
        body: Some(body),
        connection: Some(connection),
        host,
    };
    body.finish_if_ended();
    body.boxed()
}

struct PooledBody {
    body: Option<Incoming>,
    connection: Option<Connection>,
    host: Arc<Host>,
}

impl PooledBody {
    fn finish_if_ended(&mut self) {
        if self.body.as_ref().is_some_and(Body::is_end_stream) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.body = None;
        if let Some(connection) = self.connection.take() {
            self.host.give_back(connection);
        }
    }
}

impl Stream for PooledBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let PooledBody {
                body: Some(body),
                connection: Some(Connection { driver, .. }),
                ..
            } = &mut *self
            else {
                return Poll::Ready(None);
            };
            match ready!(driver.poll(context, |inner| Pin::new(&mut *body).poll_frame(inner))) {
                None => self.finish(),
                Some(Ok(frame)) => {
                    // Trailers say nothing that is passed on.
                    if let Ok(data) = frame.into_data() {
                        self.finish_if_ended();
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    self.body = None;
                    self.connection = None;
                    let error = TransportError::with_source(TransportErrorKind::Body, error);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl Drop for PooledBody {
    fn drop(&mut self) {
        let (Some(mut body), Some(mut connection)) = (self.body.take(), self.connection.take())
        else {
            return;
        };
        let mut poll_end = move |connection: &mut Connection, context: &mut Context<'_>| {
            let frame = |inner: &mut Context<'_>| Pin::new(&mut body).poll_frame(inner);
            connection
                .driver
                .poll(context, frame)
                .map(|next| next.is_none())
        };
        // Mostly the end is there already, right behind the last event.
        match poll_end(&mut connection, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(true) => return self.host.give_back(connection),
            Poll::Ready(false) => return,
            Poll::Pending => {}
        }
        let host = Arc::clone(&self.host);
        // Outside of a runtime there is nobody to wait for the end.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let end = poll_fn(|context| poll_end(&mut connection, context));
            if let Ok(true) = timeout(LINGER, end).await {
                host.give_back(connection);
            }
        });
    }
}
