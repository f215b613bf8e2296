//! Shutting down in good order: not ready at once, no new work, and open streams end by themselves.

use std::{thread, time::Duration};

use gateway_testkit::{Gate, RawClient, Reply, Request, client::End};

use crate::support::{FINISH, GOOD_CHAT, HELLO, Lab};

const PATIENCE: Duration = Duration::from_secs(10);

fn lab(drain: &str) -> Lab {
    Lab::configured(|config| config.replace("[server]", &format!("[server]\ndrain_timeout = \"{drain}\"")))
}

#[test]
fn open_streams_finish() {
    let lab = lab("10s");
    let gate = Gate::new();
    let model = lab.model("drain", Reply::sse(&[HELLO]).gate(&gate).event(FINISH).done());
    let mut client = lab.gateway.client();
    let mut response = client.begin(&Request::chat(&model, true));
    response.read_until("Hello", PATIENCE);
    let mut kept: RawClient = lab.gateway.client();
    assert_eq!(kept.call(&Request::get("/readyz")).status(), 200);

    let address = lab.gateway.address();
    let stopping = lab.gateway.begin_shutdown();
    thread::sleep(Duration::from_millis(300));
    // A connection that was kept alive either is closed or hears that the server is not ready any more.
    if kept.send(&Request::get("/readyz").to_bytes("x")).is_ok()
        && let Some(answer) = kept.response()
    {
        assert_eq!(answer.status(), 503, "{}", answer.text());
    }
    assert!(std::net::TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_err(), "no new connections");
    assert!(!stopping.is_finished(), "the stream is still open");
    gate.open();
    let whole = response.collect();
    assert_eq!(whole.end, End::Complete);
    assert_eq!(whole.events().last().map(String::as_str), Some("[DONE]"));
    assert_ne!(whole.header("connection"), Some("close"));
    stopping.wait(PATIENCE);
}

#[test]
fn a_whole_answer_finishes_too() {
    let lab = lab("10s");
    let gate = Gate::new();
    let model = lab.model("drain-whole", Reply::text(200, "application/json", &GOOD_CHAT[..40]).gate(&gate).send(&GOOD_CHAT[40..]).chunked());
    let address = lab.gateway.address();
    let reader = thread::spawn(move || RawClient::connect(address).call(&Request::chat(&model, false)));
    lab.upstream.wait_for(PATIENCE, |request| request.method() == "POST");
    let stopping = lab.gateway.begin_shutdown();
    thread::sleep(Duration::from_millis(100));
    gate.open();
    assert_eq!(reader.join().unwrap().text(), GOOD_CHAT);
    stopping.wait(PATIENCE);
}

/// A stream that outlives the grace hears why it ends.
#[test]
fn the_grace_has_an_end() {
    let lab = lab("400ms");
    let model = lab.model("drain-late", Reply::sse(&[HELLO]).hang());
    let mut client = lab.gateway.client();
    let mut response = client.begin(&Request::chat(&model, true));
    response.read_until("Hello", PATIENCE);
    let stopping = lab.gateway.begin_shutdown();
    let whole = response.collect();
    assert_eq!(whole.end, End::Complete, "{}", whole.text());
    let last = whole.chunks().pop().unwrap();
    assert_eq!(last["error"]["type"], "server_shutting_down", "{}", whole.text());
    assert!(!whole.text().contains("[DONE]"));
    stopping.wait(PATIENCE);
}

#[test]
fn an_idle_gateway_stops_at_once() {
    let lab = lab("10s");
    let mut kept = lab.gateway.client();
    assert_eq!(kept.call(&Request::get("/health")).status(), 200);
    lab.gateway.begin_shutdown().wait(Duration::from_secs(2));
}

/// So does a caller whose answer has not begun: it gets an error with a status, not a closed connection.
#[test]
fn the_grace_has_an_end_before_the_answer_too() {
    for stream in [true, false] {
        let lab = lab("400ms");
        let model = lab.model("drain-never", Reply::never());
        let address = lab.gateway.address();
        let reader = thread::spawn(move || RawClient::connect(address).call(&Request::chat(&model, stream)));
        lab.upstream.wait_for(PATIENCE, |request| request.method() == "POST");
        let stopping = lab.gateway.begin_shutdown();
        let response = reader.join().unwrap();
        assert_eq!((response.status(), response.error()["code"].as_str()), (503, Some("draining")), "{}", response.text());
        stopping.wait(PATIENCE);
    }
}
