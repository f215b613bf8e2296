//! `/proxy/{provider}/{path}`: everything an inference call needs passes, and nothing else.

use std::{sync::LazyLock, time::Duration};

use gateway_testkit::{Reply, Request, client::End};
use serde_json::json;

use crate::support::{FINISH, GOOD_CHAT, HELLO, Lab, UPSTREAM_KEY, assert_error, assert_error_headers, assert_no_canary, each, impatient, lab};

const CHAT: &str = r#"{ "model":"alpha","messages":[] , "x":1.0}"#;

fn post(path: &str) -> Request {
    Request::post(path, CHAT)
}

/// The same upstream, with every method and path let through.
fn wide() -> &'static Lab {
    static WIDE: LazyLock<Lab> = LazyLock::new(|| {
        let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];
        let rules: Vec<String> = methods.iter().map(|method| format!("\"{method} /**\"")).collect();
        let upstream = gateway_testkit::ScriptedUpstream::start(|request| {
            Reply::text(200, "application/json", json!({"method": request.method(), "target": request.target()}).to_string())
        });
        let config = crate::support::lab_config(&upstream).replace("timeouts =", &format!("proxy = [{}]\ntimeouts =", rules.join(", ")));
        let gateway = gateway_testkit::GatewayUnderTest::start(&config, &[]);
        Lab { upstream, gateway }
    });
    &WIDE
}

#[test]
fn a_call_passes_unread() {
    for path in ["/proxy/lab/v1/chat/completions", "/proxy/lab/chat/completions", "/proxy/LAB/chat/completions"] {
        let lab = lab();
        let response = lab.gateway.send(&post(path).header("x-stainless-lang", "python").bearer("the-callers"));
        assert_eq!((response.status(), response.text().as_str()), (200, GOOD_CHAT), "{path}");
        let seen = lab.upstream.requests().into_iter().rfind(|request| request.body == CHAT).unwrap();
        assert_eq!(seen.target(), "/v1/chat/completions", "the version segment stands there once");
        assert_eq!(seen.header("authorization"), Some(format!("Bearer {UPSTREAM_KEY}").as_str()));
        assert_eq!(seen.head.count("authorization"), 1);
    }
}

#[test]
fn methods_query_and_encoding_are_kept() {
    each(["GET", "POST", "PUT", "DELETE", "PATCH"], |method| {
        for (sent, seen) in [
            ("/proxy/lab/v1/things/a%20b?b=2&a=1&a=0&c=%2F%41+x&&d", "/v1/things/a%20b?b=2&a=1&a=0&c=%2F%41+x&&d"),
            ("/proxy/lab/things/%C3%A9:1?", "/v1/things/%C3%A9:1"),
            ("/proxy/lab/models/org~x,y;z=1", "/v1/models/org~x,y;z=1"),
        ] {
            let request = Request::new(method, sent);
            let request = if method == "GET" || method == "DELETE" { request } else { request.body("{}").header("content-type", "application/json") };
            let response = wide().gateway.send(&request);
            assert_eq!(response.status(), 200, "{method} {sent}: {}", response.text());
            let target = response.json()["target"].as_str().unwrap().trim_end_matches('?').to_owned();
            assert_eq!((response.json()["method"].as_str(), target.as_str()), (Some(method), seen.trim_end_matches('?')));
        }
    });
    let mut client = wide().gateway.client();
    client.send(&Request::new("HEAD", "/proxy/lab/models").to_bytes("x")).unwrap();
    let head = client.head_response().unwrap();
    assert_eq!((head.status(), head.body.len()), (200, 0));
}

/// T4: spellings that would leave the provider's base, or be another path to the upstream than to the gateway.
const HOSTILE: &[&str] = &[
    "http://evil.example/proxy/lab/v1/models",
    "/proxy/lab/../admin",
    "/proxy/lab/v1/../../admin",
    "/proxy/lab/v1/..",
    "/proxy/lab/./models",
    "/proxy/lab/v1/%2e%2e/admin",
    "/proxy/lab/v1/%2E%2e/admin",
    "/proxy/lab/v1/.%2e/admin",
    "/proxy/lab/v1/%252e%252e/admin",
    "/proxy/lab/v1/a%2fb",
    "/proxy/lab/v1/a%2Fb",
    "/proxy/lab/v1/a%5cb",
    "/proxy/lab/v1/a\\b",
    "/proxy/lab/v1/a%00b",
    "/proxy/lab/v1/a%0d%0ab",
    "/proxy/lab/v1/a%09b",
    "/proxy/lab/v1/a%7fb",
    "/proxy/lab//evil.example/x",
    "/proxy/lab///evil.example/x",
    "/proxy/lab/\\\\evil.example/x",
    "/proxy/lab/%2f%2fevil.example/x",
    "/proxy/lab/http://evil.example/x",
    "/proxy/lab/https:%2f%2fevil.example/x",
    "/proxy/lab/v1/%zz",
    "/proxy/lab/v1/%",
    "/proxy/lab/v1/models?key=abc",
    "/proxy/lab/v1/models?a=1&api_key=abc",
    "/proxy/lab/v1/models?api-key=abc",
    "/proxy/lab/v1/models?access_token=abc",
    "/proxy/lab/v1/models?KEY=abc",
    "/proxy/lab/v1/models?%6bey=abc",
];

#[test]
fn hostile_paths_reach_nobody() {
    each(HOSTILE, |path| {
        for lab in [lab(), wide()] {
            let before = lab.upstream.requests().len();
            let mut client = lab.gateway.client();
            client.send(&Request::get(path).to_bytes("x")).unwrap();
            let response = client.response().unwrap_or_else(|| panic!("{path}: no answer"));
            assert!(matches!(response.status(), 400 | 403 | 404), "{path}: {} {}", response.head.start_line, response.text());
            assert_no_canary(&response);
            let after = lab.upstream.requests();
            let reached =
                after.iter().skip(before).find(|request| request.target().contains("evil") || request.target().contains("admin") || request.target().contains("abc"));
            assert!(reached.is_none(), "{path} reached the upstream as {:?}", reached.map(|request| request.target().to_owned()));
        }
    });
}

/// Only inference is open by default: files, keys and bills of an account are not.
#[test]
fn paths_beyond_inference_are_shut() {
    for (method, path) in [
        ("GET", "files"),
        ("POST", "files"),
        ("GET", "organization/api_keys"),
        ("DELETE", "models/alpha"),
        ("GET", "billing/usage"),
        ("POST", "fine_tuning/jobs"),
        ("GET", "admin"),
        ("PUT", "chat/completions"),
    ] {
        let before = lab().upstream.requests().len();
        let response = lab().gateway.send(&Request::new(method, &format!("/proxy/lab/v1/{path}")));
        assert!(matches!(response.status(), 403..=405), "{method} {path}: {}", response.text());
        assert_error_headers(path, &response);
        assert!(lab().upstream.requests().iter().skip(before).all(|request| !request.target().contains(path) || request.method() != method), "{method} {path}");
    }
    assert_eq!(lab().gateway.send(&Request::get("/proxy/lab/models")).status(), 200);
}

#[test]
fn an_unknown_provider_is_named() {
    let response = lab().gateway.send(&post("/proxy/nobody/v1/chat/completions"));
    assert_error("nobody", &response, 400, "invalid_request", "unknown_provider");
}

const FROM_CLIENT: &[&str] = &[
    "cookie",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-opengateway-vllm-api-key",
    "x-forwarded-for",
    "forwarded",
    "x-forwarded-host",
    "x-real-ip",
    "proxy-authorization",
    "x-unknown",
    "x-hop",
    "keep-alive",
    "te",
    "via",
    "origin",
    "referer",
];
const FROM_UPSTREAM: &[&str] = &[
    "set-cookie",
    "server",
    "x-powered-by",
    "x-unknown",
    "x-hop",
    "location",
    "alt-svc",
    "access-control-allow-origin",
    "www-authenticate",
    "keep-alive",
    "strict-transport-security",
];

/// T5: a canary in every header, both ways, on `/proxy` and on `/v1`.
#[test]
fn headers_pass_an_allow_list_both_ways() {
    let canary = "canary-7731";
    for (hint, path) in [("proxy", "/proxy/lab/v1/chat/completions"), ("v1", "/v1/chat/completions")] {
        let reply = FROM_UPSTREAM
            .iter()
            .fold(Reply::text(200, "application/json", GOOD_CHAT), |reply, name| reply.header(name, canary))
            .header("connection", "x-hop")
            .header("x-echo", UPSTREAM_KEY)
            .header("openai-processing-ms", "12")
            .header("x-ratelimit-remaining-tokens", "9")
            .header("x-request-id", "upstream-7");
        let model = lab().model("headers", reply);
        let name = if hint == "v1" { model.clone() } else { model.trim_start_matches("lab/").to_owned() };
        let request = FROM_CLIENT
            .iter()
            .fold(Request::post(path, format!(r#"{{"model":"{name}","messages":[{{"role":"user","content":"x"}}]}}"#)), |request, name| request.header(name, canary))
            .header("connection", "x-hop")
            .header("authorization", &format!("Bearer {canary}"))
            .header("openai-beta", "assistants=v2")
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let response = lab().gateway.send(&request);
        assert_eq!(response.status(), 200, "{}", response.text());
        let seen = lab().upstream.only_request_for(model.trim_start_matches("lab/"));
        let upward = String::from_utf8_lossy(&seen.head.raw).into_owned();
        assert!(!upward.contains(canary), "{hint}: {upward}");
        assert_eq!(seen.header("openai-beta"), Some("assistants=v2"), "{hint}");
        let downward = String::from_utf8_lossy(&response.head.raw).into_owned();
        assert!(!downward.contains(canary), "{hint}: {downward}");
        assert_no_canary(&response);
        assert_eq!(response.header("x-ratelimit-remaining-tokens"), Some("9"), "{hint}: {downward}");
        assert_ne!(response.header("x-request-id"), Some("upstream-7"), "{hint}");
    }
}

#[test]
fn streams_binaries_and_statuses_pass() {
    let lab = lab();
    lab.upstream.script("proxy-sse", Reply::sse(&[HELLO, FINISH, "[DONE]"]));
    let stream = lab.gateway.send(&Request::post("/proxy/lab/v1/chat/completions", r#"{"model":"proxy-sse","stream":true}"#));
    assert_eq!((stream.status(), stream.end), (200, End::Complete));
    assert_eq!(stream.text(), [HELLO, FINISH, "[DONE]"].map(gateway_testkit::sse::event).concat());
    let sound: Vec<u8> = (0..=255).cycle().take(50_000).collect();
    lab.upstream.script("proxy-sound", Reply::text(200, "audio/mpeg", sound.clone()));
    let audio = lab.gateway.send(&Request::post("/proxy/lab/v1/audio/speech", r#"{"model":"proxy-sound"}"#));
    assert_eq!((audio.status(), audio.header("content-type")), (200, Some("audio/mpeg")));
    assert!(audio.body == sound);
    each([201, 204, 400, 404, 418, 429, 500, 503], |status| {
        let reply = if status == 204 { Reply::status(204) } else { Reply::text(status, "application/json", "{\"error\": {\"message\":\"own\"}}") };
        lab.upstream.script("proxy-status", reply);
        let response = lab.gateway.send(&Request::post("/proxy/lab/v1/chat/completions", r#"{"model":"proxy-status"}"#));
        assert_eq!(response.status(), status);
        if status >= 400 {
            assert_eq!(response.text(), "{\"error\": {\"message\":\"own\"}}");
        }
    });
}

#[test]
fn a_form_passes() {
    let body = "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nproxy-form\r\n--B--\r\n";
    let request = Request::new("POST", "/proxy/lab/v1/audio/transcriptions").header("content-type", "multipart/form-data; boundary=B").body(body);
    lab().upstream.script("proxy-form", Reply::json(200, &json!({"text": "x"})));
    assert_eq!(lab().gateway.send(&request).status(), 200);
    assert_eq!(lab().upstream.only_request_for("proxy-form").body, body);
}

#[test]
fn a_redirect_is_not_passed_on() {
    lab().upstream.script("proxy-redirect", Reply::status(302).header("location", "http://evil.example/"));
    let response = lab().gateway.send(&Request::post("/proxy/lab/v1/chat/completions", r#"{"model":"proxy-redirect"}"#));
    assert_error("redirect", &response, 502, "backend_redirect", "backend_redirect");
    assert!(response.header("location").is_none());
}

#[test]
fn faults_of_the_upstream_have_their_status_here_too() {
    for (hint, reply, status, error_type) in [("reset", Reply::reset_at_once(), 502, "backend_connection_reset"), ("silent", Reply::never(), 504, "backend_timeout")] {
        impatient().upstream.script(&format!("proxy-{hint}"), reply);
        let response = impatient().gateway.send(&Request::post("/proxy/lab/v1/chat/completions", format!(r#"{{"model":"proxy-{hint}"}}"#)));
        assert_eq!((response.status(), response.error()["type"].as_str()), (status, Some(error_type)), "{hint}: {}", response.text());
        assert_error_headers(hint, &response);
    }
}

/// F8: an answer that stalls breaks off after the idle time, its bytes and its framing as they were; one that trickles goes on.
#[test]
fn an_answer_that_stalls_breaks_off() {
    let lab = impatient();
    let ask = |model: &str| Request::post("/proxy/lab/v1/chat/completions", format!(r#"{{"model":"{model}"}}"#));
    lab.upstream.script("proxy-stalls", Reply::sse(&[HELLO]).hang());
    let mut client = lab.gateway.client();
    let answer = client.call(&ask("proxy-stalls"));
    assert_eq!((answer.status(), answer.text()), (200, format!("data: {HELLO}\n\n")));
    assert_ne!(answer.end, End::Complete, "no end is made up");
    let seen = lab.upstream.only_request_for("proxy-stalls");
    seen.wait_until_peer_left(Duration::from_secs(5));

    let slow = (0..6).fold(Reply::sse(&[HELLO]), |reply, _| reply.wait(Duration::from_millis(200)).event(HELLO));
    lab.upstream.script("proxy-trickles", slow.done());
    let answer = lab.gateway.send(&ask("proxy-trickles"));
    assert_eq!((answer.status(), answer.text().matches("data: ").count(), answer.end), (200, 8, End::Complete));
}

/// A provider that cannot be reached is left alone by raw requests too, and told so at once.
#[test]
fn an_unreachable_provider_is_left_alone() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!("[providers.lab]\nvendor = \"custom\"\nbase_url = \"http://{gone}/v1\"\napi_key = \"{UPSTREAM_KEY}\"\n");
    let gateway = gateway_testkit::GatewayUnderTest::start(&config, &[]);
    let codes: Vec<_> = (0..8)
        .map(|_| {
            let response = gateway.send(&post("/proxy/lab/v1/chat/completions"));
            assert_error_headers("unreachable", &response);
            (response.status(), response.error()["code"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    assert_eq!(codes.first(), Some(&(502, "connect_failed".to_owned())));
    assert_eq!(codes.last(), Some(&(503, "no_healthy_backend".to_owned())), "{codes:?}");
    let chat = gateway.send(&Request::chat("lab/alpha", false));
    assert_error("everybody else", &chat, 503, "backend_unreachable", "no_healthy_backend");
}

#[test]
fn the_proxy_can_be_switched_off() {
    let lab = Lab::start("[proxy]\nenabled = false\n", &[]);
    let response = lab.gateway.send(&post("/proxy/lab/v1/chat/completions"));
    assert_error("off", &response, 404, "not_found", "feature_disabled");
    assert!(lab.upstream.requests().iter().all(|request| request.method() != "POST"));
}

/// What the operator's lists shut at `/v1` is not open at `/proxy`.
#[test]
fn the_lists_of_models_hold_here_too() {
    let form = |model: &str| format!("--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--B--\r\n");
    let post = |path: &str, content_type: &str, body: String| Request::new("POST", &format!("/proxy/lab/v1/{path}")).header("content-type", content_type).body(body);
    for list in ["disallowed_models = [\"lab/shut\"]", "allowed_models = [\"lab/alpha\"]"] {
        let lab = Lab::start(&format!("[auth]\n{list}\n"), &[]);
        let json = |model: &str| lab.gateway.send(&post("chat/completions", "application/json", CHAT.replace("alpha", model)));
        assert_eq!(json("alpha").text(), GOOD_CHAT, "{list}");
        let seen = lab.upstream.requests();
        // The catalogue asks for its models beside it.
        let last = seen.iter().rfind(|request| request.method() == "POST");
        assert_eq!(last.map(|request| request.body.to_vec()), Some(CHAT.as_bytes().to_vec()), "the bytes stay what they were");
        assert_error(list, &json("shut"), 403, "permission_denied", "model_not_allowed");
        assert_error(list, &json("SHUT"), 403, "permission_denied", "model_not_allowed");
        let disguised = lab.gateway.send(&post("chat/completions", "text/plain", r#"{"model":"alpha","\u006dodel":"shut"}"#.to_owned()));
        assert_error(list, &disguised, 400, "invalid_request", "invalid_json");
        let nameless = lab.gateway.send(&post("chat/completions", "application/json", "{}".to_owned()));
        assert_error(list, &nameless, 400, "invalid_request", "missing_parameter");
        let shut = lab.gateway.send(&post("audio/transcriptions", "multipart/form-data; boundary=B", form("shut")));
        assert_error(list, &shut, 403, "permission_denied", "model_not_allowed");
        lab.upstream.script("alpha", Reply::json(200, &json!({"text": "x"})));
        assert_eq!(lab.gateway.send(&post("audio/transcriptions", "multipart/form-data; boundary=B", form("alpha"))).status(), 200, "{list}");
        assert_eq!(lab.gateway.send(&Request::get("/proxy/lab/v1/models")).status(), 200, "{list}");
        assert!(lab.upstream.requests().iter().all(|request| !String::from_utf8_lossy(&request.body).to_lowercase().contains("shut")), "{list}");
    }
}
