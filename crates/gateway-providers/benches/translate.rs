//! What translating a stream costs, event by event, and what it allocates: a longer stream of the same events must have
//! the same peak of memory.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a bench that cannot be set up ends; events are written down where they are used"
)]

use std::{fmt, sync::Arc};

use bytes::Bytes;
use divan::{AllocProfiler, Bencher, counter::ItemsCount};
use gateway_providers::{
    Catalog, Operation, ProviderInput, ProviderSettings, Secret,
    answer::{AnswerSeed, AnswerWriter},
    dialects::{
        AnswerDecoder, Ask, Decoder, Dialect, anthropic::Anthropic, bedrock::Bedrock,
        cohere::Cohere, gemini::Gemini, ollama::Ollama, responses::Responses,
    },
    framing::{Framer, Framing},
    rules::ModelRules,
};
use gateway_types::json::{RawObject, ScanLimits};
use http::HeaderMap;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// 60 bytes, some of them escaped in JSON.
const TEXT: &str = "It said: \"the weather in Zürich is mild\",\nand it was right. ";
/// 60 bytes of a call's arguments.
const ARGUMENTS: &str = "\"item\":{\"name\":\"a rather long name\",\"count\":12,\"ok\":true},  ";
const EVENTS: [usize; 2] = [1_000, 10_000];
const MODEL: &str = "some-model";

/// How a stream begins, and the event with which it goes on.
type Events = (fn() -> Vec<Value>, fn() -> Value);

/// A dialect and its streams.
struct Protocol {
    name: &'static str,
    vendor: &'static str,
    dialect: fn() -> Box<dyn Dialect>,
    framing: Framing,
    text: Events,
    /// `None` where a call is no more than a line.
    arguments: Option<Events>,
}

const PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "anthropic",
        vendor: "anthropic",
        dialect: || Box::new(Anthropic::new()),
        framing: Framing::Sse,
        text: (
            || anthropic_start(json!({"type": "text", "text": ""})),
            || anthropic_delta(json!({"type": "text_delta", "text": TEXT})),
        ),
        arguments: Some((
            || {
                anthropic_start(
                    json!({"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}),
                )
            },
            || anthropic_delta(json!({"type": "input_json_delta", "partial_json": ARGUMENTS})),
        )),
    },
    Protocol {
        name: "gemini",
        vendor: "google",
        dialect: || Box::new(Gemini),
        framing: Framing::Sse,
        text: (Vec::new, || gemini(json!({"text": TEXT}))),
        // Each event is a whole call.
        arguments: Some((Vec::new, || {
            gemini(
                json!({"functionCall": {"name": "look", "args": {"item": {"name": "a rather long name", "count": 12, "ok": true}}}}),
            )
        })),
    },
    Protocol {
        name: "bedrock",
        vendor: "bedrock",
        dialect: || Box::new(Bedrock),
        framing: Framing::AwsEventStream,
        text: (
            || vec![json!({"messageStart": {"role": "assistant"}})],
            || json!({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": TEXT}, "p": "abcdefghijkl"}}),
        ),
        arguments: Some((
            || {
                let start = json!({"toolUse": {"toolUseId": "tooluse_1", "name": "look"}});
                vec![
                    json!({"messageStart": {"role": "assistant"}}),
                    json!({"contentBlockStart": {"contentBlockIndex": 0, "start": start}}),
                ]
            },
            || json!({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": ARGUMENTS}}, "p": "abcdefghijkl"}}),
        )),
    },
    Protocol {
        name: "cohere",
        vendor: "cohere",
        dialect: || Box::new(Cohere),
        framing: Framing::Sse,
        text: (
            || {
                cohere_start(
                    json!({"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
                )
            },
            || json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": TEXT}}}}),
        ),
        arguments: Some((
            || {
                let call = json!({"id": "look_1", "type": "function", "function": {"name": "look", "arguments": ""}});
                cohere_start(
                    json!({"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": call}}}),
                )
            },
            || json!({"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {"arguments": ARGUMENTS}}}}}),
        )),
    },
    Protocol {
        name: "ollama",
        vendor: "ollama",
        dialect: || Box::new(Ollama),
        framing: Framing::Lines,
        text: (
            Vec::new,
            || json!({"model": "m", "created_at": "2026-01-02T03:04:05.678901Z", "message": {"role": "assistant", "content": TEXT}, "done": false}),
        ),
        arguments: None,
    },
    Protocol {
        name: "responses",
        vendor: "openai",
        dialect: || Box::new(Responses),
        framing: Framing::Sse,
        text: (
            || {
                responses_start(
                    json!({"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}),
                )
            },
            || {
                json!({"type": "response.output_text.delta", "sequence_number": 7, "item_id": "msg_1", "output_index": 0, "content_index": 0,
                    "delta": TEXT, "logprobs": [], "obfuscation": "abcdefghijkl"})
            },
        ),
        arguments: Some((
            || {
                responses_start(
                    json!({"id": "fc_1", "type": "function_call", "status": "in_progress", "call_id": "call_1", "name": "look", "arguments": ""}),
                )
            },
            || {
                json!({"type": "response.function_call_arguments.delta", "sequence_number": 7, "item_id": "fc_1", "output_index": 0,
                    "delta": ARGUMENTS, "obfuscation": "abcdefghijkl"})
            },
        )),
    },
];

fn anthropic_start(block: Value) -> Vec<Value> {
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [], "stop_reason": null,
        "usage": {"input_tokens": 5, "output_tokens": 1}});
    vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
    ]
}

fn anthropic_delta(delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": 0, "delta": delta})
}

fn gemini(part: Value) -> Value {
    json!({"candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 12, "totalTokenCount": 17,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}]},
        "modelVersion": MODEL, "responseId": "r-1"})
}

fn cohere_start(event: Value) -> Vec<Value> {
    let message = json!({"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []});
    vec![
        json!({"id": "c1", "type": "message-start", "delta": {"message": message}}),
        event,
    ]
}

fn responses_start(item: Value) -> Vec<Value> {
    let response = json!({"id": "resp_1", "object": "response", "created_at": 1_760_000_000, "model": MODEL, "status": "in_progress", "output": []});
    vec![
        json!({"type": "response.created", "sequence_number": 0, "response": response}),
        json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": item}),
    ]
}

/// A stream of one kind of events, as it arrives: each event alone.
#[derive(Clone)]
struct Stream {
    name: String,
    protocol: &'static Protocol,
    chunks: Vec<Bytes>,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn streams() -> Vec<Stream> {
    let mut streams = Vec::new();
    for protocol in PROTOCOLS {
        let kinds = [
            ("text", Some(protocol.text)),
            ("arguments", protocol.arguments),
        ];
        for (kind, (start, event)) in kinds.into_iter().filter_map(|(kind, of)| Some((kind, of?))) {
            for count in EVENTS {
                let mut chunks: Vec<Bytes> = start()
                    .iter()
                    .map(|event| framed(protocol.framing, event))
                    .collect();
                chunks.resize(count, framed(protocol.framing, &event()));
                let name = format!("{} {kind} {count}", protocol.name);
                streams.push(Stream {
                    name,
                    protocol,
                    chunks,
                });
            }
        }
    }
    streams
}

fn framed(framing: Framing, event: &Value) -> Bytes {
    match framing {
        Framing::Sse => match event["type"].as_str() {
            Some(name) => format!("event: {name}\ndata: {event}\n\n"),
            None => format!("data: {event}\n\n"),
        }
        .into(),
        Framing::Lines => format!("{event}\n").into(),
        Framing::AwsEventStream => aws(event),
        _ => panic!("a framing that is not benched"),
    }
}

/// `{"name": payload}` as a message of an AWS event stream.
fn aws(event: &Value) -> Bytes {
    const STRING: u8 = 7;
    let (name, payload) = event.as_object().unwrap().iter().next().unwrap();
    let mut head = Vec::new();
    for (header, value) in [
        (":event-type", name.as_str()),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ] {
        head.push(u8::try_from(header.len()).unwrap());
        head.extend_from_slice(header.as_bytes());
        head.push(STRING);
        head.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let payload = payload.to_string();
    let total = u32::try_from(12 + head.len() + payload.len() + 4).unwrap();
    let mut message = total.to_be_bytes().to_vec();
    message.extend_from_slice(&u32::try_from(head.len()).unwrap().to_be_bytes());
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message.extend_from_slice(&head);
    message.extend_from_slice(payload.as_bytes());
    message.extend_from_slice(&crc32fast::hash(&message).to_be_bytes());
    message.into()
}

/// What reads one answer: as in the gateway, made anew for each.
struct Reader {
    framer: Framer,
    decoder: Box<dyn AnswerDecoder>,
    answer: AnswerWriter,
}

impl Reader {
    fn new(protocol: &Protocol) -> Self {
        let dialect = (protocol.dialect)();
        let catalog = Catalog::builtin().unwrap();
        let mut input = ProviderInput::new(Arc::clone(catalog.get(protocol.vendor).unwrap()));
        input.base_url = Some("http://127.0.0.1:9".to_owned());
        input.credential = Some(Secret::from("sk-bench-1234567890"));
        input.overrides.dialect = Some(dialect.name().to_owned());
        let settings = ProviderSettings::resolve(input).unwrap();
        let rules = ModelRules::builtin().unwrap().at(protocol.vendor);
        let body = json!({"model": MODEL, "stream": true, "messages": [{"role": "user", "content": "hi"}],
            "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]});
        let body = RawObject::parse(body.to_string().into(), ScanLimits::default()).unwrap();
        let encoded = dialect.encode(&Ask {
            operation: Operation::Chat,
            model: MODEL,
            body: &body,
            stream: true,
            headers: &HeaderMap::new(),
            settings: &settings,
            rule: rules.of(MODEL),
        });
        let Decoder::Chat(decoder) = encoded.unwrap().decoder else {
            panic!("a chat has a chat's decoder");
        };
        Self {
            framer: Framer::new(protocol.framing, 8 << 20),
            decoder,
            answer: AnswerWriter::chunks(AnswerSeed {
                unique: "bench".to_owned(),
                created: 1_760_000_000,
                model: MODEL.to_owned(),
                dialect: dialect.name(),
                include_usage: true,
            }),
        }
    }

    /// Reads a stream; gives the bytes for the client.
    fn read(&mut self, chunks: &[Bytes]) -> usize {
        let mut told = 0;
        for chunk in chunks {
            self.framer.push(chunk.clone());
            while let Some(event) = self.framer.next_event().unwrap() {
                self.decoder.event(&event, &mut self.answer).unwrap();
            }
            told += self.answer.take_bytes().len();
        }
        told
    }
}

#[divan::bench(args = streams(), sample_count = 40)]
fn translate(bencher: Bencher<'_, '_>, stream: &Stream) {
    let wanted = stream.chunks.len() * TEXT.len().min(ARGUMENTS.len()) / 2;
    bencher
        .counter(ItemsCount::new(stream.chunks.len()))
        .with_inputs(|| Reader::new(stream.protocol))
        .bench_values(|mut reader| {
            let told = reader.read(&stream.chunks);
            assert!(told > wanted, "{stream} tells {told} bytes");
            reader
        });
}
