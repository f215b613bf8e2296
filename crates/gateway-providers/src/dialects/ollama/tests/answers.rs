//! Answers that no recording has, and those without a corpus.

use serde_json::{Value, json};

use super::bench;
use crate::{
    FaultKind, Operation,
    dialects::proof::{Outcome, found, whole},
    framing::Framing,
};

fn lines(lines: &[Value]) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    text.into_bytes()
}

fn read_stream(events: &[Value]) -> Outcome {
    bench().read_stream(Framing::Lines, &lines(events))
}

fn read_whole(body: &Value) -> Outcome {
    bench().read_whole(body.to_string().as_bytes())
}

#[test]
fn a_stream_says_the_same_as_a_whole_answer() {
    let calls = json!([
        {"id": "c1", "function": {"index": 0, "name": "f", "arguments": {"b": 1, "a": [2.50]}}},
        {"function": {"name": "g", "arguments": {}}},
        {"function": {"name": "h"}}
    ]);
    let streamed = read_stream(&[
        json!({"model": "m:4b", "created_at": "2026-08-04T19:59:21Z", "message": {"thinking": "H"}, "done": false}),
        json!({"model": "m:4b", "message": {"thinking": "m", "content": null}, "done": false}),
        json!({"model": "m:4b", "message": {"content": "Hi", "tool_calls": null}, "done": false, "new": [1]}),
        json!({"model": "m:4b", "message": {"content": "", "tool_calls": calls}, "done": false}),
        json!({"model": "m:4b", "message": {"content": ""}, "done": true, "done_reason": "stop",
            "prompt_eval_count": 7, "eval_count": 3, "total_duration": 5}),
    ]);
    let whole = read_whole(&json!({
        "model": "m:4b", "created_at": "2026-08-04T19:59:21Z", "done": true, "done_reason": "stop",
        "message": {"role": "assistant", "content": "Hi", "thinking": "Hm", "tool_calls": calls},
        "prompt_eval_count": 7, "eval_count": 3, "total_duration": 5
    }));
    assert_eq!(found(&streamed.answer), found(&whole.answer));
    for outcome in [streamed, whole] {
        let answer = &outcome.answer;
        assert_eq!(
            (&answer["model"], &answer["created"]),
            (&json!("m:4b"), &json!(1_785_873_561))
        );
        assert_eq!(answer["usage"]["total_tokens"], 10);
        let told = found(answer);
        assert_eq!(
            (&told["finish"], &told["reasoning"]),
            (&json!("tool_calls"), &json!("Hm"))
        );
        assert_eq!(told["tool_calls"][0]["json"], json!({"b": 1, "a": [2.5]}));
        assert_eq!(told["tool_calls"][2]["json"], json!({}));
        assert!(
            told["tool_calls"][1]["id"]
                .as_str()
                .unwrap()
                .starts_with("call_")
        );
        let data = &answer["choices"][0]["message"]["provider_data"]["ollama"];
        assert_eq!(data["timings"], json!([{"total_duration": 5}]));
    }
}

#[test]
fn every_reason_has_its_word() {
    for (native, expected) in [
        (json!("stop"), "stop"),
        (json!("length"), "length"),
        (json!(""), "stop"),
        (Value::Null, "stop"),
        (json!("load"), "load"),
        (json!("unload"), "unload"),
    ] {
        let line = json!({"message": {"content": ""}, "done": true, "done_reason": native});
        for outcome in [read_whole(&line), read_stream(std::slice::from_ref(&line))] {
            assert_eq!(found(&outcome.answer)["finish"], expected, "{native}");
            assert!(outcome.answer["usage"].is_null());
        }
    }
}

#[test]
fn an_error_line_ends_the_answer_as_a_failure() {
    let start = json!({"model": "m", "message": {"content": "Par"}, "done": false});
    let error = json!({"error": "the runner is gone"});
    for outcome in [
        read_stream(&[start.clone(), error.clone()]),
        read_whole(&error),
    ] {
        assert_eq!(outcome.answer, Value::Null);
        let fault = outcome.fault.unwrap();
        assert_eq!(fault.kind, FaultKind::InStream);
        let told: Value = serde_json::from_slice(&fault.upstream.unwrap().body.unwrap()).unwrap();
        assert_eq!(told["error"]["message"], "the runner is gone");
    }
    assert_eq!(read_stream(&[start]).answer, Value::Null, "cut off");
    assert!(read_whole(&json!({"x": 1})).fault.is_some());
    assert_eq!(
        read_whole(&json!({"message": {"content": "x"}, "done": false})).answer,
        Value::Null
    );
}

#[test]
fn counts_that_are_left_out_are_zero() {
    let body = json!({"message": {"content": "x"}, "done": true, "eval_count": 3});
    let used = &read_whole(&body).answer["usage"];
    assert_eq!(
        (&used["prompt_tokens"], &used["completion_tokens"]),
        (&json!(0), &json!(3))
    );
}

#[test]
fn log_probabilities_are_as_openai_has_them() {
    let logprobs = json!([{"token": "x", "logprob": -0.5, "bytes": [120],
        "top_logprobs": [{"token": "y", "logprob": -1.5}]}]);
    let line = json!({"message": {"content": "x"}, "logprobs": logprobs, "done": true});
    for outcome in [read_whole(&line), read_stream(std::slice::from_ref(&line))] {
        assert_eq!(
            outcome.answer["choices"][0]["logprobs"]["content"],
            logprobs
        );
    }
}

#[test]
fn thinking_is_left_out_where_the_caller_wants_none() {
    let request = json!({
        "messages": [{"role": "user", "content": "hi"}], "reasoning": {"exclude": true}
    });
    let body = json!({"message": {"content": "x", "thinking": "secret"}, "done": true});
    let decoder = &mut *bench().chat_decoder_for(&request);
    let outcome = whole("ollama", decoder, body.to_string().as_bytes());
    assert_eq!(found(&outcome.answer)["reasoning"], "");
}

#[test]
fn embeddings_are_told_as_they_were_asked_for() {
    for (encoding, expected) in [
        (json!("base64"), json!("AACAPwAAAMA=")),
        (json!("float"), json!([1.0, -2.0])),
        (Value::Null, json!([1.0, -2.0])),
    ] {
        let request = json!({"model": "m", "input": "a", "encoding_format": encoding});
        let body = json!({"model": "m", "embeddings": [[1.0, -2.0]], "prompt_eval_count": 2});
        let answers = vec![body.to_string().into()];
        let (answer, told) = bench()
            .read_answers(Operation::Embeddings, &request, answers)
            .unwrap();
        assert_eq!(answer.usage.unwrap().input, Some(2));
        assert_eq!(told["data"][0]["embedding"], expected);
    }
}

#[test]
fn an_answer_with_too_few_vectors_is_none() {
    let request = json!({"model": "m", "input": ["a", "b"]});
    let answers = vec![json!({"embeddings": [[1.0]]}).to_string().into()];
    let read = bench().read_answers(Operation::Embeddings, &request, answers);
    assert!(read.is_err());
}

#[test]
fn an_empty_machine_has_an_empty_list() {
    let bench = bench();
    let page = |body: &'static str| bench.dialect.models_page(&bench.settings, &body.into());
    assert_eq!(page(r#"{"models":null}"#).unwrap().models.len(), 0);
    assert!(page(r#"{"error":"no"}"#).is_ok_and(|page| page.models.is_empty()));
    assert!(page("[]").is_err());
}
