//! F55, of whole answers: the provider bills them whether or not somebody still waits, so they are awaited and counted.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use gateway_testkit::{Gate, RawClient, RecordedRequest, Reply, Request};

use crate::{
    h2_frames::Connection,
    support::{GOOD_CHAT, Lab},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for a whole answer, and gives the connection once the provider has heard of it.
fn ask(lab: &Lab, model: &str) -> (RawClient, Arc<RecordedRequest>) {
    let mut client = lab.gateway.client();
    client.send(&Request::chat(model, false).to_bytes("x")).unwrap();
    (client, heard(lab, model))
}

fn heard(lab: &Lab, model: &str) -> Arc<RecordedRequest> {
    let name = model.trim_start_matches("lab/").to_owned();
    lab.upstream.wait_for(PATIENCE, |request| request.model().as_deref() == Some(&name))
}

/// The value of the first sample of a metric that holds all of these texts.
fn metric(lab: &Lab, texts: &[&str]) -> Option<u64> {
    let metrics = lab.gateway.send(&Request::get("/metrics")).text();
    let line = metrics.lines().find(|line| !line.starts_with('#') && texts.iter().all(|text| line.contains(text)))?.to_owned();
    line.rsplit(' ').next()?.parse().ok()
}

fn detached(lab: &Lab) -> Option<u64> {
    metric(lab, &["gateway_detached_requests "])
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_whole_answer_is_awaited_and_counted() {
    let lab = Lab::start("", &[]);
    let gate = Gate::new();
    let slow = || Reply::text(200, "application/json", &GOOD_CHAT[..40]).gate(&gate).send(&GOOD_CHAT[40..]).chunked();
    let (one, other) = (lab.model("left", slow()), lab.model("left-stream", slow()));
    let (client, seen) = ask(&lab, &one);
    let mut multiplexed = Connection::open(lab.gateway.address(), 60_000);
    multiplexed.request(1, "POST", "/v1/chat/completions", &format!(r#"{{"model":"{other}","messages":[{{"role":"user","content":"x"}}]}}"#));
    let over_h2 = heard(&lab, &other);
    client.close();
    multiplexed.reset(1);
    wait_until("both run on", || detached(&lab) == Some(2));
    let status = lab.gateway.send(&Request::get("/status")).json();
    assert_eq!(status["in_flight_requests"], 1, "only this one is: {status}");
    assert!(seen.peer_left().is_none() && over_h2.peer_left().is_none());
    gate.open();
    wait_until("both are done", || detached(&lab) == Some(0));
    for (model, seen) in [(one, seen), (other, over_h2)] {
        let model = format!("model=\"{}\"", model.trim_start_matches("lab/"));
        wait_until("its answer was taken whole", || seen.answered().is_some());
        assert!(seen.peer_left().is_none(), "{model}");
        assert_eq!(metric(&lab, &["gateway_requests_total", &model, "status=\"499\""]), Some(1), "{model}");
        assert_eq!(metric(&lab, &["gateway_tokens_total", &model, "kind=\"input\""]), Some(3), "{model}");
    }
}

/// A form whose client goes in the middle of it ends there, and its provider is not to blame.
#[test]
fn half_a_form_is_given_up() {
    let lab = Lab::start("", &[]);
    let healthy = || lab.gateway.send(&Request::get("/status")).json()["channels"][0]["status"].clone();
    assert_eq!(lab.gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
    assert_eq!(healthy(), "up");
    let begin = "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nlab/form\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    let (path, kind) = ("/v1/audio/transcriptions", "multipart/form-data; boundary=B");
    let file = "a".repeat(10_000);
    for version in [1, 2] {
        let heads = lab.upstream.heads();
        let mut multiplexed = Connection::open(lab.gateway.address(), 60_000);
        let mut client = lab.gateway.client();
        if version == 1 {
            let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: 900000\r\n\r\n");
            client.send(format!("{head}{begin}{file}").as_bytes()).unwrap();
        } else {
            multiplexed.begin(1, "POST", path, kind);
            multiplexed.piece(1, begin);
            multiplexed.piece(1, &file);
        }
        wait_until("the upstream hears of it", || lab.upstream.heads() > heads);
        client.close();
        if version == 2 {
            multiplexed.reset(1);
        }
        let counted = || metric(&lab, &["gateway_request_duration_seconds_count", "operation=\"transcriptions\""]);
        wait_until("it is counted", || counted() == Some(version));
        assert_eq!((detached(&lab), healthy()), (Some(0), "up".into()), "HTTP/{version}");
    }
}

/// Nobody waits for ever, not even for what nobody waits for.
#[test]
fn it_ends_with_the_time_of_a_whole_answer() {
    let lab = Lab::configured(|config| config.replace("total = \"20s\"", "total = \"700ms\""));
    let (client, seen) = ask(&lab, &lab.model("left", Reply::never()));
    client.close();
    wait_until("it runs on", || detached(&lab) == Some(1));
    seen.wait_until_peer_left(Duration::from_secs(3));
    wait_until("it has ended", || detached(&lab) == Some(0));
    assert_eq!(metric(&lab, &["gateway_errors_total", "provider=\"lab\""]), Some(1));
}

/// There is a limit to how many run on; one more is cancelled, as all are where it is 0.
#[test]
fn only_so_many_run_on() {
    for most in [0, 1] {
        let lab = Lab::start(&format!("[limits]\nmax_detached_requests = {most}\n"), &[]);
        let asked: Vec<_> = (0..most + 1).map(|_| ask(&lab, &lab.model("left", Reply::never()))).collect();
        let mut seen = Vec::new();
        for (place, (client, request)) in asked.into_iter().enumerate() {
            client.close();
            if place < most {
                wait_until("it runs on", || detached(&lab) == Some(1));
            }
            seen.push(request);
        }
        seen[most].wait_until_peer_left(Duration::from_secs(3));
        assert_eq!(detached(&lab), Some(most as u64));
        assert!(seen[..most].iter().all(|request| request.peer_left().is_none()));
    }
}

/// A shutdown waits for them as for every other request, and no longer.
#[test]
fn a_shutdown_waits_for_them() {
    let gate = Gate::new();
    for (what, drain, reply) in [
        ("it answers", "10s", Reply::text(200, "application/json", &GOOD_CHAT[..40]).gate(&gate).send(&GOOD_CHAT[40..]).chunked()),
        ("it never answers", "1500ms", Reply::never()),
    ] {
        let lab = Lab::configured(|config| config.replace("[server]", &format!("[server]\ndrain_timeout = \"{drain}\"")));
        let (client, seen) = ask(&lab, &lab.model("left", reply));
        client.close();
        wait_until("it runs on", || detached(&lab) == Some(1));
        let stopping = lab.gateway.begin_shutdown();
        thread::sleep(Duration::from_millis(300));
        assert!(!stopping.is_finished() && seen.peer_left().is_none(), "{what}");
        gate.open();
        stopping.wait(PATIENCE);
        let answers = what == "it answers";
        wait_until(what, || (seen.answered().is_some(), seen.peer_left().is_some()) == (answers, !answers));
    }
}

/// What is passed on unread is nobody's to count, and ends with its caller.
#[test]
fn a_raw_request_ends_with_its_caller() {
    let lab = Lab::start("", &[]);
    lab.upstream.script("raw", Reply::never());
    let mut client = lab.gateway.client();
    client.send(&Request::post("/proxy/lab/chat/completions", r#"{"model":"raw","messages":[]}"#).to_bytes("x")).unwrap();
    let seen = heard(&lab, "raw");
    client.close();
    seen.wait_until_peer_left(Duration::from_secs(3));
    assert_eq!(detached(&lab), Some(0));
}
