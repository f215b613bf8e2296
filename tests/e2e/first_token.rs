//! How much later the first token of a translated stream comes through the gateway than from the upstream itself.
//!
//! Both are asked in turn by the same client over connections that stay open; client, gateway and upstream share the
//! machine. What is promised is half a millisecond for a release build that has the machine for itself:
//!
//!     cargo test --release -p gateway-e2e --test e2e first_token -- --nocapture
//!
//! Other builds hold nobody to a time; they show that the token comes, through every dialect.

use std::time::{Duration, Instant};

use bytes::Bytes;
use gateway_testkit::{GatewayUnderTest, RawClient, Reply, Request, ScriptedUpstream};
use serde_json::{Value, json};

#[path = "../corpus/samples/aws.rs"]
#[expect(dead_code, reason = "nothing fails here")]
mod aws;

/// The word that is waited for.
const TOKEN: &str = "first-token";
const MEASURES: bool = !cfg!(debug_assertions);
const ROUNDS: usize = if MEASURES { 1_000 } else { 10 };
const WARM_UP: usize = ROUNDS / 10;
const LIMIT: Duration = Duration::from_micros(500);
/// Until the rest of the answer comes.
const PAUSE: Duration = if MEASURES { Duration::from_millis(1) } else { Duration::from_millis(40) };

/// A provider, and how its streams begin.
struct Row {
    provider: &'static str,
    settings: &'static str,
    model: &'static str,
    content_type: &'static str,
    first: Bytes,
    last: Bytes,
}

#[test]
fn a_translated_stream_begins_hardly_later() {
    let mut late = Vec::new();
    for row in rows() {
        let (first, last, content_type) = (row.first.clone(), row.last.clone(), row.content_type);
        let upstream = ScriptedUpstream::start(move |_| {
            // The rest comes later, so that it is no part of what is measured.
            Reply::stream().content_type(content_type).send(first.clone()).wait(PAUSE).send(last.clone())
        });
        let gateway = GatewayUnderTest::start(&config(&row, &upstream), &[]);
        let mut direct = Asker::new(RawClient::connect(upstream.address()), row.model);
        let mut through = Asker::new(gateway.client(), &format!("{}/{}", row.provider, row.model));
        for _ in 0..ROUNDS {
            direct.ask();
            through.ask();
        }
        let [(direct, _), (median, p99)] = [direct, through].map(Asker::percentiles);
        let added = median.saturating_sub(direct);
        eprintln!("{:10} direct {direct:>9.1?}, through the gateway {median:>9.1?} (p99 {p99:>9.1?}), added {added:>9.1?}", row.provider);
        if MEASURES && added > LIMIT {
            late.push(row.provider);
        }
    }
    assert!(late.is_empty(), "later than {LIMIT:?}: {late:?}");
}

fn config(row: &Row, upstream: &ScriptedUpstream) -> String {
    format!("[logging]\naccess = false\n\n[providers.{}]\nbase_url = \"{}\"\napi_key = \"k-0123456789\"\n{}\n", row.provider, upstream.url(""), row.settings)
}

/// A client that asks for a stream again and again.
struct Asker {
    client: RawClient,
    request: Request,
    times: Vec<Duration>,
}

impl Asker {
    fn new(client: RawClient, model: &str) -> Self {
        Self { client, request: Request::chat(model, true), times: Vec::new() }
    }

    fn ask(&mut self) {
        let begin = Instant::now();
        let mut answer = self.client.begin(&self.request);
        answer.read_until(TOKEN, Duration::from_secs(5));
        self.times.push(begin.elapsed());
        assert_eq!(answer.collect().status(), 200);
    }

    /// The median and the 99th percentile, without the first ones.
    fn percentiles(mut self) -> (Duration, Duration) {
        let times = &mut self.times[WARM_UP..];
        times.sort_unstable();
        (times[times.len() / 2], times[times.len() * 99 / 100])
    }
}

fn rows() -> Vec<Row> {
    let sse = |events: &[Value]| -> Bytes {
        events
            .iter()
            .map(|event| event["type"].as_str().map_or_else(|| format!("data: {event}\n\n"), |name| format!("event: {name}\ndata: {event}\n\n")))
            .collect::<String>()
            .into()
    };
    let lines = |events: &[Value]| -> Bytes { events.iter().map(|event| format!("{event}\n")).collect::<String>().into() };
    let row = |provider, model, first, last| Row { provider, settings: "", model, content_type: "text/event-stream", first, last };
    let ollama = |text: &str, done: bool| json!({"model": "m", "created_at": "2026-01-02T03:04:05Z", "message": {"role": "assistant", "content": text}, "done": done, "done_reason": done.then_some("stop")});
    let gemini = |text: &str, finish: Value| json!({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish}], "usageMetadata": {"promptTokenCount": 1}});
    let openai = |delta: Value, finish: Value| json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    let anthropic = [
        json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": TOKEN}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
        json!({"type": "message_stop"}),
    ];
    let cohere = [
        json!({"id": "c", "type": "message-start", "delta": {"message": {"role": "assistant"}}}),
        json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
        json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": TOKEN}}}}),
        json!({"type": "content-end", "index": 0}),
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}),
    ];
    let responses = [
        json!({"type": "response.created", "response": {"id": "r", "created_at": 1, "model": "m", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"id": "i", "type": "message", "role": "assistant", "content": []}}),
        json!({"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": TOKEN}),
        json!({"type": "response.completed", "response": {"id": "r", "created_at": 1, "model": "m", "status": "completed",
            "output": [{"id": "i", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": TOKEN, "annotations": []}]}]}}),
    ];
    let bedrock = [
        aws::event("messageStart", &json!({"role": "assistant"})),
        aws::event("contentBlockDelta", &json!({"contentBlockIndex": 0, "delta": {"text": TOKEN}})),
        aws::event("contentBlockStop", &json!({"contentBlockIndex": 0})),
        aws::event("messageStop", &json!({"stopReason": "end_turn"})),
    ];
    vec![
        Row {
            settings: "",
            ..row(
                "openai",
                "m",
                sse(&[openai(json!({"role": "assistant", "content": TOKEN}), Value::Null)]),
                [sse(&[openai(json!({}), json!("stop"))]), "data: [DONE]\n\n".into()].concat().into(),
            )
        },
        row("anthropic", "claude-sonnet-4-5", sse(&anthropic[..3]), sse(&anthropic[3..])),
        row("google", "gemini-2.5-flash", sse(&[gemini(TOKEN, Value::Null)]), sse(&[gemini("", json!("STOP"))])),
        Row { content_type: "application/vnd.amazon.eventstream", ..row("bedrock", "amazon.nova-pro-v1:0", bedrock[..2].concat().into(), bedrock[2..].concat().into()) },
        row("cohere", "command-a-03-2025", sse(&cohere[..3]), sse(&cohere[3..])),
        Row { settings: "dialect = \"ollama\"", content_type: "application/x-ndjson", ..row("ollama", "m", lines(&[ollama(TOKEN, false)]), lines(&[ollama("", true)])) },
        Row { settings: "vendor = \"openai\"\ndialect = \"responses\"", ..row("responses", "gpt-4.1", sse(&responses[..3]), sse(&responses[3..])) },
    ]
}
