//! Answers that no recording shows, or not in all their parts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Asked, streamed, whole};
use crate::{
    FaultKind,
    dialects::proof::{CUTS, Cut, Outcome},
};

fn sse(events: &[Value]) -> Vec<u8> {
    let event = |event: &Value| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}  \n\n")
    };
    events.iter().map(event).collect::<String>().into_bytes()
}

/// A stream of blocks, each begun empty where it has deltas.
fn stream_of(blocks: &[(Value, Vec<Value>)], stop: &str) -> Vec<u8> {
    let mut events = vec![json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
        "stop_reason": null, "usage": {"input_tokens": 3, "output_tokens": 1}}})];
    for (index, (block, deltas)) in blocks.iter().enumerate() {
        events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
        events.push(json!({"type": "ping"}));
        for delta in deltas {
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(
        json!({"type": "message_delta", "delta": {"stop_reason": stop},
        "usage": {"output_tokens": 9}}),
    );
    events.push(json!({"type": "message_stop"}));
    sse(&events)
}

fn whole_of(blocks: &[Value], stop: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
        "content": blocks, "stop_reason": stop,
        "usage": {"input_tokens": 3, "output_tokens": 9}})
}

fn message(outcome: &Outcome) -> &Value {
    assert!(outcome.fault.is_none(), "{:?}", outcome.fault);
    &outcome.answer["choices"][0]["message"]
}

fn finish(outcome: &Outcome) -> &str {
    outcome.answer["choices"][0]["finish_reason"]
        .as_str()
        .unwrap()
}

/// Web search, citations, thinking and a call, as deltas and as whole blocks.
fn mixed() -> (Vec<(Value, Vec<Value>)>, Vec<Value>) {
    let search = json!({"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []});
    let citation = json!({"type": "web_search_result_location", "url": "https://a.test",
        "title": "A", "cited_text": "x", "encrypted_index": "e"});
    let page = json!({"type": "page_location", "document_index": 0, "start_page_number": 1,
        "end_page_number": 2, "cited_text": "y"});
    let blocks = vec![
        (
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            vec![
                json!({"type": "thinking_delta", "thinking": "Hm"}),
                json!({"type": "thinking_delta", "thinking": "m."}),
                json!({"type": "signature_delta", "signature": "sig=="}),
            ],
        ),
        (
            json!({"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}}),
            vec![
                json!({"type": "input_json_delta", "partial_json": ""}),
                json!({"type": "input_json_delta", "partial_json": "{\"query\":"}),
                json!({"type": "input_json_delta", "partial_json": "\"x\"}"}),
            ],
        ),
        (search.clone(), vec![]),
        (
            json!({"type": "text", "text": ""}),
            vec![json!({"type": "text_delta", "text": "Wörter: "})],
        ),
        (
            json!({"type": "text", "text": "", "citations": []}),
            vec![
                json!({"type": "citations_delta", "citation": citation}),
                json!({"type": "text_delta", "text": "zitiert"}),
                json!({"type": "citations_delta", "citation": page}),
            ],
        ),
        (
            json!({"type": "redacted_thinking", "data": "opaque"}),
            vec![],
        ),
        (
            json!({"type": "tool_use", "id": "t_1", "name": "look", "input": {},
                "caller": {"type": "direct"}}),
            vec![json!({"type": "input_json_delta", "partial_json": ""})],
        ),
    ];
    let same = vec![
        json!({"type": "thinking", "thinking": "Hmm.", "signature": "sig=="}),
        json!({"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}}),
        search,
        json!({"type": "text", "text": "Wörter: "}),
        json!({"type": "text", "text": "zitiert", "citations": [citation, page]}),
        json!({"type": "redacted_thinking", "data": "opaque"}),
        json!({"type": "tool_use", "id": "t_1", "name": "look", "input": {}, "caller": {"type": "direct"}}),
    ];
    (blocks, same)
}

#[test]
fn a_streamed_answer_and_a_whole_one_are_the_same() {
    let (blocks, same) = mixed();
    let told = whole(
        whole_of(&same, "tool_use").to_string().as_bytes(),
        &Asked::default(),
    );
    let message_told = message(&told);
    let data = &message_told["provider_data"]["anthropic"];
    assert_eq!(data["blocks"], json!([same[1], same[2]]));
    assert_eq!(data["citations"], same[4]["citations"]);
    assert_eq!(
        data["layout"],
        json!([
            {"type": "thinking"}, {"type": "block"}, {"type": "block"}, {"type": "text", "chars": 8},
            {"type": "text", "chars": 7, "citations": 2}, {"type": "thinking"}, {"type": "tool_use"},
        ])
    );
    assert_eq!(
        message_told["annotations"],
        json!([{"type": "url_citation", "url_citation":
            {"url": "https://a.test", "title": "A", "start_index": 8, "end_index": 15}}])
    );
    assert_eq!(
        message_told["tool_calls"][0]["extra_content"],
        json!({"anthropic": {"caller": {"type": "direct"}}})
    );
    for cut in CUTS {
        let streamed = streamed(&stream_of(&blocks, "tool_use"), cut, &Asked::default());
        let message = message(&streamed);
        for name in [
            "content",
            "reasoning_content",
            "reasoning_details",
            "provider_data",
            "tool_calls",
            "annotations",
        ] {
            assert_eq!(message[name], message_told[name], "{name} {cut:?}");
        }
        assert_eq!(streamed.answer["usage"], told.answer["usage"]);
        assert_eq!(finish(&streamed), "tool_calls");
    }
}

/// Clients join the pieces of a block by its place in the list, and every text in them.
#[test]
fn pieces_of_thinking_have_their_place_and_say_their_format_once() {
    let block = |text: &str| {
        (
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            vec![
                json!({"type": "thinking_delta", "thinking": text}),
                json!({"type": "signature_delta", "signature": "s"}),
            ],
        )
    };
    let text = (json!({"type": "text", "text": "a"}), vec![]);
    let outcome = streamed(
        &stream_of(&[block("one"), text, block("two")], "end_turn"),
        Cut::Whole,
        &Asked::default(),
    );
    let details = outcome.chunks.iter().flat_map(|chunk| {
        let list = &chunk["choices"][0]["delta"]["reasoning_details"];
        list.as_array().cloned().unwrap_or_default()
    });
    let told: Vec<(u64, bool)> = details
        .map(|detail| {
            (
                detail["index"].as_u64().unwrap(),
                detail["format"].is_string(),
            )
        })
        .collect();
    assert_eq!(told, [(0, true), (0, false), (1, true), (1, false)]);
}

#[test]
fn every_reason_to_stop_is_told() {
    for (native, expected) in [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("compaction", "length"),
        ("refusal", "content_filter"),
        ("some_new_reason", "some_new_reason"),
        ("tool_use", "tool_use"),
    ] {
        let text = json!({"type": "text", "text": "a"});
        let body = whole_of(&[text], native).to_string();
        let outcome = whole(body.as_bytes(), &Asked::default());
        assert_eq!(finish(&outcome), expected);
        assert_eq!(outcome.answer["choices"][0]["native_finish_reason"], native);
    }
}

#[test]
fn a_refusal_is_told_with_its_details() {
    let mut body = whole_of(&[], "refusal");
    let details = json!({"type": "refusal", "category": "bio", "explanation": "No."});
    body["stop_details"] = details.clone();
    body["container"] = json!({"id": "c_1"});
    let outcome = whole(body.to_string().as_bytes(), &Asked::default());
    let message = message(&outcome);
    assert_eq!(message["refusal"], "No.");
    let data = &message["provider_data"]["anthropic"];
    assert_eq!(data["stop_details"], json!([details]));
    assert_eq!(data["container"], json!([{"id": "c_1"}]));
}

#[test]
fn what_is_not_known_is_carried_or_ignored() {
    let new = json!({"type": "hologram", "rays": [1]});
    let grown = (
        json!({"type": "compaction", "content": null}),
        vec![
            json!({"type": "compaction_delta", "content": "Ear", "encrypted_content": "e"}),
            json!({"type": "compaction_delta", "content": "lier"}),
        ],
    );
    let mut events = stream_of(&[(new.clone(), vec![]), grown], "end_turn");
    let strange = sse(&[
        json!({"type": "weather", "delta": "rain", "index": "x"}),
        json!({"type": "content_block_delta", "index": 7, "delta": {"type": "scent_delta", "text": 5}}),
    ]);
    events.splice(0..0, strange);
    let outcome = streamed(&events, Cut::Bytes(7), &Asked::default());
    let blocks = &message(&outcome)["provider_data"]["anthropic"]["blocks"];
    assert_eq!(blocks[0], new);
    assert_eq!(
        blocks[1],
        json!({"type": "compaction", "content": "Earlier", "encrypted_content": "e"})
    );
}

#[test]
fn broken_events_and_errors_are_faults() {
    let start = json!({"type": "message_start", "message": {"id": "m", "content": []}});
    for (event, kind) in [
        (
            json!({"type": "content_block_start", "index": -1}),
            FaultKind::Protocol,
        ),
        (
            json!({"type": "message_start", "message": []}),
            FaultKind::Protocol,
        ),
        (json!([1]), FaultKind::Protocol),
        (
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}),
            FaultKind::InStream,
        ),
        (
            json!({"error": {"message": "m", "code": 500}}),
            FaultKind::InStream,
        ),
    ] {
        let outcome = streamed(
            &sse(&[start.clone(), event.clone()]),
            Cut::Whole,
            &Asked::default(),
        );
        let fault = outcome.fault.unwrap_or_else(|| panic!("{event}"));
        assert_eq!(fault.kind, kind, "{event}");
        assert!(outcome.answer.is_null());
    }
    for (body, kind) in [
        ("[]", FaultKind::InvalidResponse),
        ("{\"id\":\"m\"}", FaultKind::InvalidResponse),
        (
            r#"{"type":"error","error":{"type":"api_error","message":"m"}}"#,
            FaultKind::InStream,
        ),
    ] {
        let fault = whole(body.as_bytes(), &Asked::default()).fault.unwrap();
        assert_eq!(fault.kind, kind, "{body}");
    }
}

#[test]
fn a_tool_that_stands_for_the_answer_is_told_as_text() {
    let asked = Asked {
        answer_tool: Some("json_answer".to_owned()),
        ..Asked::default()
    };
    let blocks = [
        (
            json!({"type": "text", "text": ""}),
            vec![json!({"type": "text_delta", "text": "Here it is."})],
        ),
        (
            json!({"type": "tool_use", "id": "t", "name": "json_answer", "input": {}}),
            vec![
                json!({"type": "input_json_delta", "partial_json": "{\"a\":"}),
                json!({"type": "input_json_delta", "partial_json": "1}"}),
            ],
        ),
    ];
    for cut in CUTS {
        let outcome = streamed(&stream_of(&blocks, "tool_use"), cut, &asked);
        let message = message(&outcome);
        assert_eq!(message["content"], "{\"a\":1}");
        assert_eq!(
            message["provider_data"]["anthropic"]["text"],
            json!(["Here it is."])
        );
        assert_eq!(finish(&outcome), "stop");
    }
    let plain = whole_of(&[json!({"type": "text", "text": "{}"})], "end_turn");
    let outcome = whole(plain.to_string().as_bytes(), &asked);
    assert_eq!(message(&outcome)["content"], "{}");
    let empty = whole_of(
        &[json!({"type": "tool_use", "id": "t", "name": "json_answer", "input": {}})],
        "tool_use",
    );
    let outcome = whole(empty.to_string().as_bytes(), &asked);
    assert_eq!(
        (&message(&outcome)["content"], finish(&outcome)),
        (&json!("{}"), "stop")
    );
    let other = whole_of(
        &[json!({"type": "tool_use", "id": "t", "name": "look", "input": {"x": 1}})],
        "tool_use",
    );
    let outcome = whole(other.to_string().as_bytes(), &asked);
    assert_eq!(
        message(&outcome)["tool_calls"][0]["function"]["arguments"],
        "{\"x\":1}"
    );
    assert_eq!(finish(&outcome), "tool_calls");
}

#[test]
fn a_custom_tools_text_comes_out_of_its_arguments() {
    let asked = Asked {
        custom_tools: BTreeSet::from(["run".to_owned()]),
        ..Asked::default()
    };
    let blocks = [(
        json!({"type": "tool_use", "id": "t", "name": "run", "input": {}}),
        vec![
            json!({"type": "input_json_delta", "partial_json": "{\"input\":\"a\\n"}),
            json!({"type": "input_json_delta", "partial_json": "b\"}"}),
        ],
    )];
    for cut in CUTS {
        let outcome = streamed(&stream_of(&blocks, "tool_use"), cut, &asked);
        let call = &outcome.chunks[0]["choices"][0]["delta"]["tool_calls"][0];
        assert_eq!(call["custom"]["name"], "run");
        let input = &outcome.chunks[1]["choices"][0]["delta"]["tool_calls"][0]["custom"]["input"];
        assert_eq!(input, "a\nb");
    }
    let body = whole_of(
        &[json!({"type": "tool_use", "id": "t", "name": "run", "input": {"input": "x"}})],
        "tool_use",
    );
    let outcome = whole(body.to_string().as_bytes(), &asked);
    assert_eq!(
        message(&outcome)["tool_calls"][0]["custom"],
        json!({"name": "run", "input": "x"})
    );
}

/// What no version of the contract knew yet is told all the same, beside what is known.
#[test]
fn members_that_nobody_has_heard_of_are_told() {
    let blocks = json!([
        {"type": "text", "text": "a", "citations": null, "mood": "glad"},
        {"type": "thinking", "thinking": "b", "signature": "c", "depth": 3},
    ]);
    let body = json!({
        "id": "m", "type": "message", "role": "assistant", "model": "x", "content": blocks, "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 2, "output_tokens_details": {"thinking_tokens": 1, "image_tokens": 7}},
    });
    let told = whole(body.to_string().as_bytes(), &Asked::default()).answer;
    assert_eq!(
        told["choices"][0]["message"]["provider_data"]["anthropic"]["block_members"],
        json!([{"type": "text", "mood": "glad"}, {"type": "thinking", "depth": 3}])
    );
    let details = &told["usage"]["completion_tokens_details"];
    assert_eq!(details, &json!({"reasoning_tokens": 1, "image_tokens": 7}));
}

#[test]
fn what_stands_beside_the_last_delta_is_told() {
    let transformations = json!([{"type": "thinking_dropped", "path": "messages.1"}]);
    let events = [
        json!({"type": "message_start", "message": {"id": "m", "model": "x", "content": []}}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1},
            "input_transformations": transformations, "context_management": {"applied_edits": []}}),
        json!({"type": "message_stop"}),
    ];
    let bytes: String = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    let told = streamed(bytes.as_bytes(), Cut::Bytes(7), &Asked::default()).answer;
    let own = &told["choices"][0]["message"]["provider_data"]["anthropic"];
    assert_eq!(own["input_transformations"], json!([transformations]));
    assert_eq!(own["context_management"], json!([{"applied_edits": []}]));
    assert_eq!(own.as_object().unwrap().len(), 2, "{own}");
}
