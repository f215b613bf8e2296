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
mod exceptions;
mod finish;
mod judge;
mod lists;
mod mended;
mod native;
mod recording;
mod report;
mod samples;
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

use crate::{cases::Verdict, recording::Recording, report::Report, world::World};

/// How many requests are under way at a time.
const AT_A_TIME: usize = 6;

#[test]
fn every_recording_reaches_the_client_whole() {
    let Some(folder) = recording::folder() else { return };
    let recordings = recording::all(&folder);
    let report = carried(&recordings);
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
    let report = carried(&samples);
    report.write("corpus-samples-report.txt", &samples);
    let unexpected = report.unexpected(&samples);
    assert!(unexpected.is_empty(), "{} of {} samples are not carried:\n{}", report.failures.len(), samples.len(), unexpected.join("\n"));
}

/// Sends every recording through a gateway, and judges what comes out.
fn carried(recordings: &[Recording]) -> Report {
    let began = Instant::now();
    let world = World::start();
    let (next, report) = (AtomicUsize::new(0), Mutex::new(Report { recordings: recordings.len(), ..Report::default() }));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(recording) = recordings.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = catch_unwind(AssertUnwindSafe(|| cases::judge(&world, recording)));
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
