//! The lines of a stream.
//!
//! Spec: <https://docs.ollama.com/api/streaming>

use bytes::Bytes;
use serde_json::Value;

use super::{fault, response, wire::Line};
use crate::{
    Fault, FaultKind,
    answer::AnswerWriter,
    dialects::{AnswerDecoder, Flow, time::seconds},
    framing::NativeEvent,
};

/// Reads one chat answer.
#[derive(Debug)]
pub(super) struct OllamaDecoder {
    hide_thinking: bool,
    begun: bool,
}

impl OllamaDecoder {
    pub(super) fn new(hide_thinking: bool) -> Self {
        Self {
            hide_thinking,
            begun: false,
        }
    }

    fn line(
        &mut self,
        line: Line<'_>,
        data: &Bytes,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        if line.error.as_ref().is_some_and(|error| !error.is_null()) {
            return Err(fault::in_success(data));
        }
        if !self.begun {
            self.begun = true;
            answer.model(line.model.as_deref().unwrap_or_default());
            // Recorders write the beginning of time where they leave the time out.
            if let Some(created) = line.created_at.as_deref().and_then(seconds)
                && created > 0
            {
                answer.created(created);
            }
        }
        let is_last = line.done == Some(true);
        response::tell(line, data, self.hide_thinking, answer);
        Ok(if is_last { Flow::Complete } else { Flow::More })
    }
}

impl AnswerDecoder for OllamaDecoder {
    fn event(
        &mut self,
        event: &NativeEvent,
        answer: &mut AnswerWriter,
    ) -> Result<Flow, Box<Fault>> {
        match serde_json::from_slice(&event.data) {
            Ok(line) => self.line(line, &event.data, answer),
            Err(_) => Err(unreadable(&event.data)),
        }
    }

    fn whole(&mut self, body: &Bytes, answer: &mut AnswerWriter) -> Result<(), Box<Fault>> {
        let line: Line<'_> = serde_json::from_slice(body).map_err(|_| fault::in_success(body))?;
        if line.message.is_none() && line.error.is_none() && line.done.is_none() {
            return Err(fault::in_success(body));
        }
        // A whole answer is its own last line, unless it says that it is not.
        let line = Line {
            done: line.done.or(Some(true)),
            ..line
        };
        self.line(line, body, answer).map(drop)
    }
}

fn unreadable(data: &Bytes) -> Box<Fault> {
    if serde_json::from_slice::<Value>(data).is_ok_and(|line| line.get("error").is_some()) {
        return fault::in_success(data);
    }
    let detail = "a line that is not one of this protocol";
    Box::new(Fault::new(FaultKind::Protocol, detail))
}
