//! What the gateway takes at one time is bounded: beyond it a request is told so at once, and told when to come back.

use std::{
    thread,
    time::{Duration, Instant},
};

use gateway_testkit::{Gate, RawClient, Reply, Request, Response};

use crate::support::{Lab, assert_error, each};

const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway that holds one body of this size, and no other besides.
fn tight() -> Lab {
    Lab::start("[limits]\nmax_request_body = \"1MiB\"\nmax_request_memory = \"1MiB\"\n", &[])
}

/// A chat request of about 700 KB.
fn large(model: &str) -> Request {
    let text = "a".repeat(700_000);
    Request::post("/v1/chat/completions", format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"{text}"}}]}}"#))
}

#[track_caller]
fn assert_overloaded(response: &Response) {
    assert_error("a second body", response, 503, "overloaded", "overloaded");
    assert_eq!((response.header("x-should-retry"), response.header("retry-after")), (Some("true"), Some("1")), "{:?}", response.head);
}

#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to that");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends all but the end of a request, and waits until the gateway has read it: then there is no room for a second.
fn half_sent(lab: &Lab, bytes: &[u8]) -> RawClient {
    let mut client = lab.gateway.client();
    let head = String::from_utf8_lossy(bytes).find("\r\n\r\n").unwrap() + 4;
    client.send(&bytes[..bytes.len() - 2]).unwrap();
    wait_until(|| lab.gateway.held_body_bytes() == bytes.len() - 2 - head);
    client
}

#[test]
fn bodies_together_take_a_bounded_memory() {
    let lab = tight();
    let bytes = large("lab/alpha").to_bytes("x");
    let mut first = half_sent(&lab, &bytes);
    let began = Instant::now();
    assert_overloaded(&lab.gateway.send(&large("lab/alpha")));
    assert!(began.elapsed() < Duration::from_secs(1), "it is told at once, not after {:?}", began.elapsed());
    assert_eq!(lab.gateway.send(&Request::chat("lab/alpha", false)).status(), 200, "small ones find room");
    first.send(&bytes[bytes.len() - 2..]).unwrap();
    assert_eq!(first.response().unwrap().status(), 200);
    // Nothing of it is left, however often and in whatever way a body ends.
    each(0..5, |_| {
        assert_eq!(lab.gateway.send(&large("lab/alpha")).status(), 200);
        assert_eq!(lab.gateway.send(&large("nowhere/alpha")).status(), 404);
    });
    wait_until(|| lab.gateway.held_body_bytes() == 0);
}

/// Two bodies that do not fit together and arrive side by side: the one of which more is there comes to its end, and the one
/// that has hardly begun is told so before it has sent the rest.
#[test]
fn who_has_begun_comes_to_the_end() {
    let lab = tight();
    let bytes = large("lab/alpha").to_bytes("x");
    let head = String::from_utf8_lossy(&bytes).find("\r\n\r\n").unwrap() + 4;
    let (mut ahead, mut behind) = (lab.gateway.client(), lab.gateway.client());
    ahead.send(&bytes[..head + 600_000]).unwrap();
    wait_until(|| lab.gateway.held_body_bytes() == 600_000);
    behind.send(&bytes[..head + 30_000]).unwrap();
    assert_overloaded(&behind.response().unwrap());
    wait_until(|| lab.gateway.held_body_bytes() == 600_000);
    ahead.send(&bytes[head + 600_000..]).unwrap();
    assert_eq!(ahead.response().unwrap().status(), 200);
}

/// A body that never comes to its end holds nothing once its client has gone.
#[test]
fn a_client_that_leaves_gives_its_memory_back() {
    let lab = tight();
    half_sent(&lab, &large("lab/alpha").to_bytes("x")).close();
    wait_until(|| lab.gateway.held_body_bytes() == 0);
    assert_eq!(lab.gateway.send(&large("lab/alpha")).status(), 200);
}

/// A body counts until the provider has it, and not for as long as the provider answers.
#[test]
fn a_body_that_was_sent_on_counts_no_more() {
    let lab = tight();
    let gate = Gate::new();
    let model = lab.model("slow-stream", Reply::sse(&[crate::support::HELLO]).gate(&gate).event(crate::support::FINISH).done());
    let mut client = lab.gateway.client();
    let body = String::from_utf8(large(&model).to_bytes("x").to_vec()).unwrap();
    let (_, json) = body.split_once("\r\n\r\n").unwrap();
    let streaming = Request::post("/v1/chat/completions", json.replacen('{', "{\"stream\":true,", 1));
    let mut response = client.begin(&streaming);
    response.read_until("Hello", PATIENCE);
    assert_eq!(lab.gateway.send(&large("lab/alpha")).status(), 200);
    gate.open();
    assert_eq!(response.collect().status(), 200);
}

/// A body that is refused while it arrives ends its connection, which the answer says: on a connection that is closed without
/// a word the client's next request fails. What has arrived whole ends nothing.
#[test]
fn a_refusal_in_the_middle_of_a_body_says_that_the_connection_ends() {
    let lab = tight();
    let mut client = lab.gateway.client();
    client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n{").unwrap();
    let refused = client.response().unwrap();
    assert_eq!((refused.status(), refused.header("connection")), (413, Some("close")), "{:?}", refused.head);
    assert!(client.response().is_none(), "and it ends");
    let mut client = lab.gateway.client();
    let unread = Request::post("/v1/nothing", "{}");
    each(0..2, |_| {
        let refused = client.call(&unread);
        assert_eq!((refused.status(), refused.header("connection")), (404, None), "{:?}", refused.head);
    });
    assert_eq!(client.call(&Request::chat("lab/alpha", false)).status(), 200);
}

/// A form flows through, so that it may be larger than what is held.
#[test]
fn what_flows_is_not_held() {
    let lab = Lab::start("[limits]\nmax_request_body = \"8MiB\"\nmax_request_memory = \"8MiB\"\n", &[]);
    lab.upstream.script("flowing", Reply::text(200, "application/json", "{\"text\":\"ok\"}"));
    let file = "a".repeat(5 << 20);
    let form = format!(
        "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nflowing\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n{file}\r\n--B--\r\n"
    );
    let held = lab.model("held", Reply::text(200, "application/json", "{}").slow_head(Duration::from_secs(2)));
    let mut waiting = lab.gateway.client();
    let text = "a".repeat(5 << 20);
    let chat = Request::post("/v1/chat/completions", format!(r#"{{"model":"{held}","messages":[{{"role":"user","content":"{text}"}}]}}"#));
    waiting.send(&chat.to_bytes("x")).unwrap();
    lab.upstream.wait_for(PATIENCE, |request| request.path().ends_with("/chat/completions"));
    for path in ["/v1/audio/transcriptions", "/proxy/lab/v1/audio/transcriptions"] {
        let form = if path.starts_with("/v1") { form.replace("flowing", "lab/flowing") } else { form.clone() };
        let request = Request::post(path, form).without("content-type").header("content-type", "multipart/form-data; boundary=B");
        let response = lab.gateway.send(&request);
        assert_eq!(response.status(), 200, "{path}: {}", response.text());
    }
}
