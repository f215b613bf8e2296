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
