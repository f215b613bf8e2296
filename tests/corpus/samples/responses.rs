//! Answers in the shape of OpenAI's Responses API.

use serde_json::{Value, json};

use super::sample;
use crate::recording::Recording;

const RESPONSES: &str = "openai.responses";

fn usage() -> Value {
    json!({"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 6, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 15})
}

fn response(status: &str, output: &Value) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "gpt-x", "output": output, "error": null, "incomplete_details": null, "usage": usage(), "parallel_tool_calls": true, "tool_choice": "auto", "tools": []})
}

fn message(parts: &Value) -> Value {
    json!({"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": parts})
}

fn text(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn events(events: &[Value]) -> Vec<Value> {
    let number = |(number, event): (usize, &Value)| {
        let mut event = event.clone();
        event["sequence_number"] = json!(number);
        event
    };
    let begin = [
        json!({"type": "response.created", "response": response("in_progress", &json!([]))}),
        json!({"type": "response.in_progress", "response": response("in_progress", &json!([]))}),
    ];
    begin.iter().chain(events).enumerate().map(number).collect()
}

fn end(status: &str, response: &Value) -> Value {
    json!({"type": format!("response.{status}"), "response": response})
}

fn added(index: u32, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn done(index: u32, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn word(index: u32, item: &str, text: &str) -> Value {
    json!({"type": "response.output_text.delta", "output_index": index, "content_index": 0, "item_id": item, "delta": text, "logprobs": []})
}

pub(super) fn samples() -> Vec<Recording> {
    [whole(), streams(), faults()].concat()
}

fn whole() -> Vec<Recording> {
    let call = json!({"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "f", "arguments": "{\"x\":1}"});
    let empty = json!({"id": "fc_2", "type": "function_call", "status": "completed", "call_id": "call_2", "name": "g", "arguments": ""});
    let custom = json!({"id": "ctc_1", "type": "custom_tool_call", "status": "completed", "call_id": "call_3", "name": "shell", "input": "ls -l"});
    let thinking = json!({"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "2+2"}], "encrypted_content": "gAAAA-one"});
    let unsaid = json!({"id": "rs_2", "type": "reasoning", "summary": [], "encrypted_content": "gAAAA-two"});
    let of = |quirk: &str, facts: Value, output: Value| {
        sample(quirk, "openai", RESPONSES, json!({"choices": [facts], "usage": usage()})).whole(&response("completed", &output))
    };
    let mut limit = response("incomplete", &json!([message(&json!([text("Hi")]))]));
    limit["incomplete_details"] = json!({"reason": "max_output_tokens"});
    let mut filtered = limit.clone();
    filtered["incomplete_details"] = json!({"reason": "content_filter"});
    vec![
        of(
            "thinking, text and two calls, one without arguments",
            json!({"text": "Calling.", "reasoning": "2+2", "tool_calls": [{"id": "call_1", "name": "f", "json": {"x": 1}}, {"id": "call_2", "name": "g", "raw": ""}], "finish": "completed"}),
            json!([thinking, message(&json!([text("Calling.")])), call, empty]),
        ),
        of("thinking of which only the state is given", json!({"text": "4", "finish": "completed"}), json!([unsaid, message(&json!([text("4")]))])),
        of("a call of a custom tool", json!({"finish": "completed", "other_items": ["custom_tool_call"]}), json!([custom])),
        of("a refusal", json!({"refusal": "I cannot.", "finish": "completed"}), json!([message(&json!([{"type": "refusal", "refusal": "I cannot."}]))])),
        of(
            "tools of the provider, and an item of tomorrow",
            json!({"text": "Found.", "finish": "completed", "other_items": ["web_search_call", "tomorrows_call"]}),
            json!([{"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}}, {"id": "t_1", "type": "tomorrows_call", "a": [1]}, message(&json!([text("Found.")]))]),
        ),
        sample("the limit", "azure", RESPONSES, json!({"choices": [{"text": "Hi", "finish": "incomplete:max_output_tokens"}], "usage": usage()})).whole(&limit),
        sample("a filter", "xai", RESPONSES, json!({"choices": [{"text": "Hi", "finish": "incomplete:content_filter"}], "usage": usage()})).whole(&filtered),
    ]
}

fn streams() -> Vec<Recording> {
    let item = message(&json!([text("Hä!")]));
    let begun = json!({"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []});
    let facts = json!({"choices": [{"text": "Hä!", "finish": "completed"}], "usage": usage()});
    let part =
        |kind: &str, part: Value| json!({"type": format!("response.content_part.{kind}"), "output_index": 0, "content_index": 0, "item_id": "msg_1", "part": part});
    let stream = |quirk: &str, facts: &Value, list: &[Value]| sample(quirk, "openai", RESPONSES, facts.clone()).named_events(&events(list));
    let arguments = |text: &str| json!({"type": "response.function_call_arguments.delta", "output_index": 1, "item_id": "fc_1", "delta": text});
    let call = |arguments: &str| json!({"id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "f", "arguments": arguments});
    let thinking = json!({"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}], "encrypted_content": "gAAAA-done"});
    let summary =
        |index: u32, text: &str| json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": index, "item_id": "rs_1", "delta": text});
    let completed = |output: Value| end("completed", &response("completed", &output));
    vec![
        stream(
            "ids of items that change, keep-alives, an event of tomorrow",
            &facts,
            &[
                added(0, &begun),
                part("added", text("")),
                word(0, "msg_a", "H"),
                json!({"type": "keepalive"}),
                word(0, "msg_b", "ä"),
                json!({"type": "response.tomorrow", "a": 1}),
                word(0, "msg_c", "!"),
                part("done", text("Hä!")),
                done(0, &item),
                completed(json!([item])),
            ],
        ),
        stream("an end with an empty output", &facts, &[added(0, &begun), word(0, "msg_1", "Hä!"), done(0, &item), completed(json!([]))]),
        stream("no deltas at all", &facts, &[added(0, &begun), done(0, &item), completed(json!([item]))]),
        stream("the answer in the last event alone", &facts, &[completed(json!([item]))]),
        stream("[DONE] behind the end", &facts, &[added(0, &begun), word(0, "msg_1", "Hä!"), done(0, &item), completed(json!([item]))]).also_done(),
        stream(
            "thinking in two parts, then a call",
            &json!({"choices": [{"reasoning": "onetwo", "tool_calls": [{"id": "call_1", "name": "f", "json": {"x": "é"}}], "finish": "completed"}], "usage": usage()}),
            &[
                added(0, &json!({"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAAA-begun"})),
                summary(0, "on"),
                summary(0, "e"),
                summary(1, "two"),
                done(0, &thinking),
                added(1, &call("")),
                arguments("{\"x\":"),
                arguments("\"é\"}"),
                json!({"type": "response.function_call_arguments.done", "output_index": 1, "item_id": "fc_1", "arguments": "{\"x\":\"é\"}"}),
                done(1, &call("{\"x\":\"é\"}")),
                completed(json!([thinking, call("{\"x\":\"é\"}")])),
            ],
        ),
        stream(
            "a call without arguments",
            &json!({"choices": [{"tool_calls": [{"id": "call_1", "name": "f", "json": {}}], "finish": "completed"}], "usage": usage()}),
            &[added(1, &call("")), arguments("{}"), done(1, &call("{}")), completed(json!([call("{}")]))],
        ),
    ]
}

fn faults() -> Vec<Recording> {
    let begin = [added(0, &json!({"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []})), word(0, "msg_1", "Hel")];
    let facts = |message: &str| json!({"choices": [{"text": "Hel"}], "error": {"message": message}});
    let mut failed = response("failed", &json!([]));
    failed["error"] = json!({"code": "server_error", "message": "It broke."});
    let fault = |quirk: &str, feature: &str, facts: Value, tail: &[Value]| {
        sample(quirk, "openai", RESPONSES, facts).feature(feature).named_events(&events(&[&begin[..], tail].concat()))
    };
    vec![
        fault("an error event", "mid_stream_error", facts("It broke."), &[json!({"type": "error", "code": "server_error", "message": "It broke.", "param": null})]),
        fault(
            "an error event with an object",
            "mid_stream_error",
            facts("It broke."),
            &[json!({"type": "error", "error": {"type": "server_error", "code": "server_error", "message": "It broke."}})],
        ),
        fault("an end without an end", "truncated_stream", json!({"choices": [{"text": "Hel"}]}), &[]),
        sample("a failed answer", "openai", RESPONSES, json!({"choices": [{"finish": "failed"}], "error": {"message": "It broke."}}))
            .feature("mid_stream_error")
            .named_events(&events(&[end("failed", &failed)])),
    ]
}

impl Recording {
    fn also_done(mut self) -> Self {
        self.reply.body = [&self.reply.body[..], b"data: [DONE]\n\n"].concat().into();
        self
    }
}
