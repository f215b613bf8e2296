//! What most stories share: one gateway in front of one scripted upstream, and the assertions that hold everywhere.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

pub(crate) use gateway_e2e::answers::{FINISH, GOOD_CHAT, GOOD_STREAM, HELLO, ROLE, USAGE};
use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream};
use serde_json::{Value, json};

/// The credential that the gateway holds for the scripted upstream. It must never be seen on the client's side.
pub(crate) const UPSTREAM_KEY: &str = "sk-upstream-canary-5f3a9c71e0";

/// A gateway in multi-provider mode, and the upstream behind its provider `lab`.
pub(crate) struct Lab {
    pub(crate) upstream: ScriptedUpstream,
    pub(crate) gateway: GatewayUnderTest,
}

/// The lab that stories share. Each test takes model names of its own (see [`Lab::model`]).
pub(crate) fn lab() -> &'static Lab {
    static LAB: LazyLock<Lab> = LazyLock::new(|| Lab::start("", &[]));
    &LAB
}

/// The same with an impatient gateway: first event 800 ms, idle 500 ms, whole answers 1500 ms.
pub(crate) fn impatient() -> &'static Lab {
    static IMPATIENT: LazyLock<Lab> = LazyLock::new(|| Lab::configured(|config| config.replace(TIMEOUTS, SHORT_TIMEOUTS)));
    &IMPATIENT
}

impl Lab {
    /// A lab of its own: more configuration text, more environment.
    pub(crate) fn start(more: &str, environment: &[(&str, &str)]) -> Self {
        let upstream = ScriptedUpstream::start(good_upstream);
        let config = format!("{}\n{more}", lab_config(&upstream));
        let gateway = GatewayUnderTest::start(&config, environment);
        Self { upstream, gateway }
    }

    /// A lab of its own, its configuration changed.
    pub(crate) fn configured(change: impl FnOnce(String) -> String) -> Self {
        let upstream = ScriptedUpstream::start(good_upstream);
        let gateway = GatewayUnderTest::start(&change(lab_config(&upstream)), &[]);
        Self { upstream, gateway }
    }

    /// A fresh model at the upstream that answers like this; gives its name for the client (`lab/...`).
    pub(crate) fn model(&self, hint: &str, reply: Reply) -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{hint}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.upstream.script(&name, reply);
        format!("lab/{name}")
    }

    /// One chat request to an upstream that answers like this.
    pub(crate) fn chat(&self, hint: &str, stream: bool, reply: Reply) -> Response {
        let model = self.model(hint, reply);
        self.gateway.send(&Request::chat(&model, stream))
    }
}

/// Long enough for a machine that is busy with other things.
const TIMEOUTS: &str = r#"timeouts = { connect = "10s", first_token = "20s", idle = "20s", total = "20s" }"#;
/// Short enough to wait for them.
const SHORT_TIMEOUTS: &str = r#"timeouts = { connect = "10s", first_token = "800ms", idle = "500ms", total = "1500ms" }"#;

/// What one attempt comes to is told here, and stories that share a provider must not make each other's models rest.
/// The other attempts have their own story, `failover`.
pub(crate) const ONE_ATTEMPT: &str = "[resilience]\nattempts = 1\nbreaker = false\n";

/// The configuration of a lab: one provider `lab`.
pub(crate) fn lab_config(upstream: &ScriptedUpstream) -> String {
    format!(
        r#"
[server]
listen = ["127.0.0.1:0"]

{ONE_ATTEMPT}
[providers.lab]
vendor = "custom"
base_url = "{}"
api_key = "{UPSTREAM_KEY}"
{TIMEOUTS}
"#,
        upstream.url("/v1")
    )
}

/// An upstream that answers every operation well.
pub(crate) fn good_upstream(request: &RecordedRequest) -> Reply {
    let path = request.path();
    if path.ends_with("/models") {
        return Reply::json(200, &model_list(&["alpha", "org/Beta-7B", "gamma:1b"]));
    }
    if path.ends_with("/embeddings") {
        return Reply::json(
            200,
            &json!({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}),
        );
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if body.get("stream") == Some(&Value::Bool(true)) {
        return Reply::sse(GOOD_STREAM);
    }
    Reply::text(200, "application/json", GOOD_CHAT)
}

/// A list as OpenAI gives it.
pub(crate) fn model_list(ids: &[&str]) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "org", "max_model_len": 4096})).collect();
    json!({"object": "list", "data": data})
}

/// Asserts what holds for every error that the gateway answers.
#[track_caller]
pub(crate) fn assert_error(what: &str, response: &Response, status: u16, error_type: &str, code: &str) {
    let shown = format!("{what}: {} {}", response.head.start_line, response.text());
    assert_eq!(response.status(), status, "{shown}");
    assert!(response.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{shown}");
    assert_error_object(&shown, &response.error());
    assert_eq!((response.error()["type"].as_str(), response.error()["code"].as_str()), (Some(error_type), Some(code)), "{shown}");
    assert_error_headers(&shown, response);
}

/// Asserts the shape of an error object: texts are texts, and all four members are there.
#[track_caller]
pub(crate) fn assert_error_object(shown: &str, error: &Value) {
    assert!(error["type"].is_string() && error["message"].as_str().is_some_and(|text| !text.is_empty()), "{shown}");
    for member in ["param", "code"] {
        let value = error.get(member).unwrap_or_else(|| panic!("no {member}: {shown}"));
        assert!(value.is_string() || value.is_null(), "{shown}");
    }
}

/// Asserts the headers that every error carries, and that no credential of the gateway is in the answer.
#[track_caller]
pub(crate) fn assert_error_headers(shown: &str, response: &Response) {
    assert!(response.header("x-request-id").is_some_and(|id| !id.is_empty()), "no x-request-id: {shown}");
    assert!(matches!(response.header("x-should-retry"), Some("true" | "false")), "no x-should-retry: {shown}");
    let wait = response.header("retry-after").unwrap_or_else(|| panic!("no retry-after: {shown}"));
    assert!(wait.parse::<u64>().is_ok_and(|seconds| seconds <= 60), "retry-after {wait}: {shown}");
    assert_no_canary(response);
}

/// Asserts that no credential of the gateway is in the answer.
#[track_caller]
pub(crate) fn assert_no_canary(response: &Response) {
    let head = String::from_utf8_lossy(&response.head.raw).into_owned();
    assert!(!head.contains(UPSTREAM_KEY) && !response.text().contains(UPSTREAM_KEY), "the credential leaked: {head}{}", response.text());
}

/// Checks every row of a table, and fails with all that fail.
#[track_caller]
pub(crate) fn each<T>(rows: impl IntoIterator<Item = T>, mut check: impl FnMut(T)) {
    let failed: Vec<String> = rows
        .into_iter()
        .filter_map(|row| catch_unwind(AssertUnwindSafe(|| check(row))).err())
        .map(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        })
        .collect();
    assert!(failed.is_empty(), "{} rows fail:\n\n{}", failed.len(), failed.join("\n\n"));
}
