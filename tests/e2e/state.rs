//! State goes back to who made it: to the account or the model that it is bound to, in whichever conversation and over
//! a reload; and what an account keeps is asked of that account.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream, sse};
use serde_json::{Value, json};

/// Claude at a provider with two accounts. Each answer is signed with the account's key and the model's name.
struct Claude {
    upstream: ScriptedUpstream,
    /// Keys that are told to wait.
    busy: Arc<Mutex<BTreeSet<String>>>,
    gateway: GatewayUnderTest,
}

fn config(upstream: &ScriptedUpstream, more: &str) -> String {
    format!(
        "[providers.claude]\nvendor = \"anthropic\"\nbase_url = \"{}\"\napi_keys = [\"sk-one\", \"sk-two\"]\n\
         [models.bound]\ntargets = [\"claude/claude-sonnet-5-5\"]\n\
         [models.portable]\ntargets = [\"claude/claude-opus-5\", \"claude/claude-sonnet-5\"]\n\
         [models.leaving]\ntargets = [\"claude/claude-sonnet-5-5\"]\nleave_state_behind = true\n{more}",
        upstream.url("/v1")
    )
}

fn key_of(request: &RecordedRequest) -> String {
    request.header("x-api-key").unwrap_or_default().to_owned()
}

fn answer(request: &RecordedRequest) -> Reply {
    if request.method() == "GET" {
        return Reply::json(200, &json!({"data": [], "has_more": false}));
    }
    let body = request.json();
    let signature = format!("signed by {} for {}", key_of(request), body["model"].as_str().unwrap());
    if body["stream"] != json!(true) {
        let content = json!([{"type": "thinking", "thinking": "hm", "signature": signature}, {"type": "text", "text": "ho"}]);
        return Reply::json(
            200,
            &json!({"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": content, "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}),
        );
    }
    let events = [
        json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": body["model"], "usage": {"input_tokens": 1, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": signature}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "ho"}}),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        json!({"type": "message_stop"}),
    ];
    Reply::sse(&events.map(|event| event.to_string()))
}

impl Claude {
    fn start() -> Self {
        let busy: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let theirs = Arc::clone(&busy);
        let upstream = ScriptedUpstream::start(move |request| {
            if theirs.lock().unwrap().contains(&key_of(request)) {
                return Reply::json(429, &json!({"type": "error", "error": {"type": "rate_limit_error", "message": "busy"}}));
            }
            answer(request)
        });
        let gateway = GatewayUnderTest::start(&config(&upstream, ""), &[]);
        Self { upstream, busy, gateway }
    }

    fn send(&self, model: &str, conversation: &str, stream: bool, messages: &Value) -> Response {
        let body = json!({"model": model, "stream": stream, "messages": messages});
        let request = Request::json("/v1/chat/completions", &body).header("x-gateway-conversation", conversation);
        self.gateway.send(&request)
    }

    /// A first turn, and what the client sends with the next one.
    fn begin(&self, model: &str, conversation: &str, stream: bool) -> (String, Value) {
        let begun = self.send(model, conversation, stream, &json!([{"role": "user", "content": "hi"}]));
        assert_eq!(begun.status(), 200, "{}", begun.text());
        let details: Vec<Value> = if stream {
            let chunks = sse::chunks(&begun.body);
            let details = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["reasoning_details"].as_array());
            details.flatten().cloned().collect()
        } else {
            begun.json()["choices"][0]["message"]["reasoning_details"].as_array().unwrap().clone()
        };
        assert_eq!(details.len(), 1, "{details:?}");
        let messages = json!([
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "ho", "reasoning_details": details},
            {"role": "user", "content": "go on"},
        ]);
        (self.last_key(), messages)
    }

    /// A first turn at each of the accounts.
    fn begin_at_both(&self, model: &str, stream: bool) -> [(String, Value); 2] {
        let mut begun = Vec::new();
        for number in 0..64 {
            let turn = self.begin(model, &format!("{model} {stream} {number}"), stream);
            if begun.iter().all(|(key, _)| *key != turn.0) {
                begun.push(turn);
            }
            if begun.len() == 2 {
                break;
            }
        }
        begun.try_into().expect("both accounts are drawn among 64 conversations")
    }

    fn asked(&self) -> Vec<Arc<RecordedRequest>> {
        let requests = self.upstream.requests();
        requests.into_iter().filter(|request| request.method() == "POST").collect()
    }

    fn last_key(&self) -> String {
        key_of(self.asked().last().unwrap())
    }

    fn keep_busy(&self, keys: &[&str]) {
        *self.busy.lock().unwrap() = keys.iter().map(|key| (*key).to_owned()).collect();
    }
}

#[test]
fn what_an_account_made_goes_back_to_it_and_to_no_other() {
    for stream in [false, true] {
        let claude = Claude::start();
        let begun = claude.begin_at_both("bound", stream);
        // In other conversations, again and again: the signature says whose it is.
        for number in 0..6 {
            for (key, messages) in &begun {
                let next = claude.send("bound", &format!("other {number} {key}"), stream, messages);
                assert_eq!((next.status(), &claude.last_key()), (200, key), "{}", next.text());
            }
        }
        let (key, messages) = &begun[0];
        claude.keep_busy(&[key]);
        let before = claude.asked().len();
        let failed = claude.send("bound", "new", stream, messages);
        assert!(matches!(failed.status(), 429 | 503), "{}", failed.text());
        let asked = claude.asked();
        assert!(asked[before..].iter().all(|request| key_of(request) == *key), "the other account would refuse it");
        // With leave to leave it behind, the other account gets the conversation without it.
        let moved = claude.send("leaving", "new", stream, messages);
        assert_eq!((moved.status(), &claude.last_key()), (200, &begun[1].0), "{}", moved.text());
        assert_eq!(moved.header("x-gateway-dropped"), Some("messages[1].reasoning_details[0]"));
        let sent = claude.asked().last().unwrap().json();
        assert!(!sent.to_string().contains("signed by"), "{sent}");
    }
}

#[test]
fn what_a_model_made_goes_to_its_other_accounts_and_to_no_other_model() {
    let claude = Claude::start();
    let (key, messages) = claude.begin("portable", "one", false);
    claude.keep_busy(&[&key]);
    let moved = claude.send("portable", "two", false, &messages);
    assert_eq!(moved.status(), 200, "{}", moved.text());
    assert_ne!(claude.last_key(), key);
    assert_eq!(moved.header("x-selected-model"), Some("claude-opus-5"));
    let sent = claude.asked().last().unwrap().json();
    assert_eq!(sent["messages"][1]["content"][0]["signature"], json!(format!("signed by {key} for claude-opus-5")));
    claude.keep_busy(&["sk-one", "sk-two"]);
    let before = claude.asked().len();
    let failed = claude.send("portable", "three", false, &messages);
    assert!(matches!(failed.status(), 429 | 503), "{}", failed.text());
    let asked = claude.asked();
    assert!(asked[before..].iter().all(|request| request.json()["model"] == "claude-opus-5"));
}

#[test]
fn a_reload_forgets_no_maker() {
    let claude = Claude::start();
    let begun = claude.begin_at_both("bound", true);
    let more = "[models.another]\ntargets = [\"claude/claude-opus-5\"]\n";
    claude.gateway.reload(&config(&claude.upstream, more), &[]).unwrap();
    for (key, messages) in &begun {
        let next = claude.send("bound", &format!("after {key}"), false, messages);
        assert_eq!((next.status(), &claude.last_key()), (200, key), "{}", next.text());
    }
}

#[test]
fn a_file_is_asked_of_the_account_that_has_the_conversation() {
    let claude = Claude::start();
    let messages = json!([{"role": "user", "content": [{"type": "file", "file": {"file_id": "file_011"}}, {"type": "text", "text": "sum it up"}]}]);
    let begun = claude.send("portable", "files", false, &messages);
    assert_eq!(begun.status(), 200, "{}", begun.text());
    let key = claude.last_key();
    claude.keep_busy(&[&key]);
    let before = claude.asked().len();
    let failed = claude.send("portable", "files", false, &messages);
    assert!(matches!(failed.status(), 429 | 503), "{}", failed.text());
    let asked = claude.asked();
    assert!(asked[before..].iter().all(|request| key_of(request) == key), "no other account has that file");
    // What names nothing moves on.
    let plain = claude.send("portable", "files", false, &json!([{"role": "user", "content": "hi"}]));
    assert_eq!(plain.status(), 200, "{}", plain.text());
    assert_ne!(claude.last_key(), key);
}
