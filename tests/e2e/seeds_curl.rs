//! Every curl line of the five documents that this gateway fulfils, run as it is written there with the real `curl`.
//! Only the base URL is another, and the keys are variables as in the documents.

use std::{process::Command, sync::LazyLock};

use gateway_testkit::{GatewayUnderTest, Reply, ScriptedUpstream, sse};
use serde_json::{Value, json};

use crate::support::{GOOD_CHAT, GOOD_STREAM, UPSTREAM_KEY, USAGE, each, model_list};

/// The base URLs of the documents; the fourth writes a path alone.
const BASES: &[&str] = &["http://127.0.0.1:8000", "http://localhost:18888", "http://localhost:8080", "https://your-domain.com"];

/// A gateway as one document has it, and the upstream behind it.
struct Set {
    upstream: ScriptedUpstream,
    gateway: GatewayUnderTest,
}

fn upstream() -> ScriptedUpstream {
    let ids = ["Qwen/Qwen2.5-7B-Instruct", "BAAI/bge-small-en-v1.5", "gpt-4o-mini", "gpt-4", "text-embedding-3-small", "gpt-image-1"];
    ScriptedUpstream::start(move |request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path = request.path();
        if path.ends_with("/models") {
            return Reply::json(200, &model_list(&ids));
        }
        if path.ends_with("/embeddings") {
            return Reply::json(
                200,
                &json!({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}),
            );
        }
        if path.ends_with("/images/generations") {
            return Reply::json(200, &json!({"created": 1, "data": [{"b64_json": "iVBORw0KGgo="}]}));
        }
        if path.ends_with("/completions") && body["prompt"].is_string() {
            return Reply::json(
                200,
                &json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": body["model"], "choices": [{"index": 0, "text": " fast", "finish_reason": "length", "logprobs": null}]}),
            );
        }
        if body["stream"] == true {
            let mut events = GOOD_STREAM.to_vec();
            events.insert(3, USAGE);
            return Reply::sse(&events);
        }
        Reply::text(200, "application/json", GOOD_CHAT)
    })
}

fn provider(name: &str, upstream: &ScriptedUpstream) -> String {
    format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"{UPSTREAM_KEY}\"\n", upstream.url(&format!("/{name}/v1")))
}

/// The first document: one backend, keys set.
static BACKEND: LazyLock<Set> = LazyLock::new(|| {
    let upstream = upstream();
    let url = upstream.url("");
    let gateway = GatewayUnderTest::start("", &[("BACKEND", "vllm"), ("BACKEND_URL", &url), ("API_KEYS", "the-key")]);
    Set { upstream, gateway }
});

/// The others: several providers, the alias `default`, vision on.
static PROVIDERS: LazyLock<Set> = LazyLock::new(|| {
    let upstream = upstream();
    let config: String = ["openai", "ollama", "anthropic"].map(|name| provider(name, &upstream)).concat();
    let config = format!("{config}[models.default]\ntargets = [\"openai/gpt-4o-mini\"]\n");
    let gateway = GatewayUnderTest::start(&config, &[("ENABLE_VISION", "true")]);
    Set { upstream, gateway }
});

/// The fifth: a bearer key.
static DASHBOARD: LazyLock<Set> = LazyLock::new(|| {
    let upstream = upstream();
    let gateway = GatewayUnderTest::start(&provider("openai", &upstream), &[("API_KEYS", "the-key")]);
    Set { upstream, gateway }
});

/// What an answer must be.
enum Expected {
    /// The upstream's whole answer.
    Chat,
    /// A whole stream.
    Stream,
    /// JSON with this at a pointer.
    Json(&'static str, Value),
    /// An error with this status, code and parameter.
    Refused(u16, &'static str, &'static str),
}

/// Runs one document's line; gives the body and the status.
fn run(name: &str, gateway: &GatewayUnderTest) -> (String, u16) {
    let path = format!("{}/seeds/{name}.sh", env!("CARGO_MANIFEST_DIR"));
    let written = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let base = gateway.url("");
    let line = BASES.iter().fold(written, |line, old| line.replace(old, &base)).replace("'/chat/completions'", &format!("'{base}/chat/completions'"));
    let script = format!("curl() {{ command curl -sS --max-time 20 -w '\\n%{{http_code}}' \"$@\"; }}\n{line}");
    let output = Command::new("bash")
        .args(["-c", &script])
        .env("API_KEY", "the-key")
        .env("YOUR_API_KEY", "the-key")
        .env_remove("http_proxy")
        .output()
        .expect("bash and curl are there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let (body, status) = text.rsplit_once('\n').expect("curl writes the status last");
    (body.to_owned(), status.parse().expect("a status"))
}

fn check(name: &str, set: &Set, expected: &Expected) {
    let (body, status) = run(name, &set.gateway);
    let shown = format!("{name}: {status} {body}");
    match expected {
        Expected::Chat => assert_eq!((status, body.as_str()), (200, GOOD_CHAT), "{shown}"),
        Expected::Stream => {
            assert_eq!(status, 200, "{shown}");
            let data = sse::data(body.as_bytes());
            assert_eq!(data.last().map(String::as_str), Some("[DONE]"), "{shown}");
            assert!(body.contains("Hello"), "{shown}");
        }
        Expected::Json(pointer, value) => {
            let json: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{shown}"));
            assert_eq!((status, json.pointer(pointer)), (200, Some(value)), "{shown}");
        }
        Expected::Refused(refused, code, param) => {
            let json: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{shown}"));
            assert_eq!((status, json["error"]["code"].as_str(), json["error"]["param"].as_str()), (*refused, Some(*code), Some(*param)), "{shown}");
        }
    }
}

#[test]
fn every_line_does_what_its_document_says() {
    use Expected::{Chat, Json, Refused, Stream};
    let model = || json!("Qwen/Qwen2.5-7B-Instruct");
    let rows: Vec<(&str, &Set, Expected)> = vec![
        ("s0-1", &BACKEND, Json("/data/0/id", model())),
        ("s0-2", &BACKEND, Chat),
        ("s0-3", &BACKEND, Stream),
        ("s0-4", &BACKEND, Json("/choices/0/text", json!(" fast"))),
        ("s0-5", &BACKEND, Json("/data/0/embedding/0", json!(0.5))),
        ("s1-1", &PROVIDERS, Stream),
        ("s2-1", &PROVIDERS, Stream),
        ("s2-2", &PROVIDERS, Stream),
        ("s2-3", &PROVIDERS, Chat),
        ("s2-4", &PROVIDERS, Chat),
        ("s2-5", &PROVIDERS, Chat),
        ("s2-6", &PROVIDERS, Chat),
        // The sample's own body holds `"logit_bias": "string"`, and its document lists 400 beside 201.
        ("s3-1", &PROVIDERS, Refused(400, "invalid_value", "logit_bias")),
        ("s4-1", &DASHBOARD, Chat),
        ("s4-2", &DASHBOARD, Stream),
        ("s4-3", &DASHBOARD, Json("/data/0/embedding/0", json!(0.5))),
        ("s4-4", &DASHBOARD, Json("/data/0/b64_json", json!("iVBORw0KGgo="))),
    ];
    each(&rows, |(name, set, expected)| {
        check(name, set, expected);
    });
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/seeds")).unwrap().count();
    assert_eq!(files, rows.len(), "every line is run");
}

/// What the upstreams saw of them.
#[test]
fn the_lines_reach_the_provider_they_name() {
    let (body, _) = run("s2-1", &PROVIDERS.gateway);
    assert!(body.contains("prompt_tokens"), "usage was asked for: {body}");
    let seen = PROVIDERS.upstream.wait_for(std::time::Duration::from_secs(5), |request| request.model().as_deref() == Some("deepseek-r1:1.5b"));
    assert_eq!(seen.path(), "/ollama/v1/chat/completions");
    run("s2-5", &PROVIDERS.gateway);
    let seen = PROVIDERS.upstream.wait_for(std::time::Duration::from_secs(5), |request| request.path() == "/anthropic/v1/chat/completions");
    assert!(seen.json().pointer("/messages/0/content/1/image_url/url").is_some());
    run("s2-6", &PROVIDERS.gateway);
    let seen = PROVIDERS
        .upstream
        .wait_for(std::time::Duration::from_secs(5), |request| request.path() == "/openai/v1/chat/completions" && request.model().as_deref() == Some("gpt-4"));
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {UPSTREAM_KEY}").as_str()));
}

/// The third document's sample with values in the place of its placeholders: 201, as it says, or a stream.
#[test]
fn the_failover_sample_with_real_values() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/s3-1.sh");
    let sample = std::fs::read_to_string(path).unwrap();
    let filled = sample
        .replace("\"model\": \"string\"", "\"model\": \"openai/gpt-4\"")
        .replace("\"logit_bias\": \"string\"", r#""logit_bias": "{\"50256\": -100}""#)
        .replace("\"response_format\": \"string\"", r#""response_format": "{\"type\": \"text\"}""#)
        .replace("\"tool_calls\": \"string\"", r#""tool_calls": "[]""#)
        .replace("\"type\": \"string\",\n\"function\"", "\"type\": \"function\",\n\"function\"");
    each([("true", "200"), ("false", "201")], |(stream, status)| {
        let line = filled
            .replace("\"stream\": true", &format!("\"stream\": {stream}"))
            .replace("\"stream_options\": \"string\"", if stream == "true" { r#""stream_options": "{\"include_usage\": true}""# } else { "\"stream_options\": null" })
            .replace("'/chat/completions'", &format!("'{}/chat/completions'", PROVIDERS.gateway.url("")));
        let script = format!("curl() {{ command curl -sS --max-time 20 -w '\\n%{{http_code}}' \"$@\"; }}\n{line}");
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.ends_with(&format!("\n{status}")), "stream {stream}: {text}");
    });
}
