//! Answers in the shapes of Cohere's v2 API and of Ollama's own.

use serde_json::{Value, json};

use super::{said, sample};
use crate::recording::Recording;

const COHERE: &str = "cohere.chat_v2";
const OLLAMA: &str = "ollama.chat";

pub(super) fn samples() -> Vec<Recording> {
    [cohere_ends(), cohere_calls(), ollama()].concat()
}

fn cohere_usage() -> Value {
    json!({"billed_units": {"input_tokens": 3, "output_tokens": 2}, "tokens": {"input_tokens": 70, "output_tokens": 4}, "cached_tokens": 64})
}

fn content(text: &str) -> Value {
    json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}})
}

fn cohere_start() -> [Value; 2] {
    [
        json!({"id": "c1", "type": "message-start", "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}}),
        json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
    ]
}

fn cohere_end(reason: &str) -> Value {
    json!({"type": "message-end", "delta": {"finish_reason": reason, "usage": cohere_usage()}})
}

/// E1.
fn cohere_ends() -> Vec<Recording> {
    let mut samples = Vec::new();
    for reason in ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "A_REASON_OF_TOMORROW"] {
        let facts = said("Hä", reason, &cohere_usage());
        samples.push(sample(&format!("an answer that ends with {reason}"), "cohere", COHERE, facts.clone()).whole(
            &json!({"id": "c1", "finish_reason": reason, "message": {"role": "assistant", "content": [{"type": "text", "text": "Hä"}]}, "usage": cohere_usage()}),
        ));
        let events = [&cohere_start()[..], &[content("H"), content("ä"), json!({"type": "content-end", "index": 0}), cohere_end(reason), json!("[DONE]")]].concat();
        samples.push(sample(&format!("a stream that ends with {reason}"), "cohere", COHERE, facts).events(&events));
    }
    let failed = json!({"type": "message-end", "delta": {"error": "no valid tool call could be made", "finish_reason": "ERROR", "usage": cohere_usage(), "error_type": "INVALID_TOOL_GENERATION"}});
    samples.push(
        sample("an end in an error", "cohere", COHERE, json!({"choices": [{"text": "Hel", "finish": "ERROR"}], "error": {}}))
            .feature("mid_stream_error")
            .events(&[&cohere_start()[..], &[content("Hel"), failed]].concat()),
    );
    samples.push(
        sample("an end without an end", "cohere", COHERE, json!({"choices": [{"text": "Hel"}]}))
            .feature("truncated_stream")
            .events(&[&cohere_start()[..], &[content("Hel")]].concat()),
    );
    samples
}

fn cohere_calls() -> Vec<Recording> {
    let call = |index: u32, id: &str, name: &str| json!({"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": {"id": id, "type": "function", "function": {"name": name, "arguments": ""}}}}});
    let arguments = |index: u32, text: &str| json!({"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": {"function": {"arguments": text}}}}});
    let called = json!([{"id": "look_1", "name": "look", "json": {"x": "é"}}, {"id": "see_2", "name": "see", "raw": ""}]);
    let facts = json!({"choices": [{"tool_plan": "I will look.", "tool_calls": called, "finish": "TOOL_CALL"}], "usage": cohere_usage()});
    vec![
        sample("a plan and two calls, one without arguments", "cohere", COHERE, facts.clone()).events(&[
            cohere_start()[0].clone(),
            json!({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will"}}}),
            json!({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": " look."}}}),
            call(0, "look_1", "look"),
            arguments(0, "{\"x\": "),
            arguments(0, "\"é\"}"),
            json!({"type": "tool-call-end", "index": 0}),
            call(1, "see_2", "see"),
            json!({"type": "tool-call-end", "index": 1}),
            json!({"type": "an-event-of-tomorrow", "index": 1}),
            cohere_end("TOOL_CALL"),
        ]),
        sample("a plan and two calls, whole", "cohere", COHERE, facts).whole(&json!({"id": "c1", "finish_reason": "TOOL_CALL", "message": {"role": "assistant", "tool_plan": "I will look.", "tool_calls": [
            {"id": "look_1", "type": "function", "function": {"name": "look", "arguments": "{\"x\":\"é\"}"}}, {"id": "see_2", "type": "function", "function": {"name": "see", "arguments": ""}}]}, "usage": cohere_usage()})),
        sample("thinking, then text", "cohere", COHERE, json!({"choices": [{"text": "4", "reasoning": "2+2", "finish": "COMPLETE"}], "usage": cohere_usage()}))
            .whole(&json!({"id": "c1", "finish_reason": "COMPLETE", "message": {"role": "assistant", "content": [{"type": "thinking", "thinking": "2+2"}, {"type": "text", "text": "4"}]}, "usage": cohere_usage()})),
        sample("thinking in a stream", "cohere", COHERE, json!({"choices": [{"text": "4", "reasoning": "2+2", "finish": "COMPLETE"}], "usage": cohere_usage()})).events(&[
            cohere_start()[0].clone(),
            json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "thinking", "thinking": ""}}}}),
            json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"thinking": "2+2"}}}}),
            json!({"type": "content-end", "index": 0}),
            json!({"type": "content-start", "index": 1, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
            json!({"type": "content-delta", "index": 1, "delta": {"message": {"content": {"text": "4"}}}}),
            json!({"type": "content-end", "index": 1}),
            cohere_end("COMPLETE"),
        ]),
    ]
}

/// E3, A12.
fn ollama() -> Vec<Recording> {
    let line = |message: Value| json!({"model": "m", "created_at": "2026-01-02T03:04:05.6Z", "message": message, "done": false});
    let end = |reason: &str| json!({"model": "m", "created_at": "2026-01-02T03:04:06Z", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason, "total_duration": 9, "prompt_eval_count": 6, "eval_count": 2});
    let word = |text: &str| line(json!({"role": "assistant", "content": text}));
    let usage = json!({"prompt_eval_count": 6, "eval_count": 2});
    let call = line(
        json!({"role": "assistant", "content": "", "tool_calls": [{"function": {"index": 0, "name": "f", "arguments": {"x": {"y": 1}}}}, {"id": "call_9", "function": {"index": 1, "name": "g", "arguments": {}}}]}),
    );
    let called = json!([{"id": null, "name": "f", "json": {"x": {"y": 1}}}, {"id": "call_9", "name": "g", "json": {}}]);
    let unfinished = json!({"choices": [{"text": "Hel"}]});
    vec![
        sample("words", "ollama", OLLAMA, said("Hä!", "stop", &usage)).lines(&[word("H"), word("ä"), word("!"), end("stop")]),
        sample("the limit", "ollama", OLLAMA, said("Hi", "length", &usage)).lines(&[word("Hi"), end("length")]),
        sample("thinking", "ollama", OLLAMA, json!({"choices": [{"text": "4", "reasoning": "2+2", "finish": "stop"}], "usage": usage})).lines(&[line(json!({"role": "assistant", "content": "", "thinking": "2+2"})), word("4"), end("stop")]),
        sample("calls with objects, with and without ids, and `stop`", "ollama", OLLAMA, json!({"choices": [{"tool_calls": called, "finish": "stop"}], "usage": usage})).lines(&[call, end("stop")]),
        sample("no prompt count", "ollama", OLLAMA, json!({"choices": [{"text": "Hi", "finish": "stop"}], "usage": {"eval_count": 2}}))
            .whole(&json!({"model": "m", "created_at": "2026-01-02T03:04:05Z", "message": {"role": "assistant", "content": "Hi"}, "done": true, "done_reason": "stop", "eval_count": 2})),
        sample("an error line", "ollama", OLLAMA, json!({"choices": [{"text": "Hel"}], "error": {"message": "out of memory"}})).feature("mid_stream_error").lines(&[word("Hel"), json!({"error": "out of memory"})]),
        sample("an error as the first line", "ollama", OLLAMA, json!({"choices": [], "error": {"message": "no such model"}})).feature("mid_stream_error").lines(&[json!({"error": "no such model"})]),
        sample("an end without an end", "ollama", OLLAMA, unfinished).feature("truncated_stream").lines(&[word("Hel")]),
    ]
}
