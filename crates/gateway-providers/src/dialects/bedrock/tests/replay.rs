//! Answers read by the decoder as they would come over the network, and requests encoded as they would be sent.

use std::{fs, path::PathBuf, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gateway_client::ChatAccumulator;
use gateway_types::{
    chat::ChatChunk,
    json::{RawObject, ScanLimits},
};
use http::HeaderMap;
use serde_json::{Value, json};

use super::super::{Bedrock, response::ConverseDecoder};
use crate::{
    Catalog, Fault, FaultKind, Operation, ProviderInput, ProviderSettings, TranslateError,
    answer::{AnswerSeed, AnswerWriter},
    dialects::{AnswerDecoder, Ask, Dialect, Encoded, Flow},
    framing::{EventKind, Framer, Framing},
    rules::ModelRules,
};

/// A model that no rule knows.
pub(super) const UNKNOWN: &str = "meta.llama3-3-70b-instruct-v1:0";
/// A model that signs its thinking, with a budget.
pub(super) const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// How a stream is cut.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    Whole,
    Bytes(usize),
}

pub(super) const CUTS: [Cut; 4] = [Cut::Whole, Cut::Bytes(150), Cut::Bytes(7), Cut::Bytes(1)];

/// What came of an answer: the whole of it in OpenAI's shape, or what was wrong.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) answer: Value,
    pub(super) fault: Option<Box<Fault>>,
}

pub(super) fn settings() -> ProviderSettings {
    let catalog = Catalog::builtin().unwrap();
    let mut input = ProviderInput::new(Arc::clone(catalog.get("bedrock").unwrap()));
    input.base_url = Some("http://127.0.0.1:9".to_owned());
    input.credential = Some("key".into());
    ProviderSettings::resolve(input).unwrap()
}

pub(super) fn encode(
    operation: Operation,
    model: &str,
    stream: bool,
    request: &Value,
) -> Result<Encoded, TranslateError> {
    let body = RawObject::parse(request.to_string().into(), ScanLimits::default()).unwrap();
    Bedrock.encode(&Ask {
        operation,
        model,
        body: &body,
        stream,
        headers: &HeaderMap::new(),
        settings: &settings(),
        rule: ModelRules::builtin().unwrap().of(model),
    })
}

/// A chat's native body, and what was dropped.
pub(super) fn chat(model: &str, request: &Value) -> (Value, Vec<String>) {
    let encoded = encode(Operation::Chat, model, false, request).unwrap();
    let body = serde_json::from_slice(&encoded.requests[0].body).unwrap();
    (body, encoded.dropped)
}

fn seed() -> AnswerSeed {
    AnswerSeed {
        unique: "7f".to_owned(),
        created: 12,
        model: "asked".to_owned(),
        dialect: "bedrock",
        include_usage: true,
    }
}

pub(super) fn decoder(custom_tools: &[&str]) -> ConverseDecoder {
    let custom_tools = custom_tools.iter().map(|name| (*name).to_owned());
    ConverseDecoder::new(custom_tools.collect(), false)
}

pub(super) fn whole(body: &[u8], mut decoder: ConverseDecoder) -> Outcome {
    let mut answer = AnswerWriter::whole(seed());
    let fault = decoder
        .whole(&Bytes::copy_from_slice(body), &mut answer)
        .err();
    if fault.is_some() || !answer.conclude() {
        return Outcome {
            answer: Value::Null,
            fault,
        };
    }
    Outcome {
        answer: serde_json::from_slice(&answer.take_bytes()).unwrap(),
        fault: None,
    }
}

pub(super) fn streamed(bytes: &[u8], cut: Cut, mut decoder: ConverseDecoder) -> Outcome {
    let size = match cut {
        Cut::Whole => bytes.len().max(1),
        Cut::Bytes(size) => size,
    };
    let mut framer = Framer::new(Framing::AwsEventStream, 1 << 20);
    let mut answer = AnswerWriter::chunks(seed());
    let mut fault = None;
    'bytes: for piece in bytes.chunks(size) {
        framer.push(Bytes::copy_from_slice(piece));
        loop {
            match framer.next_event() {
                Ok(None) => break,
                Ok(Some(event)) => {
                    assert_ne!(event.kind, EventKind::Whole);
                    match decoder.event(&event, &mut answer) {
                        Ok(Flow::More) => {}
                        Ok(Flow::Complete) => break 'bytes,
                        Err(error) => {
                            fault = Some(error);
                            break 'bytes;
                        }
                    }
                }
                Err(error) => {
                    let kind = FaultKind::Protocol;
                    fault = Some(Box::new(Fault::new(kind, error.to_string())));
                    break 'bytes;
                }
            }
        }
    }
    if fault.is_none() && !answer.conclude() {
        fault = Some(Box::new(Fault::new(FaultKind::Truncated, "no end")));
    }
    Outcome {
        answer: joined(&answer.take_bytes()),
        fault,
    }
}

/// The chunks as one whole answer. Each ends at most one choice, and there is one end.
fn joined(bytes: &[u8]) -> Value {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut accumulator = ChatAccumulator::new();
    let mut finishes = 0;
    for event in text.split_terminator("\n\n") {
        let data = event.strip_prefix("data: ").unwrap();
        if data == "[DONE]" {
            continue;
        }
        let chunk: Value = serde_json::from_str(data).unwrap();
        finishes += usize::from(chunk["choices"][0]["finish_reason"].is_string());
        accumulator.push(serde_json::from_value::<ChatChunk>(chunk).unwrap());
    }
    assert!(finishes <= 1, "{finishes} ends");
    serde_json::to_value(accumulator.finish()).unwrap()
}

/// The recordings of a dialect, where the corpus is given.
#[expect(clippy::print_stderr, reason = "a test that tested nothing says so")]
pub(super) fn recordings(dialect: &str) -> Vec<Value> {
    let Ok(folder) = std::env::var("GATEWAY_CORPUS").map(PathBuf::from) else {
        eprintln!("the corpus was not given: set GATEWAY_CORPUS to its folder");
        return Vec::new();
    };
    let index: Vec<Value> =
        serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    index
        .iter()
        .filter(|row| row["dialect"] == dialect)
        .map(|row| {
            let file = fs::read(folder.join(row["file"].as_str().unwrap())).unwrap();
            serde_json::from_slice(&file).unwrap()
        })
        .collect()
}

/// The bytes of a recorded stream.
pub(super) fn recorded_bytes(file: &Value) -> Option<Vec<u8>> {
    let text = file["response"]["raw_b64"].as_str()?;
    Some(STANDARD.decode(text).unwrap())
}

/// A frame of a stream.
pub(super) fn frame(name: &str, payload: &Value) -> Vec<u8> {
    let headers = [
        (":event-type", name),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    crate::framing::aws::frame(&headers, payload.to_string().as_bytes())
}

pub(super) fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}
