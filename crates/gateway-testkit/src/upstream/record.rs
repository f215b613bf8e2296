//! What the upstream was sent.

use std::{
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::Value;

use crate::wire::Head;

/// One request as it arrived.
#[derive(Debug)]
pub struct RecordedRequest {
    /// The connection's number, from 0 in the order of acceptance.
    pub connection: u64,
    /// The head, byte for byte.
    pub head: Head,
    /// The body, its framing removed.
    pub body: Bytes,
    /// Whether the body came to its end.
    pub complete: bool,
    /// When the last of it had arrived.
    pub received: Instant,
    pub(super) peer_left: OnceLock<Instant>,
    pub(super) answered: OnceLock<Instant>,
}

impl RecordedRequest {
    pub(super) fn new(connection: u64, head: Head, body: Bytes, complete: bool) -> Self {
        Self {
            connection,
            head,
            body,
            complete,
            received: Instant::now(),
            peer_left: OnceLock::new(),
            answered: OnceLock::new(),
        }
    }

    /// The method.
    pub fn method(&self) -> &str {
        self.head.word(0)
    }

    /// The target as it was written: path and query.
    pub fn target(&self) -> &str {
        self.head.word(1)
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("the upstream's request is no JSON: {error}"))
    }

    /// The model that the body names, be it JSON or a multipart form.
    pub fn model(&self) -> Option<String> {
        if let Ok(body) = serde_json::from_slice::<Value>(&self.body) {
            return Some(body.get("model")?.as_str()?.to_owned());
        }
        let text = String::from_utf8_lossy(&self.body);
        let (_, field) = text.split_once("name=\"model\"")?;
        let (_, value) = field.split_once("\r\n\r\n")?;
        Some(value.split("\r\n").next()?.to_owned())
    }

    /// When the other side closed the connection while the script was still running.
    pub fn peer_left(&self) -> Option<Instant> {
        self.peer_left.get().copied()
    }

    /// When the script had run to its end.
    pub fn answered(&self) -> Option<Instant> {
        self.answered.get().copied()
    }

    /// Waits until the other side has closed the connection.
    ///
    /// # Panics
    /// After `limit`, and where the script ended first.
    pub fn wait_until_peer_left(&self, limit: Duration) -> Instant {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(left) = self.peer_left() {
                return left;
            }
            assert!(
                self.answered().is_none(),
                "the script ended before the other side left"
            );
            assert!(
                Instant::now() < deadline,
                "the connection was still open after {limit:?}"
            );
            thread::sleep(Duration::from_millis(1));
        }
    }
}
