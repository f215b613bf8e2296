//! What the recordings do not show.

use serde_json::{Value, json};

use super::replay::{self, Cut, Outcome, frame};
use crate::FaultKind;

fn stream(events: &[(&str, Value)], custom: &[&str]) -> Outcome {
    let bytes: Vec<u8> = events
        .iter()
        .flat_map(|(name, payload)| frame(name, payload))
        .collect();
    replay::streamed(&bytes, Cut::Bytes(11), replay::decoder(custom))
}

fn stop(reason: &str) -> (&'static str, Value) {
    ("messageStop", json!({"stopReason": reason}))
}

fn delta(index: u32, delta: &Value) -> (&'static str, Value) {
    (
        "contentBlockDelta",
        json!({"contentBlockIndex": index, "delta": delta}),
    )
}

#[test]
fn every_reason_for_the_end_is_told() {
    for (native, finish) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("refusal", "content_filter"),
        ("malformed_model_output", "malformed_model_output"),
        ("malformed_tool_use", "malformed_tool_use"),
        ("next_years_reason", "next_years_reason"),
    ] {
        let body = json!({
            "output": {"message": {"role": "assistant", "content": [{"text": "a"}]}},
            "stopReason": native
        });
        let told = replay::whole(body.to_string().as_bytes(), replay::decoder(&[])).answer;
        assert_eq!(told["choices"][0]["finish_reason"], finish, "{native}");
        assert_eq!(told["choices"][0]["native_finish_reason"], native);
        let streamed = stream(&[delta(0, &json!({"text": "a"})), stop(native)], &[]).answer;
        assert_eq!(streamed["choices"][0]["finish_reason"], finish, "{native}");
    }
}

#[test]
fn a_model_that_failed_and_said_nothing_is_an_error() {
    for native in ["malformed_model_output", "malformed_tool_use"] {
        let body = json!({"output": {"message": {"content": []}}, "stopReason": native});
        let fault = replay::whole(body.to_string().as_bytes(), replay::decoder(&[])).fault;
        assert_eq!(fault.unwrap().kind, FaultKind::InStream);
        assert_eq!(
            stream(&[stop(native)], &[]).fault.unwrap().kind,
            FaultKind::InStream
        );
    }
}

#[test]
fn exceptions_and_answers_without_a_message_are_errors() {
    let exception = [
        (":exception-type", "throttlingException"),
        (":message-type", "exception"),
    ];
    let mut bytes = frame("contentBlockDelta", &json!({"delta": {"text": "a"}}));
    bytes.extend(crate::framing::aws::frame(
        &exception,
        br#"{"message":"Slow down."}"#,
    ));
    let fault = replay::streamed(&bytes, Cut::Whole, replay::decoder(&[]))
        .fault
        .unwrap();
    assert_eq!(fault.kind, FaultKind::InStream);
    let upstream = fault.upstream.unwrap();
    assert_eq!(upstream.status.as_u16(), 429);
    let body: Value = serde_json::from_slice(&upstream.body.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "ThrottlingException");
    assert_eq!(body["error"]["message"], "Slow down.");
    for (body, kind) in [
        (
            r#"{"Output":{"__type":"a.b#UnknownOperationException"}}"#,
            FaultKind::InStream,
        ),
        (r#"{"output":{}}"#, FaultKind::InvalidResponse),
        ("[]", FaultKind::InvalidResponse),
        ("", FaultKind::InvalidResponse),
    ] {
        let fault = replay::whole(body.as_bytes(), replay::decoder(&[]))
            .fault
            .unwrap();
        assert_eq!(fault.kind, kind, "{body}");
    }
}

/// A citation of a web page.
fn cited() -> Value {
    json!({"title": "T", "location": {"web": {"url": "https://e.test/", "domain": "e.test"}}})
}

/// The start of a block, with padding.
fn start(index: u32, start: &Value) -> (&'static str, Value) {
    (
        "contentBlockStart",
        json!({"contentBlockIndex": index, "start": start, "p": "abc"}),
    )
}

fn end(index: u32) -> (&'static str, Value) {
    ("contentBlockStop", json!({"contentBlockIndex": index}))
}

/// All kinds of blocks, streamed.
fn all_events() -> Vec<(&'static str, Value)> {
    vec![
        ("messageStart", json!({"role": "assistant"})),
        delta(0, &json!({"reasoningContent": {"text": "h"}})),
        delta(0, &json!({"reasoningContent": {"text": "m"}})),
        delta(0, &json!({"reasoningContent": {"signature": "s+/=="}})),
        end(0),
        delta(1, &json!({"reasoningContent": {"redactedContent": "RXJl"}})),
        end(1),
        delta(
            2,
            &json!({"reasoningContent": {"redactedContent": "/////w=="}}),
        ),
        end(2),
        start(
            3,
            &json!({"toolUse": {"name": "search", "toolUseId": "t1", "type": "server_tool_use"}}),
        ),
        delta(3, &json!({"toolUse": {"input": "{\"q\":"}})),
        delta(3, &json!({"toolUse": {"input": "1}"}})),
        end(3),
        start(
            4,
            &json!({"toolResult": {"toolUseId": "t1", "status": "success"}}),
        ),
        delta(4, &json!({"toolResult": [{"text": "r"}]})),
        end(4),
        delta(5, &json!({"text": "a"})),
        delta(5, &json!({"citation": cited()})),
        end(5),
        start(6, &json!({"toolUse": {"name": "look", "toolUseId": "t2"}})),
        delta(6, &json!({"toolUse": {"input": ""}})),
        delta(6, &json!({"toolUse": {"input": "{\"x\":1}"}})),
        end(6),
        start(7, &json!({"toolUse": {"name": "none", "toolUseId": "t3"}})),
        delta(7, &json!({"toolUse": {"input": ""}})),
        end(7),
        start(8, &json!({"toolUse": {"name": "free", "toolUseId": "t4"}})),
        delta(8, &json!({"toolUse": {"input": "{\"input\":\"a\\"}})),
        delta(8, &json!({"toolUse": {"input": "nb\"}"}})),
        end(8),
        start(9, &json!({"image": {"format": "png"}})),
        delta(9, &json!({"image": {"source": {"bytes": "iVBO"}}})),
        end(9),
        ("someday", json!({"new": true})),
        stop("tool_use"),
        (
            "metadata",
            json!({
                "usage": {
                    "inputTokens": 5, "outputTokens": 7, "totalTokens": 15, "cacheReadInputTokens": 2,
                    "cacheWriteInputTokens": 1, "cacheDetails": [{"ttl": "1h", "inputTokens": 1}]
                },
                "metrics": {"latencyMs": 4}, "serviceTier": {"type": "flex"},
                "trace": {"guardrail": {"a": 1}}
            }),
        ),
    ]
}

/// The same answer as a whole.
fn all_at_once() -> Value {
    let content = json!([
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s+/=="}}},
        {"reasoningContent": {"redactedContent": "RXJl"}},
        {"reasoningContent": {"redactedContent": "/////w=="}},
        {"toolUse": {"name": "search", "toolUseId": "t1", "type": "server_tool_use", "input": {"q": 1}}},
        {"toolResult": {"toolUseId": "t1", "status": "success", "content": [{"text": "r"}]}},
        {"citationsContent": {"content": [{"text": "a"}], "citations": [cited()]}},
        {"toolUse": {"name": "look", "toolUseId": "t2", "input": {"x": 1}}},
        {"toolUse": {"name": "none", "toolUseId": "t3", "input": {}}},
        {"toolUse": {"name": "free", "toolUseId": "t4", "input": {"input": "a\nb"}}},
        {"image": {"format": "png", "source": {"bytes": "iVBO"}}}
    ]);
    let (_, metadata) = all_events().pop().unwrap();
    let mut whole = json!({
        "output": {"message": {"role": "assistant", "content": content}}, "stopReason": "tool_use"
    });
    for (name, value) in metadata.as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

#[test]
fn a_stream_and_a_whole_answer_say_the_same() {
    let streamed = stream(&all_events(), &["free"]);
    assert!(streamed.fault.is_none(), "{streamed:?}");
    let whole = replay::whole(
        all_at_once().to_string().as_bytes(),
        replay::decoder(&["free"]),
    )
    .answer;
    let told = |answer: &Value| {
        let choice = &answer["choices"][0];
        let mut message = choice["message"].as_object().unwrap().clone();
        message.retain(|_, value| !value.is_null());
        json!([message, choice["finish_reason"], answer["usage"]])
    };
    assert_eq!(told(&streamed.answer), told(&whole));
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], "a");
    assert_eq!(message["reasoning_content"], "hm");
    assert_eq!(
        message["reasoning_details"],
        json!([
            {"type": "reasoning.text", "text": "hm", "signature": "s+/==", "format": "anthropic-claude-v1", "index": 0},
            {"type": "reasoning.encrypted", "data": "Ere", "format": "anthropic-claude-v1", "index": 1},
            {"type": "reasoning.encrypted", "data": "/////w==", "format": "amazon-bedrock-v1", "index": 2},
        ])
    );
    let calls = message["tool_calls"].as_array().unwrap();
    assert_eq!(calls.len(), 3);
    assert_eq!(
        calls[0]["function"],
        json!({"name": "look", "arguments": "{\"x\":1}"})
    );
    assert_eq!(calls[1]["function"]["arguments"], "{}");
    assert_eq!(calls[2]["custom"], json!({"name": "free", "input": "a\nb"}));
    assert_eq!(
        message["annotations"][0]["url_citation"]["url"],
        "https://e.test/"
    );
    assert_eq!(
        message["images"][0]["image_url"]["url"],
        "data:image/png;base64,iVBO"
    );
    let data = &message["provider_data"]["bedrock"];
    assert_eq!(data["blocks"].as_array().unwrap().len(), 2);
    assert_eq!(data["metrics"], json!([{"latencyMs": 4}]));
    assert_eq!(data["usage"][0]["cacheDetails"][0]["ttl"], "1h");
    assert_eq!(whole["service_tier"], "flex");
    assert_eq!(whole["usage"]["prompt_tokens"], 8);
    assert_eq!(whole["usage"]["total_tokens"], 15);
}

#[test]
fn what_is_null_or_missing_is_borne() {
    let told = stream(
        &[
            ("messageStart", json!({"role": null})),
            (
                "contentBlockStart",
                json!({"start": null, "contentBlockIndex": null}),
            ),
            ("contentBlockDelta", json!({"delta": null})),
            (
                "contentBlockDelta",
                json!({"delta": {"text": null, "toolUse": null, "new": 1}}),
            ),
            ("contentBlockDelta", json!({"delta": {"text": "a"}})),
            ("contentBlockStop", json!({})),
            stop("end_turn"),
            (
                "metadata",
                json!({"usage": null, "metrics": null, "trace": {}}),
            ),
        ],
        &[],
    );
    assert!(told.fault.is_none(), "{told:?}");
    let choice = &told.answer["choices"][0];
    assert_eq!(choice["message"]["content"], "a");
    assert_eq!(choice["message"]["provider_data"], Value::Null);
}

#[test]
fn an_answer_that_never_ends_its_blocks_is_cut_off() {
    let start = |index: u32| {
        let start = json!({"toolUse": {"name": "s", "toolUseId": "t", "type": "server_tool_use"}});
        (
            "contentBlockStart",
            json!({"contentBlockIndex": index, "start": start}),
        )
    };
    let many: Vec<_> = (0..100).map(start).collect();
    assert_eq!(stream(&many, &[]).fault.unwrap().kind, FaultKind::Protocol);
    let piece = "x".repeat(400_000);
    let mut long = vec![start(0)];
    long.extend((0..30).map(|_| delta(0, &json!({"toolUse": {"input": piece}}))));
    assert_eq!(stream(&long, &[]).fault.unwrap().kind, FaultKind::TooLarge);
}

#[test]
fn members_that_nobody_has_heard_of_are_told() {
    let around = json!({"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "imageTokens": 4}, "mood": {"a": 1}});
    let mut body = around.clone();
    body["output"] = json!({"message": {"content": [{"text": "a"}]}});
    body["stopReason"] = json!("end_turn");
    let whole = replay::whole(body.to_string().as_bytes(), replay::decoder(&[]));
    let mut metadata = around;
    metadata["p"] = json!("padding");
    let events = [
        delta(0, &json!({"text": "a"})),
        stop("end_turn"),
        ("metadata", metadata),
    ];
    for outcome in [whole, stream(&events, &[])] {
        let own = &outcome.answer["choices"][0]["message"]["provider_data"]["bedrock"];
        assert_eq!(own["further_members"], json!([{"mood": {"a": 1}}]));
        assert_eq!(own["usage"], json!([{"imageTokens": 4}]));
    }
}
