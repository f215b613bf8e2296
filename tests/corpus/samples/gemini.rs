//! Answers in the shape of Gemini's generateContent.

use gateway_testkit::upstream::BodyFraming;
use serde_json::{Value, json};

use super::{said, sample};
use crate::recording::Recording;

const GENERATE: &str = "google.generateContent";

fn usage() -> Value {
    json!({"promptTokenCount": 8, "toolUsePromptTokenCount": 2, "candidatesTokenCount": 3, "thoughtsTokenCount": 5, "cachedContentTokenCount": 4, "totalTokenCount": 18})
}

fn answer(candidates: &Value) -> Value {
    json!({"candidates": candidates, "usageMetadata": usage(), "modelVersion": "gemini-x", "responseId": "r1"})
}

fn candidate(parts: &Value, finish: &Value) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}});
    if !finish.is_null() {
        candidate["finishReason"] = finish.clone();
    }
    candidate
}

fn part(text: &str) -> Value {
    json!([{"text": text}])
}

pub(super) fn samples() -> Vec<Recording> {
    [ends(), parts(), framing(), faults()].concat()
}

/// D1 and all that the API's document names.
fn ends() -> Vec<Recording> {
    let reasons = [
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "MODEL_ARMOR",
        "IMAGE_SAFETY",
        "LANGUAGE",
        "OTHER",
        "A_REASON_OF_TOMORROW",
    ];
    let numbers = [json!(1), json!(2), json!(3)];
    let mut samples = Vec::new();
    for reason in reasons.into_iter().map(Value::from).chain(numbers) {
        let facts = json!({"choices": [{"text": "Hi", "finish": reason}], "usage": usage()});
        samples.push(
            sample(&format!("an answer that ends with {reason}"), "google", GENERATE, facts.clone())
                .model("gemini-2.5-flash")
                .whole(&answer(&json!([candidate(&part("Hi"), &reason)]))),
        );
        samples.push(
            sample(&format!("a stream that ends with {reason}, in a chunk without content"), "google", GENERATE, facts)
                .model("gemini-2.5-flash")
                .events(&[json!({"candidates": [candidate(&part("Hi"), &Value::Null)]}), answer(&json!([{"finishReason": reason, "index": 0}]))]),
        );
    }
    let blocked = json!({"choices": [], "error": {"blockReason": "OTHER"}, "usage": {"promptTokenCount": 4, "totalTokenCount": 4}});
    let body = json!({"promptFeedback": {"blockReason": "OTHER", "safetyRatings": []}, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}});
    samples.push(sample("a blocked prompt", "google", GENERATE, blocked.clone()).whole(&body));
    samples.push(sample("a blocked prompt in a stream", "vertex", GENERATE, blocked).model("gemini-2.5-flash").events(&[body]));
    samples
}

/// D2, D3, D4, D5 and D6.
fn parts() -> Vec<Recording> {
    let stream = |quirk: &str, facts: Value, chunks: &[Value]| sample(quirk, "google", GENERATE, facts).model("gemini-3-pro").events(chunks);
    let facts = |choice: Value| json!({"choices": [choice], "usage": usage()});
    let stop = json!("STOP");
    let calls = json!([{"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "sig-AAAA"}, {"functionCall": {"name": "g"}}]);
    let called = json!([{"id": null, "name": "f", "json": {"x": 1}}, {"id": null, "name": "g", "json": {}}]);
    vec![
        sample("two calls, one signature, no ids, no arguments", "google", GENERATE, facts(json!({"tool_calls": called, "finish": "STOP"}))).whole(&answer(&json!([candidate(&calls, &stop)]))),
        stream("calls in one chunk, the end in the next, with an empty part", facts(json!({"tool_calls": called, "finish": "STOP"})), &[json!({"candidates": [candidate(&calls, &Value::Null)]}), answer(&json!([candidate(&json!([{}]), &stop)]))]),
        stream("thought and answer in one chunk, a signature on an empty text", facts(json!({"text": "4!", "reasoning": "2+2", "finish": "STOP"})), &[
            json!({"candidates": [candidate(&json!([{"text": "2+2", "thought": true}, {"text": "4"}]), &Value::Null)], "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}),
            json!({"candidates": [candidate(&json!([{"text": "!"}]), &Value::Null)]}),
            answer(&json!([candidate(&json!([{"text": "", "thoughtSignature": "sig-BBBB"}]), &stop)])),
        ]),
        stream("a signature on a thought and one on a text", facts(json!({"text": "4", "reasoning": "2+2", "finish": "STOP"})), &[
            answer(&json!([candidate(&json!([{"text": "2+2", "thought": true, "thoughtSignature": "sig-CCCC"}, {"text": "4", "thoughtSignature": "sig-DDDD"}]), &stop)])),
        ]),
        stream("an id of a call", facts(json!({"tool_calls": [{"id": "fc-1", "name": "f", "json": {"x": [{"y": null}]}}], "finish": "STOP"})), &[answer(&json!([candidate(&json!([{"functionCall": {"id": "fc-1", "name": "f", "args": {"x": [{"y": null}]}}}]), &stop)]))]),
        stream("usage in a chunk of its own behind the end", facts(json!({"text": "Hi", "finish": "STOP"})), &[json!({"candidates": [candidate(&part("Hi"), &stop)]}), json!({"usageMetadata": usage(), "modelVersion": "gemini-x"})]),
        stream("content without parts, candidates without content", facts(json!({"text": "Hi", "finish": "STOP"})), &[
            json!({"candidates": [{"content": {"role": "model"}, "index": 0}]}),
            json!({"candidates": [{"content": {}}]}),
            json!({"candidates": [candidate(&part("Hi"), &Value::Null)]}),
            json!({"candidates": []}),
            answer(&json!([{"finishReason": "STOP"}])),
        ]),
        sample("parts of the provider's own", "google", GENERATE, facts(json!({"text": "It is 4.", "finish": "STOP", "other_items": ["executableCode", "codeExecutionResult", "tomorrowsPart"]}))).whole(&answer(&json!([candidate(
            &json!([{"executableCode": {"language": "PYTHON", "code": "print(2+2)"}}, {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "4"}}, {"tomorrowsPart": {"a": 1}}, {"text": "It is 4."}]),
            &stop
        )]))),
        sample("two candidates", "google", GENERATE, json!({"choices": [{"text": "a", "finish": "STOP"}, {"text": "b", "finish": "MAX_TOKENS"}], "usage": usage()}))
            .whole(&answer(&json!([{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}, {"content": {"parts": [{"text": "b"}]}, "finishReason": "MAX_TOKENS", "index": 1}]))),
        stream("arguments in pieces", facts(json!({"tool_calls": [{"id": null, "name": "f", "json": {"city": "Paris", "n": 2}}], "finish": "STOP"})), &[
            json!({"candidates": [candidate(&json!([{"functionCall": {"name": "f", "willContinue": true}, "thoughtSignature": "sig-EEEE"}]), &Value::Null)]}),
            json!({"candidates": [candidate(&json!([{"functionCall": {"partialArgs": [{"jsonPath": "$.city", "stringValue": "Pa", "willContinue": true}], "willContinue": true}}]), &Value::Null)]}),
            json!({"candidates": [candidate(&json!([{"functionCall": {"partialArgs": [{"jsonPath": "$.city", "stringValue": "ris"}], "willContinue": true}}]), &Value::Null)]}),
            json!({"candidates": [candidate(&json!([{"functionCall": {"partialArgs": [{"jsonPath": "$.n", "numberValue": 2}], "willContinue": true}}]), &Value::Null)]}),
            json!({"candidates": [candidate(&json!([{"functionCall": {}}]), &Value::Null)]}),
            answer(&json!([candidate(&part(""), &stop)])),
        ]),
    ]
}

/// A1, A2.
fn framing() -> Vec<Recording> {
    let chunks = [json!({"candidates": [candidate(&part("Hä"), &Value::Null)]}), answer(&json!([candidate(&part("llo ☃"), &json!("STOP"))]))];
    let facts = || said("Hällo ☃", "STOP", &usage());
    let crlf: String = chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    let mut array = sample("one array in pieces", "google", GENERATE, facts()).body(
        "application/json; charset=UTF-8",
        BodyFraming::JsonArray,
        format!("[{:#}\n,\r\n{:#}\n]\n", chunks[0], chunks[1]).into(),
    );
    array.streaming = true;
    vec![sample("line ends are CRLF", "google", GENERATE, facts()).raw_events(&crlf), array]
}

fn faults() -> Vec<Recording> {
    let begin = json!({"candidates": [candidate(&part("Hel"), &Value::Null)]});
    let error = json!({"error": {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}});
    let facts = || json!({"choices": [{"text": "Hel"}], "error": {"message": "Busy."}});
    let mut array = sample("an error in an array", "google", GENERATE, facts()).feature("mid_stream_error").body(
        "application/json",
        BodyFraming::JsonArray,
        format!("[{begin}\n,\n{error}]").into(),
    );
    array.streaming = true;
    vec![
        sample("an error in a stream", "google", GENERATE, facts()).feature("mid_stream_error").events(&[begin.clone(), error.clone()]),
        array,
        sample("an error as the first event", "vertex", GENERATE, json!({"choices": [], "error": {"message": "Busy."}}))
            .model("gemini-2.5-pro")
            .feature("mid_stream_error")
            .events(&[error]),
        sample("an end without an end", "google", GENERATE, json!({"choices": [{"text": "Hel"}]})).feature("truncated_stream").events(&[begin]),
    ]
}
