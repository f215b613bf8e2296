//! What it costs to know a request's conversation and its state, where the plan leaves a choice: by a header, by the
//! beginning of a short and of a long conversation, and with state. `no_choice` is a plan of one target.

use std::sync::Arc;

use divan::{Bencher, black_box};
use gateway_providers::{
    Operation,
    demo::{DemoConfig, DemoProvider},
};
use gateway_router::{
    ModelRequest, Plan, Router, RouterSettings, Speaker,
    resolve::{Alias, AliasTarget, TableParts},
};
use gateway_types::json::{RawObject, ScanLimits};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

#[expect(
    clippy::expect_used,
    reason = "a bench may stop where its set-up is wrong"
)]
fn router_and_plan(targets: &[&str]) -> (Router, Plan) {
    let provider = DemoProvider::new(DemoConfig::default()).expect("a demo");
    let targets = targets.iter().map(|model| AliasTarget::new("demo", *model));
    let parts = TableParts {
        providers: vec![Arc::new(provider)],
        aliases: vec![Alias::new("m", targets.collect())],
        ..TableParts::default()
    };
    let router = Router::new(parts, RouterSettings::default()).expect("the parts fit together");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime can be built");
    let plan = runtime.block_on(router.plan(&ModelRequest::new("m", Operation::Chat)));
    (router, plan.expect("an alias"))
}

/// A conversation of some turns: instructions and each turn of so many bytes.
#[expect(
    clippy::expect_used,
    reason = "a bench may stop where its set-up is wrong"
)]
fn body(instructions: usize, turns: usize, of_each: usize, more: &Value) -> RawObject {
    let text = |length: usize| "Words and lines.\n".repeat(length / 17 + 1);
    let mut messages = vec![json!({"role": "system", "content": text(instructions)})];
    for _ in 0..turns {
        messages.push(json!({"role": "user", "content": text(of_each)}));
        let mut said = json!({"role": "assistant", "content": text(of_each)});
        if let (Some(said), Some(more)) = (said.as_object_mut(), more.as_object()) {
            said.extend(more.clone());
        }
        messages.push(said);
    }
    let body = json!({"model": "m", "messages": messages, "temperature": 1}).to_string();
    RawObject::parse(body.into(), ScanLimits::default()).expect("an object")
}

fn read(bencher: Bencher<'_, '_>, targets: &[&str], headers: &HeaderMap, body: &RawObject) {
    let (router, plan) = router_and_plan(targets);
    bencher.bench_local(|| {
        let speaker = Speaker {
            tenant: "key-1",
            headers: black_box(headers),
            operation: Operation::Chat,
            body: black_box(body),
        };
        router.conversation(&plan, speaker)
    });
}

const BOTH: &[&str] = &["a", "b"];

#[divan::bench]
fn no_choice(bencher: Bencher<'_, '_>) {
    let body = body(400, 1, 100, &json!({}));
    read(bencher, &["a"], &HeaderMap::new(), &body);
}

#[divan::bench]
fn by_header(bencher: Bencher<'_, '_>) {
    let id = HeaderValue::from_static("0b0f3f0e-8a3c-4f43-9a3e-5a6e0c7f1d55");
    let headers = HeaderMap::from_iter([(
        http::HeaderName::from_static("x-claude-code-session-id"),
        id,
    )]);
    read(bencher, BOTH, &headers, &body(400, 1, 100, &json!({})));
}

#[divan::bench]
fn by_a_short_beginning(bencher: Bencher<'_, '_>) {
    let body = body(400, 1, 100, &json!({}));
    read(bencher, BOTH, &HeaderMap::new(), &body);
}

/// 100 KB: instructions of 20 KB and forty turns of 1 KB, no state.
#[divan::bench]
fn by_a_long_beginning(bencher: Bencher<'_, '_>) {
    let body = body(20 << 10, 40, 1 << 10, &json!({}));
    read(bencher, BOTH, &HeaderMap::new(), &body);
}

/// The same with a signature in each of the assistant's messages.
#[divan::bench]
fn long_and_with_state(bencher: Bencher<'_, '_>) {
    let detail = json!({"type": "reasoning.text", "text": "hm", "signature": "c2ln".repeat(100), "format": "anthropic-claude-v1"});
    let body = body(
        20 << 10,
        40,
        1 << 10,
        &json!({"reasoning_details": [detail]}),
    );
    read(bencher, BOTH, &HeaderMap::new(), &body);
}
