//! F38 to F47: error statuses. The status is the upstream's, a JSON body is passed on byte for byte.

use gateway_testkit::{Reply, Request, Response};

use crate::support::{Lab, UPSTREAM_KEY, assert_error, assert_error_headers, each, lab};

const BODY: &str = "{ \"error\": {\"message\": \"the upstream's own words \\u00e9\", \"type\": \"x\", \"code\": null, \"extra\": 1.50} }\n";

fn both(reply: &Reply) -> [Response; 2] {
    [false, true].map(|stream| lab().chat("status", stream, reply.clone()))
}

/// (status, whether the client may try again)
const VERBATIM: &[(u16, bool)] = &[
    (400, false),
    (402, false),
    (404, false),
    (405, false),
    (408, true),
    (409, true),
    (413, false),
    (422, false),
    (429, true),
    (451, false),
    (500, true),
    (501, false),
    (502, true),
    (503, true),
    (504, true),
    (529, true),
];

#[test]
fn f38_to_f46_the_status_and_the_json_body_are_the_upstreams() {
    each(VERBATIM, |(status, retry)| {
        for response in both(&Reply::text(*status, "application/json", BODY)) {
            let shown = format!("{status}: {} {}", response.head.start_line, response.text());
            assert_eq!((response.status(), response.text().as_str()), (*status, BODY), "{shown}");
            assert_eq!(response.header("x-error-source"), Some("upstream"), "{shown}");
            assert_eq!(response.header("x-should-retry"), Some(retry.to_string().as_str()), "{shown}");
            assert_eq!(response.header("retry-after"), Some(if *retry { "1" } else { "0" }), "{shown}");
            assert_error_headers(&shown, &response);
        }
    });
}

#[test]
fn f47_a_body_that_is_no_json_is_replaced() {
    let html = "<html><body>nginx</body></html>";
    each([400, 404, 429, 500, 502, 503, 504, 520, 529], |status| {
        let replies = [
            Reply::text(status, "text/html", html),
            Reply::text(status, "application/json", html),
            Reply::status(status),
            Reply::text(status, "text/html", html).content_length(4000).cut(),
        ];
        for reply in replies {
            for response in both(&reply) {
                let shown = format!("{status}: {} {}", response.head.start_line, response.text());
                assert_eq!(response.status(), status, "{shown}");
                assert!(!response.text().contains("nginx") && response.error()["message"].is_string(), "{shown}");
                assert!(response.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{shown}");
                assert_eq!(response.header("x-error-source"), Some("upstream"), "{shown}");
                assert_error_headers(&shown, &response);
            }
        }
    });
}

#[test]
fn f39_the_gateways_own_credential_is_not_the_callers() {
    each([401, 403], |status| {
        let body = format!("{{\"error\":{{\"message\":\"Incorrect API key provided: {UPSTREAM_KEY}\"}}}}");
        for response in both(&Reply::text(status, "application/json", body)) {
            assert_error("F39", &response, 502, "backend_auth_error", "backend_auth_error");
            assert_eq!(response.header("x-should-retry"), Some("false"));
            assert!(!response.text().contains("Incorrect") && response.header("www-authenticate").is_none());
        }
    });
}

/// Upstreams echo the key they refuse, whole or with its middle masked.
#[test]
fn an_echoed_credential_is_redacted() {
    let (head, tail) = (&UPSTREAM_KEY[..7], &UPSTREAM_KEY[UPSTREAM_KEY.len() - 4..]);
    each([UPSTREAM_KEY.to_owned(), format!("{head}*******{tail}")], |echo| {
        let body = format!("{{\"error\":{{\"message\":\"key {echo} is out of money\"}}}}");
        for response in both(&Reply::text(402, "application/json", body)) {
            assert_eq!(response.status(), 402);
            assert!(!response.text().contains(&echo) && response.text().contains("is out of money"), "{}", response.text());
            assert!(response.json()["error"]["message"].is_string(), "still JSON");
        }
    });
}

/// (what the upstream says, what the client is told)
const WAITS: &[(&str, &str, &str)] = &[
    ("retry-after", "7", "7"),
    ("retry-after", "0", "0"),
    ("retry-after", "86400", "60"),
    ("retry-after", "1.5", "2"),
    ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT", "0"),
    ("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT", "60"),
    ("retry-after", "soon", "1"),
    ("retry-after", "-5", "1"),
    ("retry-after-ms", "1500", "2"),
];

#[test]
fn f42_f43_retry_after_is_a_whole_clamped_number() {
    each(WAITS, |(name, said, told)| {
        for status in [429, 503] {
            let response = lab().chat("f43", false, Reply::text(status, "application/json", BODY).header(name, said));
            assert_eq!(response.header("retry-after"), Some(*told), "{name}: {said}");
            assert!(response.header("retry-after-ms").is_none(), "{name}: {said}");
            assert_eq!(response.text(), BODY);
        }
    });
}

#[test]
fn x_should_retry_of_the_upstream_wins() {
    each([(429, "false"), (400, "true"), (500, "false")], |(status, said)| {
        let response = lab().chat("retry", false, Reply::text(status, "application/json", BODY).header("x-should-retry", said));
        assert_eq!(response.header("x-should-retry"), Some(said));
    });
}

#[test]
fn headers_of_an_error_pass_an_allow_list() {
    let reply = Reply::text(429, "application/json", BODY)
        .header("x-ratelimit-remaining-requests", "0")
        .header("x-request-id", "upstream-1")
        .header("set-cookie", "a=b")
        .header("server", "secret-software")
        .header("x-echo", UPSTREAM_KEY)
        .header("location", "http://elsewhere/");
    each(both(&reply), |response| {
        assert_eq!(response.header("x-ratelimit-remaining-requests"), Some("0"));
        assert_ne!(response.header("x-request-id"), Some("upstream-1"), "that name is the gateway's own");
        for name in ["set-cookie", "server", "x-echo", "location"] {
            assert!(response.header(name).is_none(), "{name} passed");
        }
    });
}

/// Single-backend mode: the caller's view is the backend's, 401 included (S0-24).
#[test]
fn f39_in_single_backend_mode_even_a_401_is_verbatim() {
    let upstream = gateway_testkit::ScriptedUpstream::replying(Reply::text(401, "application/json", BODY));
    let gateway = gateway_testkit::GatewayUnderTest::start("", &[("BACKEND", "vllm"), ("BACKEND_URL", &upstream.url("")), ("LISTEN", "127.0.0.1:0")]);
    let response = gateway.send(&Request::chat("m", false));
    assert_eq!((response.status(), response.text().as_str()), (401, BODY));
}

#[test]
fn errors_may_be_masked_by_configuration() {
    let lab = Lab::start("[errors]\nupstream = \"mask\"\n", &[]);
    let response = lab.chat("mask", false, Reply::text(422, "application/json", BODY));
    assert_eq!(response.status(), 422);
    assert!(!response.text().contains("own words"), "{}", response.text());
    assert_error_headers("mask", &response);
}
