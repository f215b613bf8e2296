//! What the upstreams of this test send, written down for others to read: the providers' own SDKs are asked whether it
//! is what their providers send (`tests/sdk/judges/read.py`). Nothing is written to disk unless a folder is named.

use std::{fmt::Write as _, fs};

use serde_json::{Value, json};

use crate::{dump, recording, recording::Recording, samples};

/// One JSON object a line: an answer as its upstream sends it, and the facts that are in it.
fn lines(recordings: &[Recording]) -> String {
    recordings.iter().map(|recording| format!("{}\n", line(recording))).collect()
}

fn line(recording: &Recording) -> Value {
    json!({
        "id": recording.id,
        "provider": recording.provider,
        "dialect": recording.dialect,
        "stream": recording.streaming,
        "status": recording.status(),
        "headers": recording.reply.headers,
        "body": hex(&recording.reply.body),
        "features": recording.features,
        "faulted": recording.is_faulted(),
        "facts": recording.facts,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A name for each line, and the same bytes as the replay upstream has.
fn assert_told(lines: &str, recordings: &[Recording]) {
    let told: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), recordings.len());
    for (told, recording) in told.iter().zip(recordings) {
        let digits = told["body"].as_str().unwrap().as_bytes();
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
        assert!(bytes == recording.reply.body, "{} is written down in another way than it is sent", recording.id);
    }
}

#[test]
fn what_is_sent_is_written_down_as_it_is() {
    let recorded = recording::folder().map(|folder| recording::all(&folder)).unwrap_or_default();
    for (name, recordings) in [("samples.jsonl", samples::all()), ("recordings.jsonl", recorded)] {
        let lines = lines(&recordings);
        assert_told(&lines, &recordings);
        if let Some(folder) = dump::folder().map(|folder| folder.join("sent")) {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), lines).unwrap();
        }
    }
}
