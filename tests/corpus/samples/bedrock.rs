//! Answers in the shape of Bedrock's Converse.

use gateway_testkit::upstream::BodyFraming;
use serde_json::{Value, json};

use super::{aws::event, aws::exception, said, sample};
use crate::recording::Recording;

const CONVERSE: &str = "bedrock.converse";

fn usage() -> Value {
    json!({"inputTokens": 5, "outputTokens": 7, "cacheReadInputTokens": 20, "cacheWriteInputTokens": 3, "totalTokens": 35})
}

fn whole(content: &Value, reason: &str) -> Value {
    json!({"output": {"message": {"role": "assistant", "content": content}}, "stopReason": reason, "usage": usage(), "metrics": {"latencyMs": 5}})
}

fn delta(index: u32, delta: &Value) -> Vec<u8> {
    event("contentBlockDelta", &json!({"contentBlockIndex": index, "delta": delta, "p": "abcd"}))
}

fn start() -> Vec<u8> {
    event("messageStart", &json!({"role": "assistant", "p": "ab"}))
}

fn stop(index: u32) -> Vec<u8> {
    event("contentBlockStop", &json!({"contentBlockIndex": index}))
}

fn end(reason: &str) -> Vec<u8> {
    [event("messageStop", &json!({"stopReason": reason})), event("metadata", &json!({"usage": usage(), "metrics": {"latencyMs": 5}}))].concat()
}

impl Recording {
    fn messages(mut self, messages: &[Vec<u8>]) -> Self {
        self.streaming = true;
        self.body("application/vnd.amazon.eventstream", BodyFraming::AwsEventStream, messages.concat()).model("eu.anthropic.claude-sonnet-4-5-20250929-v1:0")
    }
}

pub(super) fn samples() -> Vec<Recording> {
    [ends(), blocks(), faults()].concat()
}

fn ends() -> Vec<Recording> {
    let mut samples = Vec::new();
    for reason in ["end_turn", "stop_sequence", "max_tokens", "guardrail_intervened", "content_filtered", "model_context_window_exceeded", "a_reason_of_tomorrow"] {
        let facts = said("Hä", reason, &usage());
        samples.push(sample(&format!("an answer that ends with {reason}"), "bedrock", CONVERSE, facts.clone()).whole(&whole(&json!([{"text": "Hä"}]), reason)));
        // E2: text has no start of its own.
        samples.push(sample(&format!("a stream that ends with {reason}"), "bedrock", CONVERSE, facts).messages(&[
            start(),
            delta(0, &json!({"text": "H"})),
            delta(0, &json!({"text": "ä"})),
            stop(0),
            end(reason),
        ]));
    }
    samples.push(sample("no content", "bedrock", CONVERSE, json!({"choices": [{"finish": "end_turn"}], "usage": usage()})).whole(&whole(&json!([]), "end_turn")));
    samples
}

fn blocks() -> Vec<Recording> {
    let tool = |index: u32, id: &str, name: &str| event("contentBlockStart", &json!({"contentBlockIndex": index, "start": {"toolUse": {"toolUseId": id, "name": name}}}));
    let input = |index, text: &str| delta(index, &json!({"toolUse": {"input": text}}));
    let facts = |choice: Value| json!({"choices": [choice], "usage": usage()});
    let called = json!([{"id": "t1", "name": "look", "json": {"x": "é"}}, {"id": "t2", "name": "see", "json": {}}]);
    vec![
        sample("text and two tools, one without input", "bedrock", CONVERSE, facts(json!({"text": "Looking.", "tool_calls": called, "finish": "tool_use"}))).messages(&[
            start(),
            delta(0, &json!({"text": "Looking."})),
            stop(0),
            tool(1, "t1", "look"),
            input(1, ""),
            input(1, "{\"x\":"),
            input(1, "\"é\"}"),
            stop(1),
            tool(2, "t2", "see"),
            stop(2),
            end("tool_use"),
        ]),
        sample("text and two tools, whole", "bedrock", CONVERSE, facts(json!({"text": "Looking.", "tool_calls": called, "finish": "tool_use"})))
            .whole(&whole(&json!([{"text": "Looking."}, {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"x": "é"}}}, {"toolUse": {"toolUseId": "t2", "name": "see", "input": {}}}]), "tool_use")),
        sample("thinking with a signature", "bedrock", CONVERSE, facts(json!({"text": "4", "reasoning": "2+2", "finish": "end_turn"}))).messages(&[
            start(),
            delta(0, &json!({"reasoningContent": {"text": "2+"}})),
            delta(0, &json!({"reasoningContent": {"text": "2"}})),
            delta(0, &json!({"reasoningContent": {"signature": "sig-AAAA"}})),
            stop(0),
            delta(1, &json!({"text": "4"})),
            stop(1),
            end("end_turn"),
        ]),
        sample("thinking with a signature and redacted, whole", "bedrock", CONVERSE, facts(json!({"text": "4", "reasoning": "2+2", "finish": "end_turn"})))
            .whole(&whole(&json!([{"reasoningContent": {"reasoningText": {"text": "2+2", "signature": "sig-AAAA"}}}, {"reasoningContent": {"redactedContent": "UkVEQUNURUQ="}}, {"text": "4"}]), "end_turn")),
        sample("events and blocks of tomorrow", "bedrock", CONVERSE, facts(json!({"text": "Hi", "finish": "end_turn"}))).messages(&[
            start(),
            event("tomorrowsEvent", &json!({"a": 1})),
            delta(0, &json!({"text": "Hi"})),
            delta(0, &json!({"tomorrowsDelta": {"b": 2}})),
            stop(0),
            end("end_turn"),
        ]),
    ]
}

/// A10.
fn faults() -> Vec<Recording> {
    let begin = || vec![start(), delta(0, &json!({"text": "Hel"}))];
    let facts = |message: &str| json!({"choices": [{"text": "Hel"}], "error": {"message": message}});
    let fault =
        |quirk: &str, facts: Value, feature: &str, tail: Vec<u8>| sample(quirk, "bedrock", CONVERSE, facts).feature(feature).messages(&[begin(), vec![tail]].concat());
    let cut = json!({"choices": [{"text": "Hel"}]});
    let mut corrupt = delta(0, &json!({"text": "lo"}));
    let middle = corrupt.len() / 2;
    corrupt[middle] ^= 0x20;
    vec![
        fault("an exception", facts("Too many requests."), "mid_stream_error", exception("throttlingException", &json!({"message": "Too many requests."}))),
        fault(
            "an exception of the model",
            facts("The model failed."),
            "mid_stream_error",
            exception("modelStreamErrorException", &json!({"message": "The model failed.", "originalStatusCode": 424})),
        ),
        sample("an exception as the first message", "bedrock", CONVERSE, json!({"choices": [], "error": {"message": "Malformed."}}))
            .feature("mid_stream_error")
            .messages(&[exception("validationException", &json!({"message": "Malformed."}))]),
        fault("an end without an end", cut.clone(), "truncated_stream", Vec::new()),
        fault("an end inside of a message", cut.clone(), "truncated_stream", delta(0, &json!({"text": "lo"}))[..20].to_vec()),
        fault("a message whose sum is wrong", cut, "corrupt_frame", corrupt),
    ]
}
