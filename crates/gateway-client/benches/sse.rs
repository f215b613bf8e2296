//! What framing costs: many small events, and large ones in small pieces.

use bytes::Bytes;
use gateway_client::sse::{Frame, FrameSplitter};

fn main() {
    divan::main();
}

const LIMIT: usize = 8 << 20;
const EVENT: &str = concat!(
    r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","#,
    r#""choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}"#,
    "\n\n"
);

fn small_events(count: usize, chunk: usize) -> Vec<Bytes> {
    pieces(&EVENT.repeat(count).into(), chunk)
}

fn large_event(size: usize, chunk: usize) -> Vec<Bytes> {
    let mut event = b"data: ".to_vec();
    event.resize(size, b'x');
    event.extend_from_slice(b"\n\n");
    pieces(&event.into(), chunk)
}

fn pieces(all: &Bytes, size: usize) -> Vec<Bytes> {
    (0..all.len())
        .step_by(size)
        .map(|start| all.slice(start..all.len().min(start + size)))
        .collect()
}

fn by_frame(chunks: &[Bytes]) -> usize {
    let mut splitter = FrameSplitter::new(LIMIT);
    let mut bytes = 0;
    for chunk in chunks {
        splitter.push(chunk.clone());
        while let Ok(Some(frame)) = splitter.next_frame() {
            bytes += frame.raw.len();
        }
    }
    bytes
}

fn by_run(chunks: &[Bytes]) -> usize {
    let mut splitter = FrameSplitter::new(LIMIT);
    let mut frames: Vec<Frame> = Vec::new();
    let mut bytes = 0;
    for chunk in chunks {
        splitter.push(chunk.clone());
        while let Ok(Some(raw)) = splitter.next_run(&mut frames) {
            bytes += raw.len();
        }
    }
    bytes
}

#[divan::bench(args = [150, 1460, 16384])]
fn frames_100k_small_events(bencher: divan::Bencher<'_, '_>, chunk: usize) {
    let chunks = small_events(100_000, chunk);
    bencher.bench(|| by_frame(&chunks));
}

#[divan::bench(args = [150, 1460, 16384])]
fn runs_100k_small_events(bencher: divan::Bencher<'_, '_>, chunk: usize) {
    let chunks = small_events(100_000, chunk);
    bencher.bench(|| by_run(&chunks));
}

#[divan::bench]
fn one_4_mib_event_in_1460_byte_chunks(bencher: divan::Bencher<'_, '_>) {
    let chunks = large_event(4 << 20, 1460);
    bencher.bench(|| by_frame(&chunks));
}

#[divan::bench]
fn one_512_kib_event_in_64_byte_pieces(bencher: divan::Bencher<'_, '_>) {
    let chunks = large_event(512 << 10, 64);
    bencher.bench(|| by_frame(&chunks));
}
