//! How the tests of every dialect read answers: made up or recorded, whole or in every cut.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Bench, CUTS, Outcome, Recording, streamed, whole};
use crate::{
    Fault, Operation,
    dialects::{Decoder, WholeAnswer},
    framing::Framing,
};

impl Bench {
    /// Reads a chat's whole answer.
    pub(crate) fn read_whole(&self, body: &[u8]) -> Outcome {
        whole(self.dialect.name(), &mut *self.chat_decoder(), body)
    }

    /// Reads a chat's stream in every cut.
    pub(crate) fn read_cuts(&self, framing: Framing, bytes: &[u8]) -> Vec<Outcome> {
        let read = |cut| {
            let decoder = &mut *self.chat_decoder();
            streamed(self.dialect.name(), decoder, framing, bytes, cut)
        };
        CUTS.into_iter().map(read).collect()
    }

    /// Reads a chat's stream, which says the same in every cut.
    pub(crate) fn read_stream(&self, framing: Framing, bytes: &[u8]) -> Outcome {
        let mut outcomes = self.read_cuts(framing, bytes).into_iter();
        let first = outcomes.next().unwrap();
        for other in outcomes {
            assert_eq!(other.answer, first.answer);
            assert_eq!(other.fault.is_some(), first.fault.is_some());
        }
        first
    }

    /// Reads a recorded answer to a chat: in every cut, where it is a stream.
    pub(crate) fn read_recording(&self, framing: Framing, recording: &Recording) -> Vec<Outcome> {
        if recording.streaming {
            self.read_cuts(framing, &recording.answer)
        } else {
            vec![self.read_whole(&recording.answer)]
        }
    }

    /// Reads the answers to what a request other than a chat became.
    pub(crate) fn read_answers(
        &self,
        operation: Operation,
        request: &Value,
        answers: Vec<Bytes>,
    ) -> Result<(WholeAnswer, Value), Box<Fault>> {
        let Decoder::Whole(decoder) = self.encode(operation, "m", request).unwrap().decoder else {
            panic!("{operation:?} is no chat");
        };
        let told = decoder.read(answers)?;
        let body = serde_json::from_slice(&told.body).unwrap();
        Ok((told, body))
    }

    /// A recorded error keeps its status, and the message at that member.
    pub(crate) fn check_error(&self, recording: &Recording, message: &str) {
        let status = StatusCode::from_u16(recording.status).unwrap();
        let body = recording.answer.clone().into();
        let error = self.dialect.error(status, &HeaderMap::new(), &body);
        let told: Value = serde_json::from_slice(&error.body.unwrap()).unwrap();
        let native: Value = serde_json::from_slice(&recording.answer).unwrap();
        let id = &recording.id;
        assert_eq!(error.status, status, "{id}");
        assert_eq!(told["error"]["message"], native[message], "{id}");
    }
}
