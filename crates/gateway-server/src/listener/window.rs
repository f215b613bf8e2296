//! What a connection of HTTP/2 may have sent and nobody has read: bytes that lie in the library's buffers, out of reach
//! of everything that counts bodies as they are read. So the most that they can be is taken from the same memory before
//! they come: what is left of each body, but not more than its stream's window, and of all streams together not more
//! than the connection's.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Version};
use hyper::body::{Body as _, Frame, SizeHint};

use super::Peer;
use crate::http::{body_memory::BodyShare, error::ApiError};

/// A stream's window is this part of its connection's.
pub(super) const STREAMS: u32 = 4;

/// The unread bytes of one connection.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    unread: Mutex<Unread>,
}

#[derive(Debug, Default)]
struct Unread {
    /// What may come on all streams, were it not for the connection's own window.
    expected: usize,
    /// There while something is expected.
    share: Option<BodyShare>,
}

impl Window {
    /// Of a connection that may send so many bytes.
    pub(super) fn new(size: u32) -> Self {
        Self {
            size: usize::try_from(size).unwrap_or(usize::MAX),
            unread: Mutex::default(),
        }
    }

    fn of_stream(&self) -> usize {
        self.size / STREAMS as usize
    }

    /// Takes room for so many bytes more.
    fn expect(&self, bytes: usize, share: impl FnOnce() -> BodyShare) -> Result<(), ApiError> {
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        let expected = unread.expected.saturating_add(bytes);
        let taken = unread.share.get_or_insert_with(share);
        taken.resize(expected.min(self.size))?;
        unread.expected = expected;
        Ok(())
    }

    /// Gives room for so many bytes back.
    fn forget(&self, bytes: usize) {
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.expected = unread.expected.saturating_sub(bytes);
        let left = unread.expected.min(self.size);
        if left == 0 {
            unread.share = None;
        } else if let Some(share) = &mut unread.share {
            // To become smaller cannot fail.
            let _ = share.resize(left);
        }
    }
}

/// A request whose body may lie unread, with room taken for it; other requests stay as they are. Of a body that does not
/// say its length, `most` bytes are expected.
///
/// # Errors
/// 503 `overloaded` when there is no room.
pub fn counted(
    request: Request<Body>,
    most: usize,
    share: impl FnOnce() -> BodyShare,
) -> Result<Request<Body>, ApiError> {
    if request.version() < Version::HTTP_2 || request.body().is_end_stream() {
        return Ok(request);
    }
    let Some(peer) = request.extensions().get::<Peer>().cloned() else {
        return Ok(request);
    };
    let announced = request.body().size_hint().upper();
    let announced = announced.and_then(|length| usize::try_from(length).ok());
    let left = announced.unwrap_or(most).min(most);
    let window = peer.window();
    let taken = left.min(window.of_stream());
    window.expect(taken, share)?;
    Ok(request.map(|body| {
        Body::new(Counted {
            body,
            peer,
            left,
            taken,
        })
    }))
}

/// A body with room for what of it is unread.
struct Counted {
    body: Body,
    peer: Peer,
    /// What may still come.
    left: usize,
    /// The room that is taken.
    taken: usize,
}

impl Counted {
    fn read(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        self.keep(self.left);
    }

    /// Keeps room for at most so many bytes.
    fn keep(&mut self, bytes: usize) {
        if bytes < self.taken {
            self.peer.window().forget(self.taken - bytes);
            self.taken = bytes;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.keep(0);
    }
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => self.read(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(_)) | None => self.keep(0),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::stream;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::http::body_memory::BodyMemory;

    const WINDOW: u32 = 400;

    fn request(peer: &Peer, pieces: &[usize]) -> Request<Body> {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|&bytes| Ok::<_, std::convert::Infallible>(vec![b'x'; bytes]))
            .collect();
        let mut request = Request::new(Body::from_stream(stream::iter(pieces)));
        *request.version_mut() = Version::HTTP_2;
        request.extensions_mut().insert(peer.clone());
        request
    }

    #[tokio::test]
    async fn room_is_taken_for_what_may_come_and_given_back_as_it_is_read() {
        let memory = Arc::new(BodyMemory::default());
        let peer = Peer::new(([127, 0, 0, 1], 1).into(), WINDOW);
        let counted = |most, pieces: &[usize], limit| {
            counted(request(&peer, pieces), most, || memory.share(limit))
        };
        let mut large = counted(150, &[60, 60, 30], 1000).unwrap().into_body();
        assert_eq!(memory.held(), 100, "a stream's window");
        let mut held = Vec::new();
        while let Some(frame) = large.frame().await {
            frame.unwrap();
            held.push(memory.held());
        }
        assert_eq!((held, memory.held()), (vec![90, 30, 0], 0));

        let all: Vec<_> = (0..6).map(|_| counted(1000, &[1], 1000).unwrap()).collect();
        assert_eq!(memory.held(), 400, "the connection's window");
        drop(all);
        assert_eq!(memory.held(), 0);

        let one = counted(60, &[1], 110).unwrap();
        assert_eq!(counted(60, &[1], 110).unwrap_err().code(), "overloaded");
        assert_eq!(memory.held(), 60, "nothing of the refused");
        drop(one);
        assert_eq!(memory.held(), 0);
    }

    #[test]
    fn requests_of_http1_and_those_without_a_body_take_nothing() {
        let memory = Arc::new(BodyMemory::default());
        let peer = Peer::new(([127, 0, 0, 1], 1).into(), WINDOW);
        let mut older = request(&peer, &[1]);
        *older.version_mut() = Version::HTTP_11;
        let older = counted(older, 100, || memory.share(100)).unwrap();
        let empty = request(&peer, &[]).map(|_| Body::empty());
        let empty = counted(empty, 100, || memory.share(100)).unwrap();
        assert_eq!(memory.held(), 0);
        drop((older, empty));
    }
}
