//! Streams of servers that leave something out, say it twice, or say what nobody knows.

use serde_json::{Value, json};

use super::{joined, sse, stream, whole};

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "resp_1", "model": "m-1", "created_at": 12.5, "status": "in_progress"}})
}

fn completed(output: &Value) -> Value {
    json!({"type": "response.completed", "response": {
        "id": "resp_1", "model": "m-1", "created_at": 12, "status": "completed", "output": output,
        "service_tier": "flex", "metadata": {"a": "b"},
        "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12,
            "input_tokens_details": {"cached_tokens": 2}, "output_tokens_details": {"reasoning_tokens": 3}}
    }})
}

/// One item of each kind.
pub(super) fn output() -> Value {
    json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}], "encrypted_content": "c2Vh"},
        {"type": "message", "role": "assistant", "phase": "commentary", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"type": "reasoning", "id": "rs_2", "summary": [], "content": [{"type": "reasoning_text", "text": "So."}]},
        {"type": "message", "role": "assistant", "phase": "final_answer", "content": [{"type": "output_text", "text": "Höre: ja.", "annotations": [
            {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 4},
            {"type": "file_citation", "file_id": "f1", "filename": "a.txt", "index": 3}
        ]}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{\"a\":1}"},
        {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_2", "name": "c", "input": "free"},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "output_format": "webp", "result": "AAAA"}
    ])
}

/// A stream with events of every kind.
pub(super) fn every_kind() -> Vec<u8> {
    let mut events = vec![
        created(),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "id": "rs_x", "summary": []}}),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "Fir"}),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "st."}),
        json!({"type": "response.reasoning_summary_text.done", "output_index": 0, "summary_index": 0, "text": "First."}),
        json!({"type": "keepalive"}),
        json!({"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "I lo", "obfuscation": "x"}),
        json!({"type": "response.no_such_event", "output_index": "?", "delta": {"a": 1}}),
        json!({"type": "response.output_item.added", "output_index": 5, "item": {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": ""}}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 5, "item_id": "other", "delta": "{\"a\""}),
        json!({"type": "response.custom_tool_call_input.delta", "output_index": 6, "delta": "fr"}),
    ];
    for (index, item) in output().as_array().unwrap().iter().enumerate() {
        events.push(
            json!({"type": "response.output_item.done", "output_index": index, "item": item}),
        );
    }
    events.push(completed(&json!([])));
    sse(&events)
}

fn told(events: &[Value]) -> Value {
    joined(&stream(&sse(events), 5).unwrap().unwrap())
}

fn message(answer: &Value) -> &Value {
    &answer["choices"][0]["message"]
}

#[test]
fn everything_that_an_answer_can_have_is_told() {
    let streamed = joined(&stream(&every_kind(), 11).unwrap().unwrap());
    let native = completed(&output())["response"].clone();
    let whole = whole(native.to_string().as_bytes()).unwrap();
    let expected = json!({
        "role": "assistant",
        "content": "I look.Höre: ja.",
        "refusal": null,
        "reasoning_content": "First.Then.So.",
        "reasoning_details": [
            {"type": "reasoning.summary", "summary": "First.", "format": "openai-responses-v1", "index": 0},
            {"type": "reasoning.summary", "summary": "Then.", "format": "openai-responses-v1", "index": 1},
            {"type": "reasoning.encrypted", "data": "c2Vh", "id": "rs_1", "format": "openai-responses-v1", "index": 2},
            {"type": "reasoning.text", "text": "So.", "id": "rs_2", "format": "openai-responses-v1", "index": 3}
        ],
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
            {"id": "call_2", "type": "custom", "custom": {"name": "c", "input": "free"}}
        ],
        "annotations": [{"type": "url_citation", "url_citation":
            {"url": "https://a.example", "title": "A", "start_index": 7, "end_index": 11}}],
        "images": [{"index": 0, "type": "image_url", "image_url": {"url": "data:image/webp;base64,AAAA"}}],
        "provider_data": {"responses": {"items": [
            {"type": "reasoning", "id": "rs_1"},
            {"type": "message", "phase": "commentary", "characters": 7},
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
            {"type": "reasoning", "id": "rs_2"},
            {"type": "message", "phase": "final_answer", "characters": 9,
                "annotations": [{"type": "file_citation", "file_id": "f1", "filename": "a.txt", "index": 3}]},
            {"type": "function_call", "call_id": "call_1"},
            {"type": "custom_tool_call", "call_id": "call_2"},
            {"type": "image_generation_call", "id": "ig_1", "status": "completed", "output_format": "webp"}
        ]}}
    });
    let without_ids = |message: &Value| {
        let mut message = message.clone();
        for item in message["provider_data"]["responses"]["items"]
            .as_array_mut()
            .unwrap()
        {
            if item["type"] == "reasoning" {
                item.as_object_mut().unwrap().shift_remove("id");
            }
        }
        message
    };
    assert_eq!(without_ids(message(&whole)), without_ids(&expected));
    for member in [
        "content",
        "reasoning_content",
        "reasoning_details",
        "images",
        "annotations",
    ] {
        assert_eq!(
            message(&streamed)[member],
            message(&whole)[member],
            "{member}"
        );
    }
    assert_eq!(
        message(&streamed)["tool_calls"][0],
        message(&whole)["tool_calls"][0]
    );
    assert_eq!(
        message(&streamed)["provider_data"],
        message(&whole)["provider_data"]
    );
    for answer in [&whole, &streamed] {
        assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");
        assert_eq!(answer["choices"][0]["native_finish_reason"], "completed");
        assert_eq!(answer["id"], "resp_1");
        assert_eq!(answer["model"], "m-1");
        assert_eq!(answer["created"], 12);
        assert_eq!(answer["service_tier"], "flex");
        assert_eq!(answer["metadata"], json!({"a": "b"}));
        assert_eq!(
            answer["usage"]["completion_tokens_details"]["reasoning_tokens"],
            3
        );
    }
}

/// Clients append texts and put numbers in a stream's pieces together: whatever does not grow comes once.
#[test]
fn what_does_not_grow_comes_once_in_a_stream() {
    let chunks = stream(&every_kind(), 1000).unwrap().unwrap();
    let details: Vec<&Value> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["reasoning_details"].get(0))
        .collect();
    for index in 0..4 {
        let of = details.iter().filter(|detail| detail["index"] == index);
        let of: Vec<_> = of.collect();
        for member in ["format", "id", "data"] {
            let count = of
                .iter()
                .filter(|detail| detail.get(member).is_some())
                .count();
            assert!(count <= 1, "{member} of {index} comes {count} times");
        }
    }
    let told = chunks
        .iter()
        .filter(|chunk| chunk["choices"][0]["delta"].get("provider_data").is_some());
    assert_eq!(told.count(), 1);
}

#[test]
fn a_plain_answer_is_a_plain_message() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    ]);
    let answer = whole(completed(&output)["response"].to_string().as_bytes()).unwrap();
    assert_eq!(
        message(&answer),
        &json!({"role": "assistant", "content": "Hi", "refusal": null})
    );
}

#[test]
fn a_trimmed_stream_is_filled_from_what_comes_whole() {
    let item = json!({"type": "message", "content": [{"type": "output_text", "text": "Hello"}]});
    let call =
        json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":1}"});
    let delta = json!({"type": "response.output_text.delta", "output_index": 0, "delta": "Hel"});
    let done = |index: u64, item: &Value| json!({"type": "response.output_item.done", "output_index": index, "item": item});
    for events in [
        // Whole items only.
        vec![done(0, &item), done(1, &call), completed(&json!([]))],
        // Only the first pieces, then the whole.
        vec![
            delta.clone(),
            done(0, &item),
            done(1, &call),
            completed(&json!([])),
        ],
        // Nothing but the end.
        vec![completed(&json!([item, call]))],
        // Pieces, and the rest at the end.
        vec![delta, completed(&json!([item, call]))],
        // Items whose numbers the end does not keep.
        vec![
            done(0, &json!({"type": "reasoning", "summary": []})),
            done(1, &item),
            done(2, &call),
            completed(&json!([item, call])),
        ],
        // A name that comes late, and pieces of arguments before it.
        vec![
            done(0, &item),
            json!({"type": "response.output_item.added", "output_index": 1, "item": {"type": "function_call", "call_id": "c"}}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{\"a\""}),
            done(1, &call),
            completed(&json!([])),
        ],
        // Texts that come whole in events of their own, without numbers.
        vec![
            json!({"type": "response.output_text.done", "text": "Hello"}),
            json!({"type": "response.output_item.added", "output_index": 1, "item": {"type": "function_call", "call_id": "c", "name": "f"}}),
            json!({"type": "response.function_call_arguments.done", "output_index": 1, "arguments": "{\"a\":1}"}),
            completed(&json!([])),
        ],
    ] {
        let answer = told(&events);
        assert_eq!(message(&answer)["content"], "Hello", "{events:?}");
        let calls = json!([{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]);
        assert_eq!(message(&answer)["tool_calls"], calls, "{events:?}");
    }
}

#[test]
fn an_end_that_is_none_is_told_as_what_it_is() {
    let text = json!({"type": "response.output_text.delta", "output_index": 0, "delta": "Hel"});
    let incomplete = |reason: Value| json!({"type": "response.incomplete", "response": {"status": "incomplete", "incomplete_details": reason, "output": []}});
    for (reason, expected) in [
        (json!({"reason": "max_output_tokens"}), "length"),
        (json!({"reason": "content_filter"}), "content_filter"),
        (json!({"reason": "steered"}), "steered"),
        (json!(null), "incomplete"),
    ] {
        let answer = told(&[text.clone(), incomplete(reason)]);
        assert_eq!(answer["choices"][0]["finish_reason"], expected);
    }
    for (end, status) in [
        (
            json!({"type": "error", "code": "rate_limit_exceeded", "message": "slow", "param": null}),
            429,
        ),
        (
            json!({"type": "error", "error": {"type": "server_error", "message": "boom"}}),
            500,
        ),
        (
            json!({"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error", "message": "boom"}}}),
            500,
        ),
        (
            json!({"type": "response.failed", "response": {"status": "failed", "error": null}}),
            502,
        ),
        (json!({"error": {"code": 402, "message": "pay"}}), 402),
    ] {
        let fault = stream(&sse(&[text.clone(), end.clone()]), 100).unwrap_err();
        assert_eq!(fault.upstream.unwrap().status.as_u16(), status, "{end}");
    }
    assert_eq!(
        stream(&sse(&[created(), text]), 100).unwrap(),
        None,
        "cut off"
    );
}

#[test]
fn whole_answers_that_are_none_are_faults() {
    for body in [
        json!({}),
        json!([]),
        json!({"error": "no"}),
        json!({"id": "resp_1", "status": "failed", "output": [], "error": {"code": "server_error", "message": "boom"}}),
        json!({"id": "resp_1", "status": "queued", "output": []}),
    ] {
        assert!(whole(body.to_string().as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn log_probabilities_are_told_once() {
    let token = json!({"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []});
    let part = json!({"type": "output_text", "text": "Hi", "logprobs": [token]});
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "content": [part]}});
    let streamed = told(&[
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi", "logprobs": [token]}),
        json!({"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Hi", "logprobs": [token]}),
        done.clone(),
        completed(&json!([])),
    ]);
    let trimmed = told(&[done, completed(&json!([]))]);
    for answer in [streamed, trimmed] {
        assert_eq!(answer["choices"][0]["logprobs"]["content"], json!([token]));
    }
}

#[test]
fn thinking_can_be_kept_from_the_client_but_not_its_state() {
    let mut answer = crate::answer::AnswerWriter::whole(super::seed());
    let native = completed(&output())["response"].to_string();
    let mut decoder = super::ResponsesDecoder::new(true);
    crate::dialects::AnswerDecoder::whole(&mut decoder, &native.into(), &mut answer).unwrap();
    assert!(answer.conclude());
    let answer: Value = serde_json::from_slice(&answer.take_bytes()).unwrap();
    assert_eq!(message(&answer).get("reasoning_content"), None);
    assert_eq!(message(&answer)["reasoning_details"][0]["data"], "c2Vh");
}

#[test]
fn members_that_nobody_has_heard_of_are_told_and_echoes_of_the_request_are_not() {
    let answer = json!({
        "id": "r", "object": "response", "created_at": 1, "model": "m", "status": "completed", "tool_choice": "auto",
        "store": true, "mood": {"a": 1}, "unsaid": null, "access_programs": {"cyber": "standard"},
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}],
    });
    let told = whole(answer.to_string().as_bytes()).unwrap();
    assert_eq!(
        message(&told)["provider_data"]["responses"],
        json!({"access_programs": [{"cyber": "standard"}], "further_members": [{"mood": {"a": 1}}]})
    );
}
