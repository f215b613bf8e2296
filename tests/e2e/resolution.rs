//! Which provider a model name leads to: T-01 to T-03, told by what the upstreams see.

use std::sync::LazyLock;

use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, ScriptedUpstream};

use crate::support::{GOOD_CHAT, UPSTREAM_KEY, assert_error, each, model_list};

/// (provider, vendor, what it lists)
const PROVIDERS: &[(&str, &str, &[&str])] = &[
    ("openai", "openai", &["gpt-4o", "gpt-4o-mini", "shared"]),
    ("qwen", "qwen", &["qwen-turbo", "qwen-max"]),
    ("groq", "groq", &["llama-3.3-70b-versatile", "openai/gpt-oss-120b", "shared"]),
    ("openrouter", "openrouter", &["openrouter/auto", "anthropic/claude-x", "openai/gpt-4o", "meta-llama/llama-3:free"]),
    ("ollama", "ollama", &["deepseek-r1:1.5b", "ollama/x"]),
    ("lab", "vllm", &["Qwen/Qwen2.5-7B-Instruct", "openai/gpt-oss-20b", "a/b/c:d"]),
];

struct World {
    upstream: ScriptedUpstream,
    gateway: GatewayUnderTest,
}

/// One upstream behind every provider: the path tells which one was meant.
fn world() -> &'static World {
    static WORLD: LazyLock<World> = LazyLock::new(|| {
        let upstream = ScriptedUpstream::start(answer);
        let providers: String = PROVIDERS
            .iter()
            .map(|(name, vendor, _)| {
                format!("[providers.{name}]\nvendor = \"{vendor}\"\nbase_url = \"{}\"\napi_key = \"{UPSTREAM_KEY}\"\n", upstream.url(&format!("/{name}/v1")))
            })
            .collect();
        let aliases = "[models.smart]\ntargets = [\"lab/a/b/c:d\", \"groq/llama-3.3-70b-versatile\"]\n\
            [models.\"openai/pinned\"]\ntargets = [\"groq/llama-3.3-70b-versatile\"]\n\
            [models.\"claude-*\"]\ntargets = [\"openrouter/anthropic/claude-*\"]\n\
            [models.\"claude-haiku-*\"]\ntargets = [\"lab/haiku-*\"]\n\
            [models.default]\ntargets = [\"openai/gpt-4o-mini\"]\n";
        let gateway = GatewayUnderTest::start(&format!("[server]\nlisten = [\"127.0.0.1:0\"]\n{providers}{aliases}"), &[]);
        assert_eq!(gateway.send(&Request::get("/v1/models")).status(), 200);
        World { upstream, gateway }
    });
    &WORLD
}

fn answer(request: &RecordedRequest) -> Reply {
    if !request.path().ends_with("/models") {
        return Reply::text(200, "application/json", GOOD_CHAT);
    }
    let name = request.path().split('/').nth(1).unwrap_or_default();
    let listed = PROVIDERS.iter().find(|row| row.0 == name).map_or(&[][..], |row| row.2);
    Reply::json(200, &model_list(listed))
}

/// (model, query, provider, model at the upstream)
const LEADS: &[(&str, &str, &str, &str)] = &[
    // prefix
    ("openai/gpt-4o", "", "openai", "gpt-4o"),
    ("OpenAI/gpt-4o-mini", "", "openai", "gpt-4o-mini"),
    ("groq/openai/gpt-oss-120b", "", "groq", "openai/gpt-oss-120b"),
    ("ollama/deepseek-r1:1.5b", "", "ollama", "deepseek-r1:1.5b"),
    ("lab/a/b/c:d", "", "lab", "a/b/c:d"),
    ("openai/a-model-not-listed", "", "openai", "a-model-not-listed"),
    ("qwen/qwen-turbo", "", "qwen", "qwen-turbo"),
    // T-01: an exact id beats a prefix, however much its first part looks like a provider
    ("Qwen/Qwen2.5-7B-Instruct", "", "lab", "Qwen/Qwen2.5-7B-Instruct"),
    ("openai/gpt-oss-20b", "", "lab", "openai/gpt-oss-20b"),
    ("openai/gpt-oss-120b", "", "groq", "openai/gpt-oss-120b"),
    ("lab/Qwen/Qwen2.5-7B-Instruct", "", "lab", "Qwen/Qwen2.5-7B-Instruct"),
    ("openrouter/openrouter/auto", "", "openrouter", "openrouter/auto"),
    ("openrouter/auto", "", "openrouter", "openrouter/auto"),
    ("meta-llama/llama-3:free", "", "openrouter", "meta-llama/llama-3:free"),
    // T-02: ?provider= pins; its own prefix is taken off, nobody else's
    ("deepseek-r1:1.5b", "ollama", "ollama", "deepseek-r1:1.5b"),
    ("ollama/deepseek-r1:1.5b", "ollama", "ollama", "deepseek-r1:1.5b"),
    ("ollama/x", "ollama", "ollama", "ollama/x"),
    ("openai/gpt-oss-120b", "groq", "groq", "openai/gpt-oss-120b"),
    ("openrouter/auto", "openrouter", "openrouter", "openrouter/auto"),
    ("smart", "groq", "groq", "smart"),
    ("anything/at:all", "lab", "lab", "anything/at:all"),
    // bare names
    ("gpt-4o", "", "openai", "gpt-4o"),
    ("qwen-max", "", "qwen", "qwen-max"),
    ("deepseek-r1:1.5b", "", "ollama", "deepseek-r1:1.5b"),
    // aliases come before everything else
    ("smart", "", "lab", "a/b/c:d"),
    ("openai/pinned", "", "groq", "llama-3.3-70b-versatile"),
    ("default", "", "openai", "gpt-4o-mini"),
    ("claude-opus-9", "", "openrouter", "anthropic/claude-opus-9"),
    ("claude-haiku-9", "", "lab", "haiku-9"),
];

#[test]
fn names_lead_where_the_rules_say() {
    each(LEADS, |(model, query, provider, upstream_model)| {
        let target = if query.is_empty() { "/v1/chat/completions".to_owned() } else { format!("/v1/chat/completions?provider={query}") };
        let marker = format!("{model}@{query}");
        let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"{marker}"}}]}}"#);
        let response = world().gateway.send(&Request::post(&target, body));
        assert_eq!(response.status(), 200, "{marker}: {}", response.text());
        let seen = world().upstream.requests().into_iter().rfind(|request| String::from_utf8_lossy(&request.body).contains(&marker)).unwrap();
        assert_eq!((seen.path(), seen.model().as_deref()), (format!("/{provider}/v1/chat/completions").as_str(), Some(*upstream_model)), "{marker}");
        assert_eq!(response.header("x-selected-provider"), Some(*provider), "{marker}");
        assert_eq!(response.header("x-selected-model"), Some(*upstream_model), "{marker}");
    });
}

#[test]
fn a_bare_name_of_two_providers_goes_to_the_first_in_order() {
    let response = world().gateway.send(&Request::chat("shared", false));
    assert_eq!(response.status(), 200, "{}", response.text());
    let provider = response.header("x-selected-provider").unwrap().to_owned();
    assert!(matches!(provider.as_str(), "openai" | "groq"), "{provider}");
    each(0..3, |_| {
        assert_eq!(world().gateway.send(&Request::chat("shared", false)).header("x-selected-provider"), Some(provider.as_str()), "always the same one");
    });
}

/// (model, query, status, code, param)
const DEAD_ENDS: &[(&str, &str, u16, &str, &str)] = &[
    ("gpt-5-imaginary", "", 404, "model_not_found", "model"),
    ("nobody/gpt-4o", "", 404, "model_not_found", "model"),
    ("Smart", "", 404, "model_not_found", "model"),
    ("/gpt-4o", "", 404, "model_not_found", "model"),
    ("claude", "", 404, "model_not_found", "model"),
    ("gpt-4o", "nobody", 400, "unknown_provider", "provider"),
    ("gpt-4o", "mistral", 400, "provider_not_configured", "provider"),
];

#[test]
fn dead_ends_say_so() {
    each(DEAD_ENDS, |(model, query, status, code, param)| {
        let target = if query.is_empty() { "/v1/chat/completions".to_owned() } else { format!("/v1/chat/completions?provider={query}") };
        let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"x"}}]}}"#);
        let response = world().gateway.send(&Request::post(&target, body));
        let kind = if *status == 404 { "not_found" } else { "invalid_request" };
        assert_error(&format!("{model} {query}"), &response, *status, kind, code);
        assert_eq!(response.error()["param"].as_str(), Some(*param), "{model} {query}");
    });
    let empty = world().gateway.send(&Request::post("/v1/chat/completions?provider=", r#"{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}"#));
    assert_eq!(empty.status(), 200, "an empty value is none: {}", empty.text());
}

/// S0-14: with one backend a name is a name, whatever it looks like.
#[test]
fn single_backend_mode_never_parses_a_name() {
    let upstream = ScriptedUpstream::start(answer);
    let gateway = GatewayUnderTest::start("", &[("BACKEND", "vllm"), ("BACKEND_URL", &upstream.url("")), ("LISTEN", "127.0.0.1:0")]);
    for model in ["Qwen/Qwen2.5-7B-Instruct", "openai/gpt-4o", "vllm/x", "backend/x", "a:b", "x"] {
        let response = gateway.send(&Request::chat(model, false));
        assert_eq!(response.status(), 200, "{model}: {}", response.text());
        assert_eq!(upstream.only_request_for(model).target(), "/v1/chat/completions");
    }
}

/// A cold catalogue never stands in the way of a prefix.
#[test]
fn a_prefix_works_before_any_list_was_fetched() {
    let upstream = ScriptedUpstream::start(|request| if request.path().ends_with("/models") { Reply::never() } else { Reply::text(200, "application/json", GOOD_CHAT) });
    let config =
        format!("[server]\nlisten = [\"127.0.0.1:0\"]\n[providers.lab]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"{UPSTREAM_KEY}\"\n", upstream.url("/v1"));
    let gateway = GatewayUnderTest::start(&config, &[]);
    let began = std::time::Instant::now();
    assert_eq!(gateway.send(&Request::chat("lab/m", false)).status(), 200);
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
}
