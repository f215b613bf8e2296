//! Whatever bytes an upstream sends as a stream: the client gets an answer that is either whole or says that it is
//! not. Never a hang, never a broken event, never a silent success.

use std::time::Duration;

use gateway_testkit::{
    Reply, Request,
    client::End,
    sse::{self, Item, event},
};
use proptest::{prelude::*, test_runner::Config};
use serde_json::Value;

use crate::support::{FINISH, HELLO, ROLE, USAGE, lab};

/// What an attacker, or a bug, does to a good stream.
#[derive(Debug, Clone)]
enum Harm {
    Cut(usize),
    Flip(usize, u8),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = 0..900_usize;
    let piece = prop_oneof![
        Just(b"\n\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(b"data: [DONE]\n\n".to_vec()),
        Just(b"data: {\"error\":{\"message\":\"x\"}}\n\n".to_vec()),
        Just(b"event: error\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just(b": c\n".to_vec()),
        Just(b"\ndata: \n\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop_oneof![
        at.clone().prop_map(Harm::Cut),
        (at.clone(), any::<u8>()).prop_map(|(at, bits)| Harm::Flip(at, bits)),
        (at.clone(), piece).prop_map(|(at, piece)| Harm::Insert(at, piece)),
        (at.clone(), at).prop_map(|(from, to)| Harm::Repeat(from, to)),
    ]
}

fn harmed(mut bytes: Vec<u8>, harms: &[Harm]) -> Vec<u8> {
    for harm in harms {
        let length = bytes.len().max(1);
        match harm {
            Harm::Cut(at) => bytes.truncate(at % length),
            Harm::Flip(at, bits) => {
                if let Some(byte) = bytes.get_mut(at % length) {
                    *byte ^= bits;
                }
            }
            Harm::Insert(at, piece) => {
                let at = (at % length).min(bytes.len());
                bytes.splice(at..at, piece.iter().copied());
            }
            Harm::Repeat(from, to) => {
                let (from, to) = ((from % length).min(to % length), (from % length).max(to % length));
                let again = bytes.get(from..to).unwrap_or_default().to_vec();
                bytes.splice(to..to, again);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(Config { cases: 160, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_client_always_learns_how_it_ended(harms in prop::collection::vec(harm(), 0..4), size in 1..200_usize, cut in any::<bool>()) {
        let good: String = [ROLE, HELLO, HELLO, FINISH, USAGE, "[DONE]"].map(event).concat();
        let bytes = harmed(good.into_bytes(), &harms);
        let sent = String::from_utf8_lossy(&bytes).into_owned();
        let reply = Reply::stream().send(bytes).trickle(size, Duration::ZERO);
        let response = lab().chat("hostile", true, if cut { reply.cut() } else { reply });
        prop_assert_eq!(response.end, End::Complete, "{}", sent);
        if response.status() != 200 {
            prop_assert!(response.error().is_object(), "{}", response.text());
            return Ok(());
        }
        let mut data = Vec::new();
        for item in sse::items(&response.body) {
            match item {
                Item::Event { data: text, .. } => data.push(text),
                Item::Comment(_) => {}
                Item::Broken(text) => prop_assert!(false, "broken block {:?} from {}", text, sent),
            }
        }
        let last = data.pop().unwrap_or_default();
        prop_assert!(data.iter().all(|text| text != "[DONE]"), "one end only: {}", response.text());
        let mut finished = false;
        for text in &data {
            let chunk: Value = serde_json::from_str(text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            prop_assert!(!chunk["error"].is_object(), "an error that is not the last: {}", response.text());
            finished |= chunk.pointer("/choices/0/finish_reason").is_some_and(|reason| !reason.is_null());
        }
        if last == "[DONE]" {
            prop_assert!(finished || sent.contains("[DONE]"), "a silent success: {}", sent);
        } else {
            let error: Value = serde_json::from_str(&last).unwrap_or_default();
            prop_assert!(error["error"].is_object(), "no end at all: {} from {}", response.text(), sent);
        }
    }
}

/// The same for bytes that are no HTTP.
#[test]
fn bytes_that_are_no_http_are_a_fault() {
    let heads: &[&[u8]] = &[
        b"\0\0\0\0",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ];
    crate::support::each(heads, |head| {
        for stream in [false, true] {
            let lab = lab();
            let model = lab.model("no-http", Reply::raw(head.to_vec()));
            let response = lab.gateway.send(&Request::chat(&model, stream));
            let shown = format!("{:?}: {} {}", String::from_utf8_lossy(head), response.head.start_line, response.text());
            assert!(matches!(response.status(), 502 | 504), "{shown}");
            crate::support::assert_error_object(&shown, &response.error());
        }
    });
}
