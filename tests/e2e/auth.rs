//! Who may call: one extractor for every route and every carrier of a key.

use std::sync::LazyLock;

use gateway_testkit::{GatewayUnderTest, Request, Response};

use crate::support::{Lab, assert_error, each, lab};

/// `first` and `second` are keys, apart from which there are only separators.
fn locked() -> &'static Lab {
    static LOCKED: LazyLock<Lab> = LazyLock::new(|| Lab::start("", &[("API_KEYS", " ,alice=first,, second\n,")]));
    &LOCKED
}

const CHAT: &str = r#"{"model":"lab/alpha","messages":[{"role":"user","content":"x"}]}"#;

/// (method, path, body): every route that spends something or shows something.
const PROTECTED: &[(&str, &str, &str)] = &[
    ("POST", "/v1/chat/completions", CHAT),
    ("POST", "/chat/completions", CHAT),
    ("POST", "/v1/completions", r#"{"model":"lab/alpha","prompt":"x"}"#),
    ("POST", "/v1/embeddings", r#"{"model":"lab/alpha","input":"x"}"#),
    ("POST", "/embeddings", r#"{"model":"lab/alpha","input":"x"}"#),
    ("POST", "/v1/images/generations", r#"{"model":"lab/alpha","prompt":"x"}"#),
    ("POST", "/v1/responses", r#"{"model":"lab/alpha","input":"x"}"#),
    ("POST", "/v1/moderations", r#"{"model":"lab/alpha","input":"x"}"#),
    ("POST", "/v1/rerank", r#"{"model":"lab/alpha","query":"x","documents":["y"]}"#),
    ("POST", "/v1/audio/speech", r#"{"model":"lab/alpha","input":"x","voice":"v"}"#),
    ("GET", "/v1/models", ""),
    ("GET", "/models", ""),
    ("GET", "/v1/models/lab/alpha", ""),
    ("GET", "/v1/models/lab%2Falpha", ""),
    ("POST", "/proxy/lab/v1/chat/completions", CHAT),
    ("POST", "/proxy/lab/chat/completions", CHAT),
    ("GET", "/proxy/lab/models", ""),
];

/// Routes that anybody may see.
const OPEN: &[&str] = &["/health", "/readyz", "/api/status", "/status", "/v1", "/openapi.json", "/openapi-3.2.json", "/docs/"];

fn request(method: &str, path: &str, body: &str) -> Request {
    let request = Request::new(method, path);
    if body.is_empty() { request } else { request.header("content-type", "application/json").body(body.to_owned()) }
}

fn call(row: &(&str, &str, &str), headers: &[(&str, &str)]) -> Response {
    let base = request(row.0, row.1, row.2);
    locked().gateway.send(&headers.iter().fold(base, |request, (name, value)| request.header(name, value)))
}

#[test]
fn every_carrier_opens_every_route() {
    let carriers = [
        ("authorization", "Bearer first"),
        ("Authorization", "bearer second"),
        ("authorization", "BEARER  first"),
        ("x-api-key", "first"),
        ("api-key", "second"),
        ("x-goog-api-key", "first"),
    ];
    each(PROTECTED, |row| {
        for carrier in carriers {
            let response = call(row, &[carrier]);
            assert_eq!(response.status(), 200, "{row:?} {carrier:?}: {}", response.text());
        }
    });
}

/// (headers, status, code)
type Refusal = (&'static [(&'static str, &'static str)], u16, &'static str);

const REFUSALS: &[Refusal] = &[
    (&[], 401, "missing_api_key"),
    (&[("authorization", "")], 401, "missing_api_key"),
    (&[("authorization", "Bearer")], 401, "missing_api_key"),
    (&[("authorization", "Bearer ")], 401, "missing_api_key"),
    (&[("x-api-key", "")], 401, "missing_api_key"),
    (&[("authorization", "Bearer wrong")], 401, "invalid_api_key"),
    (&[("authorization", "Basic first")], 401, "invalid_api_key"),
    (&[("authorization", "Bearer first ,second")], 401, "invalid_api_key"),
    (&[("authorization", "Bearer FIRST")], 401, "invalid_api_key"),
    (&[("authorization", "Bearer firs")], 401, "invalid_api_key"),
    (&[("authorization", "Bearer alice=first")], 401, "invalid_api_key"),
    (&[("x-api-key", "wrong")], 401, "invalid_api_key"),
    (&[("x-api-key", ",")], 401, "invalid_api_key"),
    (&[("authorization", "Bearer first"), ("x-api-key", "second")], 401, "ambiguous_credentials"),
    (&[("authorization", "Bearer first"), ("x-api-key", "wrong")], 401, "ambiguous_credentials"),
    (&[("authorization", "Bearer first"), ("authorization", "Bearer first")], 400, "invalid_header"),
    (&[("x-api-key", "first"), ("x-api-key", "second")], 400, "invalid_header"),
    (&[("authorization", "Bearer fírst")], 400, "invalid_header"),
    (&[("x-api-key", "fírst")], 400, "invalid_header"),
];

#[test]
fn every_route_refuses_alike() {
    each(PROTECTED, |row| {
        for (headers, status, code) in REFUSALS {
            let response = call(row, headers);
            let kind = if *status == 401 { "authentication_error" } else { "invalid_request" };
            assert_error(&format!("{row:?} {headers:?}"), &response, *status, kind, code);
            if *status == 401 {
                assert_eq!(response.header("www-authenticate"), Some("Bearer"));
            }
            assert_eq!(response.header("x-should-retry"), Some("false"));
        }
    });
}

#[test]
fn a_refused_caller_reaches_no_upstream() {
    let lab = Lab::start("", &[("API_KEYS", "k")]);
    let listed = lab.upstream.requests().len();
    each(PROTECTED.iter().filter(|row| row.0 == "POST"), |row| {
        assert_eq!(lab.gateway.send(&request(row.0, row.1, row.2)).status(), 401, "{row:?}");
    });
    let asked = lab.upstream.requests().iter().skip(listed).filter(|request| request.method() == "POST").count();
    assert_eq!(asked, 0);
}

/// A stranger learns nothing about models, providers or bodies: the key comes first.
#[test]
fn the_key_is_judged_before_anything_else() {
    let rows = [
        ("POST", "/v1/chat/completions", "not json"),
        ("POST", "/v1/chat/completions?provider=nobody", CHAT),
        ("GET", "/v1/models?provider=nobody", ""),
        ("GET", "/v1/models/nobody/x", ""),
        ("POST", "/proxy/nobody/v1/chat/completions", CHAT),
        ("POST", "/proxy/lab/../../etc/passwd", CHAT),
    ];
    each(rows, |row| {
        assert_eq!(call(&row, &[]).status(), 401, "{row:?}");
    });
}

#[test]
fn public_routes_need_no_key() {
    each(OPEN, |path| {
        let response = locked().gateway.send(&Request::get(path));
        assert_eq!(response.status(), 200, "{path}: {}", response.text());
        assert!(!response.text().contains("first") || path.starts_with("/openapi") || *path == "/docs/", "{path}");
    });
    let anonymous = locked().gateway.send(&Request::get("/status"));
    assert!(anonymous.json().get("channels").is_none(), "details are for callers with a key: {}", anonymous.text());
    let known = locked().gateway.send(&Request::get("/status").bearer("first"));
    assert!(known.json()["channels"].is_array(), "{}", known.text());
}

/// T7: what the `Host` header says changes nothing.
#[test]
fn the_host_header_opens_nothing() {
    for host in ["localhost", "127.0.0.1", "internal", "a/health", "x:0", "health?"] {
        let mut client = locked().gateway.client();
        client.send(&request("GET", "/v1/models", "").to_bytes(host)).unwrap();
        let status = client.response().map(|response| response.status());
        assert!(matches!(status, Some(400 | 401 | 421)), "{host}: {status:?}");
    }
}

/// The gateway's keys stay here: an upstream sees the provider's credential and no other.
#[test]
fn the_callers_key_reaches_no_upstream() {
    let lab = locked();
    each(["authorization", "x-api-key", "api-key", "x-goog-api-key"], |carrier| {
        let value = if carrier == "authorization" { "Bearer second" } else { "second" };
        for row in [&PROTECTED[0], &PROTECTED[14]] {
            assert_eq!(call(row, &[(carrier, value)]).status(), 200);
            let seen = lab.upstream.requests().into_iter().rfind(|request| request.method() == "POST").unwrap();
            let head = String::from_utf8_lossy(&seen.head.raw).into_owned();
            assert!(!head.contains("second"), "{carrier} {row:?}: {head}");
        }
    });
}

/// S1-13: without keys any credential, or none, is let in.
#[test]
fn open_mode_takes_anything() {
    for headers in [&[][..], &[("authorization", "Bearer not-needed")], &[("x-api-key", "a"), ("authorization", "Bearer b")]] {
        let request = headers.iter().fold(Request::chat("lab/alpha", false), |request, (name, value)| request.header(name, value));
        assert_eq!(lab().gateway.send(&request).status(), 200, "{headers:?}");
    }
}

/// Open mode is for loopback, unless somebody says otherwise.
#[test]
fn open_mode_refuses_other_addresses() {
    each(["0.0.0.0:0", "[::]:0"], |address| {
        let refused = GatewayUnderTest::try_start("", &[("LISTEN", address)]).unwrap_err();
        assert!(refused.contains("ALLOW_ANONYMOUS"), "{refused}");
    });
    drop(GatewayUnderTest::try_start("", &[("LISTEN", "0.0.0.0:0"), ("ALLOW_ANONYMOUS", "true")]).unwrap());
    drop(GatewayUnderTest::try_start("", &[("LISTEN", "0.0.0.0:0"), ("API_KEYS", "k")]).unwrap());
}

/// T22: separators alone are no key, and no reason to be open either.
#[test]
fn empty_items_make_no_key() {
    for response in [call(&PROTECTED[0], &[("x-api-key", " ")]), call(&PROTECTED[0], &[("authorization", "Bearer \t")])] {
        assert_error("blank", &response, 401, "authentication_error", "missing_api_key");
    }
}
