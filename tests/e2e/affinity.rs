//! Conversations stay with the target that answered, and opaque state goes only where it is understood.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream};
use serde_json::{Value, json};

use crate::support::good_upstream;

const KEYS: &str = "[auth]\napi_keys = [\"sk-alice\", \"sk-bob\"]\n";

/// An upstream whose status the test sets; with 200 it answers well.
struct Upstream {
    upstream: ScriptedUpstream,
    status: Arc<AtomicU16>,
}

impl Upstream {
    fn start(good: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static) -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let theirs = Arc::clone(&status);
        let upstream = ScriptedUpstream::start(move |request| match theirs.load(Ordering::SeqCst) {
            200 => good(request),
            status => Reply::json(status, &json!({"error": {"message": "scripted", "type": "scripted"}})),
        });
        Self { upstream, status }
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// What it was asked, the list of models aside.
    fn asked(&self) -> Vec<Arc<RecordedRequest>> {
        let requests = self.upstream.requests();
        requests.into_iter().filter(|request| request.method() == "POST").collect()
    }
}

/// Two plain providers behind the alias `both`.
struct Pair {
    first: Upstream,
    second: Upstream,
    gateway: GatewayUnderTest,
}

impl Pair {
    fn start(more: &str) -> Self {
        let (first, second) = (Upstream::start(|request| answer(request, "first")), Upstream::start(|request| answer(request, "second")));
        let config = format!(
            "{}{}{KEYS}[models.both]\ntargets = [\"first/x\", \"second/x\"]\n{more}",
            provider("first", "custom", &first.upstream.url("/v1")),
            provider("second", "custom", &second.upstream.url("/v1")),
        );
        let gateway = GatewayUnderTest::start(&config, &[]);
        Self { first, second, gateway }
    }

    /// Who answers.
    #[track_caller]
    fn chat(&self, key: &str, stream: bool, change: impl FnOnce(Request) -> Request) -> String {
        let response = self.gateway.send(&change(Request::chat("both", stream).bearer(key)));
        assert_eq!(response.status(), 200, "{}", response.text());
        response.header("x-selected-provider").unwrap().to_owned()
    }
}

fn answer(request: &RecordedRequest, name: &str) -> Reply {
    if request.path().ends_with("/responses") {
        return Reply::json(200, &json!({"id": format!("resp_{name}"), "object": "response", "status": "completed", "output": []}));
    }
    good_upstream(request)
}

fn provider(name: &str, vendor: &str, url: &str) -> String {
    format!("[providers.{name}]\nvendor = \"{vendor}\"\nbase_url = \"{url}\"\napi_key = \"sk-{name}\"\n")
}

#[test]
fn turns_stay_where_they_are_and_move_with_a_fault_for_good() {
    let pair = Pair::start("");
    let named = |name: &'static str| move |request: Request| request.header("x-gateway-conversation", name);
    for stream in [false, true] {
        let name = if stream { "streamed" } else { "whole" };
        assert_eq!(pair.chat("sk-alice", stream, named(name)), "first");
        pair.first.answers(500);
        assert_eq!(pair.chat("sk-alice", stream, named(name)), "second");
        pair.first.answers(200);
        // The first is well again. The conversation stays, whichever way it goes on; all others begin at the first.
        for stream in [true, false] {
            assert_eq!(pair.chat("sk-alice", stream, named(name)), "second");
        }
        assert_eq!(pair.chat("sk-alice", stream, named("another")), "first");
        assert_eq!(pair.chat("sk-bob", stream, named(name)), "first", "nobody moves another's conversation");
    }
}

#[test]
fn agents_ids_in_the_body_and_the_beginning_tell_conversations_apart() {
    let pair = Pair::start("");
    let said = |text: &str, more: &[(&str, &str)]| {
        let mut body = json!({"model": "both", "messages": [{"role": "user", "content": text}]});
        for (name, value) in more {
            body[*name] = (*value).into();
        }
        move |request: Request| request.body(body.to_string())
    };
    let session = |name: &'static str| move |request: Request| request.header("x-claude-code-session-id", name);
    pair.first.answers(500);
    assert_eq!(pair.chat("sk-alice", false, session("s1")), "second");
    assert_eq!(pair.chat("sk-alice", false, said("hello", &[])), "second");
    assert_eq!(pair.chat("sk-alice", false, said("cached", &[("prompt_cache_key", "k1")])), "second");
    pair.first.answers(200);
    assert_eq!(pair.chat("sk-alice", false, session("s1")), "second");
    assert_eq!(pair.chat("sk-alice", false, session("s2")), "first");
    assert_eq!(pair.chat("sk-alice", false, said("hello", &[])), "second");
    assert_eq!(pair.chat("sk-alice", false, said("good day", &[])), "first");
    assert_eq!(pair.chat("sk-alice", false, said("other words", &[("prompt_cache_key", "k1")])), "second");
    // A session's header is not forwarded: it is nobody's business upstream.
    let asked = pair.second.asked();
    assert!(asked.iter().all(|request| request.header("x-claude-code-session-id").is_none()));
}

#[test]
fn what_is_switched_off_keeps_nothing() {
    for more in ["affinity = false\n", "[affinity]\nenabled = false\n"] {
        let pair = Pair::start(more);
        let named = |request: Request| request.header("x-gateway-conversation", "c");
        pair.first.answers(500);
        assert_eq!(pair.chat("sk-alice", false, named), "second", "{more}");
        pair.first.answers(200);
        assert_eq!(pair.chat("sk-alice", false, named), "first", "{more}");
    }
}

#[test]
fn a_response_is_gone_on_from_at_the_target_that_gave_it() {
    let pair = Pair::start("");
    let ask = |body: &Value| pair.gateway.send(&Request::json("/v1/responses", body).bearer("sk-alice"));
    let who = |response: &Response| response.header("x-selected-provider").map(str::to_owned);
    pair.first.answers(500);
    let begun = ask(&json!({"model": "both", "input": "one"}));
    assert_eq!(who(&begun).as_deref(), Some("second"), "{}", begun.text());
    pair.first.answers(200);
    let next = json!({"model": "both", "input": "two", "previous_response_id": "resp_second"});
    assert_eq!(who(&ask(&next)).as_deref(), Some("second"));
    // Nobody else has that answer: while its provider fails, nobody else is asked for it.
    pair.second.answers(500);
    let before = pair.first.asked().len();
    let failed = ask(&next);
    assert_eq!((failed.status(), pair.first.asked().len()), (500, before), "{}", failed.text());
}

/// Claude, Gemini and a plain provider, each behind a scripted upstream.
struct Makers {
    claude: Upstream,
    gemini: Upstream,
    plain: Upstream,
    gateway: GatewayUnderTest,
}

impl Makers {
    fn start() -> Self {
        let claude = Upstream::start(|_| {
            Reply::json(
                200,
                &json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [{"type": "text", "text": "c"}], "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}),
            )
        });
        let gemini = Upstream::start(|_| {
            Reply::json(
                200,
                &json!({"candidates": [{"content": {"role": "model", "parts": [{"text": "g"}]}, "finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 1}}),
            )
        });
        let plain = Upstream::start(good_upstream);
        let config = format!(
            "{}{}{}{KEYS}{}",
            provider("claude", "anthropic", &claude.upstream.url("/v1")),
            provider("gemini", "google", &gemini.upstream.url("/v1beta")),
            provider("plain", "custom", &plain.upstream.url("/v1")),
            "[models.others]\ntargets = [\"gemini/gemini-x\", \"plain/x\"]\n\
             [models.all]\ntargets = [\"gemini/gemini-x\", \"plain/x\", \"claude/claude-x\"]\n\
             [models.lone]\ntargets = [\"plain/x\"]\n\
             [models.freely]\ntargets = [\"claude/claude-x\", \"gemini/gemini-x\", \"plain/x\"]\nleave_state_behind = true\n",
        );
        let gateway = GatewayUnderTest::start(&config, &[]);
        Self { claude, gemini, plain, gateway }
    }

    fn chat(&self, model: &str, body: &Value) -> Response {
        let mut body = body.clone();
        body["model"] = model.into();
        self.gateway.send(&Request::json("/v1/chat/completions", &body).bearer("sk-alice"))
    }

    fn asked(&self) -> (usize, usize, usize) {
        (self.claude.asked().len(), self.gemini.asked().len(), self.plain.asked().len())
    }
}

/// A conversation whose last answer is Claude's, signed.
fn signed() -> Value {
    let thought = json!({"type": "reasoning.text", "text": "hm", "signature": "c2lnbmVk", "format": "anthropic-claude-v1", "index": 0});
    json!({"messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "ho", "reasoning_details": [thought]},
        {"role": "user", "content": "go on"},
    ]})
}

const PATH: &str = "messages[1].reasoning_details[0]";

#[test]
fn a_signature_goes_to_its_maker_and_nobody_else() {
    let makers = Makers::start();
    let refused = makers.chat("others", &signed());
    let error = refused.error();
    assert_eq!((refused.status(), &error["code"], &error["param"]), (400, &json!("state_not_portable"), &json!(PATH)), "{error}");
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    assert!(error["message"].as_str().unwrap().contains("leave_state_behind = true"), "{error}");
    assert_eq!(makers.asked(), (0, 0, 0));
    // It stands last in the alias, and is the only one that can have it.
    let taken = makers.chat("all", &signed());
    assert_eq!((taken.status(), taken.header("x-selected-provider")), (200, Some("claude")), "{}", taken.text());
    let sent = makers.claude.asked().last().unwrap().json();
    assert_eq!(sent["messages"][1]["content"][0], json!({"type": "thinking", "thinking": "hm", "signature": "c2lnbmVk"}));
    makers.claude.answers(529);
    assert_eq!(makers.chat("all", &signed()).status(), 529);
    let (_, gemini, plain) = makers.asked();
    assert_eq!((gemini, plain), (0, 0));
    // Without state any of them may be asked.
    let plain = json!({"messages": [{"role": "user", "content": "hi"}]});
    assert_eq!(makers.chat("all", &plain).header("x-selected-provider"), Some("gemini"));
    // Where there is no choice, it is the client's.
    let lone = makers.chat("lone", &signed());
    assert_eq!((lone.status(), lone.header("x-gateway-dropped")), (200, None));
    assert_eq!(makers.plain.asked().last().unwrap().json()["messages"], signed()["messages"]);
}

#[test]
fn what_may_be_left_behind_is_cut_out_and_named() {
    let makers = Makers::start();
    let whole = makers.chat("freely", &signed());
    assert_eq!((whole.header("x-selected-provider"), whole.header("x-gateway-dropped")), (Some("claude"), None));
    makers.claude.answers(529);
    let moved = makers.chat("freely", &signed());
    assert_eq!(moved.header("x-selected-provider"), Some("gemini"), "{}", moved.text());
    assert_eq!(moved.header("x-gateway-dropped"), Some(PATH));
    assert!(!String::from_utf8_lossy(&makers.gemini.asked().last().unwrap().body).contains("c2lnbmVk"));
    makers.gemini.answers(503);
    let further = makers.chat("freely", &signed());
    assert_eq!(further.header("x-selected-provider"), Some("plain"), "{}", further.text());
    assert_eq!(further.header("x-gateway-dropped"), Some(PATH));
    let mut expected = signed();
    expected["messages"][1].as_object_mut().unwrap().remove("reasoning_details");
    assert_eq!(makers.plain.asked().last().unwrap().json()["messages"], expected["messages"]);
    // A strict request loses nothing: then nobody is left who may be asked.
    let mut body = signed();
    body["model"] = "freely".into();
    let strict = Request::json("/v1/chat/completions", &body).bearer("sk-alice").header("x-gateway-strict", "true");
    let refused = makers.gateway.send(&strict);
    assert!(matches!(refused.status(), 503 | 529), "{}", refused.text());
}
