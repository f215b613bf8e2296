//! Recorded traffic of real providers, sent again through the whole gateway: what the client gets must carry every
//! fact that an independent reader found in the answer.
//!
//! The recordings lie beside the project, not in it: `GATEWAY_CORPUS` names their folder. Without it only the
//! made-up samples are tested, and that is said.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests fail by panicking, helpers of tests as well; what they measured is printed"
)]

mod ask;
mod cases;
mod dump;
mod exceptions;
mod finish;
mod judge;
mod lists;
mod mended;
mod native;
mod recording;
mod report;
mod samples;
mod sent;
mod told;
mod upstreams;
mod usage;
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use crate::{cases::Verdict, dump::Dump, recording::Recording, report::Report, world::World};

/// How many requests are under way at a time.
const AT_A_TIME: usize = 6;

#[test]
fn every_recording_reaches_the_client_whole() {
    let Some(folder) = recording::folder() else { return };
    let recordings = recording::all(&folder);
    let report = carried(&recordings, "recordings.jsonl");
    report.write("corpus-report.txt", &recordings);
    let unexpected = report.unexpected(&recordings);
    assert!(unexpected.is_empty(), "{} of {} recordings are not carried:\n{}", report.failures.len(), recordings.len(), unexpected.join("\n"));
}

#[test]
fn every_made_up_sample_reaches_the_client_whole() {
    let samples = samples::all();
    let mut ids: Vec<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "two samples have one name");
    let report = carried(&samples, "samples.jsonl");
    report.write("corpus-samples-report.txt", &samples);
    let unexpected = report.unexpected(&samples);
    assert!(unexpected.is_empty(), "{} of {} samples are not carried:\n{}", report.failures.len(), samples.len(), unexpected.join("\n"));
}

/// A test that cannot fail proves nothing: each fact of a sample, made wrong, is found out.
#[test]
fn a_wrong_fact_is_found_out() {
    let world = World::start();
    let samples = samples::all();
    let carries = |sample: &&Recording| sample.facts["choices"][0].is_object() && !sample.is_faulted() && sample.facts["error"].is_null();
    let mut tried = 0;
    // Every third one: each is asked for once for every fact.
    for sample in samples.iter().filter(carries).step_by(3) {
        for (fact, wrong) in wrong_facts(&sample.facts) {
            let verdict = cases::judge(&world, &Recording { facts: wrong, ..sample.clone() }).unwrap();
            assert!(!verdict.problems.is_empty(), "{}: a wrong `{fact}` is not found out", sample.id);
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried} facts were tried");
}

/// The facts with one of them wrong, each in turn.
fn wrong_facts(facts: &Value) -> Vec<(&'static str, Value)> {
    let mut wrong = Vec::new();
    for (fact, value) in
        [("text", json!("something else")), ("reasoning", json!("something else")), ("refusal", json!("something else")), ("finish", json!("something_else"))]
    {
        if !facts["choices"][0][fact].is_null() {
            let mut facts = facts.clone();
            facts["choices"][0][fact] = value;
            wrong.push((fact, facts));
        }
    }
    for fact in ["name", "id", "json", "raw"] {
        let mut facts = facts.clone();
        let place = facts.pointer_mut(&format!("/choices/0/tool_calls/0/{fact}"));
        if let Some(place) = place.filter(|place| !place.is_null()) {
            *place = json!("something else");
            wrong.push((fact, facts));
        }
    }
    if facts["choices"][0]["other_items"].is_array() {
        let mut facts = facts.clone();
        facts["choices"][0]["other_items"] = json!(["something_else"]);
        wrong.push(("other_items", facts));
    }
    for count in ["output_tokens", "candidatesTokenCount", "outputTokens", "eval_count", "completion_tokens", "input_tokens", "promptTokenCount", "inputTokens"] {
        if facts["usage"][count].is_u64() {
            let mut facts = facts.clone();
            facts["usage"][count] = json!(987_654);
            wrong.push((count, facts));
        }
    }
    wrong
}

/// Sends every recording through a gateway, and judges what comes out.
fn carried(recordings: &[Recording], out: &str) -> Report {
    let began = Instant::now();
    let dump = Dump::open(out);
    let world = World::start();
    let (next, report) = (AtomicUsize::new(0), Mutex::new(Report { recordings: recordings.len(), ..Report::default() }));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(recording) = recordings.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = catch_unwind(AssertUnwindSafe(|| cases::judge(&world, recording)));
                    if let Ok(Some(verdict)) = &verdict {
                        dump.write(recording, &verdict.emitted);
                    }
                    take(&mut report.lock().unwrap(), recording, verdict);
                }
            });
        }
    });
    let mut report = report.into_inner().unwrap();
    for (id, problem) in lists::problems(recordings) {
        report.fail(&id, [("list".to_owned(), problem)]);
    }
    eprintln!("{} recordings in {} requests, {:.1?}", report.recordings, report.runs, began.elapsed());
    report
}

fn take(report: &mut Report, recording: &Recording, verdict: thread::Result<Option<Verdict>>) {
    match verdict {
        Ok(Some(verdict)) => {
            report.runs += verdict.runs;
            report.fail(&recording.id, verdict.problems);
        }
        Ok(None) => match exceptions::not_spoken(recording) {
            Some(reason) => {
                report.not_spoken.insert(recording.id.clone(), reason);
            }
            None => report.fail(&recording.id, [("-".to_owned(), format!("a wire format that nobody has placed: {}", recording.dialect))]),
        },
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            report.fail(&recording.id, [("-".to_owned(), format!("a panic: {}", text.unwrap_or_default()))]);
        }
    }
}
