//! The guard by the rows of the fault table, by properties, and the pump with a clock that stands still.

mod corpus;
mod faults;
mod properties;
mod pump;
mod usage;

use bytes::Bytes;
use serde_json::Value;

use super::{GuardRules, StreamGuard, StreamMachine, StreamOutcome, UpstreamEnd};
use crate::{Fault, FaultKind, TokenUsage, operation::StreamEnd};

const DONE: &str = "data: [DONE]\n\n";
const TYPED: StreamEnd = StreamEnd::Typed(&["response.completed", "response.failed"]);

/// All that a guard made of one stream.
#[derive(Debug)]
struct Heard {
    text: String,
    events: u32,
    usage: Option<TokenUsage>,
    fault: Option<Fault>,
}

/// A chunk with some content.
fn said(text: &str) -> String {
    format!(
        r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
    )
}

/// A chunk that finishes the only choice.
fn finished() -> String {
    r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#.to_owned()
}

/// Canonical events of these data.
fn events<S: AsRef<str>>(data: impl IntoIterator<Item = S>) -> String {
    data.into_iter()
        .map(|data| format!("data: {}\n\n", data.as_ref()))
        .collect()
}

fn chunks_rules() -> GuardRules {
    GuardRules::new(StreamEnd::Chunks)
}

/// Runs a whole stream through a guard, in pieces of this size, and lets it end.
fn run(rules: GuardRules, stream: &[u8], piece: usize, end: UpstreamEnd) -> Heard {
    let mut guard = StreamGuard::new(rules);
    let mut heard = Heard {
        text: String::new(),
        events: 0,
        usage: None,
        fault: None,
    };
    let mut outcomes = Vec::new();
    let pieces = stream.chunks(piece.max(1)).map(Bytes::copy_from_slice);
    let mut steps: Vec<_> = pieces.map(|piece| guard.push(piece)).collect();
    steps.push(guard.finish(end));
    for step in steps {
        assert!(
            outcomes.is_empty() || step.batch.bytes.is_empty(),
            "bytes after the end"
        );
        heard
            .text
            .push_str(std::str::from_utf8(&step.batch.bytes).expect("the output is UTF-8"));
        heard.events += step.batch.events;
        heard.usage = step.batch.usage.or(heard.usage);
        outcomes.extend(step.outcome);
    }
    assert_eq!(outcomes.len(), 1, "a stream ends once");
    if let Some(StreamOutcome::Failed(fault)) = outcomes.pop() {
        heard.fault = Some(*fault);
    }
    heard
}

fn hear(stream: &str) -> Heard {
    run(
        chunks_rules(),
        stream.as_bytes(),
        usize::MAX,
        UpstreamEnd::Clean,
    )
}

fn hear_typed(stream: &str) -> Heard {
    run(
        GuardRules::new(TYPED),
        stream.as_bytes(),
        usize::MAX,
        UpstreamEnd::Clean,
    )
}

fn reset() -> UpstreamEnd {
    UpstreamEnd::Broken(Fault::new(FaultKind::Reset, "reset"))
}

impl Heard {
    fn kind(&self) -> Option<FaultKind> {
        self.fault.as_ref().map(|fault| fault.kind)
    }

    fn upstream_status(&self) -> Option<u16> {
        self.fault
            .as_ref()
            .and_then(Fault::upstream_status)
            .map(|status| status.as_u16())
    }

    fn upstream_error(&self) -> Value {
        let upstream = self
            .fault
            .as_ref()
            .and_then(|fault| fault.upstream.as_ref());
        serde_json::from_slice(
            upstream
                .and_then(|error| error.body.as_deref())
                .expect("an error of the upstream"),
        )
        .unwrap()
    }
}
