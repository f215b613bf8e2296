//! Claude's turns that pause: the gateway goes on with them, and the client sees one answer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream, sse};
use serde_json::{Value, json};

/// What becomes of the request with which a paused turn goes on.
#[derive(Clone, Copy, PartialEq)]
enum Rest {
    Comes,
    IsRefused,
    BreaksAtOnce,
    BreaksLater,
}

struct Claude {
    upstream: ScriptedUpstream,
    gateway: GatewayUnderTest,
}

fn blocks(part: usize) -> Value {
    let id = format!("srvtoolu_{part}");
    json!([
        {"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": id, "content": [{"type": "web_search_result", "url": "https://a.test/", "encrypted_content": "ENC"}]},
        {"type": "text", "text": format!("part {part}. ")},
    ])
}

fn events(part: usize, stop: &str) -> Vec<String> {
    let mut events = vec![
        json!({"type": "message_start", "message": {"id": format!("msg_{part}"), "type": "message", "role": "assistant", "content": [], "model": "claude", "usage": {"input_tokens": 10, "output_tokens": 1}}}),
    ];
    for (index, block) in blocks(part).as_array().unwrap().iter().enumerate() {
        let is_text = block["type"] == "text";
        let start = if is_text { json!({"type": "text", "text": ""}) } else { block.clone() };
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        if is_text {
            events.push(json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": block["text"]}}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 7}}));
    events.push(json!({"type": "message_stop"}));
    events.iter().map(Value::to_string).collect()
}

fn answer(request: &RecordedRequest, part: usize, rest: Rest) -> Reply {
    let stop = if part == 0 { "pause_turn" } else { "end_turn" };
    if part > 0 && rest == Rest::IsRefused {
        return Reply::json(529, &json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    }
    let streams = request.json()["stream"] == json!(true) || request.path().contains("streamRawPredict");
    if !streams {
        let message = json!({"id": format!("msg_{part}"), "type": "message", "role": "assistant", "model": "claude", "content": blocks(part), "stop_reason": stop, "usage": {"input_tokens": 10, "output_tokens": 7}});
        return Reply::json(200, &message);
    }
    let events = events(part, stop);
    match rest {
        Rest::BreaksAtOnce if part > 0 => Reply::stream().send("data: ").reset(),
        Rest::BreaksLater if part > 0 => Reply::sse(&events[..events.len() - 3]).reset(),
        _ => Reply::sse(&events),
    }
}

impl Claude {
    fn start(rest: Rest) -> Self {
        let parts = Arc::new(AtomicUsize::new(0));
        let upstream = ScriptedUpstream::start(move |request| {
            if request.method() == "GET" {
                return Reply::json(200, &json!({"data": []}));
            }
            answer(request, parts.fetch_add(1, Ordering::SeqCst), rest)
        });
        let config = format!(
            "[providers.claude]\nvendor = \"anthropic\"\nbase_url = \"{}\"\napi_key = \"sk-one\"\n\
             [providers.vertex]\nbase_url = \"{}\"\napi_key = \"sk-two\"\n",
            upstream.url("/v1"),
            upstream.url("/v1/projects/p/locations/l"),
        );
        let gateway = GatewayUnderTest::start(&config, &[]);
        Self { upstream, gateway }
    }

    fn ask(&self, model: &str, stream: bool) -> Response {
        let body = json!({
            "model": model, "stream": stream, "stream_options": {"include_usage": true}, "web_search_options": {},
            "messages": [{"role": "user", "content": "look it up"}],
        });
        self.gateway.send(&Request::json("/v1/chat/completions", &body))
    }

    /// The bodies that the upstream was sent.
    fn asked(&self) -> Vec<Value> {
        let requests = self.upstream.requests();
        requests.iter().filter(|request| request.method() == "POST").map(|request| request.json()).collect()
    }
}

/// Text, finish, native finish, tokens of the prompt, id.
fn told(response: &Response, stream: bool) -> (String, String, String, u64, String) {
    assert_eq!(response.status(), 200, "{}", response.text());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if !stream {
        let answer = response.json();
        let choice = &answer["choices"][0];
        let tokens = answer["usage"]["prompt_tokens"].as_u64().unwrap();
        return (text(&choice["message"]["content"]), text(&choice["finish_reason"]), text(&choice["native_finish_reason"]), tokens, text(&answer["id"]));
    }
    let chunks = sse::chunks(&response.body);
    let said = chunks.iter().map(|chunk| text(&chunk["choices"][0]["delta"]["content"])).collect();
    let ends: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]).filter(|choice| choice["finish_reason"].is_string()).collect();
    assert_eq!(ends.len(), 1, "one end: {}", response.text());
    assert!(response.text().ends_with("data: [DONE]\n\n"), "{}", response.text());
    let id = text(&chunks[0]["id"]);
    assert!(chunks.iter().all(|chunk| chunk["id"] == json!(id)), "one answer has one id");
    let tokens = chunks.last().unwrap()["usage"]["prompt_tokens"].as_u64().unwrap();
    (said, text(&ends[0]["finish_reason"]), text(&ends[0]["native_finish_reason"]), tokens, id)
}

#[test]
fn a_turn_that_pauses_is_one_answer() {
    for (model, stream) in [("claude/claude-opus-5", false), ("claude/claude-opus-5", true), ("vertex/claude-opus-5", false), ("vertex/claude-opus-5", true)] {
        let claude = Claude::start(Rest::Comes);
        let (said, finish, native, tokens, id) = told(&claude.ask(model, stream), stream);
        assert_eq!((said.as_str(), finish.as_str(), native.as_str()), ("part 0. part 1. ", "stop", "end_turn"), "{model} {stream}");
        assert_eq!((tokens, id.as_str()), (20, "msg_0"), "{model} {stream}");
        let asked = claude.asked();
        assert_eq!(asked.len(), 2);
        let mut expected = asked[0].clone();
        let messages = expected["messages"].as_array_mut().unwrap();
        messages.push(json!({"role": "assistant", "content": blocks(0)}));
        assert_eq!(asked[1], expected, "{model} {stream}");
    }
}

#[test]
fn where_the_rest_does_not_come_the_answer_says_that_it_was_cut_off() {
    for (rest, stream) in [(Rest::IsRefused, false), (Rest::IsRefused, true), (Rest::BreaksAtOnce, true)] {
        let claude = Claude::start(rest);
        let (said, finish, native, tokens, _) = told(&claude.ask("claude/claude-opus-5", stream), stream);
        assert_eq!((said.as_str(), finish.as_str(), native.as_str(), tokens), ("part 0. ", "length", "pause_turn", 10));
        assert_eq!(claude.asked().len(), 2, "it is asked for once");
    }
}

#[test]
fn a_rest_that_breaks_off_is_a_fault() {
    let claude = Claude::start(Rest::BreaksLater);
    let response = claude.ask("claude/claude-opus-5", true);
    let text = response.text();
    assert!(text.contains("\"error\"") && !text.contains("[DONE]"), "{text}");
}
