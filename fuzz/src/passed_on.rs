//! The guard of streams in OpenAI's own words: whatever comes, nothing panics, an answer ends once, and the cut does not
//! matter.

use bytes::Bytes;
use gateway_providers::{
    operation::StreamEnd,
    stream::{GuardRules, StreamGuard, StreamMachine, StreamOutcome, UpstreamEnd},
};

/// Reads one input; panics where something does not hold.
pub fn run(input: &[u8]) {
    let [hide, piece, bytes @ ..] = input else {
        return;
    };
    let whole = told(bytes, bytes.len(), hide & 1 == 1);
    assert_eq!(
        whole,
        told(bytes, usize::from(*piece), hide & 1 == 1),
        "the cut matters"
    );
    let text = String::from_utf8(whole.0).expect("events are UTF-8");
    assert_eq!(
        text.matches("data: [DONE]\n\n").count(),
        usize::from(whole.1)
    );
}

fn told(bytes: &[u8], piece: usize, hide_usage: bool) -> (Vec<u8>, bool) {
    let mut guard = StreamGuard::new(GuardRules {
        hide_usage,
        ..GuardRules::new(StreamEnd::Chunks)
    });
    let mut told = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        let step = guard.push(Bytes::copy_from_slice(piece));
        told.extend_from_slice(&step.batch.bytes);
        if let Some(outcome) = step.outcome {
            return (told, matches!(outcome, StreamOutcome::Complete));
        }
    }
    let step = guard.finish(UpstreamEnd::Clean);
    told.extend_from_slice(&step.batch.bytes);
    (told, matches!(step.outcome, Some(StreamOutcome::Complete)))
}
