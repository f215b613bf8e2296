//! Answers that pass through: nothing is re-serialised.

use gateway_providers::raw_usage;
use gateway_testkit::Response;
use serde_json::Value;

use super::{Events, Problems, chat, compare, is_success, short};
use crate::{mended, recording::Recording, told::Told, upstreams::Family, usage::Counts};

/// Judges a passed chat answer: all facts are in it, and its bytes are the upstream's.
pub(crate) fn passed_chat(recording: &Recording, response: &Response, stream: bool) -> (Problems, Told) {
    let (mut problems, told) = chat(recording, Family::OpenAi, response, stream);
    if response.status() == 200 {
        bytes_are_kept(recording, response, stream, &mut problems);
        usage_is_kept(recording, &told.usage, &mut problems);
    }
    (problems, told)
}

/// Judges a passed answer of any other operation.
pub(crate) fn passed(recording: &Recording, response: &Response, stream: bool) -> Problems {
    let mut problems = Problems::new();
    if recording.is_faulted() && stream {
        fault_is_kept(recording, response, &mut problems);
    } else if is_success(response, &mut problems) {
        bytes_are_kept(recording, response, stream, &mut problems);
    }
    problems
}

fn bytes_are_kept(recording: &Recording, response: &Response, stream: bool, problems: &mut Problems) {
    if stream {
        return events_are_kept(recording, response, problems);
    }
    match mended::whole(&recording.json()) {
        Some(mended) if response.json() != mended => compare(problems, "the mended body", &mended.to_string(), &response.json().to_string()),
        None if recording.reply.body != response.body => compare(problems, "the body", &String::from_utf8_lossy(&recording.reply.body), &response.text()),
        _ => {}
    }
}

fn events_are_kept(recording: &Recording, response: &Response, problems: &mut Problems) {
    let told: Vec<String> = Events::read(response, problems).data.into_iter().filter(|data| !is_ping(data)).collect();
    let recorded = recorded_events(recording);
    let mut stream = mended::Stream::default();
    for (place, (recorded, told)) in recorded.iter().zip(&told).enumerate() {
        match stream.event(recorded) {
            Some(mended) => {
                if serde_json::from_str::<Value>(told).ok().as_ref() != Some(&mended) {
                    compare(problems, &format!("the mended event {place}"), &mended.to_string(), told);
                }
            }
            None => compare(problems, &format!("event {place}"), recorded, told),
        }
    }
    if recorded.len() != told.len() {
        problems.push(format!("{} events, recorded were {}: {}", told.len(), recorded.len(), short(&told.last().cloned().unwrap_or_default())));
    }
}

/// The data of the recorded events that a client is to get. Line ends inside of data are white space of JSON.
fn recorded_events(recording: &Recording) -> Vec<String> {
    let data = recording.event_data().into_iter().map(|text| text.replace(['\r', '\n'], " "));
    data.filter(|text| !text.trim().is_empty() && text.trim() != "[DONE]" && !is_ping(text)).collect()
}

/// What came before a fault keeps its bytes; the fault itself comes last, in words that every SDK takes for one.
fn fault_is_kept(recording: &Recording, response: &Response, problems: &mut Problems) {
    let told = Events::read(response, problems);
    let recorded = recorded_events(recording);
    if told.data == recorded && told.chunks.last().is_some_and(|last| last["type"] == "response.failed") {
        // The API's own way to say that it failed.
        return;
    }
    let before = told.data.len().saturating_sub(1);
    for (place, (recorded, told)) in recorded.iter().zip(&told.data).take(before).enumerate() {
        compare(problems, &format!("event {place}"), recorded, told);
    }
    let message = |error: &Value| error["message"].as_str().or(error["error"]["message"].as_str()).map(str::to_owned);
    let wanted = message(&recording.facts["error"]);
    match &told.error {
        Some(error) if wanted.is_none() || message(error) == wanted => {}
        other => problems.push(format!("the fault {} is told as {other:?}", short(&recording.facts["error"].to_string()))),
    }
}

fn is_ping(data: &str) -> bool {
    let kind = serde_json::from_str::<Value>(data).unwrap_or_default()["type"].clone();
    kind == "ping" || kind == "keepalive"
}

/// The client sees the upstream's own report; what the gateway counts of it is in OpenAI's meaning.
fn usage_is_kept(recording: &Recording, told: &Value, problems: &mut Problems) {
    let native = &recording.facts["usage"];
    if !native.is_object() {
        return;
    }
    if native != told {
        problems.push(format!("the usage {} is told as {}", short(&native.to_string()), short(&told.to_string())));
    }
    let counted = raw_usage::read(native.to_string().as_bytes(), false).unwrap_or_default();
    let counted = Counts { prompt: counted.input, completion: counted.output, total: counted.total, cached: counted.cached, written: None, reasoning: counted.reasoning };
    let wanted = Counts { written: None, ..Counts::openai(native) };
    problems.extend(wanted.differences(counted).into_iter().map(|difference| format!("counted {difference}")));
}
