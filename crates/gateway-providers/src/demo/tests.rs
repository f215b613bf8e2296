//! The demo provider behind the trait: what the gateway makes of its answers, and of each of its faults.

use bytes::Bytes;
use futures::StreamExt;
use gateway_types::json::{RawObject, ScanLimits};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{DemoConfig, DemoProvider, MODELS};
use crate::{
    Call, CallError, FaultKind, Operation, Payload, Provider, ReplyBody, TokenUsage, call::Timeouts,
};

fn provider() -> DemoProvider {
    DemoProvider::new(DemoConfig::default()).unwrap()
}

fn call(operation: Operation, model: &str, stream: bool, body: &Value) -> Call {
    let mut body = body.clone();
    body["model"] = json!("a-client's-name");
    if stream {
        body["stream"] = json!(true);
    }
    let payload =
        Payload::Json(RawObject::parse(body.to_string().into(), ScanLimits::default()).unwrap());
    Call {
        operation,
        model: model.to_owned(),
        payload,
        stream,
        count_tokens: true,
        strict: false,
        headers: HeaderMap::new(),
        timeouts: Timeouts::default(),
    }
}

fn hello() -> Value {
    json!({ "messages": [{ "role": "user", "content": "Hello" }] })
}

/// What a caller gets in the end.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// A whole answer.
    Whole(Option<TokenUsage>),
    /// A stream that ended with `[DONE]`, and its usage.
    Complete(Option<TokenUsage>),
    /// A fault before the answer began, with the upstream's status.
    Refused(FaultKind, Option<StatusCode>),
    /// A fault inside of a stream.
    Broken(FaultKind),
}

async fn outcome(model: &str, stream: bool) -> (Outcome, Bytes) {
    let reply = match provider()
        .call(call(Operation::Chat, model, stream, &hello()))
        .await
    {
        Ok(reply) => reply,
        Err(CallError::Fault(fault)) => {
            return (
                Outcome::Refused(fault.kind, fault.upstream_status()),
                Bytes::new(),
            );
        }
        Err(error) => panic!("{model}: {error}"),
    };
    assert_eq!(reply.headers["x-gateway-demo"], "true");
    let mut events = match reply.body {
        ReplyBody::Whole { bytes, usage } => return (Outcome::Whole(usage), bytes),
        ReplyBody::Events(events) => events,
        ReplyBody::Binary(_) => panic!("{model}: chat is not binary"),
    };
    let (mut all, mut usage) = (Vec::new(), None);
    while let Some(next) = events.next().await {
        match next {
            Ok(batch) => {
                all.extend_from_slice(&batch.bytes);
                usage = batch.usage.or(usage);
            }
            Err(fault) => {
                assert!(
                    !all.ends_with(b"data: [DONE]\n\n"),
                    "{model}: no [DONE] before a fault"
                );
                return (Outcome::Broken(fault.kind), all.into());
            }
        }
    }
    assert!(
        all.ends_with(b"data: [DONE]\n\n"),
        "{model}: [DONE] at the end"
    );
    assert_eq!(
        all.windows(6).filter(|six| six == b"[DONE]").count(),
        1,
        "{model}: one [DONE]"
    );
    (Outcome::Complete(usage), all.into())
}

/// How a stream of a fault model ends. All other error statuses are in the next test.
fn ends() -> Vec<(&'static str, Outcome)> {
    use FaultKind as K;
    let good = || Outcome::Complete(Some(counted(1, 21)));
    let code = |code: u16| StatusCode::from_u16(code).ok();
    vec![
        ("500-html", Outcome::Refused(K::Status, code(500))),
        ("500-empty", Outcome::Refused(K::Status, code(500))),
        ("redirect", Outcome::Refused(K::Redirect, None)),
        ("slow", good()),
        ("trickle", good()),
        ("stall", Outcome::Broken(K::IdleTimeout)),
        // The head is given when the hold is over, so that the fault comes inside of the stream.
        ("silent", Outcome::Broken(K::FirstTokenTimeout)),
        ("cut", Outcome::Broken(K::Truncated)),
        ("reset", Outcome::Broken(K::Reset)),
        ("no-done", good()),
        ("finish-reset", Outcome::Complete(None)),
        ("done-reset", good()),
        ("after-done", good()),
        ("no-blank-line", Outcome::Complete(None)),
        ("error-first", Outcome::Refused(K::InStream, code(500))),
        ("error-in-stream", Outcome::Broken(K::InStream)),
        ("error-event", Outcome::Broken(K::InStream)),
        ("error-string", Outcome::Broken(K::InStream)),
        ("error-null", good()),
        ("json-error", Outcome::Refused(K::InStream, code(500))),
        ("bare-json", Outcome::Broken(K::InStream)),
        ("bad-json", Outcome::Broken(K::Protocol)),
        ("bad-utf8", Outcome::Broken(K::Protocol)),
        ("noise", good()),
        ("crlf", good()),
        ("bom", good()),
        ("big", Outcome::Broken(K::TooLarge)),
        ("empty", Outcome::Refused(K::Empty, None)),
        ("only-done", Outcome::Refused(K::Empty, None)),
        ("html", Outcome::Refused(K::InvalidResponse, None)),
        ("not-json", Outcome::Refused(K::InvalidResponse, None)),
        ("truncated", Outcome::Broken(K::Reset)),
        ("whole", good()),
        ("wrong-type", good()),
        ("no-usage", Outcome::Complete(None)),
        (
            "zero-usage",
            Outcome::Complete(Some(TokenUsage {
                cached: None,
                reasoning: None,
                ..counted(0, 0)
            })),
        ),
        ("usage-twice", good()),
    ]
}

fn counted(input: u64, output: u64) -> TokenUsage {
    TokenUsage {
        input: Some(input),
        output: Some(output),
        total: Some(input + output),
        cached: Some(0),
        reasoning: Some(0),
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_in_a_stream_is_seen_for_what_it_is() {
    let table = ends();
    let mut wrong = Vec::new();
    for (model, expected) in &table {
        let (found, bytes) = outcome(model, true).await;
        let end = bytes.slice(bytes.len().saturating_sub(300)..);
        if &found != expected {
            wrong.push(format!(
                "{model}: {found:?}, not {expected:?}, after {}",
                String::from_utf8_lossy(&end)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for model in MODELS.iter().filter(|model| model.is_fault()) {
        let is_status = model.id.parse::<u16>().is_ok();
        assert!(
            is_status || table.iter().any(|(id, _)| *id == model.id),
            "{} is not in the table",
            model.id
        );
    }
}

#[tokio::test(start_paused = true)]
async fn error_statuses_keep_status_and_body_and_the_mark() {
    for (model, status) in MODELS
        .iter()
        .filter_map(|model| Some((model.id, model.id.parse::<u16>().ok()?)))
    {
        for stream in [false, true] {
            let result = provider()
                .call(call(Operation::Chat, model, stream, &hello()))
                .await;
            let Err(CallError::Fault(fault)) = result else {
                panic!("{model}: {result:?}")
            };
            let upstream = fault.upstream.unwrap();
            assert_eq!(
                (fault.kind, upstream.status.as_u16()),
                (FaultKind::Status, status)
            );
            assert_eq!(upstream.headers["x-gateway-demo"], "true");
            let body: Value = serde_json::from_slice(&upstream.body.unwrap()).unwrap();
            assert!(body["error"]["message"].as_str().unwrap().contains(model));
            assert_eq!(upstream.retry_after.is_some(), matches!(status, 429 | 503));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_whole_answers_are_seen_too() {
    use FaultKind as K;
    let good = || Outcome::Whole(Some(counted(1, 21)));
    for (model, expected) in [
        ("chat", good()),
        ("slow", good()),
        ("trickle", good()),
        ("stall", Outcome::Refused(K::Deadline, None)),
        ("cut", Outcome::Refused(K::InvalidResponse, None)),
        ("reset", Outcome::Refused(K::Truncated, None)),
        ("truncated", Outcome::Refused(K::Truncated, None)),
        (
            "json-error",
            Outcome::Refused(K::InStream, StatusCode::from_u16(500).ok()),
        ),
        ("html", Outcome::Refused(K::InvalidResponse, None)),
        ("not-json", Outcome::Refused(K::InvalidResponse, None)),
        ("no-usage", Outcome::Whole(None)),
    ] {
        assert_eq!(outcome(model, false).await.0, expected, "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn usage_is_counted_and_hidden_from_who_did_not_ask() {
    let (found, bytes) = outcome("chat", true).await;
    assert_eq!(found, Outcome::Complete(Some(counted(1, 21))));
    assert!(!String::from_utf8_lossy(&bytes).contains("prompt_tokens"));
}

/// How many bytes a body has; it must end well.
async fn length(body: ReplyBody) -> usize {
    match body {
        ReplyBody::Whole { bytes, .. } => bytes.len(),
        ReplyBody::Events(events) => {
            let lengths = events.map(|batch| batch.unwrap().bytes.len());
            lengths.fold(0, |sum, more| async move { sum + more }).await
        }
        ReplyBody::Binary(body) => {
            let lengths = body.map(|piece| piece.unwrap().len());
            lengths.fold(0, |sum, more| async move { sum + more }).await
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_answers_through_the_trait() {
    let config = DemoConfig {
        list_faults: true,
        ..DemoConfig::default()
    };
    let listing = DemoProvider::new(config).unwrap().models().await.unwrap();
    assert_eq!(listing.models.len(), MODELS.len());
    assert_eq!(
        provider().models().await.unwrap().models[0]
            .object
            .string("owned_by")
            .as_deref(),
        Some("gateway-demo")
    );
    for (operation, model, stream, body) in [
        (Operation::Chat, "chat", false, hello()),
        (Operation::Chat, "reasoning", true, hello()),
        (
            Operation::Completions,
            "chat",
            true,
            json!({ "prompt": "Hello" }),
        ),
        (
            Operation::Embeddings,
            "embeddings",
            false,
            json!({ "input": "Hello" }),
        ),
        (
            Operation::ImageGenerations,
            "image",
            false,
            json!({ "prompt": "Hello" }),
        ),
        (
            Operation::ImageGenerations,
            "image",
            true,
            json!({ "prompt": "Hello" }),
        ),
        (
            Operation::Responses,
            "chat",
            false,
            json!({ "input": "Hello" }),
        ),
        (
            Operation::Responses,
            "reasoning",
            true,
            json!({ "input": "Hello" }),
        ),
        (
            Operation::Moderations,
            "moderation",
            false,
            json!({ "input": "Hello" }),
        ),
        (
            Operation::Rerank,
            "rerank",
            false,
            json!({ "query": "Hello", "documents": ["Hello"] }),
        ),
        (
            Operation::Speech,
            "speech",
            false,
            json!({ "input": "Hello", "voice": "alloy" }),
        ),
    ] {
        let reply = provider()
            .call(call(operation, model, stream, &body))
            .await
            .unwrap_or_else(|error| panic!("{operation}: {error}"));
        let length = length(reply.body).await;
        assert!(length > 40, "{operation}: {length} bytes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_is_read_for_its_model() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ntranscription\r\n\
                --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--b--\r\n";
    let pieces = body
        .as_bytes()
        .chunks(20)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)));
    let payload = Payload::Opaque {
        content_type: http::HeaderValue::from_static("multipart/form-data; boundary=b"),
        body: futures::stream::iter(pieces.collect::<Vec<_>>()).boxed(),
        length: None,
    };
    let call = Call {
        payload,
        ..call(
            Operation::Transcriptions,
            "transcription",
            false,
            &json!({}),
        )
    };
    let reply = provider().call(call).await.unwrap();
    let text = match reply.body {
        ReplyBody::Whole { bytes, .. } => bytes.to_vec(),
        ReplyBody::Binary(body) => body.map(|piece| piece.unwrap().to_vec()).concat().await,
        ReplyBody::Events(_) => panic!("no stream was asked for"),
    };
    assert!(serde_json::from_slice::<Value>(&text).unwrap()["text"].is_string());
}
