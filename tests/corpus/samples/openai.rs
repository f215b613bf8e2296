//! Answers in OpenAI's shape with what vendors do differently.

use serde_json::{Value, json};

use super::{said, sample};
use crate::recording::Recording;

const CHAT: &str = "openai.chat";

fn chunk(delta: &Value, finish: &Value) -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn usage() -> Value {
    json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10})
}

fn usage_chunk() -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": usage()})
}

fn word(text: &str) -> Value {
    chunk(&json!({"content": text}), &Value::Null)
}

fn end(reason: &str) -> Value {
    chunk(&json!({}), &json!(reason))
}

pub(super) fn samples() -> Vec<Recording> {
    [framing(), chunks(), calls(), thinking(), faults()].concat()
}

/// A1, A3, A4, A8 and what the specification of event streams allows besides.
fn framing() -> Vec<Recording> {
    let lf = format!("data: {}\n\ndata: {}\n\n", word("Hällo ☃"), end("stop"));
    let facts = || said("Hällo ☃", "stop", &Value::Null);
    let stream = |quirk: &str, text: &str| sample(quirk, "openai_compatible", CHAT, facts()).raw_events(text);
    vec![
        stream("line ends are CR", &lf.replace('\n', "\r")),
        stream("line ends are CRLF, and no space behind the colon", &lf.replace('\n', "\r\n").replace("data: ", "data:")),
        stream("a byte order mark, comments, and blank lines first", &format!("\u{feff}: PROCESSING\n\n\n\n: keepalive\n\n{lf}: bye\n\n")),
        stream("data over several lines", &lf.replace(r#","created""#, ",\ndata: \"created\"")),
        stream("no blank line behind the last event", lf.trim_end()),
        stream("fields that nobody knows, and ids", &lf.replace("data: ", "id: 7\nretry: 3000\nx-vendor: y\ndata: ")),
        stream("named events and pings", &lf.replace("data: ", "event: chunk\ndata: ").replace("\n\nevent", "\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\nevent")),
        stream("[DONE] without a space, twice", &format!("{lf}data:[DONE]\n\ndata: [DONE]\n\n")),
        stream("padding against length side channels", &lf.replace(r#""index":0"#, r#""index":0,"p":"abcdefgh","obfuscation":"xyz""#)),
        sample("a whole answer behind line ends", "openrouter", CHAT, facts()).body(
            "application/json",
            gateway_testkit::upstream::BodyFraming::Whole,
            format!("\n         \n{}", json!({"id": "c1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hällo ☃"}, "finish_reason": "stop"}]}))
                .into(),
        ),
    ]
}

/// B1 to B5, B8, B11 and B12.
fn chunks() -> Vec<Recording> {
    let stream = |quirk: &str, provider: &str, facts: Value, events: &[Value]| sample(quirk, provider, CHAT, facts).events(events);
    let with = |mut chunk: Value, name: &str, value: Value| {
        chunk[name] = value;
        chunk
    };
    let done = json!("[DONE]");
    let azure_first =
        json!({"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]});
    let azure_late = json!({"id": "", "object": "", "created": 0, "model": "", "choices": [{"index": 0, "finish_reason": null, "content_filter_offsets": {"start_offset": 1}, "content_filter_results": {}}]});
    let facts = said("Hi", "stop", &usage());
    vec![
        stream("a first chunk without anything, filter results behind the end", "azure", facts.clone(), &[azure_first, word("Hi"), end("stop"), azure_late, usage_chunk(), done.clone()]),
        stream("usage on every chunk", "perplexity", facts.clone(), &[with(word("Hi"), "usage", json!({"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8})), with(end("stop"), "usage", usage())]),
        stream("usage twice", "huggingface", facts.clone(), &[word("Hi"), with(end("stop"), "usage", usage()), usage_chunk(), done.clone()]),
        stream("usage beside choices that are null", "openai_compatible", facts.clone(), &[word("Hi"), end("stop"), with(usage_chunk(), "choices", Value::Null), done.clone()]),
        stream("usage where Groq has it", "groq", facts.clone(), &[word("Hi"), with(end("stop"), "x_groq", json!({"id": "r", "usage": usage()})), done.clone()]),
        stream("a chunk behind the usage", "openai", facts.clone(), &[word("Hi"), end("stop"), usage_chunk(), json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}), done.clone()]),
        stream("the finish reason twice", "openrouter", facts.clone(), &[word("Hi"), end("stop"), with(end("stop"), "usage", usage()), done.clone()]),
        stream("ids that change", "avian", facts.clone(), &[with(word("H"), "id", json!("a")), with(word("i"), "id", json!("b")), end("stop"), usage_chunk()]),
        stream("a message beside every delta", "perplexity", facts, &[
            json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": null}], "citations": ["https://a.example"]}),
            json!({"id": "c", "object": "chat.completion.done", "usage": usage(), "choices": [{"index": 0, "delta": {"content": ""}, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}),
        ]),
        stream("an end in `finish_details`", "openai_compatible", said("Hi", "max_tokens", &Value::Null), &[
            json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_details": {"type": "max_tokens"}}]}),
            done.clone(),
        ]),
        stream("no finish reason, but [DONE]", "openai", json!({"choices": [{"text": "Hi"}]}), &[word("Hi"), done.clone()]),
        stream("two choices, interleaved", "openai", json!({"choices": [{"text": "ab", "finish": "stop"}, {"text": "cd", "finish": "length"}]}), &[
            json!({"choices": [{"index": 1, "delta": {"content": "c"}}, {"index": 0, "delta": {"content": "a"}}]}),
            json!({"choices": [{"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"}]}),
            json!({"choices": [{"index": 1, "delta": {"content": "d"}, "finish_reason": "length"}]}),
            done.clone(),
        ]),
        stream("a finish reason that nobody knows", "together", said("Hi", "eos", &Value::Null), &[word("Hi"), end("eos"), done]),
        sample("counts as decimals, thinking beside the completion", "xai", CHAT, said("Hi", "stop", &json!({"prompt_tokens": 9.0, "completion_tokens": 4, "total_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 7}})))
            .whole(&json!({"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9.0, "completion_tokens": 4, "total_tokens": 20, "completion_tokens_details": {"reasoning_tokens": 7}}})),
        sample("more thinking than completion", "vercel_gateway", CHAT, said("Hi", "stop", &json!({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "completion_tokens_details": {"reasoning_tokens": 7}})))
            .whole(&json!({"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "completion_tokens_details": {"reasoning_tokens": 7}}})),
    ]
}

/// B6, B7, B13 and B14.
fn calls() -> Vec<Recording> {
    let call = |id: &Value, name: &str, arguments: &Value| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    let facts = |calls: Value, finish: &str| json!({"choices": [{"tool_calls": calls, "finish": finish}]});
    let stream = |quirk: &str, provider: &str, facts: Value, events: &[Value]| sample(quirk, provider, CHAT, facts).events(events);
    let called = |calls: Value| chunk(&json!({"role": "assistant", "content": null, "tool_calls": calls}), &Value::Null);
    vec![
        stream("several calls in one delta, without index and type", "mistral", facts(json!([{"id": "a1", "name": "f", "json": {"x": 1}}, {"id": "a2", "name": "g", "json": {}}]), "tool_calls"), &[
            called(json!([{"id": "a1", "function": {"name": "f", "arguments": "{\"x\": 1}"}}, {"id": "a2", "function": {"name": "g", "arguments": ""}}])),
            end("tool_calls"),
            json!("[DONE]"),
        ]),
        stream("a call without id and index, and `stop`", "google", facts(json!([{"id": null, "name": "f", "json": {"x": 1}}]), "stop"), &[called(json!([call(&json!(""), "f", &json!("{\"x\":1}"))])), end("stop"), json!("[DONE]")]),
        stream("a first index that is not zero", "openai_compatible", facts(json!([{"id": "a", "name": "f", "json": {"x": [1, 2]}}]), "tool_calls"), &[
            called(json!([{"index": 1, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}])),
            chunk(&json!({"tool_calls": [{"index": 1, "function": {"arguments": "{\"x\":[1"}}]}), &Value::Null),
            chunk(&json!({"tool_calls": [{"index": 1, "function": {"arguments": ",2]}"}}]}), &Value::Null),
            end("tool_calls"),
            json!("[DONE]"),
        ]),
        stream("id and name in every part", "openai_compatible", facts(json!([{"id": "a", "name": "f", "json": {"x": 1}}]), "tool_calls"), &[
            called(json!([{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\""}}])),
            chunk(&json!({"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ":1}"}}]}), &json!("tool_calls")),
        ]),
        stream("arguments cut off by the limit", "deepseek", facts(json!([{"id": "a", "name": "f", "raw": "{\"x\": \"unfin"}]), "length"), &[called(json!([{"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\": \"unfin"}}])), end("length"), json!("[DONE]")]),
        sample("arguments that are null", "writer", CHAT, facts(json!([{"id": "a", "name": "f", "json": {}}]), "tool_calls"))
            .whole(&json!({"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": [call(&json!("a"), "f", &Value::Null)]}, "finish_reason": "tool_calls"}]})),
        sample("a custom tool, and text beside it", "openai", CHAT, json!({"choices": [{"text": "Calling.", "tool_calls": [{"id": "a", "name": "shell", "raw": "ls -l"}], "finish": "tool_calls"}]}))
            .whole(&json!({"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Calling.", "tool_calls": [{"id": "a", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}]}, "finish_reason": "tool_calls"}]})),
        sample("a function call of the old kind", "openai", CHAT, facts(json!([{"id": null, "name": "f", "json": {"x": 1}}]), "function_call"))
            .whole(&json!({"id": "c", "object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{\"x\":1}"}}, "finish_reason": "function_call"}]})),
    ]
}

/// B9.
fn thinking() -> Vec<Recording> {
    let facts = |reasoning: &str| json!({"choices": [{"text": "4", "reasoning": reasoning, "finish": "stop"}]});
    let thought = |delta: Value| chunk(&delta, &Value::Null);
    let tail = [word("4"), end("stop"), json!("[DONE]")];
    let stream = |quirk: &str, provider: &str, reasoning: &str, head: &[Value]| sample(quirk, provider, CHAT, facts(reasoning)).events(&[head, &tail].concat());
    vec![
        stream(
            "thinking as `reasoning_content`",
            "deepseek",
            "2+2",
            &[thought(json!({"content": null, "reasoning_content": "2+"})), thought(json!({"content": null, "reasoning_content": "2"}))],
        ),
        stream("thinking as `reasoning`, with a channel", "groq", "2+2", &[thought(json!({"reasoning": "2+2", "channel": "analysis"}))]),
        stream(
            "the same thinking under two names and in blocks",
            "openrouter",
            "2+2",
            &[thought(json!({"reasoning": "2+2", "reasoning_content": "2+2", "reasoning_details": [{"type": "reasoning.text", "text": "2+2", "index": 0}]}))],
        ),
        stream(
            "thinking in blocks only",
            "openrouter",
            "2+2",
            &[
                thought(json!({"reasoning_details": [{"type": "reasoning.summary", "summary": "2+", "index": 0}]})),
                thought(json!({"reasoning_details": [{"type": "reasoning.summary", "summary": "2", "index": 0}]})),
                thought(json!({"reasoning_details": [{"type": "reasoning.encrypted", "data": "gAAA", "index": 1}]})),
            ],
        ),
        stream(
            "thinking parts inside of the content",
            "mistral",
            "2+2",
            &[thought(json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "2+2"}], "closed": true}]}))],
        ),
    ]
}

/// A7, A8, X: a broken answer never ends as a success.
fn faults() -> Vec<Recording> {
    let facts = |message: &str| json!({"choices": [{"text": "Hel"}], "error": {"message": message}});
    let stream = |quirk: &str, provider: &str, message: &str, tail: &str| {
        let begin = format!("data: {}\n\n", word("Hel"));
        sample(quirk, provider, CHAT, facts(message)).feature("mid_stream_error").raw_events(&(begin + tail))
    };
    let error = json!({"error": {"message": "out of order", "type": "server_error", "code": null}});
    vec![
        stream("an error chunk", "openai", "out of order", &format!("data: {error}\n\ndata: [DONE]\n\n")),
        stream("an `error` event", "groq", "out of order", &format!("event: error\ndata: {}\n\n", json!({"error": {"message": "out of order", "type": "invalid_request_error", "code": "tool_use_failed", "status_code": 400}}))),
        stream("an error beside empty choices", "openrouter", "out of order", &format!("data: {}\n\ndata: [DONE]\n\n", json!({"id": "c", "choices": [], "error": {"code": 502, "message": "out of order"}}))),
        stream("an error beside a choice that ends with it", "openrouter", "out of order", &format!("data: {}\n\ndata: [DONE]\n\n", json!({"id": "c", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}], "error": {"code": "server_error", "message": "out of order"}}))),
        stream("an `error:` line", "gpustack", "out of order", "error: {\"error\":{\"code\":500,\"message\":\"out of order\",\"type\":\"server_error\"}}\n\n"),
        stream("an error that is a text", "venice", "out of order", "data: {\"error\":\"out of order\"}\n\n"),
        sample("an end without an end", "huggingface", CHAT, json!({"choices": [{"text": "Hel"}]})).feature("truncated_stream").raw_events(&format!("data: {}\n\n", word("Hel"))),
        sample("an end inside of an event", "openai", CHAT, json!({"choices": [{"text": "Hel"}]})).feature("truncated_stream").raw_events(&format!("data: {}\n\ndata: {{\"choices\":[{{", word("Hel"))),
        sample("an error in the clothes of a success", "openrouter", CHAT, json!({"choices": [], "error": {"message": "out of order"}})).feature("mid_stream_error").whole(&json!({"error": {"message": "out of order", "code": 503}, "user_id": "u"})),
        sample("a choice that failed", "openrouter", CHAT, json!({"choices": [{"text": "Hel"}], "error": {"message": "out of order"}}))
            .feature("mid_stream_error")
            .events(&[word("Hel"), json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error", "error": {"code": 502, "message": "out of order"}}]}), json!("[DONE]")]),
    ]
}
