//! Aliases as pools, and providers with several accounts: what the upstreams see of it.

use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream};
use serde_json::{Value, json};

use crate::support::good_upstream;

/// Every request here is the same, and so they are one conversation: it is not kept in one place, so that all are shared out.
const SHARED_OUT: &str = "[affinity]\nenabled = false\n";

/// Two providers, each with an upstream of its own, and more configuration text.
struct Pair {
    upstreams: [ScriptedUpstream; 2],
    gateway: GatewayUnderTest,
}

impl Pair {
    fn start(more: &str) -> Self {
        let upstreams = [ScriptedUpstream::start(good_upstream), ScriptedUpstream::start(good_upstream)];
        let provider = |name: &str, upstream: &ScriptedUpstream| format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{}\"\n", upstream.url("/v1"));
        let [first, second] = &upstreams;
        let config = format!("{}{}{SHARED_OUT}{more}", provider("first", first), provider("second", second));
        let gateway = GatewayUnderTest::start(&config, &[]);
        Self { upstreams, gateway }
    }

    fn chat(&self, model: &str) -> Response {
        self.gateway.send(&Request::chat(model, false))
    }

    /// How many calls for a model each upstream has seen.
    fn calls(&self, model: &str) -> [usize; 2] {
        self.upstreams.each_ref().map(|upstream| upstream.requests_for(model).len())
    }
}

fn attempts(response: &Response) -> &str {
    response.header("x-attempts").unwrap_or("none")
}

#[test]
fn requests_are_shared_out_as_the_strategy_says() {
    let pair = Pair::start(
        "[models.weighted]\nstrategy = \"weighted\"\ntargets = [{ target = \"first/w\", weight = 3 }, \"second/w\"]\n\
         [models.turns]\nstrategy = \"round_robin\"\ntargets = [\"first/t\", \"second/t\"]\n\
         [models.spare]\nstrategy = \"weighted\"\ntargets = [{ target = \"first/s\", weight = 0 }, \"second/s\"]\n\
         [models.soonest]\nstrategy = \"least_latency\"\ntargets = [\"first/l\", \"second/l\"]\n",
    );
    for _ in 0..200 {
        assert_eq!(pair.chat("weighted").status(), 200);
    }
    let [first, second] = pair.calls("w");
    // Seven standard deviations: this does not fail by chance.
    assert!(first + second == 200 && (107..=193).contains(&first), "{first} to {second}");
    for _ in 0..20 {
        pair.chat("turns");
        pair.chat("spare");
    }
    assert_eq!((pair.calls("t"), pair.calls("s")), ([10, 10], [0, 20]));
    // The stand-in is asked when the other one cannot.
    pair.upstreams[1].script("s", Reply::status(503));
    assert_eq!(attempts(&pair.chat("spare")), "second=503,first=200");
    // Both are tried once; then the one that failed at once is not taken for the fastest.
    pair.upstreams[0].script("l", Reply::status(500));
    for _ in 0..20 {
        assert_eq!(pair.chat("soonest").status(), 200);
    }
    assert!(pair.calls("l")[0] <= 2, "{:?}", pair.calls("l"));
}

const KEYS: [&str; 3] = ["sk-account-one-5d1f", "sk-account-two-a07c", "sk-account-three-93be"];

fn key_of(request: &RecordedRequest) -> usize {
    let credential = request.header("authorization").unwrap_or_default().to_owned();
    KEYS.iter().position(|key| credential == format!("Bearer {key}")).unwrap()
}

fn accounts(upstream: &ScriptedUpstream) -> GatewayUnderTest {
    let config = format!("[providers.lab]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_keys = {KEYS:?}\n", upstream.url("/v1"));
    GatewayUnderTest::start(&format!("{config}{SHARED_OUT}"), &[])
}

#[test]
fn a_refused_credential_disables_that_account_alone() {
    let upstream = ScriptedUpstream::start(|request| match key_of(request) {
        1 => Reply::json(401, &json!({"error": {"message": "wrong key"}})),
        _ => good_upstream(request),
    });
    let gateway = accounts(&upstream);
    let seen: Vec<String> = (0..12).map(|_| attempts(&gateway.send(&Request::chat("lab/m", false))).to_owned()).collect();
    let failed = seen.iter().filter(|text| text.contains("lab#2=401")).count();
    assert_eq!(failed, 1, "{seen:?}");
    assert!(seen.iter().all(|text| text.ends_with("=200") && !text.contains("lab#2=200")), "{seen:?}");
    let share = |account: &str| seen.iter().filter(|text| text.ends_with(&format!("lab#{account}=200"))).count();
    assert!(share("1") >= 5 && share("3") >= 5, "{seen:?}");

    let status = gateway.send(&Request::get("/status")).json();
    let channels = status["channels"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = channels.iter().map(|channel| (&channel["id"], &channel["status"])).collect();
    assert_eq!(told, [(&json!("lab#1"), &json!("up")), (&json!("lab#2"), &json!("down")), (&json!("lab#3"), &json!("up"))]);
    let circuit = &channels[1]["circuits"][0];
    assert_eq!((&circuit["account"], &circuit["model"], &circuit["state"]), (&json!("2"), &Value::Null, &json!("cooling")));
    let metrics = gateway.send(&Request::get("/metrics")).text();
    for line in [
        r#"gateway_attempts_total{provider="lab",account="2",outcome="credential_refused"} 1"#,
        r#"gateway_circuits{provider="lab",account="2",state="cooling"} 1"#,
        r#"gateway_circuits{provider="lab",account="1",state="cooling"} 0"#,
    ] {
        assert!(metrics.lines().any(|text| text == line), "{line}\n{metrics}");
    }
    // The list of models comes through an account that is well; no credential is anywhere in what was told.
    let told = format!("{status}{metrics}{seen:?}");
    assert!(KEYS.iter().all(|key| !told.contains(key)));
}

#[test]
fn a_rate_limit_moves_to_the_next_account_and_a_failing_host_does_not() {
    let upstream = ScriptedUpstream::start(|request| match (request.model().as_deref(), key_of(request)) {
        (Some("limited"), 0) => Reply::json(429, &json!({"error": {"message": "slow down"}})),
        (Some("down"), _) => Reply::status(503),
        _ => good_upstream(request),
    });
    let gateway = accounts(&upstream);
    let seen: Vec<String> = (0..6).map(|_| attempts(&gateway.send(&Request::chat("lab/limited", false))).to_owned()).collect();
    assert_eq!(seen.iter().filter(|text| text.contains("lab#1=429")).count(), 1, "{seen:?}");
    assert!(seen.iter().all(|text| text.ends_with("=200")), "{seen:?}");
    let down = gateway.send(&Request::chat("lab/down", false));
    assert_eq!((down.status(), attempts(&down).matches("=503").count()), (503, 3), "three attempts in all");
}

#[test]
fn parameters_are_set_at_their_target_and_every_other_byte_stays() {
    let pair = Pair::start(
        "[models.p]\ntargets = [\n\
         { target = \"first/p\", parameters = { temperature = 0, seed = 7 }, defaults = { max_tokens = 9, stop = [\"x\"] }, remove = [\"top_k\"] },\n\
         \"second/p\" ]\n",
    );
    pair.upstreams[0].script("p", Reply::status(503));
    let body = r#"{ "top_k":1, "model":"p", "x":1e2, "messages":[{"role":"user","content":"\u0068i"}], "temperature":1.0, "max_tokens":null }"#;
    let response = pair.gateway.send(&Request::post("/v1/chat/completions", body));
    assert_eq!(attempts(&response), "first=503,second=200");
    let [first, second] = pair.upstreams.each_ref().map(|upstream| String::from_utf8(upstream.only_request_for("p").body.to_vec()).unwrap());
    assert_eq!(second, body, "nothing of the first target's is left");
    let expected = r#"{ "model":"p", "x":1e2, "messages":[{"role":"user","content":"\u0068i"}], "temperature":0, "max_tokens":null,"stop":["x"],"seed":7 }"#;
    assert_eq!(first.replace(' ', ""), expected.replace(' ', ""));
    assert!(first.contains(r#""model":"p", "x":1e2, "messages":[{"role":"user","content":"\u0068i"}], "#), "{first}");
    assert!(first.contains(r#""temperature":0, "max_tokens":null"#), "{first}");
}

#[test]
fn a_form_goes_as_it_is_and_says_what_was_not_set() {
    let pair = Pair::start("[models.hear]\ntargets = [{ target = \"first/f\", parameters = { temperature = 0 }, remove = [\"language\"] }]\n");
    let field = |name: &str, value: &str| format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let form = format!("{}{}{}--B--\r\n", field("model", "hear"), field("language", "en"), field("file\"; filename=\"a.wav", "RIFF"));
    let request = Request::post("/v1/audio/transcriptions", form).without("content-type").header("content-type", "multipart/form-data; boundary=B");
    let response = pair.gateway.send(&request);
    assert_eq!((response.status(), response.header("x-gateway-dropped")), (200, Some("temperature, language")), "{}", response.text());
    let requests = pair.upstreams[0].requests();
    let sent = requests.iter().find(|request| request.path().ends_with("/transcriptions")).unwrap();
    let sent = String::from_utf8_lossy(&sent.body).into_owned();
    assert!(sent.contains(&field("model", "f")) && sent.contains(&field("language", "en")), "{sent}");
}

#[test]
fn a_wildcard_keeps_what_it_matched_and_the_most_specific_one_counts() {
    let pair = Pair::start(
        "[models.\"claude-*\"]\ntargets = [\"first/c-*\"]\n[models.\"claude-haiku-*\"]\ntargets = [\"second/h-*\"]\n\
         [models.\"*-latest\"]\ntargets = [\"second/latest-*\"]\n",
    );
    for (model, provider, upstream_model) in [("claude-opus", "first", "c-opus"), ("claude-haiku-4", "second", "h-4"), ("gpt-latest", "second", "latest-gpt")] {
        let response = pair.chat(model);
        assert_eq!((response.header("x-selected-provider"), response.header("x-selected-model")), (Some(provider), Some(upstream_model)), "{model}");
    }
    assert_eq!(pair.chat("claude-").status(), 404);
}

#[test]
fn an_aliases_times_stand_above_the_providers() {
    let pair = Pair::start("[models.quick]\ntargets = [\"first/q\"]\ntimeouts = { total = \"300ms\" }\n");
    for upstream in &pair.upstreams {
        upstream.script("q", Reply::never());
    }
    let response = pair.chat("quick");
    assert_eq!((response.status(), response.error()["code"].as_str()), (504, Some("deadline_exceeded")), "{}", response.text());
    assert_eq!(attempts(&response), "first=deadline_exceeded");
}
