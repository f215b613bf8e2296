//! A connection, and what has arrived on it and is not used yet.
//!
//! There is room for input only while there is input: a connection that waits holds none, and most streams wait
//! most of the time.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWrite},
    net::TcpStream,
};

/// The least room that is made for a read.
const LEAST_ROOM: usize = 8 << 10;
/// The most.
const MOST_ROOM: usize = 128 << 10;

/// A connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    /// What has arrived.
    pub(super) input: BytesMut,
    /// How much the next read may bring.
    room: usize,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            room: LEAST_ROOM,
        }
    }

    /// Reads what is there, at least one byte; 0 is the end. `expected` says how much is known to come.
    pub(super) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        expected: u64,
    ) -> Poll<io::Result<usize>> {
        ready!(self.stream.poll_read_ready(context))?;
        let expected = usize::try_from(expected).unwrap_or(MOST_ROOM);
        let room = self.room.max(expected).min(MOST_ROOM);
        self.input.reserve(room);
        let count = match pin!(self.stream.read_buf(&mut self.input)).poll(context) {
            Poll::Ready(count) => count?,
            Poll::Pending => {
                self.give_room_back();
                return Poll::Pending;
            }
        };
        // Where one read was filled the next one may bring more; where little comes little is enough.
        self.room = if count >= room {
            (room * 2).min(MOST_ROOM)
        } else {
            LEAST_ROOM
        };
        Poll::Ready(Ok(count))
    }

    /// Writes some of the slices' bytes.
    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    /// Whether the other end is silent, as it has to be between two exchanges: what it says without being asked
    /// belongs to no answer.
    pub(super) fn is_quiet(&self) -> bool {
        let read = self.stream.try_read(&mut [0]);
        self.input.is_empty()
            && matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Lets go of the room for input, if none is waiting in it.
    pub(super) fn give_room_back(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }
}
