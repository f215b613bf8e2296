//! Answers that no recording has.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    super::{api::AI_STUDIO, api::VERTEX, stream::GeminiDecoder},
    replay::{self, CUTS, decoder},
};
use crate::{
    FaultKind,
    answer::AnswerWriter,
    dialects::{AnswerDecoder, NativePath, NativeRequest},
};

fn stream(events: &[Value]) -> Vec<u8> {
    events
        .iter()
        .flat_map(|event| format!("data: {event}\r\n\r\n").into_bytes())
        .collect()
}

fn answer(body: &Value) -> Value {
    let outcome = replay::whole(body.to_string().as_bytes(), decoder(&AI_STUDIO));
    assert!(outcome.fault.is_none(), "{:?}", outcome.fault);
    outcome.answer
}

fn candidate(parts: &Value) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]})
}

#[test]
fn numbers_stand_for_the_names_of_the_place_they_come_from() {
    for (api, number, finish, native) in [
        (&VERTEX, 1, "stop", "STOP"),
        (&VERTEX, 6, "content_filter", "BLOCKLIST"),
        (&VERTEX, 10, "content_filter", "MODEL_ARMOR"),
        (&AI_STUDIO, 6, "language", "LANGUAGE"),
        (&AI_STUDIO, 99, "99", "99"),
    ] {
        let body = json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": number}]});
        let told = replay::whole(body.to_string().as_bytes(), decoder(api)).answer;
        assert_eq!(told["choices"][0]["finish_reason"], finish);
        assert_eq!(told["choices"][0]["native_finish_reason"], native);
    }
}

#[test]
fn a_model_that_failed_and_said_nothing_is_an_error() {
    let failed = json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "Bad call."}]});
    let outcome = replay::whole(failed.to_string().as_bytes(), decoder(&AI_STUDIO));
    let fault = outcome.fault.unwrap();
    assert_eq!(fault.kind, FaultKind::InStream);
    let told: Value = serde_json::from_slice(&fault.upstream.unwrap().body.unwrap()).unwrap();
    assert_eq!(told["error"]["message"], "Bad call.");
    assert_eq!(told["error"]["code"], "MALFORMED_FUNCTION_CALL");
    let after_text = json!({"candidates": [
        {"content": {"parts": [{"text": "Well"}]}, "finishReason": "MALFORMED_FUNCTION_CALL"}
    ]});
    assert_eq!(
        answer(&after_text)["choices"][0]["finish_reason"],
        "malformed_function_call"
    );
}

#[test]
fn an_answer_without_an_end_is_not_complete() {
    for body in [
        json!({}),
        json!({"candidates": []}),
        json!({"candidates": null, "usageMetadata": {"promptTokenCount": 1}}),
        json!({"candidates": [{"content": {"parts": [{"text": "x"}]}}]}),
        json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "FINISH_REASON_UNSPECIFIED"}]}),
    ] {
        let outcome = replay::whole(body.to_string().as_bytes(), decoder(&AI_STUDIO));
        assert!(
            outcome.fault.is_none() && outcome.answer.is_null(),
            "{body}"
        );
    }
}

#[test]
fn a_blocked_prompt_is_a_refusal() {
    let body = json!({"promptFeedback": {
        "blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "Not this."
    }, "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 7}});
    let told = answer(&body);
    assert_eq!(told["choices"][0]["message"]["refusal"], "Not this.");
    assert_eq!(told["choices"][0]["finish_reason"], "content_filter");
    assert_eq!(
        told["choices"][0]["native_finish_reason"],
        "blocked:PROHIBITED_CONTENT"
    );
    assert_eq!(told["usage"]["prompt_tokens"], 7);
}

#[test]
fn nulls_and_kinds_that_are_not_known_are_no_errors() {
    let told = answer(&json!({
        "candidates": [{
            "content": {"parts": [
                {}, null, {"text": null}, {"text": "a"}, {"newKind": {"x": 1}}, {"functionCall": {"name": "f", "args": null}},
                {"functionCall": null}, {"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}}, {"text": 3}
            ]},
            "finishReason": "STOP", "groundingMetadata": {}, "safetyRatings": null, "index": null, "later": [1]
        }],
        "usageMetadata": null, "modelStatus": {"new": true}
    }));
    let message = &told["choices"][0]["message"];
    assert_eq!(message["content"], "a");
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], "{}");
    assert_eq!(told["choices"][0]["finish_reason"], "tool_calls");
    let parts: Vec<&Value> = message["provider_data"]["google"]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["part"])
        .collect();
    assert!(parts.contains(&&json!({"newKind": {"x": 1}})), "{parts:?}");
    assert!(
        parts.contains(&&json!({"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}}))
    );
}

#[test]
fn arguments_keep_their_numbers_and_lose_their_indentation() {
    let body = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{
        "big": 123456789012345678901234567890, "text": "a \" b\\", "list": [ 1,  2 ]
    }}}]},"finishReason":"STOP"}]}"#;
    let told = replay::whole(body.as_bytes(), decoder(&AI_STUDIO)).answer;
    assert_eq!(
        told["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"],
        r#"{"big":123456789012345678901234567890,"text":"a \" b\\","list":[1,2]}"#
    );
}

#[test]
fn custom_tools_get_their_input_as_text() {
    let custom = || GeminiDecoder::new(&VERTEX, BTreeSet::from(["shell".to_owned()]));
    let whole = candidate(&json!([{"functionCall": {"name": "shell", "args": {"input": "ls\n"}}}]));
    let told = replay::whole(whole.to_string().as_bytes(), custom()).answer;
    assert_eq!(
        told["choices"][0]["message"]["tool_calls"][0]["custom"],
        json!({"name": "shell", "input": "ls\n"})
    );
    let pieces = stream(&[
        json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "shell", "willContinue": true}}]}}]}),
        json!({"candidates": [{"content": {"parts": [{"functionCall": {"willContinue": true,
            "partialArgs": [{"jsonPath": "$.input", "stringValue": "l", "willContinue": true}]}}]}}]}),
        json!({"candidates": [{"content": {"parts": [{"functionCall": {
            "partialArgs": [{"jsonPath": "$.input", "stringValue": "s"}]}}]}, "finishReason": "STOP"}]}),
    ]);
    let outcome = replay::streamed(&pieces, CUTS[0], custom());
    let input: String = outcome
        .chunks
        .iter()
        .filter_map(|chunk| {
            chunk["choices"][0]["delta"]["tool_calls"][0]["custom"]["input"].as_str()
        })
        .collect();
    assert_eq!(input, "ls");
}

#[test]
fn an_answer_goes_on_with_its_token_and_used_what_all_of_it_used() {
    let usage = |prompt: u64, thoughts: u64| {
        json!({
            "promptTokenCount": prompt, "candidatesTokenCount": 5, "thoughtsTokenCount": thoughts
        })
    };
    let first = json!({"candidates": [{
        "content": {"parts": [{"text": "Once "}]}, "finishReason": "CONTINUATION", "continuationToken": "dG9r"
    }], "usageMetadata": usage(10, 2)});
    let second = json!({"candidates": [{
        "content": {"parts": [{"text": "upon"}]}, "finishReason": "STOP"
    }], "usageMetadata": usage(15, 1)});
    let mut decoder = decoder(&AI_STUDIO);
    let request = NativeRequest::post(
        NativePath::new(["models", "m"]),
        r#"{"contents":[],"mine":1}"#,
    );
    decoder.sent(&request);
    let mut answer = AnswerWriter::whole(replay::seed());
    decoder
        .whole(&Bytes::from(first.to_string()), &mut answer)
        .unwrap();
    let next = decoder.follow_up().unwrap();
    assert_eq!(next.path, request.path);
    let body: Value = serde_json::from_slice(&next.body).unwrap();
    assert_eq!(
        body,
        json!({"contents": [], "mine": 1, "continuationToken": "dG9r"})
    );
    assert!(!answer.is_finished());
    decoder
        .whole(&Bytes::from(second.to_string()), &mut answer)
        .unwrap();
    assert!(decoder.follow_up().is_none() && answer.conclude());
    let told: Value = serde_json::from_slice(&answer.take_bytes()).unwrap();
    assert_eq!(told["choices"][0]["message"]["content"], "Once upon");
    assert_eq!(told["choices"][0]["finish_reason"], "stop");
    assert_eq!(told["usage"]["prompt_tokens"], 25);
    assert_eq!(told["usage"]["completion_tokens"], 13);
    assert_eq!(
        told["usage"]["completion_tokens_details"]["reasoning_tokens"],
        3
    );
}

#[test]
fn an_answer_that_could_go_on_and_has_no_token_was_cut_off() {
    let body = json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "CONTINUATION"}]});
    assert_eq!(answer(&body)["choices"][0]["finish_reason"], "length");
}

#[test]
fn citations_are_told_with_their_place_where_bytes_are_characters() {
    let grounded = |text: &str| {
        let mut body = candidate(&json!([{"text": text}]));
        body["candidates"][0]["groundingMetadata"] = json!({
            "groundingChunks": [{"web": {"uri": "https://a.test/", "title": "A"}}, {"web": {"uri": "https://b.test/"}}],
            "groundingSupports": [{"segment": {"endIndex": 4, "text": text}, "groundingChunkIndices": [0, 1, 7]}]
        });
        answer(&body)["choices"][0]["message"].clone()
    };
    let message = grounded("Four");
    assert_eq!(
        message["annotations"],
        json!([
            {"type": "url_citation", "url_citation":
                {"url": "https://a.test/", "title": "A", "start_index": 0, "end_index": 4}},
            {"type": "url_citation", "url_citation": {"url": "https://b.test/", "start_index": 0, "end_index": 4}},
        ])
    );
    assert!(
        message["provider_data"]["google"]["grounding_metadata"][0]["groundingChunks"].is_array()
    );
    let message = grounded("für");
    assert!(
        message["annotations"][0]["url_citation"]
            .get("start_index")
            .is_none()
    );
}

#[test]
fn probabilities_are_told_token_by_token() {
    let mut body = candidate(&json!([{"text": "é"}]));
    body["candidates"][0]["logprobsResult"] = json!({
        "chosenCandidates": [{"token": "é", "tokenId": 1, "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "é", "logProbability": -0.5}, {"token": "e", "logProbability": -2}]}]
    });
    let told = answer(&body);
    let token = &told["choices"][0]["logprobs"]["content"][0];
    assert_eq!(token["token"], "é");
    assert_eq!(token["bytes"], json!([195, 169]));
    assert_eq!(token["top_logprobs"][1]["logprob"], -2);
}

#[test]
fn what_is_no_answer_is_a_fault() {
    for (body, kind) in [
        ("not json", FaultKind::InvalidResponse),
        (
            r#"{"error":{"code":500,"message":"Oh."}}"#,
            FaultKind::InStream,
        ),
        (
            r#"[{"error":{"code":500,"message":"Oh."}}]"#,
            FaultKind::InStream,
        ),
    ] {
        let fault = replay::whole(body.as_bytes(), decoder(&AI_STUDIO))
            .fault
            .unwrap();
        assert_eq!(fault.kind, kind, "{body}");
    }
    let stream = replay::streamed(
        b"data: {\"candidates\": 3}\n\n",
        CUTS[0],
        decoder(&AI_STUDIO),
    );
    assert_eq!(stream.fault.unwrap().kind, FaultKind::Protocol);
}

#[test]
fn what_is_said_of_a_part_and_of_an_answer_is_told() {
    let body = json!({
        "candidates": [{
            "content": {"parts": [
                {"text": "ab", "partMetadata": {"a": 1}, "videoMetadata": null},
                {"inlineData": {"mimeType": "image/png", "data": "AA", "displayName": "b.png"}},
            ]},
            "finishReason": "STOP", "finishMessage": "All said.", "tokenCount": 9, "avgLogprobs": -0.5,
        }],
        "modelStatus": {"modelStage": "LEGACY"},
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3, "trafficType": "NEW",
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1}], "cacheTokensDetails": []},
    });
    let told = answer(&body);
    let own = &told["choices"][0]["message"]["provider_data"]["google"];
    let part_members = json!([{"part": {"partMetadata": {"a": 1}}, "at": 2}, {"part": {"displayName": "b.png"}, "at": 2}]);
    assert_eq!(own["part_members"][1], part_members[1]);
    assert_eq!(own["part_members"][0]["part"], part_members[0]["part"]);
    for (name, value) in [
        ("finish_message", json!("All said.")),
        ("token_count", json!(9)),
        ("avg_logprobs", json!(-0.5)),
        ("model_status", json!({"modelStage": "LEGACY"})),
    ] {
        assert_eq!(own[name], json!([value]), "{name}");
    }
    let usage = &told["usage"];
    assert_eq!(
        usage["promptTokensDetails"],
        json!([{"modality": "TEXT", "tokenCount": 1}])
    );
    assert_eq!(usage["trafficType"], "NEW");
    assert!(usage.get("cacheTokensDetails").is_none(), "{usage}");
}

#[test]
fn the_numbers_of_tokens_are_told_and_the_likeliest_without_the_chosen_ones() {
    let token = |id: u64| json!({"token": "a", "tokenId": id, "logProbability": -0.5});
    let likeliest = json!([{"candidates": [token(8)]}]);
    let body = |result: Value| json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP", "logprobsResult": result}]});
    let told = answer(&body(
        json!({"chosenCandidates": [token(7)], "topCandidates": likeliest}),
    ));
    let first = &told["choices"][0]["logprobs"]["content"][0];
    assert_eq!(
        (&first["token_id"], &first["top_logprobs"][0]["token_id"]),
        (&json!(7), &json!(8))
    );
    let alone = json!({"topCandidates": likeliest});
    let told = answer(&body(alone.clone()));
    let own = &told["choices"][0]["message"]["provider_data"]["google"];
    assert_eq!(own["logprobs_result"], json!([alone]));
}
