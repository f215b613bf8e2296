//! Answers as they come over the network, in any cut.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use bytes::Bytes;
use gateway_client::ChatAccumulator;
use gateway_types::chat::ChatChunk;
use serde_json::Value;

use super::super::{NAME, api::AI_STUDIO, api::Api, stream::GeminiDecoder};
use crate::{
    Fault,
    answer::{AnswerSeed, AnswerWriter},
    dialects::AnswerDecoder,
    framing::{EventKind, Framer, Framing, NativeEvent},
};

/// How the bytes of a stream are cut.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    Whole,
    Events,
    Bytes(usize),
}

pub(super) const CUTS: [Cut; 4] = [Cut::Whole, Cut::Events, Cut::Bytes(7), Cut::Bytes(1)];

/// What became of an answer.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The whole answer, put together where it was streamed; `null` where it did not come to its end.
    pub(super) answer: Value,
    pub(super) fault: Option<Box<Fault>>,
    /// The chunks before they were put together.
    pub(super) chunks: Vec<Value>,
}

pub(super) fn seed() -> AnswerSeed {
    AnswerSeed {
        unique: "u".to_owned(),
        created: 1,
        model: "asked".to_owned(),
        dialect: NAME,
        include_usage: true,
    }
}

pub(super) fn decoder(api: &'static Api) -> GeminiDecoder {
    GeminiDecoder::new(api, BTreeSet::new())
}

/// Reads a whole answer.
pub(super) fn whole(body: &[u8], mut decoder: GeminiDecoder) -> Outcome {
    let mut answer = AnswerWriter::whole(seed());
    let fault = decoder
        .whole(&Bytes::copy_from_slice(body), &mut answer)
        .err();
    let is_complete = fault.is_none() && answer.conclude();
    let answer = is_complete.then(|| serde_json::from_slice(&answer.take_bytes()).unwrap());
    Outcome {
        answer: answer.unwrap_or_default(),
        fault,
        chunks: Vec::new(),
    }
}

/// Reads a stream that is cut so.
pub(super) fn streamed(bytes: &[u8], cut: Cut, mut decoder: GeminiDecoder) -> Outcome {
    let mut answer = AnswerWriter::chunks(seed());
    let fault = events(bytes, cut).into_iter().find_map(|event| {
        let read = match event.kind {
            EventKind::Whole => decoder.whole(&event.data, &mut answer),
            _ => decoder.event(&event, &mut answer).map(|_| ()),
        };
        read.err()
    });
    let is_concluded = fault.is_none() && answer.conclude();
    let text = answer.take_bytes();
    let chunks: Vec<Value> = std::str::from_utf8(&text)
        .unwrap()
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
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

/// The events of a stream that is cut so.
pub(super) fn events(bytes: &[u8], cut: Cut) -> Vec<NativeEvent> {
    let pieces: Vec<&[u8]> = match cut {
        Cut::Whole => vec![bytes],
        Cut::Bytes(size) => bytes.chunks(size).collect(),
        Cut::Events => std::str::from_utf8(bytes)
            .unwrap()
            .split_inclusive("\n\r\n")
            .map(str::as_bytes)
            .collect(),
    };
    let mut framer = Framer::new(Framing::Sse, 8 << 20);
    let mut events = Vec::new();
    for piece in pieces {
        framer.push(Bytes::copy_from_slice(piece));
        while let Ok(Some(event)) = framer.next_event() {
            events.push(event);
        }
    }
    while let Ok(Some(event)) = framer.finish() {
        events.push(event);
    }
    events
}

fn together(chunks: &[Value]) -> Value {
    let mut answer = ChatAccumulator::new();
    for chunk in chunks {
        let chunk: ChatChunk = serde_json::from_value(chunk.clone()).unwrap();
        answer.push(chunk);
    }
    serde_json::to_value(answer.finish()).unwrap()
}

/// The place that a recording comes from.
pub(super) fn api_of(file: &Value) -> &'static Api {
    if file["provider"] == "vertex" {
        &super::VERTEX
    } else {
        &AI_STUDIO
    }
}

/// All recordings of a wire format.
///
/// A folder that is named and not there is a mistake of who runs the tests; one that is not named is said so.
#[expect(clippy::print_stderr, reason = "a test that tested nothing says so")]
pub(super) fn recordings(dialect: &str) -> Vec<Value> {
    let Some(folder) = env::var_os("GATEWAY_CORPUS").filter(|folder| !folder.is_empty()) else {
        eprintln!("the corpus was not given: set GATEWAY_CORPUS to its folder");
        return Vec::new();
    };
    let folder = PathBuf::from(folder);
    let index = fs::read(folder.join("index.json")).unwrap();
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    let files: Vec<Value> = index
        .iter()
        .filter(|row| row["dialect"] == dialect)
        .map(|row| fs::read(folder.join(row["file"].as_str().unwrap())).unwrap())
        .map(|file| serde_json::from_slice(&file).unwrap())
        .collect();
    assert!(!files.is_empty(), "no recordings of {dialect}");
    files
}

/// The bytes of a recorded stream.
pub(super) fn stream_of(file: &Value) -> Option<Vec<u8>> {
    let response = &file["response"];
    match file["framing"].as_str()? {
        "sse" => Some(response["raw_sse"].as_str()?.as_bytes().to_vec()),
        "json-array" => {
            let text = response["raw_text"].as_str().map(str::to_owned);
            Some(
                text.unwrap_or_else(|| response["body"].to_string())
                    .into_bytes(),
            )
        }
        _ => None,
    }
}
