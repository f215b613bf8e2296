//! A response, with when each piece came and how it ended.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use super::{Fill, PATIENCE, RawClient};
use crate::{
    sse,
    wire::{BodyDecoder, Head},
};

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By its own framing.
    Complete,
    /// The connection was closed before that (or the body had no other end).
    Closed,
    /// The connection was reset.
    Reset,
    /// It did not end in time.
    Late,
}

/// A whole response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The head.
    pub head: Head,
    /// The body, its framing removed.
    pub body: Bytes,
    /// When each piece of the body came, counted from the end of the request.
    pub pieces: Vec<(Duration, Bytes)>,
    /// How it ended.
    pub end: End,
}

impl Response {
    /// The status.
    pub fn status(&self) -> u16 {
        self.head
            .word(1)
            .parse()
            .expect("a status line has a status")
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!(
                "{}: no JSON ({error}): {}",
                self.head.start_line,
                self.text()
            )
        })
    }

    /// The member `error` of a JSON body.
    pub fn error(&self) -> Value {
        self.json().get("error").cloned().unwrap_or_default()
    }

    /// The data of every event, see [`sse::data`].
    pub fn events(&self) -> Vec<String> {
        sse::data(&self.body)
    }

    /// Every event but `[DONE]` as JSON, see [`sse::chunks`].
    pub fn chunks(&self) -> Vec<Value> {
        sse::chunks(&self.body)
    }

    /// The texts of the first choice's deltas, joined.
    pub fn streamed_text(&self) -> String {
        self.chunks()
            .iter()
            .filter_map(|chunk| {
                chunk
                    .pointer("/choices/0/delta/content")?
                    .as_str()
                    .map(str::to_owned)
            })
            .collect()
    }
}

/// A response whose body is still coming.
#[derive(Debug)]
pub struct ResponseStream<'a> {
    client: &'a mut RawClient,
    response: Response,
    decoder: BodyDecoder,
    sent: Instant,
    ended: bool,
}

impl<'a> ResponseStream<'a> {
    pub(super) fn new(
        client: &'a mut RawClient,
        head: Head,
        sent: Instant,
        bodiless: bool,
    ) -> Self {
        let bodiless = bodiless || matches!(head.word(1), "204" | "304");
        let decoder = if bodiless {
            BodyDecoder::Length(0)
        } else {
            BodyDecoder::of(&head, BodyDecoder::UntilClose)
        };
        let response = Response {
            head,
            body: Bytes::new(),
            pieces: Vec::new(),
            end: End::Complete,
        };
        Self {
            client,
            response,
            decoder,
            sent,
            ended: false,
        }
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.response.head
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// The next piece of the body; `None` at its end, which [`ResponseStream::collect`] tells.
    pub fn next_piece(&mut self, limit: Duration) -> Option<Bytes> {
        let deadline = Instant::now() + limit;
        while !self.ended {
            if let Some(piece) = self.decoder.take(&mut self.client.buffer) {
                self.response
                    .pieces
                    .push((self.sent.elapsed(), piece.clone()));
                return Some(piece);
            }
            if self.decoder.is_done() {
                self.ended = true;
                break;
            }
            self.response.end = match self.client.read_some(deadline) {
                Fill::Data => continue,
                Fill::Closed => End::Closed,
                Fill::Reset => End::Reset,
                Fill::Late => End::Late,
            };
            self.ended = self.response.end != End::Late;
            return None;
        }
        None
    }

    /// Reads until the body so far holds this text.
    ///
    /// # Panics
    /// Where the body ends, or `limit` passes, before that.
    pub fn read_until(&mut self, text: &str, limit: Duration) {
        let deadline = Instant::now() + limit;
        let mut seen: Vec<u8> = self
            .response
            .pieces
            .iter()
            .flat_map(|(_, piece)| piece.to_vec())
            .collect();
        while !String::from_utf8_lossy(&seen).contains(text) {
            match self.next_piece(deadline.saturating_duration_since(Instant::now())) {
                Some(piece) => seen.extend_from_slice(&piece),
                None => panic!(
                    "{text:?} did not come; there was {:?}",
                    String::from_utf8_lossy(&seen)
                ),
            }
        }
    }

    /// Reads the rest.
    pub fn collect(mut self) -> Response {
        while self.next_piece(PATIENCE).is_some() {}
        if self.decoder.is_done() {
            self.response.end = End::Complete;
        }
        let body: Vec<u8> = self
            .response
            .pieces
            .iter()
            .flat_map(|(_, piece)| piece.to_vec())
            .collect();
        self.response.body = Bytes::from(body);
        self.response
    }
}
