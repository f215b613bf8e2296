//! Gateways that lead to each other, and one that leads to itself.

use gateway_testkit::{GatewayUnderTest, Request, ScriptedUpstream};

use crate::support::{ONE_ATTEMPT, assert_error, good_upstream};

/// A gateway that knows its own address, which its configuration is made of.
pub(crate) fn at_a_known_port(config: impl Fn(&str) -> String, environment: &[(&str, &str)]) -> (GatewayUnderTest, String) {
    // Between asking for a free port and listening there, somebody else may take it.
    for _ in 0..20 {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = free.local_addr().unwrap().to_string();
        drop(free);
        let listen = [("LISTEN", own.as_str())];
        let environment: Vec<_> = listen.iter().chain(environment).copied().collect();
        if let Ok(gateway) = GatewayUnderTest::try_start(&config(&own), &environment) {
            return (gateway, own);
        }
    }
    panic!("no port is free")
}

/// A gateway with one provider, `next`.
fn gateway(next: &str) -> GatewayUnderTest {
    GatewayUnderTest::start(&format!("[providers.next]\nvendor = \"custom\"\nbase_url = \"{next}\"\n{ONE_ATTEMPT}"), &[])
}

#[test]
fn a_gateway_that_leads_to_itself_says_so_at_once() {
    let config = |own: &str| format!("[providers.self]\nvendor = \"custom\"\nbase_url = \"http://{own}/v1\"\n{ONE_ATTEMPT}");
    let (gateway, _) = at_a_known_port(config, &[]);
    for stream in [false, true] {
        let response = gateway.send(&Request::chat("self/self/self/m", stream));
        assert_error("chat", &response, 508, "invalid_request", "loop_detected");
        assert_eq!((response.header("x-attempts"), response.header("x-should-retry")), (Some("self=508"), Some("false")));
    }
    let response = gateway.send(&Request::get("/proxy/self/v1/models"));
    assert_eq!((response.status(), response.error()["code"].as_str()), (508, Some("loop_detected")));
    // Its own list of models is not asked for by its own list of models.
    let response = gateway.send(&Request::get("/v1/models"));
    assert_eq!((response.status(), response.json()["data"].as_array().map(Vec::len)), (200, Some(0)), "{}", response.text());
}

#[test]
fn three_gateways_in_a_row_pass_a_request_and_a_fourth_does_not() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let third = gateway(&upstream.url("/v1"));
    let second = gateway(&third.url("/v1"));
    let first = gateway(&second.url("/v1"));
    let response = first.send(&Request::chat("next/next/next/m", false));
    assert_eq!(response.status(), 200, "{}", response.text());
    let seen = upstream.only_request_for("m");
    let way: Vec<&str> = seen.header("x-gateway-hops").unwrap().split(',').collect();
    assert_eq!(way.len(), 3, "{way:?}");
    assert!(way[0] != way[1] && way[1] != way[2] && way.iter().all(|id| id.len() == 16), "{way:?}");

    let before = gateway(&first.url("/v1"));
    let response = before.send(&Request::chat("next/next/next/next/m", false));
    assert_error("four", &response, 508, "invalid_request", "loop_detected");
    assert_eq!(upstream.requests_for("m").len(), 1);
}

#[test]
fn a_header_that_is_no_gateways_is_refused_and_none_is_made_up() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let gateway = gateway(&upstream.url("/v1"));
    let response = gateway.send(&Request::chat("next/m", false).header("x-gateway-hops", "a b;c"));
    assert_error("hops", &response, 400, "invalid_request", "invalid_header");
    assert_eq!(gateway.send(&Request::chat("next/m", false).header("x-gateway-hops", "other")).status(), 200);
    let seen = upstream.only_request_for("m");
    assert!(seen.header("x-gateway-hops").unwrap().starts_with("other,"), "{:?}", seen.header("x-gateway-hops"));
    assert_eq!(seen.head.count("x-gateway-hops"), 1);
}
