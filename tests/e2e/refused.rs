//! What never became a request: every head that cannot be read is answered, and with the error object.

use std::time::{Duration, Instant};

use gateway_testkit::{GatewayUnderTest, RawClient, Reply, Request, Response};

use crate::{
    h2_frames::Connection,
    support::{GOOD_CHAT, Lab, assert_error, each, lab},
};

const GOOD_BODY: &str = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"x"}]}"#;
const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
const CLOSED: Duration = Duration::from_secs(12);

fn post(headers: &str, body: &str) -> Vec<u8> {
    format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{headers}\r\n\r\n{body}").into_bytes()
}

fn get(headers: &str) -> Vec<u8> {
    format!("GET /health HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n").into_bytes()
}

/// Heads that are none, with the status and the code that each gets.
fn unreadable() -> Vec<(&'static str, Vec<u8>, u16, &'static str)> {
    let malformed = [
        ("no method", b" / HTTP/1.1\r\n\r\n".to_vec()),
        ("method with a control byte", b"G\x01T / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("method beyond ASCII", b"G\xc3\x89T / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("garbage", b"\0\0\0\0".to_vec()),
        ("the beginning of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("no version", b"GET /health\r\n\r\n".to_vec()),
        ("unknown version", b"GET /health HTTP/9.9\r\nhost: x\r\n\r\n".to_vec()),
        ("space in the target", b"GET /hea lth HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("bad header name", get("x(y): 1")),
        ("empty header name", get(": 1")),
        ("space before the colon", get("content-length : 2")),
        ("no colon", get("just words")),
        ("folded header", get("x-a: 1\r\n b: 2")),
        ("NUL in a header", get("x-a: a\0b")),
        ("bare CR in a header", get("x-a: a\rb")),
        ("two lengths", post("content-length: 2\r\ncontent-length: 3", "{} ")),
        ("list of lengths", post("content-length: 2, 3", "{} ")),
        ("negative length", post("content-length: -1", "{}")),
        ("signed length", post("content-length: +2", "{}")),
        ("huge length", post("content-length: 99999999999999999999999", "{}")),
        ("chunked and then identity", post("transfer-encoding: chunked, identity", "0\r\n\r\n")),
        ("chunked once and identity once", post("transfer-encoding: chunked\r\ntransfer-encoding: identity", "0\r\n\r\n")),
        ("unknown encoding", post("transfer-encoding: xchunked", "0\r\n\r\n")),
        ("chunked in HTTP/1.0", b"POST /health HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec()),
    ];
    let many: String = (0..150).map(|index| format!("x-{index}: 1\r\n")).collect();
    let large = [
        ("too many headers", get(many.trim_end()), 431, "headers_too_large"),
        ("a header too large", get(&format!("x-large: {}", "a".repeat(1_000_000))), 431, "headers_too_large"),
        ("a head too large that never ends", format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(1_000_000)).into_bytes(), 431, "headers_too_large"),
        ("a target too large", format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1_000_000)).into_bytes(), 431, "headers_too_large"),
    ];
    malformed.into_iter().map(|(what, bytes)| (what, bytes, 400, "malformed_request")).chain(large).collect()
}

/// The error object, an id, and the end of the connection; nothing else comes.
#[track_caller]
fn assert_refused(what: &str, client: &mut RawClient, status: u16, code: &str) -> Response {
    let response = client.response().unwrap_or_else(|| panic!("{what}: no answer"));
    assert_error(what, &response, status, "invalid_request", code);
    assert_eq!(response.header("connection"), Some("close"), "{what}");
    assert!(response.header("x-request-id").is_some_and(|id| id.starts_with("req_")), "{what}");
    assert!(response.header("date").is_some(), "{what}");
    assert_eq!(client.read_to_close(CLOSED).expect("the connection ends"), b"", "{what}");
    response
}

#[test]
fn every_unreadable_head_gets_the_error_object() {
    each(unreadable(), |(what, bytes, status, code)| {
        let mut client = lab().gateway.client();
        let _ = client.send(&bytes);
        client.finish_sending();
        assert_refused(what, &mut client, status, code);
    });
}

/// The answers that came before are whole, and the refusal comes behind them, whether the requests came one after the
/// other or all at once.
#[test]
fn a_later_head_on_the_connection_gets_it_too() {
    each(unreadable(), |(what, bytes, status, code)| {
        let good = String::from_utf8(post(&format!("content-length: {}", GOOD_BODY.len()), GOOD_BODY)).unwrap();
        let mut client = lab().gateway.client();
        client.send(good.as_bytes()).unwrap();
        assert_eq!(client.response().unwrap().text(), GOOD_CHAT, "{what}");
        let _ = client.send(&bytes);
        client.finish_sending();
        assert_refused(what, &mut client, status, code);

        let mut pipelined = lab().gateway.client();
        let _ = pipelined.send(&[HEALTH.as_bytes(), good.as_bytes(), &bytes].concat());
        assert_eq!(pipelined.response().expect("the first answer").status(), 200, "{what}");
        assert_eq!(pipelined.response().expect("the second answer").text(), GOOD_CHAT, "{what}");
        assert_refused(what, &mut pipelined, status, code);
    });
}

/// Line feeds alone end lines too (RFC 9112, section 2.2), and empty lines before a request are skipped.
#[test]
fn lenient_line_ends_are_read_as_the_standard_allows() {
    each(["GET /health HTTP/1.1\nhost: x\n\n", "\r\n\r\nGET /health HTTP/1.1\r\nhost: x\r\n\r\n", "\nGET /health HTTP/1.1\r\nhost: x\n\r\n"], |bytes| {
        let mut client = lab().gateway.client();
        client.send(bytes.as_bytes()).unwrap();
        assert_eq!(client.response().unwrap().status(), 200, "{bytes:?}");
    });
}

/// A body that breaks its own framing is noticed when it is read: the request is answered, and is the last one.
#[test]
fn bad_chunks_get_the_error_object() {
    for chunk in
        ["zz\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n0\r\n\r\n", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n", "2\r\n{}x\r\n0\r\n\r\n", "2 3\r\n{}\r\n0\r\n\r\n", "\r\n{}\r\n"]
    {
        let mut client = lab().gateway.client();
        client.send(&[post("transfer-encoding: chunked", chunk), HEALTH.into()].concat()).unwrap();
        client.finish_sending();
        let response = client.response().unwrap_or_else(|| panic!("{chunk:?}: no answer"));
        assert_error(chunk, &response, 400, "invalid_request", "invalid_request");
        assert_eq!(client.read_to_close(CLOSED).expect("the connection ends"), b"", "{chunk:?}");
    }
}

/// A head that breaks off, or is not there in time, is answered; a connection without a byte is closed without a word.
#[test]
fn half_a_head_is_answered() {
    let gateway = GatewayUnderTest::start("[server]\nheader_timeout = \"1s\"", &[]);
    for behind in ["", HEALTH] {
        let half = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-le";
        let mut broken_off = gateway.client();
        broken_off.send(format!("{behind}{half}").as_bytes()).unwrap();
        broken_off.finish_sending();
        let mut slow = gateway.client();
        slow.send(behind.as_bytes()).unwrap();
        if !behind.is_empty() {
            assert_eq!(broken_off.response().unwrap().status(), 200);
            assert_eq!(slow.response().unwrap().status(), 200);
        }
        slow.send(half.as_bytes()).unwrap();
        assert_refused("broken off", &mut broken_off, 400, "malformed_request");
        let late = slow.response().expect("an answer");
        assert_eq!((late.status(), late.error()["code"].as_str()), (408, Some("request_timeout")), "{}", late.text());
        assert_eq!(late.header("x-should-retry"), Some("true"));
        assert_eq!(slow.read_to_close(CLOSED).unwrap(), b"");
    }
    let mut silent = gateway.client();
    assert_eq!(silent.read_to_close(CLOSED).unwrap(), b"");
    let mut gone = gateway.client();
    gone.finish_sending();
    assert_eq!(gone.read_to_close(CLOSED).unwrap(), b"");
}

/// The message says what is wrong, the configuration says in which form, and the metrics count it.
#[test]
fn a_refusal_says_why_and_is_counted() {
    let lab = Lab::start("[errors]\ntype_style = \"openai\"\n", &[]);
    for (headers, word) in [("content-length: -1", "content-length"), ("transfer-encoding: x", "transfer-encoding"), ("x y: 1", "header")] {
        let mut client = lab.gateway.client();
        client.send(&post(headers, "{}")).unwrap();
        let error = client.response().expect("an answer").error();
        assert!(error["message"].as_str().is_some_and(|text| text.contains(word)), "{headers}: {error}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    // It is counted when it has been written, which the client may see first.
    let deadline = Instant::now() + CLOSED;
    loop {
        let metrics = lab.gateway.send(&Request::get("/metrics")).text();
        let counted = metrics.lines().find(|line| line.starts_with("gateway_requests_total") && line.contains("\"unreadable\""));
        if counted.is_some_and(|line| line.contains("status=\"400\"") && line.ends_with(" 3")) {
            break;
        }
        assert!(Instant::now() < deadline, "{metrics}");
    }
}

/// What an upstream writes is passed on even where it looks like hyper's own refusal, also as the last thing that is
/// written; and the connection goes on.
#[test]
fn an_answer_that_looks_like_a_refusal_is_passed_on() {
    let text = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: Sat, 21 Nov 2026 09:00:00 GMT\r\n\r\n";
    let lab = Lab::start("", &[]);
    lab.upstream.script("alike", Reply::text(200, "text/plain", text));
    let mut client = lab.gateway.client();
    for _ in 0..3 {
        let response = client.call(&Request::post("/proxy/lab/v1/chat/completions", r#"{"model":"alike","messages":[]}"#));
        assert_eq!((response.status(), response.text().as_str()), (200, text));
    }
    client.send(b"no request\r\n\r\n").unwrap();
    assert_refused("afterwards", &mut client, 400, "malformed_request");
}

/// Over HTTP/2 a stream is refused without its connection: headers beyond the limits with the error object.
#[test]
fn a_large_head_over_http2_gets_the_error_object() {
    let lab = Lab::start("[limits]\nmax_header_size = \"8KiB\"\nmax_headers = 20\n", &[]);
    let many: Vec<(String, String)> = (0..40).map(|index| (format!("x-{index}"), "1".to_owned())).collect();
    let large: Vec<(String, String)> = (0..9).map(|index| (format!("x-{index}"), "a".repeat(1000))).collect();
    let mut connection = Connection::open(lab.gateway.address(), 1 << 20);
    for (place, headers) in [many, large].into_iter().enumerate() {
        let stream = 2 * place as u32 + 1;
        connection.get_with(stream, "/health", &headers);
        let body = connection.body_of(stream);
        assert!(body.contains("\"code\":\"headers_too_large\""), "{body}");
    }
    connection.get_with(5, "/health", &[]);
    assert!(connection.body_of(5).contains("ok"), "the connection goes on");
}
