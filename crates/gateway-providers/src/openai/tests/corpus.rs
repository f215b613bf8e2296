//! Recorded whole answers of real upstreams, where the corpus is given (`GATEWAY_CORPUS` names its folder).

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::super::{as_stream, models::read_page, whole};
use super::*;
use crate::{
    Redactor,
    operation::StreamEnd,
    raw_usage,
    stream::{GuardRules, StreamGuard, StreamMachine, StreamOutcome, UpstreamEnd},
    vendor::ModelListShape,
};

/// The recordings' dialects and the operation that each belongs to.
const DIALECTS: &[(&str, Operation)] = &[
    ("openai.chat", Operation::Chat),
    ("openai.completions", Operation::Completions),
    ("openai.responses", Operation::Responses),
    ("openai.embeddings", Operation::Embeddings),
    ("openai.images", Operation::ImageGenerations),
    ("openai.images_edits", Operation::ImageEdits),
    ("openai.moderations", Operation::Moderations),
    ("openai.transcriptions", Operation::Transcriptions),
    ("openai.translations", Operation::Translations),
    ("voyage.embeddings", Operation::Embeddings),
    ("rerank", Operation::Rerank),
];

/// The successes of a dialect: id, body, and what an independent reader found in it.
#[expect(clippy::print_stderr, reason = "a test that tested nothing says so")]
fn answers(dialect: &str) -> Vec<(String, Bytes, Value)> {
    let Ok(folder) = std::env::var("GATEWAY_CORPUS").map(PathBuf::from) else {
        eprintln!("the corpus was not given: set GATEWAY_CORPUS to its folder");
        return Vec::new();
    };
    let index: Vec<Value> =
        serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let rows = index.iter().filter(|row| {
        row["dialect"] == dialect && row["framing"] == "json" && row["status"] == 200
    });
    rows.map(|row| {
        let file = fs::read(folder.join(row["file"].as_str().unwrap())).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let body = Bytes::from(file["response"]["body"].to_string());
        (
            row["id"].as_str().unwrap().to_owned(),
            body,
            file["facts"].clone(),
        )
    })
    .collect()
}

#[test]
fn recorded_answers_pass_with_the_usage_that_they_report() {
    let mut wrong = Vec::new();
    for (dialect, operation) in DIALECTS {
        for (id, body, facts) in answers(dialect) {
            let checked = whole::check(*operation, &body, false, &Redactor::default());
            match checked {
                Err(_) if !facts["error"].is_null() => {}
                Err(fault) => wrong.push(format!("{id}: {fault}")),
                Ok(checked) if !facts["usage"].is_null() => {
                    let usage = checked.usage;
                    let reported = raw_usage::read(facts["usage"].to_string().as_bytes(), false);
                    if usage != reported {
                        wrong.push(format!("{id}: {usage:?}, reported {reported:?}"));
                    }
                }
                Ok(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_chat_answers_retold_as_streams_are_complete_streams() {
    for (id, body, _) in answers("openai.chat") {
        if whole::check(Operation::Chat, &body, false, &Redactor::default()).is_err() {
            continue;
        }
        let told = as_stream::events(Operation::Chat, &body, true)
            .unwrap()
            .unwrap();
        let mut guard = StreamGuard::new(GuardRules::new(StreamEnd::Chunks));
        let step = guard.push(told.clone());
        assert_eq!(step.batch.bytes, told, "{id}: every event is canonical");
        let outcome = step.outcome.or(guard.finish(UpstreamEnd::Clean).outcome);
        assert!(
            matches!(outcome, Some(StreamOutcome::Complete)),
            "{id}: {outcome:?}"
        );
    }
}

#[test]
fn recorded_model_lists_are_read() {
    let is_single = |body: &Bytes| {
        serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get("id").is_some())
    };
    for (id, body, _) in answers("openai.models")
        .into_iter()
        .filter(|(_, body, _)| !is_single(body))
    {
        let page = read_page(&body, ModelListShape::Openai, "lab")
            .unwrap_or_else(|fault| panic!("{id}: {fault}"));
        assert!(!page.models.is_empty(), "{id}");
    }
}
