//! The real program, and a secret of its own for everybody: each is looked for in everything that everybody else gets.
//!
//! Every way in which a request can come to somebody else than it was written for is gone: failover, hedging, several
//! accounts, redirects, the caller's own endpoint, `/proxy`, lists of models, probes, dialects, a configuration that
//! names another address. Then what the upstreams received, what the client read, the log, the metrics, the status and
//! `explain` are searched. (An image's server is searched by the stories of images: the guard lets nobody fetch one
//! from this machine.)
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking"
)]

mod program;
mod world;

use gateway_testkit::{RawClient, Request, Response};
use serde_json::{Value, json};

use crate::{
    program::eventually,
    world::{BEHAVIOURS, CALLERS_KEY, GATEWAY_KEY, World},
};

const ENDPOINT: &str = "x-opengateway-vllm-endpoint";
const ENDPOINT_KEY: &str = "x-opengateway-vllm-api-key";
const SEQUENCE: &str = "x-opengateway-failover-sequence";

/// Providers that one alone is asked for, by the name in the configuration.
const PROVIDERS: &[&str] = &["first", "second", "claude", "gemini", "rock", "vllm"];

#[test]
fn a_secret_reaches_nobody_but_whom_it_is_for() {
    let world = World::start();
    let mut read = Reader::default();
    all_ways(&world, &mut read);
    world.assert_everybody_was_asked();
    world.assert_secrets_kept(&read.told);

    world.move_first();
    read.ask(&world, &Request::chat("first/good", false));
    eventually("the new address is asked", || {
        read.ask(&world, &Request::chat("first/good", false));
        world.moved_was_asked().then_some(())
    });
    all_ways(&world, &mut read);
    world.assert_secrets_kept(&read.told);

    let told = [
        world.explain("first/good"),
        world.explain("both-good"),
        world.check(),
    ]
    .concat();
    assert!(told.contains("first"), "{told}");
    world.assert_secrets_kept(&told);
    let log = world.stopped();
    assert!(
        log.contains("\"kind\":\"request\"") || log.contains("request_id"),
        "{log}"
    );
    world.assert_untold(&log);
}

/// All that a client reads.
#[derive(Default)]
struct Reader {
    told: String,
}

impl Reader {
    fn ask(&mut self, world: &World, request: &Request) -> Response {
        let carried = ["x-api-key", "api-key", "cookie", "x-goog-api-key"];
        let request = carried
            .iter()
            .fold(request.clone().bearer(GATEWAY_KEY), |request, name| {
                request.header(name, GATEWAY_KEY)
            });
        let response = RawClient::connect(world.address()).call(&request);
        self.told
            .push_str(&String::from_utf8_lossy(&response.head.raw));
        self.told.push_str(&response.text());
        response
    }
}

fn all_ways(world: &World, read: &mut Reader) {
    for behaviour in BEHAVIOURS {
        for stream in [false, true] {
            for pool in ["both", "hedged"] {
                read.ask(
                    world,
                    &Request::chat(&format!("{pool}-{behaviour}"), stream),
                );
            }
            for provider in PROVIDERS {
                read.ask(
                    world,
                    &Request::chat(&format!("{provider}/{behaviour}"), stream),
                );
            }
            for sequence in [
                r#"["first","second"]"#,
                r#"["vllm","claude"]"#,
                r#"["rock","gemini"]"#,
            ] {
                read.ask(
                    world,
                    &Request::chat(behaviour, stream).header(SEQUENCE, sequence),
                );
            }
            let callers = Request::chat(behaviour, stream).header(ENDPOINT, &world.callers_url());
            read.ask(world, &callers);
            read.ask(world, &callers.header(ENDPOINT_KEY, CALLERS_KEY));
        }
        for provider in PROVIDERS {
            let body = json!({"model": behaviour, "messages": []});
            let passed = Request::json(&format!("/proxy/{provider}/v1/chat/completions"), &body);
            read.ask(
                world,
                &passed
                    .header(ENDPOINT, &world.callers_url())
                    .header(ENDPOINT_KEY, CALLERS_KEY),
            );
            let embedded = json!({"model": format!("{provider}/{behaviour}"), "input": "x"});
            read.ask(world, &Request::json("/v1/embeddings", &embedded));
        }
    }
    for path in [
        "/v1/models",
        "/v1/models?provider=first",
        "/v1/models?provider=vllm",
        "/v1/capabilities",
        "/status",
        "/api/status",
        "/metrics",
        "/health",
        "/no-such-path",
    ] {
        let request = Request::get(path).header(ENDPOINT, &world.callers_url());
        read.ask(world, &request.header(ENDPOINT_KEY, CALLERS_KEY));
    }
}

/// The paths are gone for certain: a pool that moves on, and a second target beside one that takes longer.
#[test]
fn the_ways_that_are_searched_are_the_ways_that_are_gone() {
    let world = World::start();
    let mut read = Reader::default();
    let attempts =
        |response: &Response| response.header("x-attempts").unwrap_or_default().to_owned();
    let failed = attempts(&read.ask(&world, &Request::chat("both-down", false)));
    assert!(
        failed.contains("first=503") && failed.contains("second"),
        "{failed}"
    );
    let redirected = read.ask(&world, &Request::chat("first/redirect", false));
    assert!(redirected.status() >= 400, "{}", redirected.text());
    assert_eq!(
        read.ask(&world, &Request::chat("first/good", false))
            .status(),
        200
    );
    for provider in ["claude", "gemini", "rock"] {
        let response = read.ask(&world, &Request::chat(&format!("{provider}/good"), false));
        assert_eq!(response.status(), 200, "{provider}: {}", response.text());
    }
    let hedged = read.ask(&world, &Request::chat("hedged-slow", false));
    assert_eq!(hedged.status(), 200, "{}", hedged.text());
    assert!(
        attempts(&hedged).contains("second"),
        "{}",
        attempts(&hedged)
    );
    // An error is told in the upstream's words, without what the upstream was sent.
    let echoed: Value = read.ask(&world, &Request::chat("first/echo", false)).json();
    assert!(echoed.to_string().contains("content-type"), "{echoed}");
    eventually("a probe", || world.was_probed().then_some(()));
    world.assert_secrets_kept(&read.told);
}
