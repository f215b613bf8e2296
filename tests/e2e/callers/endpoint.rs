//! Requests that a caller's own endpoint answers.

use gateway_testkit::{Reply, Request};
use serde_json::json;

use super::{CALLERS_KEY, ENDPOINT, GATEWAY_KEY, KEY, SEQUENCE, World, asking, attempts, calls};
use crate::support::{GOOD_CHAT, ONE_ATTEMPT, assert_error, each, good_upstream};

#[test]
fn the_endpoint_alone_answers_and_gets_the_callers_key() {
    let world = World::good();
    each(["", "/", "/v1", "/v1/"], |path| {
        let before = calls(&world.callers).len();
        let request = asking(&world.callers.url(path), "org/Model-7B", false).header(KEY, CALLERS_KEY).header("cookie", "session=1");
        let response = world.send(&request);
        assert_eq!((response.status(), response.text().as_str()), (200, GOOD_CHAT), "{path}");
        assert_eq!((attempts(&response), response.header("x-selected-provider")), ("vllm=200", Some("vllm")));
        let seen = calls(&world.callers).pop().unwrap();
        assert_eq!(calls(&world.callers).len(), before + 1);
        assert_eq!((seen.path(), seen.model().as_deref()), ("/v1/chat/completions", Some("org/Model-7B")));
        assert_eq!(seen.header("authorization"), Some(format!("Bearer {CALLERS_KEY}").as_str()));
        let head = String::from_utf8_lossy(&seen.head.raw).to_lowercase();
        assert!(!head.contains("x-opengateway") && !head.contains("cookie") && !head.contains("x-team"), "{head}");
    });
    assert_eq!(world.calls()[..2], [0, 0]);
}

#[test]
fn without_a_key_none_is_sent() {
    let world = World::good();
    for key in [None, Some("")] {
        let request = key.iter().fold(asking(&world.callers.url(""), "m", true), |request, key| request.header(KEY, key));
        let response = world.send(&request);
        assert_eq!((response.status(), response.streamed_text().as_str()), (200, "Hello"));
        assert_eq!(calls(&world.callers).pop().unwrap().header("authorization"), None);
    }
}

#[test]
fn it_stands_where_the_sequence_names_it() {
    let world = World::start(|_| Reply::status(503), good_upstream, "[resilience]\nbreaker = false\n", &[]);
    for (sequence, expected, asked) in
        [(r#"["first","vllm"]"#, "first=503,vllm=200", [1, 0, 1]), (r#"["VLLM","first"]"#, "vllm=200", [1, 0, 2]), (r#"["groq","vllm"]"#, "vllm=200", [1, 0, 3])]
    {
        let response = world.send(&world.ask("m", false).header(SEQUENCE, sequence));
        assert_eq!((response.status(), attempts(&response)), (200, expected), "{sequence}: {}", response.text());
        assert_eq!(world.calls(), asked, "{sequence}");
    }
    // A sequence that does not name it goes its usual way.
    let response = world.send(&world.ask("m", false).header(SEQUENCE, r#"["first"]"#));
    assert_eq!((response.status(), world.calls()[2]), (503, 3));
    // Without an endpoint the name is that of the configured provider.
    let response = world.send(&Request::chat("m", false).bearer(GATEWAY_KEY).header(SEQUENCE, r#"["vllm"]"#));
    assert_eq!((response.status(), world.calls()[1]), (200, 1));
}

#[test]
fn in_the_dialect_of_the_header_the_answer_is_201() {
    let world = World::good();
    let request = Request::post("/chat/completions", r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#);
    let response = world.send(&request.bearer(GATEWAY_KEY).header(ENDPOINT, &world.callers.url("/v1")).header(KEY, CALLERS_KEY));
    assert_eq!((response.status(), attempts(&response)), (201, "vllm=200"), "{}", response.text());
}

#[test]
fn every_operation_of_the_vendor_goes_there() {
    let world = World::good();
    let response = world.send(&Request::json("/v1/embeddings", &json!({"model": "e", "input": "x"})).bearer(GATEWAY_KEY).header(ENDPOINT, &world.callers.url("/v1")));
    assert_eq!((response.status(), attempts(&response)), (200, "vllm=200"), "{}", response.text());
    let response =
        world.send(&Request::json("/v1/images/generations", &json!({"model": "i", "prompt": "x"})).bearer(GATEWAY_KEY).header(ENDPOINT, &world.callers.url("/v1")));
    assert_error("images", &response, 501, "unsupported", "unsupported_operation");
    let form = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nvllm/whisper\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--b--\r\n";
    let request = Request::post("/v1/audio/transcriptions", form).without("content-type").header("content-type", "multipart/form-data; boundary=b");
    let response = world.send(&request.bearer(GATEWAY_KEY).header(ENDPOINT, &world.callers.url("/v1")).header(KEY, CALLERS_KEY));
    assert_eq!((response.status(), attempts(&response)), (200, "vllm=200"), "{}", response.text());
    let seen = calls(&world.callers).pop().unwrap();
    assert!(String::from_utf8_lossy(&seen.body).contains("\r\n\r\nwhisper\r\n"));
    assert_eq!(world.calls()[..2], [0, 0]);
}

/// The credential was the caller's, so what the endpoint says of it is for the caller.
#[test]
fn a_refused_key_is_the_callers_to_know() {
    let refusal = r#"{"error":{"message":"no such key","type":"auth","param":null,"code":"bad_key"}}"#;
    let world = World::start(good_upstream, move |_| Reply::text(401, "application/json", refusal), ONE_ATTEMPT, &[]);
    let response = world.send(&world.ask("m", false));
    assert_eq!((response.status(), response.text().as_str()), (401, refusal));
    // Of the configured provider it is not.
    let world = World::start(move |_| Reply::text(401, "application/json", refusal), good_upstream, ONE_ATTEMPT, &[]);
    let response = world.send(&Request::chat("first/m", false).bearer(GATEWAY_KEY));
    assert_error("first", &response, 502, "backend_auth_error", "backend_auth_error");
}

/// Whatever endpoints callers bring along, the configured provider of that name stays well.
#[test]
fn broken_endpoints_rest_nobody() {
    let world = World::start(good_upstream, |_| Reply::status(503), "", &[]);
    for _ in 0..30 {
        let response = world.send(&world.ask("m", false));
        assert_eq!((response.status(), attempts(&response)), (503, "vllm=503"), "asked once, and each time");
    }
    let response = world.send(&Request::chat("vllm/m", false).bearer(GATEWAY_KEY));
    assert_eq!((response.status(), attempts(&response)), (200, "vllm=200"));
    let status = world.send(&Request::get("/status").bearer(GATEWAY_KEY)).json();
    assert!(!status.to_string().contains("503"), "{status}");
}

#[test]
fn the_operators_lists_hold_there_as_well() {
    let world = World::start(good_upstream, good_upstream, ONE_ATTEMPT, &[("ALLOWED_MODELS", "allowed")]);
    assert_eq!(world.send(&world.ask("allowed", false)).status(), 200);
    for model in ["other", "vllm/other", "Allowed "] {
        let response = world.send(&world.ask(model, false));
        assert_error(model, &response, 403, "permission_denied", "model_not_allowed");
    }
    assert_eq!(world.calls(), [0, 0, 1]);
}
