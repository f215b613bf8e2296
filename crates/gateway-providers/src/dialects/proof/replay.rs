//! Answers as they come over the network, in any cut.

use bytes::Bytes;
use gateway_client::ChatAccumulator;
use gateway_types::chat::ChatChunk;
use serde_json::{Value, json};

use crate::{
    Fault,
    answer::{AnswerSeed, AnswerWriter},
    dialects::{AnswerDecoder, Flow},
    framing::{EventKind, Framer, Framing, NativeEvent},
};

/// How the bytes of a stream are cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    Whole,
    Events,
    Bytes(usize),
}

pub(crate) const CUTS: [Cut; 4] = [Cut::Whole, Cut::Events, Cut::Bytes(7), Cut::Bytes(1)];

/// What became of an answer.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The whole answer, put together where it was streamed; `null` where it did not come to its end.
    pub(crate) answer: Value,
    pub(crate) fault: Option<Box<Fault>>,
    /// The chunks before they were put together.
    pub(crate) chunks: Vec<Value>,
}

pub(crate) fn seed(dialect: &'static str) -> AnswerSeed {
    AnswerSeed {
        unique: "u".to_owned(),
        created: 1,
        model: "asked".to_owned(),
        dialect,
        include_usage: true,
    }
}

/// Reads a whole answer.
pub(crate) fn whole(
    dialect: &'static str,
    decoder: &mut dyn AnswerDecoder,
    body: &[u8],
) -> Outcome {
    let mut answer = AnswerWriter::whole(seed(dialect));
    let fault = decoder
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
pub(crate) fn streamed(
    dialect: &'static str,
    decoder: &mut dyn AnswerDecoder,
    framing: Framing,
    bytes: &[u8],
    cut: Cut,
) -> Outcome {
    let mut answer = AnswerWriter::chunks(seed(dialect));
    let mut text = Vec::new();
    let end = read(decoder, framing, bytes, cut, &mut answer, &mut text);
    let is_concluded = end.is_ok() && answer.conclude();
    text.extend_from_slice(&answer.take_bytes());
    let chunks = chunks(&text);
    Outcome {
        answer: if is_concluded {
            together(&chunks)
        } else {
            Value::Null
        },
        fault: end.err(),
        chunks,
    }
}

fn read(
    decoder: &mut dyn AnswerDecoder,
    framing: Framing,
    bytes: &[u8],
    cut: Cut,
    answer: &mut AnswerWriter,
    text: &mut Vec<u8>,
) -> Result<(), Box<Fault>> {
    let mut framer = Framer::new(framing, 8 << 20);
    for piece in pieces(bytes, cut) {
        framer.push(piece);
        while let Ok(Some(event)) = framer.next_event() {
            let flow = feed(decoder, &event, answer);
            text.extend_from_slice(&answer.take_bytes());
            if flow? == Flow::Complete {
                return Ok(());
            }
        }
    }
    while let Ok(Some(event)) = framer.finish() {
        if feed(decoder, &event, answer)? == Flow::Complete {
            break;
        }
    }
    Ok(())
}

fn feed(
    decoder: &mut dyn AnswerDecoder,
    event: &NativeEvent,
    answer: &mut AnswerWriter,
) -> Result<Flow, Box<Fault>> {
    match event.kind {
        _ if matches!(event.data.as_ref(), b"" | b"[DONE]") => Ok(Flow::More),
        EventKind::Whole => decoder.whole(&event.data, answer).map(|()| Flow::Complete),
        _ => decoder.event(event, answer),
    }
}

fn pieces(bytes: &[u8], cut: Cut) -> Vec<Bytes> {
    let of = |pieces: Vec<&[u8]>| pieces.into_iter().map(Bytes::copy_from_slice).collect();
    match cut {
        Cut::Whole => of(vec![bytes]),
        Cut::Bytes(size) => of(bytes.chunks(size).collect()),
        Cut::Events => of(bytes.split_inclusive(|byte| *byte == b'\n').collect()),
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

/// What an independent reader finds in an answer, in the words of the corpus.
pub(crate) fn found(answer: &Value) -> Value {
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
    let text = |name: &str| match &message[name] {
        Value::String(text) => text.clone(),
        _ => String::new(),
    };
    json!({
        "text": text("content"),
        "reasoning": text("reasoning_content"),
        "tool_calls": calls,
        "finish": answer["choices"][0]["finish_reason"],
    })
}
