//! Whether a client is still there while its request is answered.
//!
//! hyper finds out by reading on, into one more buffer that lasts as long as the answer, and as large as the largest
//! piece of the prompt. The system tells it without one.

use std::{
    io,
    task::{Context, Poll},
};

use tokio::{io::ReadBuf, net::TcpStream};
use tokio_rustls::server::TlsStream;

/// A stream whose other end can go.
pub(crate) trait Presence {
    /// Whether [`poll_gone`](Self::poll_gone) can tell. Where it cannot, somebody has to read on.
    const IS_TOLD: bool;

    /// Ready when the other end has closed, or the connection is broken, and nothing of what it sent is left to be
    /// read. Wakes the task when that may have changed, unless something waits to be read: the end is not seen behind
    /// it.
    fn poll_gone(&self, context: &mut Context<'_>) -> Poll<()>;
}

impl Presence for TcpStream {
    const IS_TOLD: bool = true;

    fn poll_gone(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut byte = [0];
        gone(&self.poll_peek(context, &mut ReadBuf::new(&mut byte)))
    }
}

/// How a peek for one byte ends.
fn gone(peeked: &Poll<io::Result<usize>>) -> Poll<()> {
    match peeked {
        Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
        Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
    }
}

/// The socket still holds the TLS record that says goodbye when the client has gone.
impl Presence for TlsStream<TcpStream> {
    const IS_TOLD: bool = false;

    fn poll_gone(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}
