//! What the configuration and the headers have to do with an upstream's error.

use std::{collections::HashSet, sync::Mutex};

use gateway_testkit::{GatewayUnderTest, Reply, Request, Response, ScriptedUpstream};

use crate::support::{Lab, UPSTREAM_KEY, assert_error_headers, each, good_upstream, lab, lab_config};

const BODY: &str = "{ \"error\": {\"message\": \"the upstream's own words \\u00e9\", \"type\": \"x\", \"code\": null, \"extra\": 1.50} }\n";

fn both(reply: &Reply) -> [Response; 2] {
    [false, true].map(|stream| lab().chat("status", stream, reply.clone()))
}

/// A kept-alive connection that the upstream closes while the next request is under way is nobody's fault: the
/// request goes out once more on a fresh one.
#[test]
fn f6_a_reused_connection_that_was_closed_is_tried_once_more() {
    let used = Mutex::new(HashSet::new());
    let upstream = ScriptedUpstream::start(move |request| {
        let is_fresh = used.lock().unwrap().insert(request.connection);
        if request.model().as_deref() == Some("second") && !is_fresh { Reply::reset_at_once() } else { good_upstream(request) }
    });
    let gateway = GatewayUnderTest::start(&lab_config(&upstream), &[]);
    assert_eq!(gateway.send(&Request::chat("lab/first", false)).status(), 200);
    let response = gateway.send(&Request::chat("lab/second", false));
    let tries: Vec<u64> = upstream.requests_for("second").iter().map(|request| request.connection).collect();
    assert!(response.status() == 200 && tries.len() == 2 && tries[0] != tries[1], "{tries:?} {}", response.text());
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
    let upstream = ScriptedUpstream::replying(Reply::text(401, "application/json", BODY));
    let gateway = GatewayUnderTest::start("", &[("BACKEND", "vllm"), ("BACKEND_URL", &upstream.url("")), ("LISTEN", "127.0.0.1:0")]);
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

/// Whoever sends the caller elsewhere is not followed, and does not send the caller there either.
#[test]
fn f48_nobody_goes_where_a_redirect_points() {
    let elsewhere = ScriptedUpstream::replying(Reply::text(200, "application/json", BODY));
    each([301, 302, 303, 307, 308], |status| {
        for response in both(&Reply::status(status).header("location", &elsewhere.url("/v1/chat/completions"))) {
            assert_eq!(response.status(), 502);
            assert!(response.header("location").is_none() && !response.text().contains(&elsewhere.address().to_string()));
        }
    });
    assert_eq!(elsewhere.connections(), 0);
}
