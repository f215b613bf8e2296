//! The state machine that every upstream event passes through.

use std::ops::Range;

use bytes::Bytes;
use gateway_client::sse::{Frame, FrameSplitter};
use gateway_types::json::is_utf8;

use super::{
    form::{is_canonical_with_name, is_token},
    machine::{Step, StreamMachine, StreamOutcome, UpstreamEnd},
    output::Output,
    progress::Progress,
    rules::GuardRules,
    stray::{self, Stray},
};
use crate::{
    EventBatch, Fault, FaultKind,
    mend::Mender,
    operation::StreamEnd,
    peek::{event::EventFacts, is_valid},
    upstream_error,
};

/// The frame that ends a stream of chunks.
pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";

/// Event names of keep-alives that some upstreams send as events.
const PINGS: &[&[u8]] = &[b"ping", b"keepalive", b"keep-alive", b"heartbeat"];

/// Turns an upstream's bytes into events that may go to the client.
///
/// - An event in canonical form (`data: ...`, LF, blank line) keeps its bytes and is not copied; any other
///   form comes out as a canonical one. Comments, pings, `id` and `retry` are left out.
/// - Every event is valid UTF-8 and its data one JSON object, or the stream has a fault.
/// - An error, in whatever shape, is a fault with the upstream's own error object in it.
/// - A stream that ends before its answer is complete is truncated, however cleanly it ended; one that breaks
///   after its answer was complete is complete.
/// - A stream of chunks gets exactly one `[DONE]`; typed events get none.
///
/// It does no IO and has no clock.
///
/// ```
/// use bytes::Bytes;
/// use gateway_providers::{operation::StreamEnd, stream::{GuardRules, StreamGuard, StreamMachine, StreamOutcome, UpstreamEnd}};
///
/// let mut guard = StreamGuard::new(GuardRules::new(StreamEnd::Chunks));
/// let event = r#"data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}"#;
/// let step = guard.push(Bytes::from(format!(": waiting\r\n\r\n{event}\r\n\r\n")));
/// assert_eq!(step.batch.bytes, format!("{event}\n\n"));
///
/// let step = guard.finish(UpstreamEnd::Clean);
/// assert_eq!(step.batch.bytes, "data: [DONE]\n\n");
/// assert!(matches!(step.outcome, Some(StreamOutcome::Complete)));
/// ```
#[derive(Debug)]
pub struct StreamGuard {
    rules: GuardRules,
    splitter: FrameSplitter,
    /// The frames at work, kept for their memory.
    frames: Vec<Frame>,
    output: Output,
    progress: Progress,
    mender: Mender,
}

/// What is to be done with one frame.
enum Verdict {
    Keep,
    Drop,
    /// Written anew in canonical form, with its event name if that is to stay.
    Rewrite {
        name: bool,
    },
    /// As `Rewrite`, without these bytes of the data.
    Cut(Range<usize>),
    /// As `Rewrite`, with this data in place of the frame's.
    Mended(Vec<u8>),
    Done,
    Fail(Box<Fault>),
}

impl StreamGuard {
    /// A guard for one stream.
    pub fn new(rules: GuardRules) -> Self {
        Self {
            splitter: FrameSplitter::new(rules.max_event_bytes),
            rules,
            frames: Vec::new(),
            output: Output::default(),
            progress: Progress::default(),
            mender: Mender::default(),
        }
    }

    fn step(&mut self, outcome: Option<StreamOutcome>) -> Step {
        self.progress.ended |= outcome.is_some();
        Step {
            batch: self.output.take(),
            outcome,
        }
    }

    /// Judges all frames that are whole.
    fn drain(&mut self) -> Option<StreamOutcome> {
        let mut frames = std::mem::take(&mut self.frames);
        let outcome = loop {
            match self.splitter.next_run(&mut frames) {
                Ok(Some(raw)) => {
                    if let Some(outcome) = self.take_run(&raw, &frames) {
                        break Some(outcome);
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(failed(FaultKind::TooLarge, error.to_string())),
            }
        };
        frames.clear();
        self.frames = frames;
        outcome
    }

    /// Judges frames whose bytes stand side by side in `raw`; those that stay go out as one slice.
    fn take_run(&mut self, raw: &Bytes, frames: &[Frame]) -> Option<StreamOutcome> {
        // The bytes that are to stay and are not put out yet; its end is where the frame at hand begins.
        let mut kept = 0..0;
        for frame in frames {
            let end = kept.end + frame.raw.len();
            match self.judge(frame) {
                Verdict::Keep => kept.end = end,
                Verdict::Done if self.may_relay_done(frame) => {
                    self.output.push(raw.slice(kept.start..end));
                    return Some(StreamOutcome::Complete);
                }
                other => {
                    self.output.push(raw.slice(kept));
                    kept = end..end;
                    if let Some(outcome) = self.carry_out(other, frame) {
                        return Some(outcome);
                    }
                }
            }
        }
        self.output.push(raw.slice(kept));
        None
    }

    /// The bytes have ended cleanly: what stands there without its blank line counts if it is whole.
    fn take_rest(&mut self) -> Option<StreamOutcome> {
        while let Some(rest) = self.splitter.finish() {
            let verdict = match self.judge(&rest) {
                Verdict::Fail(fault) if fault.kind == FaultKind::Protocol => {
                    return Some(self.conclude_cut_event());
                }
                verdict => verdict,
            };
            if let Some(outcome) = self.carry_out(verdict, &rest) {
                return Some(outcome);
            }
        }
        None
    }

    fn carry_out(&mut self, verdict: Verdict, frame: &Frame) -> Option<StreamOutcome> {
        match verdict {
            Verdict::Keep => self.output.push(frame.raw.clone()),
            Verdict::Drop => {}
            Verdict::Rewrite { name } => {
                let name = frame.event.as_deref().filter(|_| name);
                self.output
                    .write_event(name, &[frame.data.as_deref().unwrap_or_default()]);
            }
            Verdict::Cut(cut) => {
                let data = frame.data.as_deref().unwrap_or_default();
                let parts = [data.get(..cut.start), data.get(cut.end..)];
                self.output
                    .write_event(None, &parts.map(Option::unwrap_or_default));
            }
            Verdict::Mended(data) => self.output.write_event(None, &[&data]),
            Verdict::Done => return Some(self.done()),
            Verdict::Fail(fault) => return Some(StreamOutcome::Failed(fault)),
        }
        None
    }

    fn judge(&mut self, frame: &Frame) -> Verdict {
        if frame.stray {
            match stray::judge(frame) {
                Stray::Ignored => {}
                Stray::Object(text) => {
                    return Verdict::Fail(Box::new(self.stray_object(&text, &frame.raw)));
                }
                Stray::Garbage => return fail(FaultKind::Protocol, "text outside of events"),
            }
        }
        let Some(data) = frame.data.as_ref() else {
            return Verdict::Drop;
        };
        match data.trim_ascii() {
            b"" => return Verdict::Drop,
            b"[DONE]" => return Verdict::Done,
            _ => {}
        }
        if self.is_ping(frame) {
            return Verdict::Drop;
        }
        if !is_utf8(data) {
            return fail(FaultKind::Protocol, "an event is not valid UTF-8");
        }
        let Ok(facts) = EventFacts::read(data) else {
            return fail(FaultKind::Protocol, "an event's data is no JSON object");
        };
        if self.is_error(&facts, frame) {
            return Verdict::Fail(Box::new(self.error_in(data)));
        }
        let ended_before = self.progress.finished;
        if let Some(usage) = self.progress.note(&facts, &self.rules) {
            self.output.note_usage(usage);
        }
        let verdict = self.place(&facts, frame);
        let ends_again = facts.finished & ended_before != 0;
        if facts.may_need_mending || facts.lacks_shape || ends_again {
            return self.mend(verdict, data, ended_before);
        }
        verdict
    }

    /// An event that stays, with what clients could not read mended.
    fn mend(&mut self, verdict: Verdict, data: &[u8], ended_before: u128) -> Verdict {
        let is_chunk = self.rules.end == StreamEnd::Chunks;
        let cut = match &verdict {
            Verdict::Keep | Verdict::Rewrite { .. } if is_chunk => None,
            Verdict::Cut(cut) => Some(cut.clone()),
            _ => return verdict,
        };
        let mut edits = self.mender.event(data, ended_before);
        if edits.is_empty() {
            return verdict;
        }
        edits.cut(cut);
        Verdict::Mended(edits.apply(data).into_owned())
    }

    fn is_ping(&self, frame: &Frame) -> bool {
        let is_ping = || {
            frame
                .event
                .as_ref()
                .is_some_and(|name| PINGS.contains(&name.as_ref()))
        };
        self.rules.end == StreamEnd::Chunks && is_ping()
    }

    fn is_error(&self, facts: &EventFacts<'_>, frame: &Frame) -> bool {
        if frame.event.as_deref() == Some(b"error")
            || facts.is_of_kind(&["error"]) && !facts.has_choices
        {
            return true;
        }
        match self.rules.end {
            StreamEnd::Chunks => {
                let says_so = facts.error.is_some() || facts.failed != 0;
                says_so || facts.has_message && !facts.has_choices
            }
            // A typed event may have an `error` of its own; one without a type is an error alone.
            StreamEnd::Typed(_) => facts.error.is_some() && facts.kind.is_none(),
        }
    }

    /// What becomes of an event that is in order.
    fn place(&mut self, facts: &EventFacts<'_>, frame: &Frame) -> Verdict {
        let hides = self.rules.hide_usage && self.rules.end == StreamEnd::Chunks;
        if hides && facts.has_choices && facts.choices == 0 && facts.usage.is_some() {
            return Verdict::Drop;
        }
        self.output.count_event();
        if let Some(cut) = facts.null_usage.clone().filter(|_| hides) {
            return Verdict::Cut(cut);
        }
        let is_typed = self.rules.end != StreamEnd::Chunks;
        if frame.canonical || is_typed && is_canonical_with_name(frame) {
            return Verdict::Keep;
        }
        Verdict::Rewrite {
            name: is_typed && frame.event.as_ref().is_some_and(|name| is_token(name)),
        }
    }

    fn stray_object(&self, text: &[u8], raw: &[u8]) -> Fault {
        // An object over several lines: the frame has all of it.
        let text = if is_valid(text) {
            text
        } else {
            raw.trim_ascii()
        };
        match EventFacts::read(text) {
            Ok(facts) if is_valid(text) && (facts.error.is_some() || facts.has_message) => {
                self.error_in(text)
            }
            _ => Fault::new(FaultKind::Protocol, "JSON outside of events"),
        }
    }

    fn error_in(&self, data: &[u8]) -> Fault {
        let upstream = upstream_error::in_stream(data, &self.rules.redactor);
        let detail = format!(
            "the upstream reported an error in its stream, as good as a status {}",
            upstream.status
        );
        Fault {
            kind: FaultKind::InStream,
            detail,
            upstream: Some(upstream),
        }
    }

    fn may_relay_done(&self, frame: &Frame) -> bool {
        frame.raw == DONE && self.rules.end == StreamEnd::Chunks && self.progress.choices != 0
    }

    /// The upstream says that it is done. Chunks may then lack a finish reason (audio has none); typed
    /// events have their own end.
    fn done(&mut self) -> StreamOutcome {
        match self.rules.end {
            StreamEnd::Chunks if self.progress.choices != 0 => self.complete(),
            StreamEnd::Chunks => failed(FaultKind::Empty, "[DONE] before any choice"),
            StreamEnd::Typed(_) => self.conclude(),
        }
    }

    fn conclude(&mut self) -> StreamOutcome {
        if self.is_complete() {
            return self.complete();
        }
        if self.progress.any_event {
            return failed(
                FaultKind::Truncated,
                "the stream ended before its answer was complete",
            );
        }
        failed(FaultKind::Empty, "the stream ended without an event")
    }

    /// As [`conclude`](Self::conclude), with the beginning of an event at the end.
    fn conclude_cut_event(&mut self) -> StreamOutcome {
        if self.is_complete() {
            return self.complete();
        }
        failed(FaultKind::Truncated, "the stream ended inside an event")
    }

    /// Whether the answer is all there, so that it does not matter how the upstream ends.
    pub fn is_complete(&self) -> bool {
        self.progress.is_complete(self.rules.end)
    }

    fn complete(&mut self) -> StreamOutcome {
        if self.rules.end == StreamEnd::Chunks {
            self.output.push(Bytes::from_static(DONE));
        }
        StreamOutcome::Complete
    }
}

impl StreamMachine for StreamGuard {
    fn push(&mut self, chunk: Bytes) -> Step {
        if self.progress.ended {
            return Step {
                batch: EventBatch::default(),
                outcome: None,
            };
        }
        self.splitter.push(chunk);
        let outcome = self.drain();
        self.step(outcome)
    }

    fn finish(&mut self, end: UpstreamEnd) -> Step {
        if self.progress.ended {
            return Step {
                batch: EventBatch::default(),
                outcome: None,
            };
        }
        let outcome = match end {
            UpstreamEnd::Clean => self.take_rest().unwrap_or_else(|| self.conclude()),
            UpstreamEnd::Broken(_) if self.is_complete() => self.complete(),
            UpstreamEnd::Broken(fault) => StreamOutcome::Failed(Box::new(fault)),
        };
        self.step(Some(outcome))
    }
}

fn fail(kind: FaultKind, detail: &str) -> Verdict {
    Verdict::Fail(Box::new(Fault::new(kind, detail)))
}

fn failed(kind: FaultKind, detail: impl Into<String>) -> StreamOutcome {
    StreamOutcome::Failed(Box::new(Fault::new(kind, detail)))
}
