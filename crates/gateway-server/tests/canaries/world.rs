//! Everybody who has a secret, and where each may be seen.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use gateway_testkit::{RecordedRequest, Reply, ScriptedUpstream};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Program, command};

/// How upstreams behave, by the model that they are asked for.
pub(crate) const BEHAVIOURS: &[&str] = &[
    "good", "down", "limited", "refused", "redirect", "echo", "cut", "slow", "gone",
];

/// What the caller has for the gateway. No upstream may see it.
pub(crate) const GATEWAY_KEY: &str = "sk-gateway-canary-40c2be86";
/// What the caller has for its own endpoint.
pub(crate) const CALLERS_KEY: &str = "sk-callers-canary-1d90a7f3";

const FIRST: &str = "sk-first-canary-e5b71290";
const FIRST_MOVED: &str = "sk-moved-canary-58a0c3d4";
const SECOND_A: &str = "sk-second-a-canary-77d1c04b";
const SECOND_B: &str = "sk-second-b-canary-c92e15aa";
const VLLM: &str = "sk-vllm-canary-93f4d0c7";
const CLAUDE: &str = "sk-claude-canary-2f6e8b11";
const GEMINI: &str = "sk-gemini-canary-0c4d7a92";
const ROCK: &str = "sk-rock-canary-b83f5e60";
const HEADER: &str = "team-header-canary-6ab8e114";

/// Every secret.
const SECRETS: &[&str] = &[
    GATEWAY_KEY,
    CALLERS_KEY,
    FIRST,
    FIRST_MOVED,
    SECOND_A,
    SECOND_B,
    VLLM,
    CLAUDE,
    GEMINI,
    ROCK,
    HEADER,
];

/// An upstream and the secrets that are for it.
struct Origin {
    name: &'static str,
    upstream: ScriptedUpstream,
    own: &'static [&'static str],
}

/// The program, and all upstreams that there are.
pub(crate) struct World {
    program: Program,
    origins: Vec<Origin>,
    config: PathBuf,
    _folder: TempDir,
}

impl World {
    pub(crate) fn start() -> Self {
        let elsewhere = ScriptedUpstream::start(|_| Reply::text(200, "application/json", GOOD));
        let location = elsewhere.url("/v1/chat/completions");
        let origin = |name, own| {
            let location = location.clone();
            Origin {
                name,
                upstream: ScriptedUpstream::start(move |request| answer(request, &location)),
                own,
            }
        };
        let mut origins = vec![
            origin("first", &[FIRST, HEADER]),
            origin("moved", &[FIRST_MOVED, HEADER]),
            origin("second", &[SECOND_A, SECOND_B]),
            origin("vllm", &[VLLM]),
            origin("claude", &[CLAUDE]),
            origin("gemini", &[GEMINI]),
            origin("rock", &[ROCK]),
            origin("callers", &[CALLERS_KEY]),
        ];
        origins.push(Origin {
            name: "elsewhere",
            upstream: elsewhere,
            own: &[],
        });
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("gateway.toml");
        fs::write(&config, configuration(&origins, "first", FIRST)).unwrap();
        Self {
            program: Program::start(&config),
            origins,
            config,
            _folder: folder,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.program.address()
    }

    pub(crate) fn callers_url(&self) -> String {
        upstream(&self.origins, "callers").url("/v1")
    }

    /// `first` is at another address from now on, with another key.
    pub(crate) fn move_first(&self) {
        fs::write(
            &self.config,
            configuration(&self.origins, "moved", FIRST_MOVED),
        )
        .unwrap();
        self.program.hang_up();
    }

    pub(crate) fn moved_was_asked(&self) -> bool {
        !upstream(&self.origins, "moved")
            .requests_for("good")
            .is_empty()
    }

    pub(crate) fn was_probed(&self) -> bool {
        let requests = upstream(&self.origins, "second").requests();
        requests
            .iter()
            .filter(|request| request.path().ends_with("/models"))
            .count()
            > 1
    }

    /// `gateway explain`.
    pub(crate) fn explain(&self, model: &str) -> String {
        let done = command(&self.config)
            .args(["explain", model])
            .output()
            .unwrap();
        String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
    }

    /// `gateway check`.
    pub(crate) fn check(&self) -> String {
        let done = command(&self.config).arg("check").output().unwrap();
        String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()
    }

    /// The program ends; gives all that it has written.
    pub(crate) fn stopped(&self) -> String {
        self.program.stop()
    }

    /// Nobody saw what is not for them; nothing is in what was told.
    #[track_caller]
    pub(crate) fn assert_secrets_kept(&self, told: &str) {
        for Origin {
            name,
            upstream,
            own,
        } in &self.origins
        {
            for request in upstream.requests() {
                let seen = [&request.head.raw[..], &request.body[..]]
                    .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
                for secret in SECRETS.iter().filter(|secret| !own.contains(secret)) {
                    assert!(
                        seen.iter().all(|text| !text.contains(secret)),
                        "{name} has seen {secret}: {seen:?}"
                    );
                }
            }
        }
        assert_eq!(
            upstream(&self.origins, "elsewhere").connections(),
            0,
            "a redirect was followed"
        );
        self.assert_untold(told);
    }

    /// No secret is in what was told.
    #[track_caller]
    pub(crate) fn assert_untold(&self, told: &str) {
        for secret in SECRETS {
            let place = told.find(secret);
            let around = place.and_then(|place| {
                told.get(place.saturating_sub(400)..(place + 100).min(told.len()))
            });
            assert!(place.is_none(), "{secret} is told: {around:?}");
        }
    }

    /// A search in what nobody was sent finds nothing: each secret was really used where it is for.
    #[track_caller]
    pub(crate) fn assert_everybody_was_asked(&self) {
        let used = |origin: &Origin, secret: &str| {
            origin
                .upstream
                .requests()
                .iter()
                .any(|request| String::from_utf8_lossy(&request.head.raw).contains(secret))
        };
        for origin in self.origins.iter().filter(|origin| origin.name != "moved") {
            for secret in origin.own {
                assert!(
                    used(origin, secret),
                    "{} was never sent {secret}",
                    origin.name
                );
            }
        }
    }
}

fn upstream<'a>(origins: &'a [Origin], name: &str) -> &'a ScriptedUpstream {
    &origins
        .iter()
        .find(|origin| origin.name == name)
        .unwrap()
        .upstream
}

/// `first` has this address and key.
fn configuration(origins: &[Origin], first: &str, key: &str) -> String {
    let url = |name: &str, path: &str| upstream(origins, name).url(path);
    let pools: String = BEHAVIOURS
        .iter()
        .map(|behaviour| {
            let targets = format!("targets = [\"first/{behaviour}\", \"second/{behaviour}\", \"claude/{behaviour}\"]");
            format!("[models.both-{behaviour}]\n{targets}\n[models.hedged-{behaviour}]\nhedge = \"50ms\"\n{targets}\n")
        })
        .collect();
    format!(
        r#"
[auth]
api_keys = ["team={GATEWAY_KEY}"]
[logging]
level = "trace"
format = "json"
[resilience]
breaker = false
[caller_endpoints]
origins = ["{}"]
[providers.first]
vendor = "custom"
base_url = "{}"
api_key = "{key}"
headers = {{ x-team = "{HEADER}" }}
[providers.second]
vendor = "custom"
base_url = "{}"
api_keys = ["{SECOND_A}", "{SECOND_B}"]
probe = "1s"
[providers.vllm]
base_url = "{}"
api_key = "{VLLM}"
[providers.claude]
vendor = "anthropic"
base_url = "{}"
api_key = "{CLAUDE}"
[providers.gemini]
vendor = "google"
base_url = "{}"
api_key = "{GEMINI}"
[providers.rock]
vendor = "bedrock"
base_url = "{}"
api_key = "{ROCK}"
[timeouts]
first_token = "2s"
{pools}
"#,
        url("callers", ""),
        url(first, "/v1"),
        url("second", "/v1"),
        url("vllm", "/v1"),
        url("claude", "/v1"),
        url("gemini", "/v1beta"),
        url("rock", ""),
    )
}

const GOOD: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;

/// What an upstream answers, in whichever protocol it is asked.
fn answer(request: &RecordedRequest, elsewhere: &str) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let named = body["model"].as_str().unwrap_or(request.target());
    let behaviour = BEHAVIOURS
        .iter()
        .find(|behaviour| named.contains(**behaviour))
        .copied()
        .unwrap_or("good");
    let echo = String::from_utf8_lossy(&request.head.raw).into_owned();
    let error = |status: u16| {
        Reply::json(
            status,
            &json!({"error": {"message": format!("sent was: {echo}"), "type": "x", "code": echo}}),
        )
        .header("x-echo", "a")
    };
    match behaviour {
        "down" => error(503),
        "limited" => error(429).header("retry-after", "0"),
        "refused" => error(401),
        "echo" => error(400),
        "gone" => error(404),
        "redirect" => Reply::status(307).header("location", elsewhere).header("refresh", elsewhere).header("set-cookie", "a=b"),
        "cut" => Reply::sse(&[r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"He"},"finish_reason":null}]}"#]).cut(),
        "slow" if request.path().ends_with("/chat/completions") && request.header("x-team").is_some() => good(request, &body).slow_head(Duration::from_millis(400)),
        _ => good(request, &body),
    }
}

fn good(request: &RecordedRequest, body: &Value) -> Reply {
    let path = request.path();
    if path.ends_with("/models") {
        return Reply::json(
            200,
            &json!({"object": "list", "data": [{"id": "good", "object": "model", "created": 1, "owned_by": "x"}], "models": []}),
        );
    }
    if path.ends_with("/messages") {
        let usage = json!({"input_tokens": 1, "output_tokens": 1});
        return Reply::json(
            200,
            &json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn", "usage": usage}),
        );
    }
    if path.contains("generateContent") || path.contains("GenerateContent") {
        return Reply::json(
            200,
            &json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}),
        );
    }
    if path.contains("/converse") {
        let usage = json!({"inputTokens": 1, "outputTokens": 1, "totalTokens": 2});
        return Reply::json(
            200,
            &json!({"output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}}, "stopReason": "end_turn", "usage": usage}),
        );
    }
    if body["stream"] == true {
        let chunk = |delta: Value, finish: Value| {
            json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).to_string()
        };
        return Reply::sse(&[
            chunk(
                json!({"role": "assistant", "content": "Hello"}),
                Value::Null,
            ),
            chunk(json!({}), json!("stop")),
            "[DONE]".to_owned(),
        ]);
    }
    Reply::text(200, "application/json", GOOD)
}
