//! Providers that are left alone: what the client gets meanwhile, and what the operator can see.

use gateway_testkit::{GatewayUnderTest, Reply, Request, ScriptedUpstream, client::End};
use serde_json::{Value, json};

use super::{BOTH, Pair, SEQUENCE, attempts};
use crate::support::{HELLO, ROLE, assert_error};

const ALONE: &str = r#"["first"]"#;

fn circuits(pair: &Pair) -> Vec<Value> {
    let status = pair.gateway.send(&Request::get("/status")).json();
    let channels = status["channels"].as_array().unwrap().clone();
    let first = channels.into_iter().find(|channel| channel["id"] == "first").unwrap();
    first["circuits"].as_array().unwrap().clone()
}

fn metric(pair: &Pair, line: &str) -> bool {
    pair.gateway.send(&Request::get("/metrics")).text().lines().any(|text| text == line)
}

#[test]
fn a_failing_target_is_left_alone_and_everybody_can_see_it() {
    let pair = Pair::failing(Reply::status(503));
    assert!(circuits(&pair).is_empty());
    for _ in 0..5 {
        assert_eq!(attempts(&pair.chat(BOTH, false)), "first=503,second=200");
    }
    for stream in [false, true] {
        assert_eq!(attempts(&pair.chat(BOTH, stream)), "second=200");
    }
    let shown = circuits(&pair);
    let [circuit] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!((&circuit["model"], &circuit["state"]), (&json!("m"), &json!("open")));
    assert!(circuit["until"].is_u64() && circuit["reason"] == "its last requests failed (503)", "{circuit}");
    for line in [
        r#"gateway_circuits{provider="first",state="open"} 1"#,
        r#"gateway_circuits{provider="second",state="open"} 0"#,
        r#"gateway_attempts_total{provider="first",outcome="server_error"} 5"#,
        r#"gateway_attempts_total{provider="second",outcome="ok"} 7"#,
    ] {
        assert!(metric(&pair, line), "{line}\n{}", pair.gateway.send(&Request::get("/metrics")).text());
    }
    // F56: with nobody left the answer comes at once.
    let response = pair.chat(ALONE, false);
    assert_error("F56", &response, 503, "backend_unreachable", "no_healthy_backend");
    assert_eq!((response.header("x-should-retry"), attempts(&response)), (Some("true"), ""));
    let wait: u64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(response.error()["message"], "No provider can take the request now: first: its last requests failed (503).");
    assert_eq!(pair.calls().0, 5);
    // Another model of the same provider is none of this.
    assert_eq!(attempts(&pair.gateway.send(&Request::chat("first/other", false))), "first=503,first=503");
}

#[test]
fn a_refused_credential_rests_with_its_whole_provider() {
    let pair = Pair::failing(Reply::json(401, &json!({"error": {"message": "wrong key"}})));
    assert_eq!(attempts(&pair.chat(BOTH, false)), "first=401,second=200");
    assert_eq!(attempts(&pair.chat(BOTH, true)), "second=200");
    let response = pair.gateway.send(&Request::chat("first/another-model", false));
    assert_error("401", &response, 503, "backend_unreachable", "no_healthy_backend");
    assert_eq!(response.error()["message"], "No provider can take the request now: first: its credential was refused (401).");
    assert_eq!(circuits(&pair)[0]["model"], Value::Null);
    assert!(metric(&pair, r#"gateway_circuits{provider="first",state="cooling"} 1"#));
}

/// What happens to a stream after its beginning is remembered as well.
#[test]
fn streams_that_break_count() {
    let pair = Pair::failing(Reply::stream().event(ROLE).event(HELLO));
    for _ in 0..5 {
        let response = pair.chat(BOTH, true);
        assert_eq!((response.status(), attempts(&response)), (200, "first=200"));
        assert!(response.text().contains("backend_stream_truncated"), "{}", response.text());
    }
    assert_eq!(attempts(&pair.chat(BOTH, true)), "second=200");
}

/// So does what happens to bytes that nobody looks into; and silence does not last for ever there either.
#[test]
fn sound_that_breaks_off_counts() {
    let broken: [fn() -> Reply; 2] =
        [|| Reply::text(200, "audio/mpeg", "first").content_length(500).cut(), || Reply::text(200, "audio/mpeg", "first").content_length(500).hang()];
    for reply in broken {
        let pair = Pair::failing(reply());
        let ask = || pair.gateway.send(&Request::post("/v1/audio/speech", r#"{"model":"m","input":"x","voice":"v"}"#).header(SEQUENCE, BOTH));
        for _ in 0..5 {
            let response = ask();
            assert_eq!((response.status(), attempts(&response), response.text().as_str()), (200, "first=200", "first"));
            assert!(matches!(response.end, End::Closed | End::Reset), "{:?}", response.end);
        }
        assert_eq!(attempts(&ask()), "second=200");
    }
}

/// One backend is passed through: its own words, each time, and nothing tried in the caller's place.
#[test]
fn a_single_backend_answers_for_itself() {
    let body = r#"{"error": {"message": "mine"} }"#;
    let upstream = ScriptedUpstream::replying(Reply::text(500, "application/json", body));
    let url = upstream.url("");
    let start = |more: &str| GatewayUnderTest::start(more, &[("BACKEND", "vllm"), ("BACKEND_URL", url.as_str())]);
    let gateway = start("");
    for _ in 0..8 {
        let response = gateway.send(&Request::chat("m", false));
        assert_eq!((response.status(), response.text().as_str(), response.header("x-should-retry")), (500, body, Some("true")));
    }
    assert_eq!(upstream.requests_for("m").len(), 8);
    let gateway = start("[resilience]\nattempts = 3\nbreaker = true\n");
    for _ in 0..8 {
        gateway.send(&Request::chat("n", false));
    }
    assert_eq!(upstream.requests_for("n").len(), 5, "unless the operator says otherwise");
}
