//! What the gateway says about itself: health, readiness, status, metrics, its documents.

use gateway_testkit::{GatewayUnderTest, RawClient, Reply, Request, ScriptedUpstream};
use serde_json::{Value, json};

use crate::support::{Lab, UPSTREAM_KEY, lab};

#[test]
fn health_and_readiness() {
    let health = lab().gateway.send(&Request::get("/health"));
    assert_eq!((health.status(), health.json()), (200, json!({"status": "ok", "message": "OK"})));
    assert_eq!(lab().gateway.send(&Request::get("/readyz")).status(), 200);
    for path in ["/health", "/v1", "/readyz"] {
        let mut client: RawClient = lab().gateway.client();
        client.send(&Request::new("HEAD", path).to_bytes("x")).unwrap();
        assert_eq!(client.head_response().unwrap().status(), 200, "HEAD {path}");
    }
    let base = lab().gateway.send(&Request::get("/v1"));
    assert!(base.json()["version"].is_string() && base.json()["name"].is_string(), "{}", base.text());
}

#[test]
fn status_has_the_documented_members() {
    assert_eq!(lab().gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
    let status = lab().gateway.send(&Request::get("/status"));
    let value = status.json();
    assert_eq!((status.status(), value["status"].as_str()), (200, Some("ok")));
    for member in ["uptime_seconds", "connected_channels", "total_channels", "active_sessions", "in_flight_requests"] {
        assert!(value[member].is_number(), "{member}: {value}");
    }
    for member in ["version", "start_time", "uptime"] {
        assert!(!value[member].is_null(), "{member}: {value}");
    }
    assert_eq!(value["total_channels"], 1);
    let api = lab().gateway.send(&Request::get("/api/status").header("origin", "https://anywhere.example"));
    let value = api.json();
    assert_eq!((api.status(), value["success"].as_bool(), value["message"].as_str()), (200, Some(true), Some("")));
    assert!(value["data"]["version"].is_string() && value["data"]["start_time"].is_i64(), "{value}");
    assert_eq!(value["data"]["upstreams"]["total"], 1, "{value}");
    assert!(matches!(api.header("access-control-allow-origin"), Some("*" | "https://anywhere.example")), "{:?}", api.head);
    for response in [&status, &api] {
        assert!(!response.text().contains(UPSTREAM_KEY) && !response.text().contains(&lab().upstream.address().to_string()), "{}", response.text());
    }
}

/// T-48: reports never wait for an upstream.
#[test]
fn status_does_not_ask_upstreams() {
    let silent = ScriptedUpstream::replying(Reply::never());
    let config = format!("[providers.lab]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"k-0123456789\"\n", silent.url("/v1"));
    let gateway = GatewayUnderTest::start(&config, &[]);
    let began = std::time::Instant::now();
    for path in ["/health", "/status", "/api/status", "/metrics", "/v1"] {
        assert_eq!(gateway.send(&Request::get(path)).status(), 200, "{path}");
    }
    assert!(began.elapsed() < std::time::Duration::from_millis(700), "{:?}", began.elapsed());
}

/// T-43: labels come from what is configured, not from what callers write.
#[test]
fn metrics_have_bounded_labels() {
    let lab = Lab::start("", &[]);
    for number in 0..50 {
        let unknown = Reply::json(404, &json!({"error": {"message": "no such model"}}));
        lab.upstream.script(&format!("made-up-{number}"), unknown);
    }
    for number in 0..50 {
        lab.gateway.send(&Request::chat(&format!("lab/made-up-{number}"), false));
        lab.gateway.send(&Request::chat(&format!("nobody-{number}/x"), false));
        lab.gateway.send(&Request::get(&format!("/path-{number}")));
        lab.gateway.send(&Request::new(&format!("M{number}"), "/health"));
    }
    let metrics = lab.gateway.send(&Request::get("/metrics"));
    let text = metrics.text();
    assert_eq!(metrics.status(), 200);
    assert!(text.contains("# TYPE") && text.trim_end().ends_with("# EOF"), "{text}");
    for made_up in ["made-up-", "nobody-", "path-", "M1", UPSTREAM_KEY] {
        assert!(!text.contains(made_up), "{made_up} is in the metrics: {text}");
    }
}

#[test]
fn documents_are_served_from_here() {
    let document: Value = lab().gateway.send(&Request::get("/openapi.json")).json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{document}");
    for path in ["/v1/chat/completions", "/v1/embeddings", "/v1/models", "/health"] {
        assert!(document["paths"].get(path).is_some(), "{path} is not described");
    }
    let page = lab().gateway.send(&Request::get("/docs/"));
    assert_eq!(page.status(), 200);
    for link in page.text().split(['"', '\'']).filter(|text| text.contains("//")) {
        assert!(!link.starts_with("http") && !link.starts_with("//"), "the page loads {link}");
    }
}

#[test]
fn every_answer_has_a_request_id_of_its_own() {
    let mut ids: Vec<String> = ["/health", "/nothing", "/v1/models", "/health"]
        .iter()
        .map(|path| lab().gateway.send(&Request::get(path)).header("x-request-id").unwrap_or_else(|| panic!("{path} has none")).to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    let forged = lab().gateway.send(&Request::get("/health").header("x-request-id", "a b<script>"));
    assert_ne!(forged.header("x-request-id"), Some("a b<script>"));
}

/// Browsers: a preflight is answered only for origins that are configured.
#[test]
fn cross_origin_calls_are_for_configured_origins() {
    let preflight = |lab: &Lab, origin: &str| {
        let request = Request::new("OPTIONS", "/v1/chat/completions")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,x-stainless-lang");
        lab.gateway.send(&request)
    };
    assert!(preflight(lab(), "https://app.example").header("access-control-allow-origin").is_none());
    let open = Lab::start("[cors]\nallowed_origins = [\"https://app.example\"]\n", &[("API_KEYS", "k")]);
    let answer = preflight(&open, "https://app.example");
    assert!(matches!(answer.status(), 200 | 204), "{}", answer.head.start_line);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(preflight(&open, "https://evil.example").header("access-control-allow-origin").is_none());
    let call = open.gateway.send(&Request::chat("lab/alpha", false).header("origin", "https://app.example").bearer("k"));
    assert_eq!(call.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(call.header("access-control-expose-headers").is_some_and(|names| names.contains("x-request-id")), "{:?}", call.head);
}

/// S2's error shape, for whoever asks for it.
#[test]
fn errors_can_be_strings() {
    let asked = lab().gateway.send(&Request::chat("nobody/x", false).header("x-error-format", "string"));
    assert_eq!(asked.status(), 404);
    assert!(asked.json()["error"].is_string(), "{}", asked.text());
    let configured = Lab::start("[errors]\nformat = \"string\"\n", &[]);
    assert!(configured.gateway.send(&Request::chat("nobody/x", false)).json()["error"].is_string());
}

/// Settled rule 3: 201 is S3's dialect only.
#[test]
fn created_is_answered_in_one_dialect_only() {
    let body = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"x"}],"stream":STREAM}"#;
    let send = |path: &str, stream: &str, header: Option<&str>| {
        let request = Request::post(path, body.replace("STREAM", stream));
        let request = header.iter().fold(request, |request, value| request.header("x-opengateway-timeout", value));
        lab().gateway.send(&request).status()
    };
    assert_eq!(send("/chat/completions", "false", Some("")), 201);
    assert_eq!(send("/chat/completions", "true", Some("")), 200);
    assert_eq!(send("/chat/completions", "false", None), 200);
    assert_eq!(send("/v1/chat/completions", "false", Some("")), 200);
}
