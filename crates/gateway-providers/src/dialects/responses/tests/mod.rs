//! Answers and requests of the dialect, without a network.

mod corpus;
mod events;
mod golden;
mod history;
mod laws;

use bytes::Bytes;
use gateway_client::ChatAccumulator;
use gateway_types::json::{RawObject, ScanLimits};
use http::HeaderMap;
use serde_json::{Value, json};

use super::{Responses, stream::ResponsesDecoder};
use crate::{
    Catalog, Fault, Operation, ProviderInput, ProviderSettings, Secret, TranslateError,
    answer::{AnswerSeed, AnswerWriter},
    dialects::{AnswerDecoder, Ask, Dialect, Encoded, Flow},
    framing::{EventKind, Framer, Framing},
    rules::ModelRules,
};

fn seed() -> AnswerSeed {
    AnswerSeed {
        unique: "7f".to_owned(),
        created: 1,
        model: "asked".to_owned(),
        dialect: super::NAME,
        include_usage: true,
    }
}

/// A whole answer as the client gets it.
fn whole(body: &[u8]) -> Result<Value, Box<Fault>> {
    let mut answer = AnswerWriter::whole(seed());
    ResponsesDecoder::default().whole(&Bytes::copy_from_slice(body), &mut answer)?;
    assert!(answer.conclude());
    Ok(serde_json::from_slice(&answer.take_bytes()).unwrap())
}

/// A streamed answer as the client gets it, read in pieces of that many bytes: the chunks. `None` where it was not
/// complete.
fn stream(raw: &[u8], size: usize) -> Result<Option<Vec<Value>>, Box<Fault>> {
    let mut framer = Framer::new(Framing::Sse, 64 << 20);
    let mut answer = AnswerWriter::chunks(seed());
    let mut decoder = ResponsesDecoder::default();
    let mut bytes = Vec::new();
    let mut is_complete = false;
    for piece in raw.chunks(size.max(1)) {
        framer.push(Bytes::copy_from_slice(piece));
        while let Some(event) = framer.next_event().map_err(|_| protocol())? {
            if is_complete || matches!(event.data.as_ref(), b"" | b"[DONE]") {
                continue;
            }
            is_complete = decoder.event(&event, &mut answer)? == Flow::Complete;
            bytes.extend_from_slice(&answer.take_bytes());
        }
    }
    while let Some(event) = framer.finish().map_err(|_| protocol())? {
        if event.kind == EventKind::Whole {
            decoder.whole(&event.data, &mut answer)?;
            is_complete = true;
        } else if !is_complete {
            is_complete = decoder.event(&event, &mut answer)? == Flow::Complete;
        }
    }
    if !is_complete || !answer.conclude() {
        return Ok(None);
    }
    bytes.extend_from_slice(&answer.take_bytes());
    Ok(Some(chunks(&bytes)))
}

fn protocol() -> Box<Fault> {
    Box::new(Fault::new(crate::FaultKind::Protocol, "framing"))
}

fn chunks(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut events: Vec<&str> = text.split_terminator("\n\n").collect();
    assert_eq!(events.pop(), Some("data: [DONE]"));
    let events = events.into_iter();
    events
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

/// The chunks of a stream as the answer that they are.
fn joined(chunks: &[Value]) -> Value {
    let mut accumulator = ChatAccumulator::new();
    for chunk in chunks {
        accumulator.push(serde_json::from_value(chunk.clone()).unwrap());
    }
    serde_json::to_value(accumulator.finish()).unwrap()
}

/// Server-sent events of these values, the last one the end of the answer.
fn sse(events: &[Value]) -> Vec<u8> {
    let events = events.iter().map(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        format!("event: {kind}\ndata: {event}\n\n")
    });
    events.collect::<String>().into_bytes()
}

/// OpenAI's settings, with its own rules.
fn settings() -> ProviderSettings {
    let catalog = Catalog::builtin().unwrap();
    let mut input = ProviderInput::new(std::sync::Arc::clone(catalog.get("openai").unwrap()));
    input.credential = Some(Secret::from("sk-test"));
    ProviderSettings::resolve(input).unwrap()
}

fn encode(request: &Value, model: &str) -> Result<Encoded, TranslateError> {
    let body = RawObject::parse(request.to_string().into(), ScanLimits::default()).unwrap();
    let rules = ModelRules::builtin().unwrap().at("openai");
    let stream = request["stream"] == json!(true);
    Responses.encode(&Ask {
        operation: Operation::Chat,
        model,
        body: &body,
        stream,
        headers: &HeaderMap::new(),
        settings: &settings(),
        rule: rules.of(model),
    })
}

/// The native body of a request, and what it lost.
fn encoded(request: &Value, model: &str) -> (Value, Vec<String>) {
    let encoded = encode(request, model).unwrap();
    let body = serde_json::from_slice(&encoded.requests[0].body).unwrap();
    (body, encoded.dropped)
}
