//! Endpoints that are not called.

use std::net::TcpListener;

use gateway_testkit::{GatewayUnderTest, Reply, Request, Response};
use serde_json::Value;

use super::{CALLERS_KEY, ENDPOINT, GATEWAY_KEY, KEY, SEQUENCE, World, asking, calls, with_key};
use crate::support::{ONE_ATTEMPT, assert_error, each, good_upstream};

/// Spellings of places inside, `{port}` being a port at which this machine listens.
const REFUSED: &str = include_str!("../../../crates/gateway-client/tests/guard/refused.json");

/// Every address of this machine listens at one port, and counts.
struct Sink(Vec<TcpListener>, u16);

impl Sink {
    fn open() -> Self {
        let v4 = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = v4.local_addr().unwrap().port();
        let v6 = TcpListener::bind(("::1", port)).ok();
        let listeners: Vec<_> = std::iter::once(v4).chain(v6).collect();
        for listener in &listeners {
            listener.set_nonblocking(true).unwrap();
        }
        Self(listeners, port)
    }

    fn accepts(&self) -> usize {
        self.0.iter().map(|listener| std::iter::from_fn(|| listener.accept().ok()).count()).sum()
    }
}

#[track_caller]
fn assert_refused(what: &str, response: &Response) {
    assert_error(what, response, 400, "invalid_request", "invalid_header");
    assert_eq!(response.error()["param"], ENDPOINT, "{what}");
}

fn gateway(more: &str) -> GatewayUnderTest {
    GatewayUnderTest::start(&format!("[providers.lab]\nvendor = \"custom\"\nbase_url = \"http://127.0.0.1:9/v1\"\n{more}"), &with_key(&[]))
}

#[test]
fn it_is_off_until_it_is_configured_and_says_where() {
    let sink = Sink::open();
    for more in ["", "[caller_endpoints]\nports = [443]\naddresses = [\"0.0.0.0/0\"]\n"] {
        let gateway = gateway(more);
        for sequence in ["", r#"["vllm"]"#, r#"["lab"]"#] {
            let response = gateway.send(&asking(&format!("http://127.0.0.1:{}", sink.1), "m", false).header(SEQUENCE, sequence));
            assert_refused(sequence, &response);
            assert!(response.text().contains("[caller_endpoints]"), "{}", response.text());
        }
    }
    assert_eq!(sink.accepts(), 0);
}

#[test]
fn no_spelling_of_a_place_inside_is_called() {
    let sink = Sink::open();
    let gateway = gateway(&format!("[caller_endpoints]\npublic = true\nports = [80, 443, 8000, {}]\n", sink.1));
    let port = sink.1.to_string();
    let groups: Vec<Value> = serde_json::from_str(REFUSED).unwrap();
    let rows = groups.iter().flat_map(|group| group["urls"].as_array().unwrap());
    // The names of this list are for a resolver of its own; here the system's knows `localhost` only.
    let urls: Vec<String> = rows
        .filter(|row| row.get("leads_to").is_none() || row["url"].as_str().unwrap().contains("localhost"))
        .map(|row| row["url"].as_str().unwrap().replace("{port}", &port))
        .collect();
    assert!(urls.len() >= 150, "{}", urls.len());
    each(&urls, |url| {
        // What no header can carry is refused before it is read.
        let sendable = url.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) && url.trim() == url;
        if sendable {
            assert_refused(url, &gateway.send(&asking(url, "m", false).header(KEY, CALLERS_KEY)));
        }
    });
    assert_eq!(sink.accepts(), 0);
}

#[test]
fn a_listed_origin_is_that_origin_and_no_other() {
    let sink = Sink::open();
    let world = World::good();
    let port = world.callers.address().port();
    each(
        [
            format!("https://127.0.0.1:{port}"),
            format!("http://localhost:{port}"),
            format!("http://127.0.0.2:{port}"),
            format!("http://127.0.0.1:{}", sink.1),
            "http://127.0.0.1".to_owned(),
            format!("http://user@127.0.0.1:{port}"),
            format!("http://127.0.0.1:{port}?x=y"),
            format!("http://127.0.0.1:{port}#x"),
            format!("http://127.0.0.1:{port}/../v1"),
            format!("ftp://127.0.0.1:{port}"),
        ],
        |url| assert_refused(&url, &world.send(&asking(&url, "m", false))),
    );
    // However it is written, it is that address.
    assert_eq!(world.send(&asking(&format!("HTTP://0x7f.1:{port}/v1"), "m", false)).status(), 200);
    assert_eq!((world.calls(), sink.accepts()), ([0, 0, 1], 0));
}

/// What a name leads to inside, or that it leads nowhere, is one answer.
#[test]
fn a_name_inside_and_a_name_that_is_not_there_look_alike() {
    let gateway = gateway("[caller_endpoints]\npublic = true\n");
    let text = |host: &str| {
        let response = gateway.send(&asking(&format!("http://{host}:8000"), "m", false));
        assert_refused(host, &response);
        response.text()
    };
    assert_eq!(text("localhost"), text("no-such-name.invalid"));
    assert!(!text("localhost").contains("127.0.0.1"));
}

#[test]
fn where_a_redirect_points_nobody_goes() {
    let sink = Sink::open();
    let location = format!("http://127.0.0.1:{}/v1/chat/completions", sink.1);
    each([301_u16, 302, 303, 307, 308], |status| {
        let location = location.clone();
        let world = World::start(good_upstream, move |_| Reply::status(status).header("location", &location), ONE_ATTEMPT, &[]);
        for stream in [false, true] {
            let response = world.send(&world.ask("m", stream));
            assert_eq!(response.status(), 502, "{status}: {}", response.text());
        }
        assert_eq!(world.calls(), [0, 0, 2]);
    });
    assert_eq!(sink.accepts(), 0);
}

#[test]
fn a_key_goes_to_the_endpoint_or_nowhere() {
    let world = World::good();
    let response = world.send(&asking(&world.callers.url(""), "m", false).header(KEY, GATEWAY_KEY));
    assert_error("the gateway's own key", &response, 400, "invalid_request", "invalid_header");
    assert_eq!(response.error()["param"], KEY);
    assert!(!response.text().contains(GATEWAY_KEY));
    assert_eq!(world.calls(), [0, 0, 0]);
    // Without an endpoint it goes nowhere.
    let request = Request::chat("first/m", false).bearer(GATEWAY_KEY).header(KEY, CALLERS_KEY);
    assert_eq!(world.send(&request).status(), 200);
    let head = String::from_utf8_lossy(&calls(&world.first).pop().unwrap().head.raw).into_owned();
    assert!(!head.contains(CALLERS_KEY), "{head}");
}

#[test]
fn without_keys_it_is_for_loopback_only() {
    let config = "[caller_endpoints]\npublic = true\n";
    let open = |listen: &str| GatewayUnderTest::try_start(config, &[("LISTEN", listen), ("ALLOW_ANONYMOUS", "true")]).map(|_| ());
    assert!(open("127.0.0.1:0").is_ok());
    let problem = open("0.0.0.0:0").unwrap_err();
    assert!(problem.contains("caller_endpoints") && problem.contains("API_KEYS"), "{problem}");
    for (wrong, what) in [
        ("origins = [\"http://169.254.169.254\"]", "metadata"),
        ("origins = [\"https://a.example/v1\"]", "path"),
        ("origins = [\"a.example\"]", "must begin with"),
        ("origins = [\"https://u:p@a.example\"]", "user"),
        ("addresses = [\"10.0.0.1/8\"]", "range"),
        ("ports = [0]", "port 0"),
    ] {
        let problem = GatewayUnderTest::try_start(&format!("[caller_endpoints]\n{wrong}\n"), &[]).map(|_| ()).unwrap_err();
        assert!(problem.contains(what), "{wrong}: {problem}");
    }
}

/// A gateway that is told its own address as an endpoint does not call it.
#[test]
fn the_gateway_itself_is_no_endpoint() {
    let (gateway, own) = crate::loops::at_a_known_port(|own| format!("[caller_endpoints]\norigins = [\"http://{own}\"]\n[demo]\nenabled = true\n"), &[]);
    let response = gateway.send(&Request::chat("demo/echo", false).header(ENDPOINT, &format!("http://{own}/v1")));
    assert_refused("itself", &response);
}
