//! Bad input: each kind has its documented status and error object; never a 500, never a connection without an answer.

use std::time::{Duration, Instant};

use gateway_testkit::{Request, Response};

use crate::support::{Lab, assert_error, each, lab};

/// Sends a body to the chat endpoint.
fn post(body: impl Into<Vec<u8>>) -> Response {
    lab().gateway.send(&Request::post("/v1/chat/completions", body.into()))
}

#[track_caller]
fn assert_bad(what: &str, response: &Response, status: u16, code: &str, param: Option<&str>) {
    let error_type = if status == 404 { "not_found" } else { "invalid_request" };
    assert_error(what, response, status, error_type, code);
    assert_eq!(response.error()["param"].as_str(), param, "{what}: {}", response.text());
    assert_eq!(response.header("x-should-retry"), Some("false"), "{what}");
}

#[test]
fn text_that_is_not_strict_json() {
    let deep =
        |depth: usize| format!("{{\"model\":\"lab/alpha\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let around = |member: &str| format!("{{\"model\":\"lab/alpha\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],{member}}}").into_bytes();
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("empty", b"".to_vec()),
        ("white space", b"  \n".to_vec()),
        ("not json", b"hello".to_vec()),
        ("cut", b"{\"model\": \"lab/al".to_vec()),
        ("trailing", [around("\"a\":1"), b" {}".to_vec()].concat()),
        ("trailing comma", around("\"a\":1,")),
        ("comment", around("\"a\":1 /* hi */")),
        ("single quotes", b"{'model':'lab/alpha'}".to_vec()),
        ("NaN", around("\"temperature\":NaN")),
        ("Infinity", around("\"temperature\":-Infinity")),
        ("1e999", around("\"temperature\":1e999")),
        ("leading zero", around("\"n\":01")),
        ("array", b"[]".to_vec()),
        ("string", b"\"x\"".to_vec()),
        ("null", b"null".to_vec()),
        ("number", b"1".to_vec()),
        ("duplicate model", around("\"model\":\"lab/beta\"")),
        ("duplicate in disguise", around("\"\\u006dodel\":\"lab/beta\"")),
        ("nested duplicate", around("\"a\":{\"b\":1,\"b\":2}")),
        ("serde magic", around("\"a\":{\"$serde_json::private::RawValue\":\"1\"}")),
        ("serde magic number", around("\"a\":{\"$serde_json::private::Number\":\"1\"}")),
        ("lone surrogate", around("\"a\":\"\\ud800\"")),
        ("swapped surrogates", around("\"a\":\"\\udc00\\ud800\"")),
        ("surrogate in a key", around("\"\\udfff\":1")),
        ("invalid utf-8", [b"{\"model\":\"lab/alpha\",\"a\":\"".to_vec(), vec![0xff, 0xfe], b"\"}".to_vec()].concat()),
        ("overlong utf-8", [b"{\"model\":\"lab/alpha\",\"a\":\"".to_vec(), vec![0xc0, 0xaf], b"\"}".to_vec()].concat()),
        ("bom", [b"\xef\xbb\xbf".to_vec(), around("\"a\":1")].concat()),
        ("utf-16", around("\"a\":1").iter().flat_map(|byte| [*byte, 0]).collect()),
        ("control character", around("\"a\":\"\u{1}\"")),
        ("raw line break", around("\"a\":\"\n\"")),
        ("bad escape", around("\"a\":\"\\x41\"")),
        ("129 deep", deep(128).into_bytes()),
        ("10,000 deep", deep(10_000).into_bytes()),
    ];
    each(rows, |(what, body)| {
        let response = post(body);
        assert_bad(what, &response, 400, "invalid_json", None);
    });
}

#[test]
fn two_million_levels_are_refused_at_once() {
    let body = "[".repeat(2_000_000);
    let began = Instant::now();
    let response = post(body);
    let took = began.elapsed();
    assert_bad("2M deep", &response, 400, "invalid_json", None);
    assert!(took < Duration::from_secs(1), "{took:?}");
    eprintln!("2M-deep body answered in {took:?}");
}

/// What is legal, however odd, goes through.
#[test]
fn odd_but_legal_bodies_pass() {
    let around = |member: &str| format!("{{\"model\":\"lab/alpha\",\"messages\":[{{\"role\":\"user\",\"content\":\"x\"}}],{member}}}");
    for member in [
        "\"a\":\"\\u0000\"",
        "\"seed\":123456789012345678901234567890",
        "\"n\":null",
        "\"stream\":null",
        "\"temperature\":0",
        "\"\":1",
        "\"a\":\"\u{202e}\"",
        "\"tools\":null",
        "\"stream_options\":null",
    ] {
        let response = post(around(member));
        assert_eq!(response.status(), 200, "{member}: {}", response.text());
    }
}

/// (body, code, param)
const MEMBERS: &[(&str, &str, &str)] = &[
    (r#"{"messages":[{"role":"user","content":"x"}]}"#, "missing_parameter", "model"),
    (r#"{"model":null,"messages":[{"role":"user","content":"x"}]}"#, "invalid_value", "model"),
    (r#"{"model":"","messages":[{"role":"user","content":"x"}]}"#, "invalid_value", "model"),
    (r#"{"model":"  ","messages":[{"role":"user","content":"x"}]}"#, "invalid_value", "model"),
    (r#"{"model":7,"messages":[{"role":"user","content":"x"}]}"#, "invalid_value", "model"),
    (r#"{"model":["lab/alpha"],"messages":[{"role":"user","content":"x"}]}"#, "invalid_value", "model"),
    (r#"{"model":{},"messages":[{"role":"user","content":"x"}]}"#, "invalid_value", "model"),
    (r#"{"model":true,"messages":[{"role":"user","content":"x"}]}"#, "invalid_value", "model"),
    (r#"{"model":"lab/alpha"}"#, "missing_parameter", "messages"),
    (r#"{"model":"lab/alpha","messages":"hi"}"#, "invalid_value", "messages"),
    (r#"{"model":"lab/alpha","messages":null}"#, "invalid_value", "messages"),
    (r#"{"model":"lab/alpha","messages":{}}"#, "invalid_value", "messages"),
    (r#"{"model":"lab/alpha","messages":[]}"#, "invalid_value", "messages"),
    (r#"{"model":"lab/alpha","messages":[1],"stream":"yes"}"#, "invalid_value", "stream"),
    (r#"{"model":"lab/alpha","messages":[1],"stream":1}"#, "invalid_value", "stream"),
    (r#"{"model":"lab/alpha","messages":[1],"stream":[true]}"#, "invalid_value", "stream"),
    (r#"{"model":"lab/alpha","messages":[1],"n":129}"#, "invalid_value", "n"),
    (r#"{"model":"lab/alpha","messages":[1],"n":1e300}"#, "invalid_value", "n"),
    (r#"{"model":"lab/alpha","messages":[1],"n":"2"}"#, "invalid_value", "n"),
    (r#"{"model":"lab/alpha","messages":[1],"top_logprobs":21}"#, "invalid_value", "top_logprobs"),
    (r#"{"model":"lab/alpha","messages":[1],"logit_bias":"string"}"#, "invalid_value", "logit_bias"),
    (r#"{"model":"lab/alpha","messages":[1],"logit_bias":[1]}"#, "invalid_value", "logit_bias"),
    (r#"{"model":"lab/alpha","messages":[1],"response_format":"{"}"#, "invalid_value", "response_format"),
    (r#"{"model":"lab/alpha","messages":[1],"response_format":3}"#, "invalid_value", "response_format"),
    (r#"{"model":"lab/alpha","messages":[1],"stream_options":"string"}"#, "invalid_value", "stream_options"),
    (r#"{"model":"lab/alpha","messages":[1],"stream_options":true}"#, "invalid_value", "stream_options"),
    (r#"{"model":"lab/alpha","messages":[{"role":"assistant","tool_calls":"string"}]}"#, "invalid_value", "messages[0].tool_calls"),
];

#[test]
fn members_that_the_gateway_reads() {
    each(MEMBERS, |(body, code, param)| {
        assert_bad(body, &post(*body), 400, code, Some(param));
    });
}

#[test]
fn members_of_the_other_operations() {
    let rows = [
        ("/v1/completions", r#"{"prompt":"x"}"#, "missing_parameter", "model"),
        ("/v1/embeddings", r#"{"model":"lab/alpha"}"#, "missing_parameter", "input"),
        ("/v1/embeddings", r#"{"input":"x"}"#, "missing_parameter", "model"),
        ("/v1/images/generations", r#"{"model":"lab/alpha"}"#, "missing_parameter", "prompt"),
        ("/v1/moderations", r#"{"model":"lab/alpha"}"#, "missing_parameter", "input"),
        ("/v1/rerank", r#"{"model":"lab/alpha","documents":[]}"#, "missing_parameter", "query"),
        ("/v1/rerank", r#"{"model":"lab/alpha","query":"x"}"#, "missing_parameter", "documents"),
        ("/v1/audio/speech", r#"{"model":"lab/alpha"}"#, "missing_parameter", "input"),
        ("/v1/responses", r#"{"input":"x"}"#, "missing_parameter", "model"),
    ];
    each(rows, |(path, body, code, param)| {
        let response = lab().gateway.send(&Request::post(path, body));
        assert_bad(&format!("{path} {body}"), &response, 400, code, Some(param));
    });
}

#[test]
fn names_that_lead_nowhere() {
    let chat = |target: &str, model: &str| {
        let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"x"}}]}}"#);
        lab().gateway.send(&Request::post(target, body))
    };
    assert_bad("model", &chat("/v1/chat/completions", "no-such-model"), 404, "model_not_found", Some("model"));
    assert_bad("prefix", &chat("/v1/chat/completions", "nobody/alpha"), 404, "model_not_found", Some("model"));
    assert_bad("provider", &chat("/v1/chat/completions?provider=nobody", "alpha"), 400, "unknown_provider", Some("provider"));
    assert_bad("list", &lab().gateway.send(&Request::get("/v1/models?provider=nobody")), 400, "unknown_provider", Some("provider"));
    assert_bad("one", &lab().gateway.send(&Request::get("/v1/models/nobody/alpha")), 404, "model_not_found", Some("model"));
    assert_bad("configured", &chat("/v1/chat/completions?provider=groq", "alpha"), 400, "provider_not_configured", Some("provider"));
}

#[test]
fn paths_that_lead_nowhere() {
    let rows = [
        "/",
        "/v2/chat/completions",
        "/v1/v1/chat/completions",
        "/v1/chat/completions/chat/completions",
        "/v1/chat",
        "/nothing",
        "/v1/files",
        "/proxy",
        "/proxy/lab",
        "/hooks/x",
    ];
    each(rows, |path| {
        let response = lab().gateway.send(&Request::post(path, "{}"));
        let shown = format!("{path}: {} {}", response.head.start_line, response.text());
        assert!(matches!(response.status(), 400 | 403..=405), "{shown}");
        assert!(response.error()["message"].is_string(), "{shown}");
        crate::support::assert_error_headers(&shown, &response);
    });
    let doubled = lab().gateway.send(&Request::post("/v1/v1/chat/completions", "{}"));
    assert_bad("/v1/v1", &doubled, 404, "unknown_url", None);
    assert!(doubled.error()["message"].as_str().unwrap().contains("/v1/chat/completions"), "a hint: {}", doubled.text());
}

#[test]
fn methods_that_a_path_does_not_take() {
    let rows = [
        ("GET", "/v1/chat/completions", "POST"),
        ("PUT", "/v1/chat/completions", "POST"),
        ("DELETE", "/chat/completions", "POST"),
        ("PATCH", "/v1/embeddings", "POST"),
        ("POST", "/v1/models", "GET"),
        ("DELETE", "/v1/models/lab/alpha", "GET"),
        ("POST", "/health", "GET"),
        ("POST", "/metrics", "GET"),
        ("POST", "/openapi.json", "GET"),
    ];
    each(rows, |(method, path, allowed)| {
        let response = lab().gateway.send(&Request::new(method, path).header("content-type", "application/json").body("{}"));
        assert_bad(&format!("{method} {path}"), &response, 405, "method_not_allowed", None);
        let allow = response.header("allow").unwrap_or_default().to_owned();
        assert!(allow.split(',').any(|name| name.trim() == allowed), "{method} {path}: allow: {allow}");
    });
}

const GOOD: &str = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"x"}]}"#;

#[test]
fn content_types() {
    let chat = |kind: &str| lab().gateway.send(&Request::post("/v1/chat/completions", GOOD).without("content-type").header("content-type", kind));
    for kind in ["text/plain", "text/html", "application/xml", "multipart/form-data; boundary=x", "image/png", "nonsense"] {
        assert_error(kind, &chat(kind), 415, "invalid_request", "unsupported_media_type");
    }
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json", "application/x-www-form-urlencoded"] {
        assert_eq!(chat(kind).status(), 200, "{kind}");
    }
    let none = lab().gateway.send(&Request::post("/v1/chat/completions", GOOD).without("content-type"));
    assert_eq!(none.status(), 200, "no content type at all");
    let cross_site = Request::post("/v1/chat/completions", GOOD)
        .without("content-type")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "https://evil.example");
    assert_error("form with an origin", &lab().gateway.send(&cross_site), 415, "invalid_request", "unsupported_media_type");
    each(["gzip", "br", "deflate", "zstd", "x-nonsense"], |coding| {
        let response = lab().gateway.send(&Request::post("/v1/chat/completions", GOOD).header("content-encoding", coding));
        assert_error(coding, &response, 415, "invalid_request", "unsupported_media_type");
    });
    let form = lab().gateway.send(&Request::post("/v1/audio/transcriptions", GOOD));
    assert_error("json to a form endpoint", &form, 415, "invalid_request", "unsupported_media_type");
}

#[test]
fn forms() {
    let send = |content_type: &str, body: &str| {
        let request = Request::new("POST", "/v1/audio/transcriptions").header("content-type", content_type).body(body.to_owned());
        lab().gateway.send(&request)
    };
    let field = |name: &str, value: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--B--\r\n");
    let kind = "multipart/form-data; boundary=B";
    assert_bad("no model", &send(kind, &field("x", "y")), 400, "missing_parameter", Some("model"));
    assert_bad("empty model", &send(kind, &field("model", "")), 400, "invalid_value", Some("model"));
    assert_bad("unknown model", &send(kind, &field("model", "nobody/x")), 404, "model_not_found", Some("model"));
    for (what, kind, body) in [("no boundary", "multipart/form-data", field("model", "lab/alpha")), ("no form", kind, "hello".to_owned()), ("empty", kind, String::new())]
    {
        let response = send(kind, &body);
        assert_eq!(response.status(), 400, "{what}: {}", response.text());
        crate::support::assert_error_object(what, &response.error());
    }
}

#[test]
fn a_body_over_the_limit_gets_its_answer() {
    let lab = Lab::start("[limits]\nmax_request_body = \"64KiB\"\n", &[]);
    let body = format!(r#"{{"model":"lab/alpha","messages":[{{"role":"user","content":"{}"}}]}}"#, "a".repeat(3 * 1024 * 1024));
    let announced = lab.gateway.send(&Request::post("/v1/chat/completions", body.clone()));
    assert_bad("announced", &announced, 413, "request_too_large", None);
    assert!(announced.error()["message"].as_str().unwrap().contains("65536"), "{}", announced.text());
    let mut client = lab.gateway.client();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let _ = client.send(chunked.as_bytes());
    assert_bad("chunked", &client.response().unwrap(), 413, "request_too_large", None);
    assert_eq!(lab.gateway.send(&Request::post("/v1/chat/completions", GOOD)).status(), 200);
}

/// A body just below the default limit of 32 MiB passes: pictures travel inside of JSON.
#[test]
fn a_large_body_within_the_limit_passes() {
    let lab = Lab::start("", &[]);
    let body = format!(r#"{{"model":"lab/alpha","messages":[{{"role":"user","content":"{}"}}]}}"#, "a".repeat(31 * 1024 * 1024));
    let response = lab.gateway.send(&Request::post("/v1/chat/completions", body.clone()));
    assert_eq!(response.status(), 200, "{}", response.text());
    assert_eq!(lab.upstream.requests_for("alpha").pop().unwrap().body.len(), body.len() - "lab/".len());
}

#[test]
fn images_are_refused_where_vision_is_off() {
    let image = r#"{"type":"image_url","image_url":{"url":"https://x.example/a.png"}}"#;
    let rows = [
        (
            "/v1/chat/completions",
            format!(r#"{{"model":"lab/alpha","messages":[{{"role":"system","content":"x"}},{{"role":"user","content":[{{"type":"text","text":"hi"}},{image}]}}]}}"#),
            "messages[1].content[1]",
        ),
        ("/v1/chat/completions", format!(r#"{{"model":"lab/alpha","messages":[{{"role":"tool","tool_call_id":"t","content":[{image}]}}]}}"#), "messages[0].content[0]"),
        (
            "/v1/responses",
            r#"{"model":"lab/alpha","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AA=="}]}]}"#.to_owned(),
            "input[0].content[0]",
        ),
    ];
    each(&rows, |(path, body, param)| {
        assert_bad(param, &lab().gateway.send(&Request::post(path, body.clone())), 400, "vision_disabled", Some(param));
    });
    let text = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"see \"image_url\": data:image/png;base64,AA=="}]}"#;
    assert_eq!(post(text).status(), 200, "text about images is text");
    let seeing = Lab::start("", &[("ENABLE_VISION", "true")]);
    each(&rows, |(path, body, _)| {
        assert_eq!(seeing.gateway.send(&Request::post(path, body.clone())).status(), 200, "{path}");
    });
}

/// T12, T13: a model's name is user text: whatever is in it, no header is split and nothing crashes.
#[test]
fn names_with_odd_characters_stay_names() {
    let names = [
        r"lab/a\r\nx-injected: 1",
        r"lab/\u0000",
        r"lab/\u001b[31m",
        "lab/é🦀",
        r"lab/\u202e",
        "lab/",
        "lab//",
        "lab/ a ",
        "lab/..",
        "lab/%2e%2e",
        "lab/a?b#c",
        "/",
        "//",
        ":",
    ];
    each(names, |name| {
        for stream in ["false", "true"] {
            let body = format!(r#"{{"model":"{name}","messages":[{{"role":"user","content":"x"}}],"stream":{stream}}}"#);
            let response = post(body);
            let head = String::from_utf8_lossy(&response.head.raw).into_owned();
            assert!(matches!(response.status(), 200 | 400 | 404), "{name}: {head}{}", response.text());
            assert!(response.header("x-injected").is_none() && !head.contains('\u{1b}') && !head.contains('\0'), "{name}: {head}");
        }
    });
    let long = post(format!(r#"{{"model":"lab/{}","messages":[{{"role":"user","content":"x"}}]}}"#, "a".repeat(1_000_000)));
    assert!(matches!(long.status(), 200 | 400 | 404), "{}", long.head.start_line);
}

/// A client that is still sending when it is refused gets to read why, in place of a broken connection.
#[test]
fn refused_before_the_body_has_come() {
    let strict = Lab::start("[auth]\napi_keys = [\"a-key-that-is-long-enough\"]\n[limits]\nmax_request_body = \"1MiB\"\n", &[]);
    let (key, none) = ("authorization: Bearer a-key-that-is-long-enough", "x-no-key: 1");
    let rows = [
        ("no key", "/v1/chat/completions", none, 401),
        ("no such path", "/v1/nothing", key, 404),
        ("wrong method", "/v1/models", key, 405),
        ("too large", "/v1/chat/completions", key, 413),
        ("form too large", "/v1/audio/transcriptions", key, 413),
        ("raw too large", "/proxy/lab/v1/chat/completions", key, 413),
        ("unknown provider", "/proxy/nobody/v1/chat/completions", key, 400),
    ];
    each(rows, |(what, path, key, status)| {
        for is_chunked in [false, true] {
            let (content_type, begin) = if path.contains("audio") {
                ("multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n")
            } else {
                ("application/json", "{")
            };
            let pieces = std::iter::once(begin.as_bytes().to_vec()).chain((0..192).map(|_| vec![b'x'; 1 << 16]));
            let length = begin.len() + (192 << 16);
            let framing = if is_chunked { "transfer-encoding: chunked".to_owned() } else { format!("content-length: {length}") };
            let mut client = strict.gateway.client();
            client.send(format!("POST {path} HTTP/1.1\r\nhost: x\r\n{key}\r\ncontent-type: {content_type}\r\n{framing}\r\n\r\n").as_bytes()).unwrap();
            for (index, piece) in pieces.enumerate() {
                let piece = if is_chunked { [format!("{:x}\r\n", piece.len()).into_bytes(), piece, b"\r\n".to_vec()].concat() } else { piece };
                client.send(&piece).unwrap_or_else(|error| panic!("{what}, {framing}: {error} at piece {index}"));
            }
            let response = client.response().unwrap_or_else(|| panic!("{what}, {framing}: no answer"));
            assert_eq!(response.status(), status, "{what}, {framing}: {}", response.text());
        }
    });
}
