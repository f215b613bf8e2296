//! What it costs to send a request through the router: the plan, the health of its targets, the budget and the records,
//! against an upstream that answers at once. `bare` is the same call without a router; `whole` is all that a request with
//! a choice between two targets goes through: the name resolved, the conversation read, the target that has it asked.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use divan::{Bencher, black_box};
use gateway_client::transport::TransportResponse;
use gateway_providers::{
    Call, CallError, Fault, FaultKind, Operation, Payload, Provider, Reply, ReplyBody,
    call::Timeouts,
    provider::{ModelListing, ProxyRequest, SharedProvider},
};
use gateway_router::{
    Ask, BoundState, ModelRequest, Router, RouterSettings, Speaker,
    resolve::{Alias, TableParts},
};
use gateway_types::json::{RawObject, ScanLimits};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

#[derive(Debug)]
struct Instantly(&'static str);

#[async_trait]
impl Provider for Instantly {
    fn name(&self) -> &str {
        self.0
    }
    fn vendor(&self) -> &'static str {
        "bench"
    }
    fn supports(&self, _operation: Operation) -> bool {
        true
    }
    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        if call.model == "broken" {
            return Err(Fault::new(FaultKind::Reset, "").into());
        }
        let bytes = Bytes::from_static(b"{}");
        Ok(Reply {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: ReplyBody::Whole { bytes, usage: None },
        })
    }
    async fn models(&self) -> Result<ModelListing, CallError> {
        Ok(ModelListing::default())
    }
    async fn proxy(&self, _request: ProxyRequest) -> Result<TransportResponse, CallError> {
        Err(Fault::new(FaultKind::Unreachable, "").into())
    }
}

#[expect(
    clippy::expect_used,
    reason = "a bench may stop where its set-up is wrong"
)]
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime can be built")
    })
}

#[expect(
    clippy::expect_used,
    reason = "a bench may stop where its set-up is wrong"
)]
fn router() -> Router {
    let alias = |name: &str, targets: [&str; 2]| {
        let targets = targets.map(|text| text.parse().expect("a target"));
        Alias::new(name, targets.to_vec())
    };
    let parts = TableParts {
        providers: vec![
            Arc::new(Instantly("a")) as SharedProvider,
            Arc::new(Instantly("b")),
        ],
        aliases: vec![
            alias("good", ["a/x", "b/y"]),
            alias("half", ["a/broken", "b/y"]),
        ],
        ..TableParts::default()
    };
    Router::new(parts, RouterSettings::default()).expect("the parts fit together")
}

/// A request of some members and headers, as SDKs send them.
#[expect(
    clippy::expect_used,
    reason = "a bench may stop where its set-up is wrong"
)]
fn ask() -> Ask {
    let text = r#"{"model":"good","messages":[{"role":"user","content":"hi"}],"temperature":1,"max_tokens":9}"#;
    let body = RawObject::parse(Bytes::from_static(text.as_bytes()), ScanLimits::default());
    let headers = ["accept", "user-agent", "x-request-id"].map(|name| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static("something"),
        )
    });
    Ask {
        operation: Operation::Chat,
        payload: Payload::Json(body.expect("an object")),
        stream: false,
        count_tokens: false,
        strict: false,
        headers: headers.into_iter().collect(),
        limit: None,
        conversation: None,
        state: BoundState::default(),
    }
}

#[divan::bench]
fn bare(bencher: Bencher<'_, '_>) {
    let provider = Instantly("a");
    bencher.with_inputs(ask).bench_local_values(|ask| {
        let call = Call {
            operation: ask.operation,
            model: "x".to_owned(),
            payload: ask.payload,
            stream: ask.stream,
            count_tokens: ask.count_tokens,
            strict: ask.strict,
            headers: ask.headers,
            timeouts: Timeouts::default(),
        };
        runtime().block_on(provider.call(black_box(call)))
    });
}

fn send(bencher: Bencher<'_, '_>, router: &Router, model: &str) {
    let request = ModelRequest::new(model, Operation::Chat);
    let plan = runtime().block_on(router.plan(&request));
    #[expect(
        clippy::expect_used,
        reason = "a bench may stop where its set-up is wrong"
    )]
    let plan = plan.expect("an alias");
    bencher
        .with_inputs(|| (plan.clone(), ask()))
        .bench_local_values(|(plan, ask)| runtime().block_on(router.send(black_box(plan), ask)));
}

/// All is well: nothing is remembered of any target.
#[divan::bench]
fn healthy(bencher: Bencher<'_, '_>) {
    send(bencher, &router(), "good");
}

/// Another target of the provider is left alone, so that each request looks its own up.
#[divan::bench]
fn beside_a_troubled_one(bencher: Bencher<'_, '_>) {
    let router = router();
    let half = ModelRequest::new("half", Operation::Chat);
    for _ in 0..5 {
        if let Ok(plan) = runtime().block_on(router.plan(&half)) {
            let _ = runtime().block_on(router.send(plan, ask()));
        }
    }
    send(bencher, &router, "good");
}

/// The first target is left alone, the second answers.
#[divan::bench]
fn past_an_open_one(bencher: Bencher<'_, '_>) {
    send(bencher, &router(), "half");
}

/// The conversation is named by a header, or known by its beginning.
#[divan::bench(args = ["header", "beginning"])]
fn whole(bencher: Bencher<'_, '_>, known_by: &str) {
    let router = router();
    let headers = (known_by == "header").then(|| {
        let id = HeaderValue::from_static("0b0f3f0e-8a3c-4f43-9a3e-5a6e0c7f1d55");
        (HeaderName::from_static("x-claude-code-session-id"), id)
    });
    let headers: HeaderMap = headers.into_iter().collect();
    let Payload::Json(body) = ask().payload else {
        return;
    };
    let one = async |mut ask: Ask| {
        let request = ModelRequest::new("good", Operation::Chat);
        let plan = router.plan(&request).await.ok()?;
        let speaker = Speaker {
            tenant: "key-1",
            headers: &headers,
            operation: Operation::Chat,
            body: &body,
        };
        (ask.conversation, ask.state) = router.conversation(&plan, speaker);
        router.send(plan, ask).await.ok()
    };
    bencher
        .with_inputs(ask)
        .bench_local_values(|ask| runtime().block_on(one(black_box(ask))));
}
