//! Two upstreams at once: the slower one sees its client go.

use std::time::Duration;

use gateway_testkit::{Gate, GatewayUnderTest, Reply, Request, ScriptedUpstream};

use crate::support::{FINISH, HELLO, good_upstream};

const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway with an alias `m` of two upstreams, of which the first hangs at this reply.
fn start(first: &Reply) -> (ScriptedUpstream, ScriptedUpstream, GatewayUnderTest) {
    let (first, second) = (ScriptedUpstream::replying(first.clone()), ScriptedUpstream::start(good_upstream));
    let provider = |name: &str, upstream: &ScriptedUpstream| {
        format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"sk-0123456789\"\n", upstream.url("/v1"))
    };
    let alias = "[models.m]\ntargets = [\"first/x\", \"second/y\"]\nhedge = \"100ms\"\n";
    let config = format!("{}{}{alias}", provider("first", &first), provider("second", &second));
    let gateway = GatewayUnderTest::start(&config, &[]);
    (first, second, gateway)
}

#[test]
fn the_loser_is_cancelled_and_the_winner_is_relayed_whole() {
    // One has no head, one has a head and no event: neither has begun to answer.
    for slow in [Reply::never(), Reply::stream().send(": waiting\n\n").hang()] {
        for stream in [false, true] {
            let (first, second, gateway) = start(&slow);
            let answer = gateway.send(&Request::chat("m", stream));
            assert_eq!((answer.status(), answer.header("x-attempts")), (200, Some("first=cancelled,second=200")));
            assert_eq!(answer.header("x-selected-provider"), Some("second"));
            assert_eq!(answer.text().contains("[DONE]"), stream, "{}", answer.text());
            let loser = first.only_request_for("x");
            loser.wait_until_peer_left(PATIENCE);
            assert_eq!(second.requests_for("y").len(), 1);
            let metrics = gateway.send(&Request::get("/metrics")).text();
            assert!(metrics.contains("gateway_attempts_total{provider=\"first\",outcome=\"cancelled\"} 1"), "{metrics}");
            let status = gateway.send(&Request::get("/status")).json();
            assert_eq!(status["channels"][0]["circuits"].as_array().map(Vec::len), Some(0), "{status}");
        }
    }
}

/// The first comes after all: then it is the second that goes.
#[test]
fn who_was_asked_first_may_win_still() {
    let gate = Gate::new();
    let (first, second, gateway) = start(&Reply::stream().gate(&gate).event(HELLO).event(FINISH).done());
    second.script("y", Reply::never());
    let mut client = gateway.client();
    client.send(&Request::chat("m", true).to_bytes("x")).unwrap();
    let loser = second.wait_for(PATIENCE, |request| request.model().as_deref() == Some("y"));
    gate.open();
    let answer = client.response().unwrap();
    assert_eq!((answer.status(), answer.header("x-attempts")), (200, Some("second=cancelled,first=200")));
    loser.wait_until_peer_left(PATIENCE);
    assert_eq!(first.requests_for("x").len(), 1);
}

/// A client that goes takes both with it, where they are streams.
#[test]
fn a_client_that_goes_ends_both() {
    let (first, second, gateway) = start(&Reply::never());
    second.script("y", Reply::never());
    let mut client = gateway.client();
    client.send(&Request::chat("m", true).to_bytes("x")).unwrap();
    let other = second.wait_for(PATIENCE, |request| request.model().as_deref() == Some("y"));
    client.close();
    other.wait_until_peer_left(PATIENCE);
    first.only_request_for("x").wait_until_peer_left(PATIENCE);
}
