//! What reads an answer.

use std::fmt;

use bytes::Bytes;

use super::NativeRequest;
use crate::{Fault, TokenUsage, answer::AnswerWriter, framing::NativeEvent};

/// Reads one chat answer, streamed or whole, and tells it to a writer. It lives as long as one call and holds
/// what the call must remember: how a schema was put, which names were changed.
pub trait AnswerDecoder: Send + fmt::Debug {
    /// Told the request as it goes out, the caller's own options merged in: for a decoder that sends it again.
    fn sent(&mut self, _request: &NativeRequest) {}

    /// Reads one event of a stream. An event of [`EventKind::Whole`](crate::framing::EventKind::Whole) is
    /// never given here but to [`whole`](Self::whole); what is not known is ignored or carried.
    ///
    /// # Errors
    /// The upstream's own error ([`native_error::in_stream`](super::native_error::in_stream)), or `Protocol`.
    fn event(&mut self, event: &NativeEvent, answer: &mut AnswerWriter)
    -> Result<Flow, Box<Fault>>;

    /// Reads a whole answer, its finish and usage included.
    ///
    /// # Errors
    /// `InvalidResponse`, or the upstream's own error.
    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>>;

    /// The stream's bytes have ended without an event that said so. Whether the answer is complete is asked of
    /// the writer afterwards: an answer with an unfinished choice is truncated, whatever this does.
    fn ended(&mut self, _answer: &mut AnswerWriter) {}

    /// Asked when an answer is complete: a further request whose answer goes on where this one stopped.
    fn follow_up(&mut self) -> Option<NativeRequest> {
        None
    }

    /// Told that what the [`follow_up`](Self::follow_up) asked for is not to be had. `true` where the answer then ends
    /// as far as it has come, which the writer was told; `false` where it is none without the rest.
    fn give_up(&mut self, _answer: &mut AnswerWriter) -> bool {
        false
    }
}

/// Whether more events are to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Read on.
    More,
    /// That was the last one that matters.
    Complete,
}

/// An answer that is not a chat.
#[derive(Debug, Clone)]
pub struct WholeAnswer {
    /// In OpenAI's shape.
    pub body: Bytes,
    /// What it used.
    pub usage: Option<TokenUsage>,
}

/// What reads the answers of an operation that is not a chat.
type ReadWhole = Box<dyn FnOnce(Vec<Bytes>) -> Result<WholeAnswer, Box<Fault>> + Send>;

/// Reads the answers to all requests of a call at once.
pub struct WholeDecoder(ReadWhole);

impl WholeDecoder {
    /// A decoder from a function.
    pub fn new(
        read: impl FnOnce(Vec<Bytes>) -> Result<WholeAnswer, Box<Fault>> + Send + 'static,
    ) -> Self {
        Self(Box::new(read))
    }

    /// Reads the answers, which are in the order of the requests.
    ///
    /// # Errors
    /// `InvalidResponse`, or the upstream's own error.
    pub fn read(self, answers: Vec<Bytes>) -> Result<WholeAnswer, Box<Fault>> {
        (self.0)(answers)
    }
}

impl fmt::Debug for WholeDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WholeDecoder(..)")
    }
}
