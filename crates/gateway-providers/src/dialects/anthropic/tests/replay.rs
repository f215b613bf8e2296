//! Answers as they come over the network, in any cut.

use std::{fs, path::PathBuf};

use bytes::Bytes;
use gateway_client::ChatAccumulator;
use gateway_types::chat::ChatChunk;
use serde_json::{Value, json};

use super::super::response::{Asked, Reader};
use crate::{
    Fault,
    answer::{AnswerSeed, AnswerWriter},
    dialects::{AnswerDecoder, Flow},
    framing::{EventKind, Framer, Framing},
};

/// How the bytes of a stream are cut.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    Whole,
    Events,
    Bytes(usize),
}

pub(super) const CUTS: [Cut; 4] = [Cut::Whole, Cut::Events, Cut::Bytes(7), Cut::Bytes(1)];

fn seed() -> AnswerSeed {
    AnswerSeed {
        unique: "u".to_owned(),
        created: 1,
        model: "asked".to_owned(),
        dialect: "anthropic",
        include_usage: true,
    }
}

/// What became of an answer.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The whole answer, put together where it was streamed; `null` where it did not come to its end.
    pub(super) answer: Value,
    pub(super) fault: Option<Box<Fault>>,
    /// The chunks before they were put together.
    pub(super) chunks: Vec<Value>,
}

/// Reads a whole answer.
pub(super) fn whole(body: &[u8], asked: Asked) -> Outcome {
    let mut answer = AnswerWriter::whole(seed());
    let mut reader = Reader::new(asked);
    let fault = reader
        .whole(&Bytes::copy_from_slice(body), &mut answer)
        .err();
    let is_complete = fault.is_none() && answer.conclude();
    Outcome {
        answer: if is_complete {
            serde_json::from_slice(&answer.take_bytes()).unwrap()
        } else {
            Value::Null
        },
        fault,
        chunks: Vec::new(),
    }
}

/// Reads a stream that is cut so.
pub(super) fn streamed(bytes: &[u8], cut: Cut, asked: Asked) -> Outcome {
    let mut answer = AnswerWriter::chunks(seed());
    let mut reader = Reader::new(asked);
    let mut framer = Framer::new(Framing::Sse, 8 << 20);
    let mut fault = None;
    let mut is_complete = false;
    let mut text = Vec::new();
    for piece in pieces(bytes, cut) {
        framer.push(piece);
        while let Ok(Some(event)) = framer.next_event() {
            match feed(&mut reader, &event, &mut answer) {
                Ok(Flow::More) => {}
                Ok(Flow::Complete) => is_complete = true,
                Err(error) => fault = Some(error),
            }
            text.extend_from_slice(&answer.take_bytes());
            if is_complete || fault.is_some() {
                break;
            }
        }
        if is_complete || fault.is_some() {
            break;
        }
    }
    while !is_complete && fault.is_none() {
        let Ok(Some(event)) = framer.finish() else {
            break;
        };
        match feed(&mut reader, &event, &mut answer) {
            Ok(Flow::More) => {}
            Ok(Flow::Complete) => is_complete = true,
            Err(error) => fault = Some(error),
        }
    }
    let is_concluded = fault.is_none() && answer.conclude();
    text.extend_from_slice(&answer.take_bytes());
    let chunks = chunks(&text);
    Outcome {
        answer: if is_concluded {
            together(&chunks)
        } else {
            Value::Null
        },
        fault,
        chunks,
    }
}

fn feed(
    reader: &mut Reader,
    event: &crate::framing::NativeEvent,
    answer: &mut AnswerWriter,
) -> Result<Flow, Box<Fault>> {
    match event.kind {
        _ if matches!(event.data.as_ref(), b"" | b"[DONE]") => Ok(Flow::More),
        EventKind::Whole => reader.whole(&event.data, answer).map(|()| Flow::Complete),
        _ => reader.event(event, answer),
    }
}

fn pieces(bytes: &[u8], cut: Cut) -> Vec<Bytes> {
    let of = |pieces: Vec<&[u8]>| pieces.into_iter().map(Bytes::copy_from_slice).collect();
    match cut {
        Cut::Whole => of(vec![bytes]),
        Cut::Bytes(size) => of(bytes.chunks(size).collect()),
        Cut::Events => {
            let text = std::str::from_utf8(bytes).unwrap();
            of(text.split_inclusive("\n\n").map(str::as_bytes).collect())
        }
    }
}

fn chunks(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.split_terminator("\n\n")
        .map(|event| event.strip_prefix("data: ").unwrap())
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// The answer that a client puts together of chunks.
fn together(chunks: &[Value]) -> Value {
    let mut accumulator = ChatAccumulator::new();
    for chunk in chunks {
        let chunk: ChatChunk = serde_json::from_value(chunk.clone()).unwrap();
        accumulator.push(chunk);
    }
    serde_json::to_value(accumulator.finish()).unwrap()
}

/// What an independent reader finds in an answer, as the corpus says it.
pub(super) fn found(answer: &Value) -> Value {
    let message = &answer["choices"][0]["message"];
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls
        .map(|call| {
            let arguments = call["function"]["arguments"].as_str().unwrap();
            let mut told = json!({"id": call["id"], "name": call["function"]["name"]});
            match serde_json::from_str::<Value>(arguments) {
                Ok(parsed) => told["json"] = parsed,
                Err(_) => told["raw"] = arguments.into(),
            }
            told
        })
        .collect();
    let mut found = json!({"finish": answer["choices"][0]["native_finish_reason"]});
    if let Some(text) = message["content"].as_str().filter(|text| !text.is_empty()) {
        found["text"] = text.into();
    }
    if let Some(text) = message["reasoning_content"].as_str() {
        found["reasoning"] = text.into();
    }
    if !calls.is_empty() {
        found["tool_calls"] = calls.into();
    }
    let blocks = message["provider_data"]["anthropic"]["blocks"].as_array();
    let encrypted = message["reasoning_details"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|detail| detail["type"] == "reasoning.encrypted")
        .map(|_| json!("redacted_thinking"));
    let others: Vec<Value> = blocks
        .into_iter()
        .flatten()
        .map(|block| block["type"].clone())
        .chain(encrypted)
        .collect();
    if !others.is_empty() {
        found["other_items"] = others.into();
    }
    found
}

/// The recordings of a dialect, each a whole file; none, and a word about it, where the corpus is not given.
#[expect(clippy::print_stderr, reason = "a test that tested nothing says so")]
pub(super) fn recordings(dialect: &str) -> Vec<Value> {
    let Ok(folder) = std::env::var("GATEWAY_CORPUS").map(PathBuf::from) else {
        eprintln!("the corpus was not given: set GATEWAY_CORPUS to its folder");
        return Vec::new();
    };
    let index: Vec<Value> =
        serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let files = index.iter().filter(|row| row["dialect"] == dialect);
    files
        .map(|row| {
            let file = fs::read(folder.join(row["file"].as_str().unwrap())).unwrap();
            let mut file: Value = serde_json::from_slice(&file).unwrap();
            for name in ["framing", "quirks", "features"] {
                if file[name].is_null() {
                    file[name] = row[name].clone();
                }
            }
            file
        })
        .collect()
}
