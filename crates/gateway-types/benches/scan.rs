//! What the strict scan and a splice cost: bodies of 1 KB and 100 KB.

use bytes::Bytes;
use divan::{Bencher, counter::BytesCount};
use gateway_types::json::{RawObject, ScanLimits};

fn main() {
    divan::main();
}

/// One long message, as prompts with documents are.
fn long_text(bytes: usize) -> Bytes {
    let text = "Hello there, how are you today? ".repeat(bytes / 32);
    format!(
        r#"{{"model":"lab/m","messages":[{{"role":"user","content":"{text}"}}],"temperature":0.2}}"#
    )
    .into()
}

/// One long message with line ends, as prompts with code are.
fn many_lines(bytes: usize) -> Bytes {
    let text = r"The answer is forty-two.\nSo it was said. ".repeat(bytes / 41);
    format!(
        r#"{{"model":"lab/m","messages":[{{"role":"user","content":"{text}"}}],"temperature":0.2}}"#
    )
    .into()
}

/// One long message of JSON, as the results of tools are.
fn many_quotes(bytes: usize) -> Bytes {
    let text = r#"{\"path\":\"src/main.rs\",\"line\":42,\"text\":\"fn main() { run(); }\"},\n"#;
    let text = text.repeat(bytes / text.len());
    format!(
        r#"{{"model":"lab/m","messages":[{{"role":"tool","content":"{text}"}}],"temperature":0.2}}"#
    )
    .into()
}

/// Many short messages, as long conversations are.
fn many_messages(bytes: usize) -> Bytes {
    let message = r#"{"role":"user","content":"A line.\nAnother \"line\"."}"#;
    let messages = vec![message; bytes / message.len()].join(",");
    format!(r#"{{"model":"lab/m","messages":[{messages}]}}"#).into()
}

#[divan::bench(args = [1_000, 100_000])]
fn scan_long_text(bencher: Bencher<'_, '_>, bytes: usize) {
    let body = long_text(bytes);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| RawObject::parse(body.clone(), ScanLimits::default()));
}

#[divan::bench(args = [1_000, 100_000])]
fn scan_many_lines(bencher: Bencher<'_, '_>, bytes: usize) {
    let body = many_lines(bytes);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| RawObject::parse(body.clone(), ScanLimits::default()));
}

#[divan::bench(args = [1_000, 100_000])]
fn scan_many_quotes(bencher: Bencher<'_, '_>, bytes: usize) {
    let body = many_quotes(bytes);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| RawObject::parse(body.clone(), ScanLimits::default()));
}

#[divan::bench(args = [1_000, 100_000])]
fn scan_many_messages(bencher: Bencher<'_, '_>, bytes: usize) {
    let body = many_messages(bytes);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| RawObject::parse(body.clone(), ScanLimits::default()));
}

#[divan::bench(args = [1_000, 100_000])]
fn respell_the_model(bencher: Bencher<'_, '_>, bytes: usize) {
    let object = RawObject::parse(long_text(bytes), ScanLimits::default());
    bencher.bench(|| {
        object.as_ref().ok().map(|object| {
            let mut edit = object.edit();
            edit.set_string("model", "m");
            edit.apply()
        })
    });
}
