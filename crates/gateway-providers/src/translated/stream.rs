//! A streamed answer on its way from a dialect's events to OpenAI's chunks.

use bytes::Bytes;

use crate::{
    EventBatch, Fault, FaultKind,
    answer::AnswerWriter,
    dialects::{AnswerDecoder, Flow, NativeRequest},
    framing::{EventKind, Framer, Framing, FramingError, NativeEvent},
    stream::{Step, StreamMachine, StreamOutcome, UpstreamEnd},
};

/// How many requests one answer may take. An upstream that never comes to an end is cut off there.
const MAX_PARTS: u32 = 64;

/// Frames bytes, lets the decoder read the events, and gives what the writer wrote.
#[derive(Debug)]
pub(super) struct TranslatedStream {
    framer: Framer,
    decoder: Box<dyn AnswerDecoder>,
    answer: AnswerWriter,
    event_bytes: usize,
    any_event: bool,
    ended: bool,
    parts: u32,
    follow_up: Option<NativeRequest>,
}

impl TranslatedStream {
    pub(super) fn new(
        framing: Framing,
        event_bytes: usize,
        decoder: Box<dyn AnswerDecoder>,
        answer: AnswerWriter,
    ) -> Self {
        Self {
            framer: Framer::new(framing, event_bytes),
            decoder,
            answer,
            event_bytes,
            any_event: false,
            ended: false,
            parts: 1,
            follow_up: None,
        }
    }

    /// The request whose answer goes on where this one stopped. The machine is ready for it afterwards.
    pub(super) fn take_follow_up(&mut self) -> Option<NativeRequest> {
        let request = self.follow_up.take()?;
        self.framer = Framer::new(request.framing, self.event_bytes);
        self.ended = false;
        self.parts += 1;
        Some(request)
    }

    /// Ends the answer as far as it has come, where that is an answer: what goes on is not to be had.
    pub(super) fn give_up(&mut self) -> Option<EventBatch> {
        let ends = self.decoder.give_up(&mut self.answer) && self.answer.conclude();
        ends.then(|| self.batch())
    }

    /// What a fault comes to.
    fn fail(&mut self, fault: Box<Fault>) -> StreamOutcome {
        if self.decoder.give_up(&mut self.answer) && self.answer.conclude() {
            return StreamOutcome::Complete;
        }
        StreamOutcome::Failed(fault)
    }

    /// Reads all events that are whole.
    fn drain(&mut self) -> Option<StreamOutcome> {
        loop {
            let event = match self.framer.next_event() {
                Ok(Some(event)) => event,
                Ok(None) => return None,
                Err(error) => return Some(self.fail(broken(&error))),
            };
            match self.read(&event) {
                Ok(Flow::More) => {}
                Ok(Flow::Complete) => return Some(self.conclude()),
                Err(fault) => return Some(self.fail(fault)),
            }
        }
    }

    /// Reads what stands at the end of the bytes.
    fn drain_rest(&mut self) -> Option<StreamOutcome> {
        loop {
            match self.framer.finish() {
                Ok(Some(event)) => match self.read(&event) {
                    Ok(Flow::More) => {}
                    Ok(Flow::Complete) => return Some(self.conclude()),
                    Err(fault) => return Some(self.fail(fault)),
                },
                Ok(None) => return None,
                // An event that was cut off says nothing about an answer that was complete before it.
                Err(_) if self.answer.is_finished() => return None,
                Err(error) => return Some(self.fail(broken(&error))),
            }
        }
    }

    fn read(&mut self, event: &NativeEvent) -> Result<Flow, Box<Fault>> {
        if matches!(event.data.as_ref(), b"" | b"[DONE]") && event.kind == EventKind::Event {
            return Ok(Flow::More);
        }
        self.any_event = true;
        match event.kind {
            EventKind::Whole => {
                self.decoder.whole(&event.data, &mut self.answer)?;
                Ok(Flow::Complete)
            }
            EventKind::Event | EventKind::Exception => self.decoder.event(event, &mut self.answer),
        }
    }

    fn conclude(&mut self) -> StreamOutcome {
        if self.parts < MAX_PARTS {
            self.follow_up = self.decoder.follow_up();
        }
        if self.follow_up.is_some() || self.answer.conclude() {
            return StreamOutcome::Complete;
        }
        let fault = if self.any_event {
            let detail = "the stream ended before its answer was complete";
            Fault::new(FaultKind::Truncated, detail)
        } else {
            Fault::new(FaultKind::Empty, "the stream ended without an event")
        };
        self.fail(Box::new(fault))
    }

    fn batch(&mut self) -> EventBatch {
        let bytes = self.answer.take_bytes();
        EventBatch {
            events: self.answer.take_events(),
            usage: self.answer.take_reported_usage(),
            bytes,
        }
    }

    fn step(&mut self, outcome: Option<StreamOutcome>) -> Step {
        self.ended |= outcome.is_some();
        Step {
            batch: self.batch(),
            outcome,
        }
    }
}

impl StreamMachine for TranslatedStream {
    fn push(&mut self, chunk: Bytes) -> Step {
        if self.ended {
            return Step {
                batch: EventBatch::default(),
                outcome: None,
            };
        }
        self.framer.push(chunk);
        let outcome = self.drain();
        self.step(outcome)
    }

    fn finish(&mut self, end: UpstreamEnd) -> Step {
        if self.ended {
            return Step {
                batch: EventBatch::default(),
                outcome: None,
            };
        }
        let outcome = match end {
            UpstreamEnd::Clean => self.drain_rest().unwrap_or_else(|| {
                self.decoder.ended(&mut self.answer);
                self.conclude()
            }),
            UpstreamEnd::Broken(fault) => {
                self.decoder.ended(&mut self.answer);
                if self.answer.is_finished() {
                    self.conclude()
                } else {
                    self.fail(Box::new(fault))
                }
            }
        };
        self.step(Some(outcome))
    }
}

fn broken(error: &FramingError) -> Box<Fault> {
    let kind = match error {
        FramingError::TooLarge(_) => FaultKind::TooLarge,
        FramingError::Malformed(_) => FaultKind::Protocol,
    };
    Box::new(Fault::new(kind, error.to_string()))
}
