//! `GET /v1/models`: every provider's models in one list, whatever state the providers are in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use gateway_testkit::{GatewayUnderTest, Reply, Request, Response, ScriptedUpstream, upstream::ClosedPort};
use serde_json::{Value, json};

use crate::support::{Lab, UPSTREAM_KEY, assert_error, each, lab, model_list};

fn provider(name: &str, base: &str) -> String {
    format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{base}\"\napi_key = \"{UPSTREAM_KEY}\"\n")
}

fn start(providers: &str, more: &str) -> GatewayUnderTest {
    GatewayUnderTest::start(&format!("[server]\nlisten = [\"127.0.0.1:0\"]\n{more}\n{providers}"), &[])
}

fn ids(response: &Response) -> Vec<String> {
    let list = response.json();
    list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_list_aggregates_and_keeps_what_it_does_not_know() {
    let response = lab().gateway.send(&Request::get("/v1/models"));
    assert_eq!(response.status(), 200);
    let list = response.json();
    assert_eq!((list["object"].as_str(), list.get("provider")), (Some("list"), None));
    assert_eq!(ids(&response), ["lab/alpha", "lab/org/Beta-7B", "lab/gamma:1b"]);
    let first = &list["data"][0];
    assert_eq!(*first, json!({"id": "lab/alpha", "object": "model", "created": 1_700_000_000, "owned_by": "org", "max_model_len": 4096, "served_by": "lab"}));
    assert_eq!(lab().gateway.send(&Request::get("/models")).text(), response.text(), "also without /v1");
}

#[test]
fn one_model_is_found_however_its_slash_is_written() {
    let spellings = ["lab/org/Beta-7B", "lab%2Forg%2FBeta-7B", "lab%2forg/Beta-7B", "org/Beta-7B", "org%2FBeta-7B"];
    each(spellings, |spelling| {
        for prefix in ["/v1/models/", "/models/"] {
            let response = lab().gateway.send(&Request::get(&format!("{prefix}{spelling}")));
            assert_eq!(response.status(), 200, "{spelling}: {}", response.text());
            let model = response.json();
            assert_eq!((model["object"].as_str(), model["served_by"].as_str()), (Some("model"), Some("lab")), "{spelling}");
        }
    });
    each(["lab/gamma:1b", "lab%2Fgamma%3A1b", "gamma:1b"], |tagged| {
        assert_eq!(lab().gateway.send(&Request::get(&format!("/v1/models/{tagged}"))).status(), 200, "{tagged}");
    });
}

#[test]
fn a_filtered_list_names_its_provider() {
    let response = lab().gateway.send(&Request::get("/v1/models?provider=lab"));
    assert_eq!((response.status(), response.json()["provider"].as_str()), (200, Some("lab")));
    assert_eq!(response.json()["data"].as_array().unwrap().len(), 3);
}

/// A provider that fails is left out; the order is the configuration's; `created` is an integer everywhere.
#[test]
fn partial_failure_is_still_a_list() {
    let good = ScriptedUpstream::replying(Reply::json(200, &model_list(&["m1", "m2"])));
    let bare = ScriptedUpstream::replying(Reply::json(200, &json!({"data": [{"id": "anthropic-like", "display_name": "x"}, {"id": "m1"}]})));
    let broken = ScriptedUpstream::replying(Reply::text(500, "text/html", "<html>"));
    let silent = ScriptedUpstream::replying(Reply::never());
    let closed = ClosedPort::take();
    let providers = [
        provider("a-silent", &silent.url("/v1")),
        provider("b-good", &good.url("/v1")),
        provider("c-broken", &broken.url("/v1")),
        provider("d-bare", &bare.url("/v1")),
        provider("e-closed", &format!("http://{}/v1", closed.address())),
    ];
    let gateway = start(&providers.concat(), "[catalogue]\ndeadline = \"700ms\"\n");
    let began = Instant::now();
    let response = gateway.send(&Request::get("/v1/models"));
    let took = began.elapsed();
    assert_eq!(response.status(), 200, "{}", response.text());
    assert_eq!(ids(&response), ["b-good/m1", "b-good/m2", "d-bare/anthropic-like", "d-bare/m1"]);
    assert!(took < Duration::from_secs(3), "one deadline for all: {took:?}");
    each(response.json()["data"].as_array().unwrap(), |model| {
        assert!(model["created"].is_i64() && model["object"] == "model" && model["owned_by"].is_string(), "{model}");
    });
    let one = |name: &str| gateway.send(&Request::get(&format!("/v1/models?provider={name}")));
    assert_eq!((one("a-silent").status(), one("c-broken").status(), one("e-closed").status()), (504, 502, 502));
    assert!(one("c-broken").error()["type"].is_string());
    assert_eq!(ids(&one("b-good")).len(), 2);
    assert_eq!(gateway.send(&Request::get("/v1/models")).text(), response.text(), "the same bytes again");
}

#[test]
fn no_models_at_all_is_an_empty_list() {
    let closed = ClosedPort::take();
    let gateway = start(&provider("gone", &format!("http://{}/v1", closed.address())), "");
    let response = gateway.send(&Request::get("/v1/models"));
    assert_eq!((response.status(), response.json()), (200, json!({"object": "list", "data": []})));
}

/// The list is cached, and a stale one is served while a fresh one is fetched.
#[test]
fn the_list_is_cached_and_refreshed_behind_the_callers_back() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let upstream = ScriptedUpstream::start(move |_| {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        let reply = Reply::json(200, &model_list(&[&format!("m{number}")]));
        if number == 0 { reply } else { reply.slow_head(Duration::from_millis(300)) }
    });
    let gateway = start(&provider("p", &upstream.url("/v1")), "[catalogue]\nmax_age = \"400ms\"\ndeadline = \"5s\"\n");
    let list = || ids(&gateway.send(&Request::get("/v1/models")));
    assert_eq!(list(), ["p/m0"]);
    assert_eq!(list(), ["p/m0"]);
    assert_eq!(calls.load(Ordering::SeqCst), 1, "cached");
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    assert_eq!((list(), list()), (vec!["p/m0".to_owned()], vec!["p/m0".to_owned()]), "stale while it refreshes");
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(list(), ["p/m1"]);
    assert!(calls.load(Ordering::SeqCst) <= 3, "one refresh at a time");
}

#[test]
fn aliases_and_filters() {
    let more = "[models.smart]\ntargets = [\"lab/alpha\"]\n[models.secret]\ntargets = [\"lab/alpha\"]\nhidden = true\n";
    let aliased = Lab::start(more, &[]);
    let listed = ids(&aliased.gateway.send(&Request::get("/v1/models")));
    assert!(listed.contains(&"smart".to_owned()) && !listed.contains(&"secret".to_owned()), "{listed:?}");
    assert_eq!(aliased.gateway.send(&Request::get("/v1/models/smart")).status(), 200);
    let allowed = Lab::start("", &[("ALLOWED_MODELS", "LAB/ALPHA, gamma:1b")]);
    assert_eq!(ids(&allowed.gateway.send(&Request::get("/v1/models"))), ["lab/alpha", "lab/gamma:1b"]);
    let denied = Lab::start("", &[("DISALLOWED_MODELS", "alpha")]);
    assert_eq!(ids(&denied.gateway.send(&Request::get("/v1/models"))), ["lab/org/Beta-7B", "lab/gamma:1b"]);
    assert_error("denied", &denied.gateway.send(&Request::chat("lab/alpha", false)), 403, "permission_denied", "model_not_allowed");
    assert_eq!(denied.gateway.send(&Request::chat("lab/gamma:1b", false)).status(), 200);
}

/// S0-06: one backend's list is the backend's, byte for byte.
#[test]
fn single_backend_mode_lists_verbatim() {
    let raw = "{ \"object\":\"list\", \"data\":[{\"id\":\"Qwen/Qwen2.5-7B-Instruct\",\"object\":\"model\",\"owned_by\":\"vllm\",\"root\":\"x\",\"permission\":[{\"id\":\"p\"}],\"max_model_len\":1e4}] }\n";
    let upstream = ScriptedUpstream::replying(Reply::text(200, "application/json", raw));
    let gateway = GatewayUnderTest::start("", &[("BACKEND", "vllm"), ("BACKEND_URL", &upstream.url("")), ("LISTEN", "127.0.0.1:0")]);
    let response = gateway.send(&Request::get("/v1/models"));
    assert_eq!((response.status(), response.text().as_str()), (200, raw));
    assert_eq!(upstream.requests()[0].target(), "/v1/models");
    each(["Qwen/Qwen2.5-7B-Instruct", "Qwen%2FQwen2.5-7B-Instruct"], |spelling| {
        let one = gateway.send(&Request::get(&format!("/v1/models/{spelling}")));
        assert_eq!((one.status(), one.json()["root"].as_str()), (200, Some("x")), "{spelling}: {}", one.text());
    });
    let value: Value = response.json();
    assert!(value["data"][0].get("served_by").is_none());
}
