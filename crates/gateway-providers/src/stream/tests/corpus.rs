//! Recorded streams of real upstreams, where the corpus is given (`GATEWAY_CORPUS` names its folder).

use std::{fs, path::PathBuf};

use super::*;
use crate::{Operation, raw_usage};

/// The recordings' dialects and the operation that each belongs to.
const DIALECTS: &[(&str, Operation)] = &[
    ("openai.chat", Operation::Chat),
    ("openai.completions", Operation::Completions),
    ("openai.responses", Operation::Responses),
    ("openai.transcriptions", Operation::Transcriptions),
];

/// Features of recordings that must not end as a success.
const BROKEN: &[&str] = &["mid_stream_error", "truncated_stream"];

struct Recording {
    id: String,
    operation: Operation,
    broken: bool,
    stream: String,
    usage: Value,
}

#[expect(clippy::print_stderr, reason = "a test that tested nothing says so")]
fn recordings() -> Vec<Recording> {
    let Ok(folder) = std::env::var("GATEWAY_CORPUS").map(PathBuf::from) else {
        eprintln!("the corpus was not given: set GATEWAY_CORPUS to its folder");
        return Vec::new();
    };
    let index: Vec<Value> =
        serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let rows = index.iter().filter_map(|row| {
        let operation = DIALECTS.iter().find(|(name, _)| row["dialect"] == *name)?.1;
        if row["framing"] != "sse" || row["status"] != 200 {
            return None;
        }
        let file = fs::read(folder.join(row["file"].as_str()?)).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let marks = ["features", "quirks"]
            .iter()
            .flat_map(|list| row[list].as_array().into_iter().flatten());
        let broken = marks
            .filter_map(Value::as_str)
            .any(|mark| BROKEN.contains(&mark));
        let stream = file["response"]["raw_sse"].as_str()?.to_owned();
        Some(Recording {
            id: row["id"].as_str()?.to_owned(),
            operation,
            broken,
            stream,
            usage: file["facts"]["usage"].clone(),
        })
    });
    rows.collect()
}

#[test]
fn recorded_streams_are_judged_right_however_they_are_cut() {
    let mut wrong = Vec::new();
    for recording in recordings() {
        let Recording {
            id,
            operation,
            broken,
            stream,
            usage,
        } = recording;
        let rules = || GuardRules::new(operation.spec().stream_end);
        let whole = run(rules(), stream.as_bytes(), usize::MAX, UpstreamEnd::Clean);
        if whole.fault.is_some() != broken {
            wrong.push(format!("{id}: broken {broken}, heard {:?}", whole.fault));
        }
        for piece in [1, 7, 1460] {
            let cut = run(rules(), stream.as_bytes(), piece, UpstreamEnd::Clean);
            assert_eq!(
                (cut.kind(), &cut.text, cut.usage),
                (whole.kind(), &whole.text, whole.usage),
                "{id} in pieces of {piece}"
            );
        }
        let reported = raw_usage::read(usage.to_string().as_bytes(), false);
        if reported.is_some() && !broken && whole.usage != reported {
            wrong.push(format!(
                "{id}: usage {:?}, reported {reported:?}",
                whole.usage
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
