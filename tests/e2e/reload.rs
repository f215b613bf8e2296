//! Another configuration for a running gateway: what is under way goes on, what comes after is served by the new one.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use gateway_testkit::{
    Gate, GatewayUnderTest, RawClient, Reply, Request, ScriptedUpstream,
    client::End,
    upstream::{AUTHORITY_PEM, CERTIFICATE_PEM, PRIVATE_KEY_PEM, SIGNED_CERTIFICATE_PEM, SIGNED_KEY_PEM},
};
use serde_json::{Value, json};

use crate::connections::curl;
use crate::support::{FINISH, GOOD_CHAT, HELLO, Lab, ONE_ATTEMPT, UPSTREAM_KEY, assert_error, good_upstream, lab_config};

const PATIENCE: Duration = Duration::from_secs(10);

/// A lab's configuration with one caller's key and one alias.
fn with_alias(upstream: &ScriptedUpstream, key: &str, alias: &str) -> String {
    format!("{}\n[auth]\napi_keys = [\"team={key}\"]\n[models.{alias}]\ntargets = [\"lab/alpha\"]\n", lab_config(upstream))
}

fn chat(gateway: &GatewayUnderTest, key: &str, model: &str) -> (u16, String) {
    let answer = gateway.send(&Request::chat(model, false).bearer(key));
    let code = if answer.status() == 200 { String::new() } else { answer.error()["code"].as_str().unwrap_or_default().to_owned() };
    (answer.status(), code)
}

fn answer(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_stream_runs_over_it_and_new_requests_have_the_new_alias_and_key() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let gate = Gate::new();
    upstream.script("alpha", Reply::sse(&[HELLO]).gate(&gate).event(FINISH).done());
    let gateway = GatewayUnderTest::start(&with_alias(&upstream, "first-key-0123456789", "before"), &[]);
    let mut client = gateway.client();
    let mut stream = client.begin(&Request::chat("before", true).bearer("first-key-0123456789"));
    stream.read_until("Hello", PATIENCE);

    let reloaded = gateway.reload(&with_alias(&upstream, "other-key-0123456789", "after"), &[]).unwrap();
    assert_eq!((reloaded.generation, reloaded.after_restart), (2, Vec::new()));
    upstream.script("alpha", Reply::text(200, "application/json", GOOD_CHAT));
    assert_eq!(chat(&gateway, "other-key-0123456789", "after"), answer(200, ""));
    assert_eq!(chat(&gateway, "other-key-0123456789", "before"), answer(404, "model_not_found"));
    assert_eq!(chat(&gateway, "first-key-0123456789", "after"), answer(401, "invalid_api_key"));

    gate.open();
    let whole = stream.collect();
    assert_eq!(whole.end, End::Complete);
    assert_eq!(whole.events().last().map(String::as_str), Some("[DONE]"), "{}", whole.text());
    // The connection outlives it as well, and its next request is the new configuration's.
    assert_eq!(client.call(&Request::chat("after", false).bearer("first-key-0123456789")).status(), 401);
    assert_eq!(client.call(&Request::chat("after", false).bearer("other-key-0123456789")).status(), 200);
}

#[test]
fn what_is_wrong_changes_nothing_and_is_told_to_those_with_a_key() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let good = with_alias(&upstream, "first-key-0123456789", "before");
    let gateway = GatewayUnderTest::start(&good, &[]);
    let status = |key: Option<&str>| -> Value {
        let request = Request::get("/status");
        let request = key.map_or(request.clone(), |key| request.bearer(key));
        gateway.send(&request).json()["configuration"].clone()
    };
    assert_eq!((&status(None)["generation"], &status(None)["last_reload"]), (&json!(1), &Value::Null));

    let why = gateway.reload(&good.replace("[auth]", "[auht]"), &[]).unwrap_err();
    assert!(why.contains("auht"), "{why}");
    assert_eq!(chat(&gateway, "first-key-0123456789", "before"), answer(200, ""));
    let (stranger, known) = (status(None), status(Some("first-key-0123456789")));
    assert_eq!((&stranger["generation"], &stranger["last_reload"]), (&json!(1), &json!("refused")));
    assert!(stranger.get("last_error").is_none() && !stranger.to_string().contains("gateway.toml"), "{stranger}");
    assert!(known["last_error"]["message"].as_str().is_some_and(|text| text.contains("auht")), "{known}");
    assert!(!known.to_string().contains(UPSTREAM_KEY) && !known.to_string().contains("first-key"), "{known}");

    gateway.reload(&good, &[]).unwrap();
    let known = status(Some("first-key-0123456789"));
    assert_eq!((&known["generation"], &known["last_reload"], &known["last_error"]), (&json!(2), &json!("ok"), &Value::Null));
    let metrics = gateway.send(&Request::get("/metrics").bearer("first-key-0123456789")).text();
    for line in ["gateway_config_reloads_total{result=\"ok\"} 1\n", "gateway_config_reloads_total{result=\"refused\"} 1\n"] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[test]
fn what_needs_a_restart_is_named() {
    let lab = Lab::start("", &[]);
    let other = lab_config(&lab.upstream).replace("[server]", "[server]\nheader_timeout = \"3s\"\nheartbeat = \"3s\"\n");
    let other = format!("{other}\n[metrics]\nlisten = \"127.0.0.1:0\"\n");
    let reloaded = lab.gateway.reload(&other, &[]).unwrap();
    assert_eq!(reloaded.after_restart, ["metrics.listen"]);
    assert_eq!(lab.gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
}

#[test]
fn a_provider_that_is_gone_ends_its_streams_whole_and_is_gone_for_others() {
    let (stays, goes) = (ScriptedUpstream::start(good_upstream), ScriptedUpstream::start(good_upstream));
    let second = format!("[providers.second]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"k-0123456789\"\n", goes.url("/v1"));
    let gateway = GatewayUnderTest::start(&format!("{}\n{second}", lab_config(&stays)), &[]);
    let gate = Gate::new();
    goes.script("slow", Reply::sse(&[HELLO]).gate(&gate).event(FINISH).done());
    let mut client = gateway.client();
    let mut stream = client.begin(&Request::chat("second/slow", true));
    stream.read_until("Hello", PATIENCE);

    gateway.reload(&lab_config(&stays), &[]).unwrap();
    assert_error("gone", &gateway.send(&Request::chat("second/alpha", false)), 404, "not_found", "model_not_found");
    assert_eq!(gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
    gate.open();
    assert_eq!(stream.collect().events().last().map(String::as_str), Some("[DONE]"));
    let listed = gateway.send(&Request::get("/v1/models")).text();
    assert!(listed.contains("lab/alpha") && !listed.contains("second/"), "{listed}");
}

/// T2: whoever gets a provider's name and not its credential, gets nothing of it.
#[test]
fn another_origin_never_gets_the_old_credential() {
    let (own, foreign) = (ScriptedUpstream::start(good_upstream), ScriptedUpstream::start(good_upstream));
    let gateway = GatewayUnderTest::start(&lab_config(&own), &[]);
    assert_eq!(gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
    let moved = lab_config(&own).replace(&own.url("/v1"), &foreign.url("/v1")).replace(&format!("api_key = \"{UPSTREAM_KEY}\""), "");
    gateway.reload(&moved, &[]).unwrap();
    assert_eq!(gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
    assert_eq!(gateway.send(&Request::get("/proxy/lab/models")).status(), 200);
    assert!(foreign.requests().len() >= 3, "chat, list and raw request");
    for request in foreign.requests() {
        let head = String::from_utf8_lossy(&request.head.raw).into_owned();
        assert!(request.header("authorization").is_none() && !head.contains(UPSTREAM_KEY), "{head}");
    }
}

/// What is down stays down, and what is connected stays connected.
#[test]
fn a_provider_that_stays_keeps_its_circuits_lists_and_connections() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let config = lab_config(&upstream).replace(ONE_ATTEMPT, "");
    let gateway = GatewayUnderTest::start(&config, &[]);
    assert_eq!(gateway.send(&Request::chat("lab/alpha", false)).status(), 200);
    upstream.script("beta", Reply::json(401, &json!({"error": {"message": "no"}})));
    gateway.send(&Request::chat("lab/beta", false));
    let (connections, requests) = (upstream.connections(), upstream.requests().len());

    gateway.reload(&format!("{config}\n[models.more]\ntargets = [\"lab/alpha\"]\n"), &[]).unwrap();
    let refused = gateway.send(&Request::chat("more", false));
    assert_eq!((refused.status(), refused.error()["code"].as_str()), (503, Some("no_healthy_backend")), "{}", refused.text());
    assert_eq!(gateway.send(&Request::get("/v1/models")).status(), 200);
    assert_eq!((upstream.connections(), upstream.requests().len()), (connections, requests), "nothing was asked anew");

    let mended = config.replace(UPSTREAM_KEY, "sk-another-0123456789");
    gateway.reload(&mended, &[]).unwrap();
    let asked = gateway.send(&Request::chat("lab/alpha", false));
    assert_eq!(asked.status(), 200, "a new credential is tried at once: {}", asked.text());
}

/// Certificates are renewed every few weeks; the files stay where they are.
#[test]
fn a_renewed_certificate_is_shown_and_half_a_renewal_is_not_taken_up() {
    let upstream = ScriptedUpstream::start(good_upstream);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (certificate, key) = (file("cert.pem", CERTIFICATE_PEM), file("key.pem", PRIVATE_KEY_PEM));
    let (before, after) = (file("before.pem", CERTIFICATE_PEM), file("after.pem", AUTHORITY_PEM));
    let config = format!("{}\n[server.tls]\ncert_path = {certificate:?}\nkey_path = {key:?}\n", lab_config(&upstream));
    let gateway = GatewayUnderTest::start(&config, &[]);
    let url = gateway.url("/health").replace("http:", "https:");
    let told = |trusted: &str| curl(&["--cacert", trusted, &url]).1;
    assert_eq!(told(&before), "2 200");

    file("cert.pem", SIGNED_CERTIFICATE_PEM);
    let why = gateway.reload(&config, &[]).unwrap_err();
    assert!(why.contains("certificate and key"), "{why}");
    assert_eq!(told(&before), "2 200");

    file("key.pem", SIGNED_KEY_PEM);
    assert_eq!(gateway.reload(&config, &[]).unwrap().after_restart, Vec::<&str>::new());
    assert_eq!(told(&after), "2 200");
}

/// Whoever is connected stays so, and there is room for one more or not.
#[test]
fn bounds_of_connections_hold_for_those_to_come() {
    let lab = Lab::start("[limits]\nmax_connections = 1\n", &[]);
    let reload = |limits: &str| {
        let reloaded = lab.gateway.reload(&format!("{}\n[limits]\n{limits}\n", lab_config(&lab.upstream)), &[]).unwrap();
        assert_eq!(reloaded.after_restart, Vec::<&str>::new());
    };
    let health = Request::get("/health");
    let is_served = |client: &mut RawClient| client.send(&health.to_bytes("x")).is_ok() && client.response().is_some_and(|answer| answer.status() == 200);
    let mut first = lab.gateway.client();
    assert!(is_served(&mut first) && !is_served(&mut lab.gateway.client()), "there is one place");

    reload("max_connections = 2\nmax_headers = 50");
    let mut second = lab.gateway.client();
    assert!(is_served(&mut second) && is_served(&mut first), "there are two");
    assert!(!is_served(&mut lab.gateway.client()), "and no third");

    reload("max_connections = 1");
    assert!(is_served(&mut second) && is_served(&mut first), "nobody is sent away");

    reload("max_connections = 9\nmax_connections_per_ip = 1");
    let mut third = lab.gateway.client();
    assert!(is_served(&mut third), "the others began without a bound for their address");
    assert!(!is_served(&mut lab.gateway.client()), "this one did not");
}

/// A token of Google's is good for an hour. Whoever puts another credentials file there means that one.
#[test]
fn another_credentials_file_is_used_at_once_and_the_same_one_is_not_asked_for_again() {
    let login = ScriptedUpstream::start(|request| {
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let token = ["first", "second"].into_iter().find(|name| form.contains(&format!("refresh_token={name}")));
        Reply::json(200, &json!({"access_token": format!("token-of-{}", token.unwrap_or("nobody")), "expires_in": 3600}))
    });
    let vertex =
        ScriptedUpstream::replying(Reply::json(200, &json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]})));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.json");
    let write = |refresh_token: &str| {
        let file = json!({
            "type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": refresh_token, "token_uri": login.url("/token"),
        });
        std::fs::write(&path, file.to_string()).unwrap();
    };
    let config = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\n[providers.vertex]\nbase_url = \"{}\"\n\
         variables = {{ location = \"global\", project = \"p\", credentials_file = {path:?} }}\n",
        vertex.url("")
    );
    write("first");
    let gateway = GatewayUnderTest::start(&config, &[]);
    let sent_with = || {
        let answer = gateway.send(&Request::chat("vertex/gemini-2.5-flash", false));
        assert_eq!(answer.status(), 200, "{}", answer.text());
        vertex.requests().last().and_then(|request| request.header("authorization").map(str::to_owned))
    };
    assert_eq!(sent_with().as_deref(), Some("Bearer token-of-first"));

    gateway.reload(&config, &[]).unwrap();
    assert_eq!(sent_with().as_deref(), Some("Bearer token-of-first"));
    assert_eq!(login.requests().len(), 1, "the token is kept with its provider");

    write("second");
    gateway.reload(&config, &[]).unwrap();
    assert_eq!(sent_with().as_deref(), Some("Bearer token-of-second"));

    std::fs::remove_file(&path).unwrap();
    gateway.reload(&config, &[]).unwrap();
    assert_eq!(sent_with().as_deref(), Some("Bearer token-of-second"), "a file that is gone takes nothing away");
}

/// Fifty configurations under traffic: nobody notices, and the provider that stays keeps its few connections.
#[test]
fn fifty_of_them_under_traffic_fail_no_request_and_open_no_connections() {
    const CALLERS: usize = 4;
    let (stays, changes) = (ScriptedUpstream::start(good_upstream), ScriptedUpstream::start(good_upstream));
    let config = |number: usize| {
        format!(
            "{}\n[providers.changes]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"k-{number:012}\"\n[models.one]\ntargets = [\"lab/alpha\"]\n",
            lab_config(&stays),
            changes.url("/v1")
        )
    };
    let gateway = GatewayUnderTest::start(&config(0), &[]);
    let (done, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (gateway, done, served) = (&gateway, &done, &served);
            scope.spawn(move || {
                let mut client = gateway.client();
                let mut number = 0;
                while !done.load(Ordering::Relaxed) || number < 20 {
                    let model = ["one", "lab/alpha", "changes/alpha"][number % 3];
                    let stream = (number + caller).is_multiple_of(2);
                    let response = client.call(&Request::chat(model, stream));
                    assert_eq!((response.status(), &response.end), (200, &End::Complete), "{model}: {}", response.text());
                    number += 1;
                }
                served.fetch_add(number, Ordering::Relaxed);
            });
        }
        for number in 1..=50 {
            assert_eq!(gateway.reload(&config(number), &[]).unwrap().generation, number as u64 + 1);
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(served.load(Ordering::Relaxed) >= CALLERS * 20);
    // One for each caller's thread of work, and one for the list.
    assert!(stays.connections() <= 2 * CALLERS as u64 + 1, "{}", stays.connections());
    let keys: std::collections::HashSet<_> = changes.requests().iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert!(keys.len() > 2, "new credentials are in use: {keys:?}");
}
