//! What guarding costs a stream event, beside what splitting alone costs.

use bytes::Bytes;
use divan::{Bencher, counter::ItemsCount};
use gateway_client::sse::FrameSplitter;
use gateway_providers::{
    operation::StreamEnd,
    stream::{GuardRules, StreamGuard, StreamMachine},
};

fn main() {
    divan::main();
}

/// Events of each stream.
const EVENTS: usize = 1_000;

/// Events of a chunk: one alone, as from a slow model; a few; a burst.
const TOGETHER: [usize; 3] = [1, 16, 100];

/// About 200 bytes, with the usage that OpenAI adds to each chunk when it is asked for a report.
fn event(usage: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-A1b2C3d4E5f6G7h8\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"model-name\",\
         \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" token\"}},\"logprobs\":null,\"finish_reason\":null}}]{usage}}}\n\n"
    )
}

fn chunks(event: &str, together: usize) -> Vec<Bytes> {
    let chunk = Bytes::from(event.repeat(together));
    vec![chunk; EVENTS / together]
}

fn guard(bencher: Bencher<'_, '_>, event: &str, together: usize, hide_usage: bool) {
    let chunks = chunks(event, together);
    bencher
        .counter(ItemsCount::new(chunks.len() * together))
        .bench(|| {
            let mut guard = StreamGuard::new(GuardRules {
                hide_usage,
                ..GuardRules::new(StreamEnd::Chunks)
            });
            let bytes = chunks
                .iter()
                .map(|chunk| guard.push(chunk.clone()).batch.bytes.len());
            bytes.sum::<usize>()
        });
}

#[divan::bench(args = TOGETHER)]
fn split_alone(bencher: Bencher<'_, '_>, together: usize) {
    let chunks = chunks(&event(""), together);
    bencher
        .counter(ItemsCount::new(chunks.len() * together))
        .bench(|| {
            let mut splitter = FrameSplitter::new(8 << 20);
            let mut frames = Vec::new();
            let mut bytes = 0;
            for chunk in &chunks {
                splitter.push(chunk.clone());
                while let Ok(Some(run)) = splitter.next_run(&mut frames) {
                    bytes += run.len();
                }
            }
            bytes
        });
}

#[divan::bench(args = TOGETHER)]
fn relay(bencher: Bencher<'_, '_>, together: usize) {
    guard(bencher, &event(""), together, false);
}

#[divan::bench(args = TOGETHER)]
fn relay_with_usage_cut(bencher: Bencher<'_, '_>, together: usize) {
    guard(bencher, &event(",\"usage\":null"), together, true);
}

#[divan::bench(args = TOGETHER)]
fn rewrite_crlf(bencher: Bencher<'_, '_>, together: usize) {
    guard(bencher, &event("").replace('\n', "\r\n"), together, false);
}
