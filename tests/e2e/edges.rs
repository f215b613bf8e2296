//! Requests at the edges of HTTP: what clients send by habit is served, and every answer can be told and read.

use std::{process::Command, time::Duration};

use gateway_testkit::{Request, client::End};
use serde_json::Value;

use crate::support::{GOOD_CHAT, Lab, assert_error, each, lab};

const GOOD: &str = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"x"}]}"#;

/// Java's `HttpClient` and `curl --http2` ask for h2c with every first request; a 'no' to that is an ordinary answer.
#[test]
fn an_upgrade_to_h2c_is_ignored() {
    let lab = Lab::start("", &[]);
    let mut client = lab.gateway.client();
    for name in ["h2c", "H2C", "h2c, h2c"] {
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nConnection: Upgrade, HTTP2-Settings, OpenAI-Beta\r\nUpgrade: {name}\r\n\
             HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nOpenAI-Beta: named=1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{GOOD}",
            GOOD.len()
        );
        client.send(request.as_bytes()).unwrap();
        let response = client.response().expect("the connection is kept");
        assert_eq!((response.status(), response.text().as_str()), (200, GOOD_CHAT), "{name}");
        assert_eq!(response.header("upgrade"), None);
    }
    for seen in lab.upstream.requests_for("alpha") {
        for name in ["upgrade", "http2-settings", "openai-beta"] {
            assert_eq!(seen.header(name), None, "{}", String::from_utf8_lossy(&seen.head.raw));
        }
    }
    for path in ["/proxy/lab/chat/completions", "/health", "/docs/", "/nothing-here"] {
        let request = Request::get(path).header("connection", "upgrade, http2-settings").header("upgrade", "h2c").header("http2-settings", "AAMAAABk");
        let response = client.call(&request);
        assert_ne!(response.status(), 400, "{path}: {}", response.text());
    }
}

#[test]
fn an_upgrade_to_anything_else_is_refused() {
    let upgrades: [&[&str]; 5] = [&["websocket"], &["h2c, websocket"], &["websocket, h2c"], &["h2c", "TLS/1.0"], &[""]];
    each(upgrades, |names| {
        let request = names.iter().fold(Request::get("/health").header("connection", "upgrade"), |request, name| request.header("upgrade", name));
        let response = lab().gateway.send(&request);
        assert_error(&format!("{names:?}"), &response, 400, "invalid_request", "invalid_header");
        assert_eq!(response.error()["param"], "upgrade");
    });
}

#[test]
fn curl_may_ask_for_http2_over_plain_tcp() {
    let url = lab().gateway.url("/v1/chat/completions");
    let output = Command::new("curl")
        .args(["-sS", "--noproxy", "*", "--max-time", "20", "--http2", "-w", "\n%{http_version} %{http_code}", "-H", "content-type: application/json", "-d", GOOD, &url])
        .output()
        .expect("curl is there");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{GOOD_CHAT}\n1.1 200"));
}

/// T6: with both framings the length counts for nothing, is not passed on, and the connection ends with the answer:
/// what follows the chunks is nobody's request (RFC 9112, section 6.1). The length is gone before the gateway sees the
/// headers, so that it cannot refuse.
#[test]
fn a_length_beside_chunks_counts_for_nothing() {
    let lab = Lab::start("", &[]);
    let model = |place: usize| format!("both-{place}");
    let smuggled = "GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n";
    for (place, framing) in ["content-length: 5\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 5"].into_iter().enumerate() {
        let body = GOOD.replace("alpha", &model(place));
        let mut client = lab.gateway.client();
        let head = format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{framing}\r\n\r\n");
        client.send(format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n{smuggled}", body.len()).as_bytes()).unwrap();
        let answer = client.read_to_close(Duration::from_secs(10)).expect("the connection ends");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing:?}: {answer}");
        let seen = lab.upstream.only_request_for(&model(place));
        assert_eq!(seen.header("content-length"), Some(seen.body.len().to_string().as_str()), "framed anew");
        assert_eq!(seen.head.count("transfer-encoding"), 0);
        assert_eq!(seen.body.len(), body.len() - "lab/".len());
    }
}

#[test]
fn every_page_has_an_id_and_is_counted() {
    let lab = Lab::start("", &[]);
    for path in ["/docs", "/docs/", "/docs/swagger-ui.css", "/docs/no-such-file", "/nothing-here"] {
        let response = lab.gateway.send(&Request::get(path).header("x-request-id", "mine"));
        assert_eq!(response.header("x-request-id"), Some("mine"), "{path}");
        assert_eq!(response.end, End::Complete);
    }
    let page = lab.gateway.send(&Request::get("/docs"));
    assert_eq!((page.status(), page.header("location")), (303, Some("/docs/")));
    assert_error("POST /docs", &lab.gateway.send(&Request::post("/docs/", "{}")), 405, "invalid_request", "method_not_allowed");
    assert_error("no such file", &lab.gateway.send(&Request::get("/docs/no-such-file")), 404, "not_found", "unknown_url");
    let metrics = lab.gateway.send(&Request::get("/metrics")).text();
    for route in ["/docs", "/docs/", "/docs/{*file}", "unknown"] {
        assert!(metrics.contains(&format!("operation=\"{route}\"")), "{route} is not counted:\n{metrics}");
    }
}

/// A web page has to be able to read why its call failed.
#[test]
fn every_answer_can_be_read_across_origins() {
    const PAGE: &str = "https://app.example";
    let lab = Lab::start(&format!("[cors]\nallowed_origins = [\"{PAGE}\"]\n"), &[]);
    for (method, path) in [("GET", "/nothing-here"), ("POST", "/v1/chat/completion"), ("PUT", "/v1/models"), ("GET", "/docs/"), ("GET", "/docs/no-such-file")] {
        let response = lab.gateway.send(&Request::new(method, path).header("origin", PAGE));
        assert_eq!(response.header("access-control-allow-origin"), Some(PAGE), "{method} {path}");
        assert!(response.header("access-control-expose-headers").is_some_and(|names| names.contains("x-request-id")), "{method} {path}");
        let asked = Request::new("OPTIONS", path).header("origin", PAGE).header("access-control-request-method", method);
        assert_eq!(lab.gateway.send(&asked).status(), 204, "{method} {path}");
    }
}

#[test]
fn messages_name_the_path_that_was_asked() {
    let message = |request: &Request| lab().gateway.send(request).error()["message"].as_str().unwrap_or_default().to_owned();
    for path in ["/v1/chat/completions", "/chat/completions", "/v1/embeddings"] {
        assert_eq!(message(&Request::get(path)), format!("{path} takes POST."));
    }
    assert_eq!(message(&Request::post("/v1/models/a/b", "{}")), "/v1/models/a/b takes GET, HEAD.");
    assert!(message(&Request::get("/nothing-here?x=1")).starts_with("There is nothing at /nothing-here. "));
    // `HEAD` is answered as `GET` would be, its body left out.
    let mut client = lab().gateway.client();
    let whole = client.call(&Request::get("/nothing-here"));
    client.send(&Request::new("HEAD", "/nothing-here").to_bytes("x")).unwrap();
    let head = client.head_response().unwrap();
    assert_eq!((head.status(), head.header("content-length")), (404, whole.header("content-length")));
    client.send(b"CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n").unwrap();
    let refused = client.response().unwrap();
    assert_error("CONNECT", &refused, 400, "invalid_request", "invalid_request");
    assert_ne!(refused.error()["message"], Value::Null);
    assert!(refused.text().contains("no proxy for other hosts"), "{}", refused.text());
}
