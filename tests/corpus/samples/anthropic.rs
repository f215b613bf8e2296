//! Answers in Anthropic's shape.

use serde_json::{Value, json};

use super::{said, sample};
use crate::recording::Recording;

const MESSAGES: &str = "anthropic.messages";

fn whole(content: &Value, stop_reason: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": content, "stop_reason": stop_reason, "stop_sequence": null, "usage": usage()})
}

fn usage() -> Value {
    json!({"input_tokens": 5, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 3, "output_tokens": 9})
}

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 3, "output_tokens": 1}}})
}

fn block(index: u32, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u32, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn text(index: u32, text: &str) -> Value {
    delta(index, &json!({"type": "text_delta", "text": text}))
}

fn stop(index: u32) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> [Value; 2] {
    [json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": {"output_tokens": 9}}), json!({"type": "message_stop"})]
}

fn ping() -> Value {
    json!({"type": "ping"})
}

pub(super) fn samples() -> Vec<Recording> {
    [ends(), blocks(), thinking(), own_tools(), faults()].concat()
}

/// C5, C6.
fn ends() -> Vec<Recording> {
    let mut samples = Vec::new();
    for reason in ["end_turn", "stop_sequence", "max_tokens", "model_context_window_exceeded", "pause_turn", "refusal", "a_reason_of_tomorrow"] {
        let facts = said("Hi", reason, &usage());
        let answer = |quirk: &str| sample(&format!("{quirk} {reason}"), "anthropic", MESSAGES, facts.clone()).model("claude-sonnet-4-5");
        samples.push(answer("an answer that ends with").whole(&whole(&json!([{"type": "text", "text": "Hi"}]), reason)));
        let events = [&[start(), block(0, &json!({"type": "text", "text": ""})), ping(), text(0, "H"), ping(), text(0, "i"), stop(0)][..], &end(reason)].concat();
        samples.push(answer("a stream that ends with").named_events(&events));
        samples.push(answer("a padded stream of a gateway that ends with").raw_events(&padded(&events)));
    }
    let facts = json!({"choices": [{"finish": "end_turn"}], "usage": usage()});
    samples.push(sample("no content", "anthropic", MESSAGES, facts.clone()).whole(&whole(&json!([]), "end_turn")));
    samples.push(sample("a stream without content", "anthropic", MESSAGES, facts).named_events(&[&[start(), ping()][..], &end("end_turn")].concat()));
    samples
}

/// A5, A11: trailing spaces, CRLF, and what other hosts of the protocol add.
fn padded(events: &[Value]) -> String {
    let lines = events.iter().map(|event| format!("event: {}\r\ndata: {event}     \r\n\r\n", event["type"].as_str().unwrap_or_default()));
    let text: String = lines.collect();
    format!(": PROCESSING\r\n\r\n{text}data: [DONE]\r\n\r\n").replace("\"output_tokens\":9", "\"output_tokens\":9,\"cost\":0.1,\"is_byok\":false,\"speed\":\"standard\"")
}

fn tool(input: &Value) -> Value {
    json!({"type": "tool_use", "id": "toolu_1", "name": "look", "input": input})
}

fn partial(index: u32, text: &str) -> Value {
    delta(index, &json!({"type": "input_json_delta", "partial_json": text}))
}

fn stream(quirk: &str, facts: Value, events: &[Value], reason: &str) -> Recording {
    sample(quirk, "anthropic", MESSAGES, facts).model("claude-sonnet-4-5").named_events(&[&[start()], events, &end(reason)].concat())
}

/// C1, C4.
fn blocks() -> Vec<Recording> {
    let call = json!([{"id": "toolu_1", "name": "look", "json": {}}]);
    vec![
        stream("a tool without arguments: one empty delta", json!({"choices": [{"tool_calls": call, "finish": "tool_use"}], "usage": usage()}), &[block(0, &tool(&json!({}))), partial(0, ""), stop(0)], "tool_use"),
        stream("a tool without any delta", json!({"choices": [{"tool_calls": call, "finish": "tool_use"}], "usage": usage()}), &[block(0, &tool(&json!({}))), stop(0)], "tool_use"),
        stream("a tool's arguments in its first event", json!({"choices": [{"tool_calls": [{"id": "toolu_1", "name": "look", "json": {"x": 1}}], "finish": "tool_use"}], "usage": usage()}), &[block(0, &tool(&json!({"x": 1}))), stop(0)], "tool_use"),
        stream(
            "text, then two tools",
            json!({"choices": [{"text": "Looking.", "tool_calls": [{"id": "toolu_1", "name": "look", "json": {"x": "é"}}, {"id": "toolu_2", "name": "see", "json": {}}], "finish": "tool_use"}], "usage": usage()}),
            &[
                block(0, &json!({"type": "text", "text": ""})),
                text(0, "Looking."),
                stop(0),
                block(1, &tool(&json!({}))),
                partial(1, ""),
                partial(1, "{\"x\": "),
                partial(1, "\"é\"}"),
                stop(1),
                block(2, &json!({"type": "tool_use", "id": "toolu_2", "name": "see", "input": {}})),
                stop(2),
            ],
            "tool_use",
        ),
        stream("a text in its block's first event", said("Hi there", "end_turn", &usage()), &[block(0, &json!({"type": "text", "text": "Hi"})), text(0, " there"), stop(0)], "end_turn"),
        sample(
            "input that the last report raises",
            "anthropic",
            MESSAGES,
            said("Hi", "end_turn", &json!({"input_tokens": 500, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 3, "output_tokens": 9, "server_tool_use": {"web_search_requests": 1}})),
        )
        .named_events(&[
            start(),
            block(0, &json!({"type": "text", "text": ""})),
            text(0, "Hi"),
            stop(0),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"input_tokens": 500, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 3, "output_tokens": 9, "server_tool_use": {"web_search_requests": 1}}}),
            json!({"type": "message_stop"}),
        ]),
    ]
}

/// C2.
fn thinking() -> Vec<Recording> {
    let blocks = json!([
        {"type": "thinking", "thinking": "2+2", "signature": "sig-one-AAAA"},
        {"type": "thinking", "thinking": "", "signature": "sig-two-BBBB"},
        {"type": "redacted_thinking", "data": "redacted-CCCC"},
        {"type": "text", "text": "4"},
    ]);
    let thought = json!({"choices": [{"text": "4", "reasoning": "2+2", "finish": "end_turn", "other_items": ["redacted_thinking"]}], "usage": usage()});
    vec![
        stream(
            "thinking, signed, empty and redacted",
            thought.clone(),
            &[
                block(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
                delta(0, &json!({"type": "thinking_delta", "thinking": "2+"})),
                delta(0, &json!({"type": "thinking_delta", "thinking": "2"})),
                delta(0, &json!({"type": "signature_delta", "signature": "sig-one-AAAA"})),
                stop(0),
                block(1, &json!({"type": "thinking", "thinking": "", "signature": ""})),
                delta(1, &json!({"type": "signature_delta", "signature": "sig-two-BBBB"})),
                stop(1),
                block(2, &json!({"type": "redacted_thinking", "data": "redacted-CCCC"})),
                stop(2),
                block(3, &json!({"type": "text", "text": ""})),
                text(3, "4"),
                stop(3),
            ],
            "end_turn",
        ),
        sample("thinking, signed, empty and redacted, whole", "anthropic", MESSAGES, thought).whole(&whole(&blocks, "end_turn")),
    ]
}

/// C3.
fn own_tools() -> Vec<Recording> {
    let server =
        json!({"choices": [{"text": "Found.", "finish": "end_turn", "other_items": ["server_tool_use", "web_search_tool_result", "tomorrows_block"]}], "usage": usage()});
    let server_blocks = json!([
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result", "url": "https://a.example", "title": "A", "encrypted_content": "EEEE"}]},
        {"type": "tomorrows_block", "any": [1]},
        {"type": "text", "text": "Found.", "citations": [{"type": "web_search_result_location", "url": "https://a.example", "title": "A", "cited_text": "c", "encrypted_index": "IIII"}]},
    ]);
    vec![
        sample("the provider's own tools, and a block of tomorrow", "anthropic", MESSAGES, server.clone()).whole(&whole(&server_blocks, "end_turn")),
        stream(
            "the provider's own tools, events and deltas of tomorrow",
            server,
            &[
                block(0, &json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}})),
                partial(0, "{\"query\": \"q\"}"),
                stop(0),
                block(1, &server_blocks[1]),
                stop(1),
                block(2, &server_blocks[2]),
                delta(2, &json!({"type": "tomorrows_delta", "x": 1})),
                stop(2),
                json!({"type": "tomorrows_event", "y": 2}),
                block(3, &json!({"type": "text", "text": "", "citations": []})),
                delta(
                    3,
                    &json!({"type": "citations_delta", "citation": {"type": "web_search_result_location", "url": "https://a.example", "title": "A", "cited_text": "c", "encrypted_index": "IIII"}}),
                ),
                text(3, "Found."),
                stop(3),
            ],
            "end_turn",
        ),
    ]
}

fn faults() -> Vec<Recording> {
    let facts = json!({"choices": [{"text": "Hel"}], "error": {"message": "Overloaded"}});
    let begin = [start(), block(0, &json!({"type": "text", "text": ""})), text(0, "Hel")];
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let cut = json!({"choices": [{"text": "Hel"}]});
    vec![
        sample("an error event", "anthropic", MESSAGES, facts).feature("mid_stream_error").named_events(&[&begin[..], std::slice::from_ref(&error)].concat()),
        sample("an error as the first event", "anthropic", MESSAGES, json!({"choices": [], "error": {"message": "Overloaded"}}))
            .feature("mid_stream_error")
            .named_events(&[error]),
        sample("an end without an end", "anthropic", MESSAGES, cut.clone()).feature("truncated_stream").named_events(&begin),
        sample("an end inside of an event", "anthropic", MESSAGES, cut).feature("truncated_stream").raw_events(
            &(begin.iter().map(|event| format!("event: x\ndata: {event}\n\n")).collect::<String>() + "event: content_block_delta\ndata: {\"type\":\"content_bl"),
        ),
    ]
}
