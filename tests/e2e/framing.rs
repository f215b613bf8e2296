//! Requests whose framing or size is a trick, sent byte for byte.

use std::time::Duration;

use gateway_testkit::{RawClient, Request, Response};

use crate::support::{each, lab};

const GOOD: &str = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"x"}]}"#;

/// T6: requests that two servers could read differently, and methods that are none of ours. Each is refused, and
/// nothing of it is taken for a second request.
#[test]
fn framing_tricks_are_refused() {
    let smuggled = "GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n";
    let post = |headers: &str, body: &str| format!("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{headers}\r\n\r\n{body}");
    let rows = [
        ("CL and TE", post("content-length: 5\r\ntransfer-encoding: chunked", &format!("0\r\n\r\n{smuggled}"))),
        ("two lengths", post("content-length: 2\r\ncontent-length: 3", "{} ")),
        ("list of lengths", post("content-length: 2, 3", "{} ")),
        ("signed length", post("content-length: +2", "{}")),
        ("hex length", post("content-length: 0x2", "{}")),
        ("negative length", post("content-length: -1", "{}")),
        ("huge length", post("content-length: 99999999999999999999999", "{}")),
        ("TE identity", post("transfer-encoding: identity", "{}")),
        ("TE twice", post("transfer-encoding: chunked\r\ntransfer-encoding: identity", "0\r\n\r\n")),
        ("TE list", post("transfer-encoding: chunked, gzip", "0\r\n\r\n")),
        ("TE unknown", post("transfer-encoding: xchunked", "0\r\n\r\n")),
        ("bad chunk size", post("transfer-encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n")),
        ("overflowing chunk size", post("transfer-encoding: chunked", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n")),
        ("space before colon", post("content-length : 2", "{}")),
        ("folded header", post("x-a: 1\r\n b: 2\r\ncontent-length: 2", "{}")),
        ("NUL in a header", post("x-a: a\0b\r\ncontent-length: 2", "{}")),
        ("bare CR in a header", post("x-a: a\rb\r\ncontent-length: 2", "{}")),
        ("no host line break", "GET /health\r\n\r\n".to_owned()),
        ("bad version", "GET /health HTTP/9.9\r\nhost: x\r\n\r\n".to_owned()),
        ("spaces in the target", "GET /hea lth HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        ("CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n".to_owned()),
        ("TRACE", "TRACE /health HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        ("upgrade", "GET /health HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n\r\n".to_owned()),
        ("odd expectation", post("expect: 200-maybe\r\ncontent-length: 2", "{}")),
        ("TLS to a plain port", "\u{16}\u{3}\u{1}\u{2}".to_owned()),
        ("garbage", "\r\r\r\r\n\n\n\0\0\0".to_owned()),
    ];
    each(rows, |(what, bytes)| {
        let mut client = lab().gateway.client();
        let _ = client.send(bytes.as_bytes());
        client.finish_sending();
        let answer = client.read_to_close(Duration::from_secs(12));
        let answer = String::from_utf8_lossy(&answer.unwrap_or_else(|so_far| panic!("{what}: still open after {:?}", String::from_utf8_lossy(&so_far)))).into_owned();
        let statuses: Vec<&str> = answer.match_indices("HTTP/1.1 ").filter_map(|(at, _)| answer.get(at + 9..at + 12)).collect();
        assert!(statuses.len() <= 1, "{what}: {statuses:?} answers to one request: {answer}");
        let refused = statuses.first().is_none_or(|status| matches!(*status, "400" | "404" | "405" | "413" | "415" | "417" | "421" | "431" | "501" | "505"));
        assert!(refused, "{what}: {answer}");
    });
}

/// Chunked bodies and `Expect: 100-continue` are ordinary.
#[test]
fn ordinary_framing_is_taken() {
    let mut client: RawClient = lab().gateway.client();
    let chunked = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{GOOD}\r\n0\r\n\r\n",
        GOOD.len()
    );
    client.send(chunked.as_bytes()).unwrap();
    assert_eq!(client.response().unwrap().status(), 200);
    let expecting = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n{GOOD}",
        GOOD.len()
    );
    client.send(expecting.as_bytes()).unwrap();
    assert_eq!(client.response().unwrap().status(), 200, "the connection was kept");
    let pipelined = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3);
    client.send(pipelined.as_bytes()).unwrap();
    each(0..3, |_| {
        assert_eq!(client.response().unwrap().status(), 200);
    });
    client.send(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(client.response().unwrap().status(), 200);
}

#[test]
fn too_many_or_too_large_headers() {
    let many = (0..300).fold(Request::get("/health"), |request, index| request.header(&format!("x-{index}"), "1"));
    let large = Request::get("/health").header("x-large", &"a".repeat(200 * 1024));
    let long = Request::get(&format!("/health?{}", "a".repeat(200 * 1024)));
    each([("many", many), ("large", large), ("long", long)], |(what, request)| {
        let mut client = lab().gateway.client();
        let _ = client.send(&request.to_bytes("x"));
        let response = client.response();
        let status = response.as_ref().map(Response::status);
        assert!(matches!(status, Some(400 | 414 | 431)), "{what}: {status:?}");
    });
}
