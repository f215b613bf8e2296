//! The scripted upstream does what its script says, down to the framing and the way the connection ends.

use std::time::{Duration, Instant};

use gateway_testkit::{Gate, RawClient, Reply, Request, ScriptedUpstream, client::End, upstream};
use serde_json::json;

fn call(reply: Reply) -> gateway_testkit::Response {
    let upstream = ScriptedUpstream::replying(reply);
    RawClient::connect(upstream.address()).call(&Request::chat("m", false))
}

#[test]
fn a_whole_answer_and_what_was_asked() {
    let upstream =
        ScriptedUpstream::start(|request| Reply::json(200, &json!({"path": request.path()})));
    let mut client = RawClient::connect(upstream.address());
    for target in ["/a?x=1", "/b"] {
        let response = client.call(&Request::json(target, &json!({"model": "m"})).bearer("k"));
        assert_eq!((response.status(), response.end), (200, End::Complete));
        assert_eq!(response.json()["path"], target.split('?').next().unwrap());
    }
    let requests = upstream.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].target(), "/a?x=1");
    assert_eq!(requests[0].header("Authorization"), Some("Bearer k"));
    assert_eq!(
        (requests[1].model().as_deref(), upstream.connections()),
        (Some("m"), 1)
    );
}

#[test]
fn the_body_ends_as_scripted() {
    let stream = || Reply::sse(&["{}"]);
    let table = [
        (stream(), End::Complete),
        (stream().cut(), End::Closed),
        (stream().reset(), End::Reset),
        (stream().complete_then_reset(), End::Complete),
        (
            Reply::text(200, "text/plain", "abc")
                .content_length(10)
                .cut(),
            End::Closed,
        ),
        (
            Reply::text(200, "text/plain", "abc").until_close().http10(),
            End::Closed,
        ),
        (
            Reply::text(200, "text/plain", "abc").interim("HTTP/1.1 103 Early Hints"),
            End::Complete,
        ),
    ];
    for (reply, end) in table {
        let text = format!("{reply:?}");
        let response = call(reply);
        assert_eq!((response.status(), response.end), (200, end), "{text}");
        assert!(response.body.len() >= 3, "{text}");
    }
}

#[test]
fn a_trickle_takes_its_time_and_keeps_its_bytes() {
    let response = call(Reply::sse(&["{\"a\":1}"]).trickle(1, Duration::from_millis(5)));
    assert_eq!(response.events(), ["{\"a\":1}"]);
    assert!(response.pieces.last().unwrap().0 >= Duration::from_millis(50));
}

#[test]
fn a_gate_holds_the_script_until_it_is_opened() {
    let gate = Gate::new();
    let upstream = ScriptedUpstream::replying(Reply::sse(&["1"]).gate(&gate).event("2"));
    let mut client = RawClient::connect(upstream.address());
    let mut response = client.begin(&Request::chat("m", true));
    response.read_until("data: 1", Duration::from_secs(5));
    assert!(response.next_piece(Duration::from_millis(50)).is_none());
    gate.open();
    response.read_until("data: 2", Duration::from_secs(5));
}

#[test]
fn a_client_that_hangs_up_is_noticed_at_once() {
    let upstream = ScriptedUpstream::replying(Reply::sse(&["1"]).hang());
    let mut client = RawClient::connect(upstream.address());
    client
        .begin(&Request::chat("m", true))
        .read_until("data: 1", Duration::from_secs(5));
    let left = Instant::now();
    client.close();
    let noticed = upstream.requests()[0].wait_until_peer_left(Duration::from_secs(5));
    assert!(noticed.duration_since(left) < Duration::from_millis(200));
}

#[test]
fn a_model_may_have_its_own_script() {
    let upstream = ScriptedUpstream::replying(Reply::status(404));
    upstream.script("special", Reply::status(201));
    let mut client = RawClient::connect(upstream.address());
    assert_eq!(client.call(&Request::chat("other", false)).status(), 404);
    assert_eq!(client.call(&Request::chat("special", false)).status(), 201);
    assert_eq!(upstream.only_request_for("special").method(), "POST");
}

#[test]
fn no_answer_is_scripted_too() {
    for reply in [Reply::close_at_once(), Reply::reset_at_once()] {
        let upstream = ScriptedUpstream::replying(reply);
        let mut client = RawClient::connect(upstream.address());
        client.send(&Request::get("/").to_bytes("x")).unwrap();
        assert!(client.response().is_none());
    }
}

#[test]
#[should_panic(expected = "the upstream's script panicked: no such thing")]
fn a_panic_in_a_script_fails_the_test() {
    let upstream = ScriptedUpstream::start(|_| panic!("no such thing"));
    let mut client = RawClient::connect(upstream.address());
    client.send(&Request::get("/").to_bytes("x")).unwrap();
    assert!(client.response().is_none());
}

#[test]
fn sinks_refuse_or_keep_silent() {
    let closed = upstream::ClosedPort::take();
    let refused = std::net::TcpStream::connect(closed.address()).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    let full = upstream::FullBacklog::open();
    let silent = std::net::TcpStream::connect_timeout(&full.address(), Duration::from_millis(300))
        .unwrap_err();
    assert_eq!(silent.kind(), std::io::ErrorKind::TimedOut);
}
