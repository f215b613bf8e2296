//! Canaries: each secret is looked for in everything that everybody else has received.

use gateway_testkit::{RecordedRequest, Reply, Request, ScriptedUpstream};

use super::{CALLERS_KEY, ENDPOINT, FIRST_KEY, GATEWAY_KEY, HEADER_SECRET, KEY, SEQUENCE, VLLM_KEY, World, asking};
use crate::support::{GOOD_STREAM, good_upstream};

/// Asserts that nothing of this is in anything that the upstream has received.
#[track_caller]
fn never_saw(what: &str, upstream: &ScriptedUpstream, canaries: &[&str]) {
    for request in upstream.requests() {
        let seen = [&request.head.raw[..], &request.body[..]].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        for canary in canaries {
            assert!(seen.iter().all(|text| !text.contains(canary)), "{what}: {canary} in {seen:?}");
        }
    }
}

/// What each may see is its own only.
#[track_caller]
fn assert_secrets_kept(what: &str, world: &World) {
    never_saw(what, &world.first, &[VLLM_KEY, GATEWAY_KEY, CALLERS_KEY]);
    never_saw(what, &world.vllm, &[FIRST_KEY, GATEWAY_KEY, CALLERS_KEY]);
    never_saw(what, &world.callers, &[FIRST_KEY, VLLM_KEY, HEADER_SECRET, GATEWAY_KEY]);
}

/// Every way in which a request can come to somebody else than it was written for.
fn all_ways(world: &World) {
    let sequences = [None, Some(r#"["first","vllm"]"#), Some(r#"["vllm","first"]"#), Some(r#"["vllm"]"#), Some(r#"["first"]"#)];
    for sequence in sequences {
        for stream in [false, true] {
            let asked = world.ask("m", stream).header("x-api-key", GATEWAY_KEY).header("cookie", GATEWAY_KEY).header("api-key", GATEWAY_KEY);
            let request = sequence.iter().fold(asked, |request, sequence| request.header(SEQUENCE, sequence));
            world.send(&request);
            let keyless = asking(&world.callers.url("/v1"), "m", stream);
            world.send(&sequence.iter().fold(keyless, |request, sequence| request.header(SEQUENCE, sequence)));
        }
    }
    for path in ["/proxy/first/v1/chat/completions", "/proxy/vllm/v1/chat/completions"] {
        let request = Request::post(path, r#"{"model":"m","messages":[]}"#).bearer(GATEWAY_KEY);
        world.send(&request.header(ENDPOINT, &world.callers.url("/v1")).header(KEY, CALLERS_KEY));
    }
    for path in ["/v1/models", "/v1/models?provider=vllm", "/v1/models?provider=first"] {
        world.send(&Request::get(path).bearer(GATEWAY_KEY).header(ENDPOINT, &world.callers.url("/v1")).header(KEY, CALLERS_KEY));
    }
}

#[test]
fn where_everybody_answers() {
    let world = World::good();
    all_ways(&world);
    assert!(world.calls().iter().all(|count| *count > 0), "{:?}", world.calls());
    assert_secrets_kept("good", &world);
}

#[test]
fn where_everybody_fails() {
    for (what, reply) in [
        ("503", Reply::status(503)),
        ("401", Reply::status(401)),
        ("429", Reply::status(429).header("retry-after", "0")),
        ("a stream that ends early", Reply::sse(&GOOD_STREAM[..1])),
    ] {
        let again = reply.clone();
        let world = World::start(move |_| reply.clone(), move |_| again.clone(), "[resilience]\nbreaker = false\n", &[]);
        all_ways(&world);
        assert!(world.calls()[0] > 0 && world.calls()[2] > 0, "{what}: {:?}", world.calls());
        assert_secrets_kept(what, &world);
    }
}

/// Each of them points to a third one, which nobody asks.
#[test]
fn where_everybody_points_elsewhere() {
    let elsewhere = ScriptedUpstream::start(good_upstream);
    for status in [301, 302, 307, 308] {
        let location = elsewhere.url("/v1/chat/completions");
        let redirect = move |_: &RecordedRequest| Reply::status(status).header("location", &location).header("refresh", &location).header("set-cookie", "a=b");
        let world = World::start(redirect.clone(), redirect, "[resilience]\nbreaker = false\n", &[]);
        all_ways(&world);
        assert!(world.calls().iter().all(|count| *count > 0), "{:?}", world.calls());
        assert_secrets_kept("redirects", &world);
    }
    assert_eq!(elsewhere.connections(), 0);
}

/// An endpoint that answers with what it was sent tells the caller nothing new.
#[test]
fn what_an_endpoint_echoes_holds_nothing_of_the_gateway() {
    let echo = |request: &RecordedRequest| {
        Reply::text(400, "application/json", serde_json::json!({"error": {"message": String::from_utf8_lossy(&request.head.raw)}}).to_string())
    };
    let world = World::start(good_upstream, echo, "", &[]);
    let response = world.send(&world.ask("m", false));
    assert_eq!(response.status(), 400);
    for canary in [FIRST_KEY, VLLM_KEY, HEADER_SECRET, GATEWAY_KEY, CALLERS_KEY] {
        assert!(!response.text().contains(canary), "{canary}: {}", response.text());
    }
}
