//! What the targets share: a stream read by a dialect, in pieces of a size.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use gateway_providers::{
    Catalog, Operation, ProviderInput, ProviderSettings, TranslateError,
    answer::{AnswerSeed, AnswerWriter},
    dialects::{AnswerDecoder, Ask, Decoder, Dialect, Flow},
    framing::{EventKind, Framer, Framing, NativeEvent},
    rules::ModelRule,
};
use gateway_types::json::{RawObject, ScanLimits};
use http::HeaderMap;

const REQUEST: &[u8] = br#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}]}"#;
const LARGEST_EVENT: usize = 1 << 20;

static SETTINGS: LazyLock<ProviderSettings> = LazyLock::new(|| {
    let catalog = Catalog::builtin().expect("the built-in vendors are read by a test");
    let vendor = catalog
        .get("custom")
        .expect("there is a vendor for everything");
    let mut input = ProviderInput::new(Arc::clone(vendor));
    input.base_url = Some("http://127.0.0.1/v1".to_owned());
    ProviderSettings::resolve(input).expect("an address is all it needs")
});

/// A decoder for one answer to a chat, and how the answer is framed.
pub fn decoder(dialect: &dyn Dialect) -> (Box<dyn AnswerDecoder>, Framing) {
    let body = RawObject::parse(Bytes::from_static(REQUEST), ScanLimits::default())
        .expect("a valid object");
    let ask = Ask {
        operation: Operation::Chat,
        model: "m",
        body: &body,
        stream: true,
        headers: &HeaderMap::new(),
        settings: &SETTINGS,
        rule: &ModelRule::default(),
    };
    match dialect.encode(&ask) {
        Ok(encoded) => {
            let framing = encoded
                .requests
                .first()
                .map_or(Framing::Sse, |request| request.framing);
            match encoded.decoder {
                Decoder::Chat(decoder) => (decoder, framing),
                Decoder::Whole(_) => panic!("a chat is decoded as one"),
            }
        }
        Err(TranslateError::InvalidValue { message, .. }) => panic!("{message}"),
        Err(error) => panic!("{error}"),
    }
}

/// Reads a stream in pieces of this size; what the client gets, and whether the answer came to its end.
pub fn read(dialect: &dyn Dialect, bytes: &[u8], piece: usize) -> (Vec<u8>, bool) {
    let (mut decoder, framing) = decoder(dialect);
    let mut answer = AnswerWriter::chunks(AnswerSeed {
        unique: "u".to_owned(),
        created: 1,
        model: "m".to_owned(),
        dialect: dialect.name(),
        include_usage: true,
    });
    let mut framer = Framer::new(framing, LARGEST_EVENT);
    let ended = read_pieces(&mut *decoder, &mut framer, bytes, piece, &mut answer);
    let complete = ended && answer.conclude();
    (answer.take_bytes().to_vec(), complete)
}

fn read_pieces(
    decoder: &mut dyn AnswerDecoder,
    framer: &mut Framer,
    bytes: &[u8],
    piece: usize,
    answer: &mut AnswerWriter,
) -> bool {
    for piece in bytes.chunks(piece.max(1)) {
        framer.push(Bytes::copy_from_slice(piece));
        loop {
            match framer.next_event() {
                Ok(None) => break,
                Ok(Some(event)) => match take(decoder, &event, answer) {
                    Some(Flow::More) => {}
                    Some(Flow::Complete) => return true,
                    None => return false,
                },
                Err(_) => return false,
            }
        }
    }
    loop {
        match framer.finish() {
            Ok(None) => break,
            Ok(Some(event)) => match take(decoder, &event, answer) {
                Some(Flow::More) => {}
                Some(Flow::Complete) => return true,
                None => return false,
            },
            Err(_) => return answer.is_finished(),
        }
    }
    decoder.ended(answer);
    true
}

fn take(
    decoder: &mut dyn AnswerDecoder,
    event: &NativeEvent,
    answer: &mut AnswerWriter,
) -> Option<Flow> {
    if event.kind == EventKind::Whole {
        return decoder
            .whole(&event.data, answer)
            .ok()
            .map(|()| Flow::Complete);
    }
    if matches!(event.data.as_ref(), b"" | b"[DONE]") {
        return Some(Flow::More);
    }
    decoder.event(event, answer).ok()
}

/// Everything that is told is a chunk, and a stream that came to its end says so once.
pub fn check(told: &[u8], complete: bool) {
    let text = std::str::from_utf8(told).expect("events are UTF-8");
    let mut dones = 0;
    for event in text.split_terminator("\n\n") {
        let data = event.strip_prefix("data: ").expect("an event has data");
        if data == "[DONE]" {
            dones += 1;
            continue;
        }
        assert_eq!(dones, 0, "nothing follows the end");
        let chunk: serde_json::Value = serde_json::from_str(data).expect("data is JSON");
        assert_eq!(chunk["object"], "chat.completion.chunk");
    }
    assert_eq!(dones, usize::from(complete));
}
