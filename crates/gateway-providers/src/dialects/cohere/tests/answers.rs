//! Answers that no recording has, and those without a corpus.

use serde_json::{Value, json};

use super::bench;
use crate::{
    FaultKind, Operation,
    dialects::{
        Decoder,
        proof::{CUTS, Outcome, found, streamed},
    },
    framing::Framing,
};

/// A stream of these events.
fn stream(events: &[Value]) -> Vec<u8> {
    events
        .iter()
        .map(|event| {
            let kind = event["type"].as_str().unwrap_or("message");
            format!("event: {kind}\ndata: {event}\n\n")
        })
        .collect::<String>()
        .into_bytes()
}

fn read_stream(events: &[Value]) -> Outcome {
    bench().read_stream(Framing::Sse, &stream(events))
}

fn read_whole(body: &Value) -> Outcome {
    bench().read_whole(body.to_string().as_bytes())
}

fn delta(kind: &str, index: u64, message: &Value) -> Value {
    json!({"type": kind, "index": index, "delta": {"message": message}})
}

fn call_events() -> Vec<Value> {
    vec![
        json!({"type": "message-start", "id": "a1", "delta": {"message": {
            "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": null
        }}}),
        delta(
            "content-start",
            0,
            &json!({"content": {"type": "thinking", "thinking": "Hm"}}),
        ),
        delta("content-delta", 0, &json!({"content": {"thinking": "."}})),
        delta("content-end", 0, &json!({})),
        delta("tool-plan-delta", 0, &json!({"tool_plan": " I look."})),
        delta(
            "tool-call-start",
            4,
            &json!({"tool_calls": {
                "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}
            }}),
        ),
        delta(
            "tool-call-start",
            5,
            &json!({"tool_calls": {
                "id": "c2", "type": "function", "function": {"name": "g", "arguments": null}
            }}),
        ),
        delta(
            "tool-call-delta",
            4,
            &json!({"tool_calls": {"function": {"arguments": "{\"a\":"}}}),
        ),
        delta(
            "tool-call-delta",
            4,
            &json!({"tool_calls": {"function": {"arguments": "1}"}}}),
        ),
        json!({"type": "tool-call-end", "index": 4}),
        json!({"type": "debug", "index": "zero", "prompt": 5}),
        json!({"type": "from-the-future", "delta": [1]}),
        json!({"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": {
            "billed_units": {"input_tokens": 1}, "tokens": {"input_tokens": 10.0, "output_tokens": 4.0},
            "cached_tokens": 2.0
        }}}),
    ]
}

#[test]
fn a_stream_says_the_same_as_a_whole_answer() {
    let streamed = read_stream(&call_events());
    let whole = read_whole(&json!({
        "id": "a1", "finish_reason": "TOOL_CALL",
        "message": {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}],
            "tool_plan": " I look.", "citations": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": ""}}
            ]},
        "usage": {"billed_units": {"input_tokens": 1}, "tokens": {"input_tokens": 10, "output_tokens": 4},
            "cached_tokens": 2}
    }));
    assert_eq!(found(&streamed.answer), found(&whole.answer));
    assert_eq!(streamed.answer["usage"], whole.answer["usage"]);
    assert_eq!(streamed.answer["id"], "a1");
    let told = found(&whole.answer);
    assert_eq!(
        (&told["reasoning"], &told["finish"]),
        (&json!("Hm. I look."), &json!("tool_calls"))
    );
    assert_eq!(
        told["tool_calls"][1],
        json!({"id": "c2", "name": "g", "json": {}})
    );
    assert_eq!(
        whole.answer["usage"]["prompt_tokens_details"]["cached_tokens"],
        2
    );
}

#[test]
fn every_reason_has_its_word() {
    for (native, expected) in [
        (json!("COMPLETE"), "stop"),
        (json!("STOP_SEQUENCE"), "stop"),
        (json!("MAX_TOKENS"), "length"),
        (json!("ERROR_TOXIC"), "content_filter"),
        (json!("TIMEOUT"), "timeout"),
        (json!("SOMETHING_NEW"), "something_new"),
        (Value::Null, "stop"),
    ] {
        let body = json!({"message": {"content": "hi"}, "finish_reason": native});
        assert_eq!(
            found(&read_whole(&body).answer)["finish"],
            expected,
            "{native}"
        );
    }
}

#[test]
fn an_answer_that_ended_in_an_error_is_no_success() {
    let start = delta(
        "content-start",
        0,
        &json!({"content": {"type": "text", "text": "Par"}}),
    );
    for (end, status, code) in [
        (
            json!({"finish_reason": "ERROR", "error": "bad call", "error_type": "INVALID_TOOL_GENERATION"}),
            500,
            "INVALID_TOOL_GENERATION",
        ),
        (json!({"finish_reason": "ERROR"}), 500, "ERROR"),
        (
            json!({"error": {"message": "bad call", "type": "X"}}),
            500,
            "X",
        ),
    ] {
        let end_event = json!({"type": "message-end", "delta": end});
        let streamed = read_stream(&[start.clone(), end_event]);
        let mut body = end.clone();
        body["message"] = json!({"content": [{"type": "text", "text": "Par"}]});
        for outcome in [streamed, read_whole(&body)] {
            assert_eq!(outcome.answer, Value::Null);
            let fault = outcome.fault.unwrap();
            assert_eq!(fault.kind, FaultKind::InStream);
            let upstream = fault.upstream.unwrap();
            let told: Value = serde_json::from_slice(&upstream.body.unwrap()).unwrap();
            assert_eq!(
                (upstream.status.as_u16(), &told["error"]["code"]),
                (status, &json!(code))
            );
        }
    }
}

#[test]
fn a_time_that_was_up_before_anything_was_said_is_a_failure() {
    let end = json!({"type": "message-end", "delta": {"finish_reason": "TIMEOUT"}});
    let whole = read_whole(&json!({"finish_reason": "TIMEOUT", "message": {"content": []}}));
    for outcome in [read_stream(&[end]), whole] {
        let upstream = outcome.fault.unwrap().upstream.unwrap();
        assert_eq!(upstream.status, 504);
    }
}

#[test]
fn an_error_where_an_answer_was_expected_is_one() {
    let body = json!({"id": "x", "message": "out of order"});
    for outcome in [read_whole(&body), read_stream(std::slice::from_ref(&body))] {
        let upstream = outcome.fault.unwrap().upstream.unwrap();
        let told: Value = serde_json::from_slice(&upstream.body.unwrap()).unwrap();
        assert_eq!(told["error"]["message"], "out of order");
    }
    assert_eq!(
        read_whole(&json!({})).fault.unwrap().kind,
        FaultKind::InvalidResponse
    );
    assert_eq!(read_stream(&[]).answer, Value::Null);
}

#[test]
fn citations_with_an_address_are_annotations_at_their_place() {
    let citation = |block: Option<u64>| {
        json!({"start": 1, "end": 3, "text": "lö", "type": "TEXT_CONTENT", "content_index": block, "sources": [
            {"type": "document", "id": "d", "document": {"url": "https://example.test/a", "title": "A"}},
            {"type": "tool", "id": "t", "tool_output": {"content": "no address"}}
        ]})
    };
    let whole = read_whole(&json!({"finish_reason": "COMPLETE", "message": {
        "content": [{"type": "text", "text": "Ä. "}, {"type": "text", "text": "Blöd"}],
        "citations": [citation(Some(1)), {"start": 0, "end": 1, "type": "PLAN", "sources": [
            {"type": "document", "document": {"url": "https://example.test/plan"}}
        ]}]
    }}));
    let streamed = read_stream(&[
        delta(
            "content-start",
            0,
            &json!({"content": {"type": "text", "text": "Ä. "}}),
        ),
        delta(
            "content-start",
            1,
            &json!({"content": {"type": "text", "text": "Blöd"}}),
        ),
        delta("citation-start", 1, &json!({"citations": citation(None)})),
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}),
    ]);
    for (outcome, told) in [(whole, 2), (streamed, 1)] {
        let message = &outcome.answer["choices"][0]["message"];
        let expected = json!([{"type": "url_citation", "url_citation": {
            "url": "https://example.test/a", "title": "A", "start_index": 4, "end_index": 6
        }}]);
        assert_eq!(message["annotations"], expected);
        let citations = message["provider_data"]["cohere"]["citations"]
            .as_array()
            .unwrap();
        assert_eq!(citations.len(), told);
    }
}

#[test]
fn log_probabilities_are_told_for_each_piece() {
    let item = json!({"text": " hi", "token_ids": [4, 5], "logprobs": [-0.5, -0.25]});
    let whole = read_whole(&json!({
        "message": {"content": [{"type": "text", "text": " hi"}]}, "finish_reason": "COMPLETE",
        "logprobs": [item]
    }));
    let mut event = delta("content-delta", 0, &json!({"content": {"text": " hi"}}));
    event["logprobs"] = item;
    let streamed = read_stream(&[
        event,
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}),
    ]);
    for outcome in [whole, streamed] {
        let tokens = &outcome.answer["choices"][0]["logprobs"]["content"];
        assert_eq!(tokens[0]["token"], " hi");
        assert_eq!(tokens[0]["logprob"], -0.75);
        assert_eq!(tokens[0]["token_ids"], json!([4, 5]));
    }
}

#[test]
fn blocks_of_an_unknown_kind_are_carried() {
    let block = json!({"type": "picture", "data": "AAAA"});
    let whole = read_whole(&json!({
        "message": {"content": [{"type": "text", "text": "x"}, block]}, "finish_reason": "COMPLETE"
    }));
    let streamed = read_stream(&[
        delta(
            "content-start",
            0,
            &json!({"content": {"type": "text", "text": "x"}}),
        ),
        delta("content-start", 1, &json!({"content": block})),
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}),
    ]);
    for outcome in [whole, streamed] {
        let data = &outcome.answer["choices"][0]["message"]["provider_data"]["cohere"];
        assert_eq!(data["content"], json!([block]));
    }
}

#[test]
fn thinking_is_left_out_where_the_caller_wants_none() {
    let request = json!({
        "messages": [{"role": "user", "content": "hi"}], "reasoning": {"exclude": true}
    });
    let bytes = stream(&call_events());
    let decoder = &mut *bench().chat_decoder_for(&request);
    let outcome = streamed("cohere", decoder, Framing::Sse, &bytes, CUTS[0]);
    assert_eq!(found(&outcome.answer)["reasoning"], "");
}

#[test]
fn embeddings_are_asked_for_in_batches_and_told_as_one() {
    let texts: Vec<String> = (0..200).map(|number| format!("text {number}")).collect();
    let bench = bench();
    let request = json!({"input": texts, "encoding_format": "base64"});
    let encoded = bench.encode(Operation::Embeddings, "m", &request);
    assert!(encoded.is_err(), "a request without a model is none");
    let request = json!({"model": "m", "input": texts, "encoding_format": "base64"});
    let encoded = bench.encode(Operation::Embeddings, "m", &request).unwrap();
    let sizes: Vec<usize> = encoded
        .requests
        .iter()
        .map(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body["input_type"], "search_document");
            body["texts"].as_array().unwrap().len()
        })
        .collect();
    assert_eq!(sizes, [96, 96, 8]);
    let answers = sizes.iter().map(|size| {
        let vectors = vec![json!([1.0, -2.0]); *size];
        let body = json!({"embeddings": {"float": vectors}, "meta": {"billed_units": {"input_tokens": size}}});
        body.to_string().into()
    });
    let Decoder::Whole(decoder) = encoded.decoder else {
        panic!("no chat");
    };
    let told = decoder.read(answers.collect()).unwrap();
    assert_eq!(told.usage.unwrap().input, Some(200));
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(told["data"].as_array().unwrap().len(), 200);
    assert_eq!(told["data"][199]["embedding"], "AACAPwAAAMA=");
    assert_eq!(told["data"][199]["index"], 199);
}

#[test]
fn an_answer_with_too_few_vectors_is_none() {
    let request = json!({"model": "m", "input": ["a", "b"]});
    let answers = vec![json!({"embeddings": {"float": [[1.0]]}}).to_string().into()];
    let read = bench().read_answers(Operation::Embeddings, &request, answers);
    let fault = read.unwrap_err();
    assert_eq!(fault.kind, FaultKind::InvalidResponse);
}

#[test]
fn rankings_repeat_the_documents_where_they_are_asked_for() {
    let request = json!({
        "model": "m", "query": "q", "documents": ["a", {"text": "b"}], "return_documents": true
    });
    let body = json!({"id": "r", "results": [{"index": 1, "relevance_score": 0.5}], "meta": {}});
    let answers = vec![body.to_string().into()];
    let (_, told) = bench()
        .read_answers(Operation::Rerank, &request, answers)
        .unwrap();
    let expected = json!([{"index": 1, "relevance_score": 0.5, "document": {"text": "b"}}]);
    assert_eq!((&told["results"], &told["model"]), (&expected, &json!("m")));
}

#[test]
fn models_are_listed_page_by_page() {
    let bench = bench();
    let path = bench
        .dialect
        .models_path(&bench.settings, Some("t 2"))
        .unwrap();
    let url = bench.settings.native_url(&path);
    assert_eq!(
        url.as_str(),
        "https://api.cohere.com/v1/models?page_size=1000&page_token=t+2"
    );
    let body = json!({
        "models": [{"name": "command-x", "endpoints": ["chat"]}, {"endpoints": []}],
        "next_page_token": "t2"
    });
    let page = bench
        .dialect
        .models_page(&bench.settings, &body.to_string().into())
        .unwrap();
    assert_eq!(page.next.as_deref(), Some("t2"));
    let [model] = page.models.as_slice() else {
        panic!("{:?}", page.models);
    };
    let told: Value = serde_json::from_slice(model.object.bytes()).unwrap();
    assert_eq!(told["id"], "command-x");
    assert_eq!(
        (&told["created"], &told["owned_by"]),
        (&json!(0), &json!("cohere"))
    );
    assert!(
        bench
            .dialect
            .models_page(&bench.settings, &"[]".into())
            .is_err()
    );
}
