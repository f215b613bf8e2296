//! Whether a connection is at work: between requests a head has to arrive in time, during one it does not.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use super::window::Window;

/// The connection that a request came on, in the request's extensions.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The other end's address, as the system gives it.
    pub address: SocketAddr,
    work: Arc<Work>,
}

#[derive(Debug)]
struct Work {
    /// Requests that are being answered.
    open: AtomicU32,
    /// Requests that ever began.
    begun: AtomicU32,
    /// The last request was answered before its body had been read to the end.
    left_unread: AtomicBool,
    /// So much of that is still to come that the connection ends with the answer.
    ends: AtomicBool,
    multiplexed: AtomicBool,
    /// What of HTTP/2 nobody has read.
    window: Window,
}

impl Peer {
    /// Of a connection on which so many bytes of bodies may lie unread, where it speaks HTTP/2.
    pub(super) fn new(address: SocketAddr, window: u32) -> Self {
        let work = Work {
            open: AtomicU32::new(0),
            begun: AtomicU32::new(0),
            left_unread: AtomicBool::new(false),
            ends: AtomicBool::new(false),
            multiplexed: AtomicBool::new(false),
            window: Window::new(window),
        };
        Self {
            address,
            work: Arc::new(work),
        }
    }

    pub(super) fn window(&self) -> &Window {
        &self.work.window
    }

    /// Marks the connection as at work until the mark is dropped with the answer's body.
    pub fn busy(&self) -> Busy {
        self.work.open.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(&self.work))
    }

    /// Notes that a head has arrived whole, whatever it asks for.
    pub(super) fn begin(&self) {
        self.work.begun.fetch_add(1, Ordering::Relaxed);
        self.work.left_unread.store(false, Ordering::Relaxed);
        self.work.ends.store(false, Ordering::Relaxed);
    }

    /// Notes that a request's body was given up before its end, and whether the connection ends with that.
    pub(super) fn leave_unread(&self, ends: bool) {
        self.work.left_unread.store(true, Ordering::Relaxed);
        self.work.ends.store(ends, Ordering::Relaxed);
    }

    /// Whether no further request can come on this connection.
    pub(super) fn ends(&self) -> bool {
        self.work.ends.load(Ordering::Relaxed)
    }

    /// Whether the client may still be sending what nobody reads.
    pub(super) fn has_unread(&self) -> bool {
        self.work.left_unread.load(Ordering::Relaxed)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.work.open.load(Ordering::Relaxed) > 0
    }

    /// How many requests ever began: a change tells that a head arrived whole.
    pub(super) fn begun(&self) -> u32 {
        self.work.begun.load(Ordering::Relaxed)
    }

    /// Notes that the connection speaks HTTP/2, in which bytes between requests are no heads.
    pub(super) fn set_multiplexed(&self) {
        self.work.multiplexed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_multiplexed(&self) -> bool {
        self.work.multiplexed.load(Ordering::Relaxed)
    }
}

/// A request is being answered.
#[derive(Debug)]
pub struct Busy(Arc<Work>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
