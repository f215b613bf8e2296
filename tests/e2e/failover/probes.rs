//! Model lists that are asked for to know whether a provider is there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use gateway_testkit::{GatewayUnderTest, Reply, Request, ScriptedUpstream};
use serde_json::{Value, json};

use crate::support::good_upstream;

const PATIENCE: Duration = Duration::from_secs(20);

fn channel(gateway: &GatewayUnderTest) -> Value {
    gateway.send(&Request::get("/status")).json()["channels"][0].clone()
}

#[track_caller]
fn wait_until(gateway: &GatewayUnderTest, is_so: impl Fn(&Value) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so(&channel(gateway)) {
        assert!(Instant::now() < deadline, "it does not come to that: {}", channel(gateway));
        thread::sleep(Duration::from_millis(20));
    }
}

/// A credential that is refused, and later is not: without a request the gateway knows of both.
#[test]
fn a_provider_is_known_to_be_away_and_back_without_a_request() {
    let refuses = Arc::new(AtomicBool::new(true));
    let theirs = Arc::clone(&refuses);
    let upstream = ScriptedUpstream::start(move |request| match theirs.load(Ordering::SeqCst) {
        true => Reply::json(401, &json!({"error": {"message": "no"}})).header("retry-after", "60"),
        false => good_upstream(request),
    });
    let config = format!(
        "[providers.lab]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"sk-0123456789\"\nprobe = \"1s\"\n[resilience]\nbreaker = true\n",
        upstream.url("/v1")
    );
    let gateway = GatewayUnderTest::start(&config, &[]);
    wait_until(&gateway, |channel| channel["circuits"][0]["state"] == "cooling");
    let away = channel(&gateway);
    assert_eq!((&away["status"], &away["last_checked"].is_u64()), (&json!("down"), &true), "{away}");
    assert_eq!(gateway.send(&Request::chat("lab/m", false)).status(), 503, "nobody is sent there");
    refuses.store(false, Ordering::SeqCst);
    wait_until(&gateway, |channel| channel["status"] == "up" && channel["circuits"] == json!([]));
    assert!(upstream.requests().iter().all(|request| request.path().ends_with("/models")), "a probe costs nothing");
    assert_eq!(gateway.send(&Request::chat("lab/m", false)).status(), 200);
    gateway.begin_shutdown().wait(PATIENCE);
}

/// A newer configuration goes on with a provider's probes, with one of them whatever came before, and ends those that it
/// does not want. What is counted of one provider is the clock for another, so that a busy machine changes nothing.
#[test]
fn probes_go_on_under_a_newer_configuration_once_each_and_end_with_the_wish() {
    let refuses = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&refuses);
    let stays = ScriptedUpstream::start(move |request| match theirs.load(Ordering::SeqCst) {
        true => Reply::json(401, &json!({"error": {"message": "no"}})).header("retry-after", "60"),
        false => good_upstream(request),
    });
    let comes_and_goes = ScriptedUpstream::start(good_upstream);
    let config = |probe: &str, more: &str| {
        format!(
            "[providers.stays]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"sk-0123456789\"\nprobe = \"1s\"\n\
             [providers.other]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"sk-0123456789\"\n{probe}\n{more}\n",
            stays.url("/v1"),
            comes_and_goes.url("/v1")
        )
    };
    let probe = "probe = \"1s\"";
    let gateway = GatewayUnderTest::start(&config(probe, ""), &[]);
    wait_for_lists(&stays, 2);
    // Four configurations in a row: whoever let the older ones ask as well would ask five times as often.
    for number in 0..4 {
        let alias = format!("[models.a{number}]\ntargets = [\"stays/alpha\"]\n");
        gateway.reload(&config(probe, &alias), &[]).unwrap();
    }
    let (before, others_before) = (lists(&stays), lists(&comes_and_goes));
    let began = Instant::now();
    wait_for_lists(&stays, before + 3);
    let most = began.elapsed().as_secs() as usize + 2;
    assert!(lists(&stays) - before <= most, "one list a second at most, not {} in {:?}", lists(&stays) - before, began.elapsed());
    assert!(lists(&comes_and_goes) > others_before, "the other one is asked as well");

    gateway.reload(&config("", ""), &[]).unwrap();
    let (clock, at_the_end) = (lists(&stays), lists(&comes_and_goes));
    wait_for_lists(&stays, clock + 3);
    assert!(lists(&comes_and_goes) <= at_the_end + 1, "but for one that was under way, none is asked for any more");

    // And what a probe finds out counts, whichever configuration it began under.
    refuses.store(true, Ordering::SeqCst);
    wait_until(&gateway, |channel| channel["status"] == "down");
    gateway.begin_shutdown().wait(PATIENCE);
}

fn lists(upstream: &ScriptedUpstream) -> usize {
    upstream.requests().iter().filter(|request| request.path().ends_with("/models")).count()
}

#[track_caller]
fn wait_for_lists(upstream: &ScriptedUpstream, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    while lists(upstream) < count {
        assert!(Instant::now() < deadline, "{} of {count} lists", lists(upstream));
        thread::sleep(Duration::from_millis(20));
    }
}
