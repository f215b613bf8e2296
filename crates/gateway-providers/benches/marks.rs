//! What it costs to look for the marks of state in an answer that passes by, where there are none: in an ordinary event
//! of a stream, in one with a signature, and in a whole answer of 100 KB.

use divan::{Bencher, black_box, counter::BytesCount};
use gateway_providers::{Operation, state::marks_of_answer};

fn main() {
    divan::main();
}

const CHUNK: &str = r#"data: {"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion.chunk","created":1741570283,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_fc9f1d7035","choices":[{"index":0,"delta":{"content":" words"},"logprobs":null,"finish_reason":null}]}

"#;

const SIGNED: &str = r#"data: {"id":"gen-1","object":"chat.completion.chunk","created":1741570283,"model":"claude","choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"}]},"finish_reason":null}]}

"#;

const DELTA: &str = r#"event: response.output_text.delta
data: {"type":"response.output_text.delta","item_id":"msg_67c9fdcf37fc8190ba82116e33fb28c5","output_index":0,"content_index":0,"delta":" words","sequence_number":17}

"#;

fn look(bencher: Bencher<'_, '_>, operation: Operation, text: &str) {
    bencher.counter(BytesCount::of_str(text)).bench_local(|| {
        let mut marks = 0_usize;
        marks_of_answer(operation, black_box(text.as_bytes()), |_| marks += 1);
        marks
    });
}

#[divan::bench]
fn chat_event(bencher: Bencher<'_, '_>) {
    look(bencher, Operation::Chat, CHUNK);
}

#[divan::bench]
fn signed_event(bencher: Bencher<'_, '_>) {
    look(bencher, Operation::Chat, SIGNED);
}

#[divan::bench]
fn responses_event(bencher: Bencher<'_, '_>) {
    look(bencher, Operation::Responses, DELTA);
}

/// Text of 100 KB, as a model writes it.
#[divan::bench]
fn whole_answer(bencher: Bencher<'_, '_>) {
    let text = "The signature of the data is content with a container of audio.\\n".repeat(1500);
    let answer = format!(
        r#"{{"id":"chatcmpl-1","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}}}}]}}"#
    );
    look(bencher, Operation::Chat, &answer);
}
