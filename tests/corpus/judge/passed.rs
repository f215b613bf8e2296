//! Answers that pass through: nothing is re-serialised.

use gateway_providers::raw_usage;
use gateway_testkit::Response;
use serde_json::Value;

use super::{Events, Problems, chat, compare, is_success, short};
use crate::{recording::Recording, told::Told, upstreams::Family, usage::Counts};

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
    if !stream {
        if recording.reply.body != response.body {
            compare(problems, "the body", &String::from_utf8_lossy(&recording.reply.body), &response.text());
        }
        return;
    }
    let told = Events::read(response, problems);
    let recorded: Vec<String> = recording.event_data().into_iter().filter(|data| !data.trim().is_empty() && data.trim() != "[DONE]").collect();
    // Line ends inside of data are white space of JSON; the last event may be the gateway's account of a fault.
    let flat = |text: &String| text.replace(['\r', '\n'], " ");
    let recorded: Vec<String> = recorded.iter().map(flat).filter(|text| !is_ping(text)).collect();
    for (place, (recorded, told)) in recorded.iter().zip(&told.data).enumerate() {
        compare(problems, &format!("event {place}"), recorded, &flat(told));
    }
    if recorded.len() != told.data.len() {
        problems.push(format!("{} events, recorded were {}: {}", told.data.len(), recorded.len(), short(&told.data.last().cloned().unwrap_or_default())));
    }
}

/// What came before a fault keeps its bytes; the fault itself comes last, in words that every SDK takes for one.
fn fault_is_kept(recording: &Recording, response: &Response, problems: &mut Problems) {
    let told = Events::read(response, problems);
    let recorded = recording.event_data();
    let before = told.data.len().saturating_sub(1);
    for (place, (recorded, told)) in recorded.iter().zip(&told.data).take(before).enumerate() {
        compare(problems, &format!("event {place}"), recorded, told);
    }
    let message = |error: &Value| error["message"].as_str().or(error["error"]["message"].as_str()).map(str::to_owned);
    match &told.error {
        Some(error) if message(error) == message(&recording.facts["error"]) => {}
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
