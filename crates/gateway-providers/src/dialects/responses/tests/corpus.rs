//! Recorded answers of all upstreams that speak Responses, where the corpus is given (`GATEWAY_CORPUS` names its
//! folder): every one is decoded to the facts that an independent reader found in it, however its bytes are cut.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::{encoded, joined, stream, whole};

pub(super) struct Recording {
    pub(super) id: String,
    pub(super) file: Value,
}

/// All recordings of the dialect.
#[expect(clippy::print_stderr, reason = "a test that tested nothing says so")]
pub(super) fn recordings() -> Vec<Recording> {
    let Ok(folder) = std::env::var("GATEWAY_CORPUS").map(PathBuf::from) else {
        eprintln!("the corpus was not given: set GATEWAY_CORPUS to its folder");
        return Vec::new();
    };
    let Ok(index) = fs::read(folder.join("index.json")) else {
        assert!(std::env::var_os("CI").is_none(), "no corpus at {folder:?}");
        eprintln!("no corpus at {folder:?}");
        return Vec::new();
    };
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    let mine = index
        .iter()
        .filter(|row| row["dialect"] == "openai.responses");
    mine.map(|row| {
        let file = fs::read(folder.join(row["file"].as_str().unwrap())).unwrap();
        Recording {
            id: row["id"].as_str().unwrap().to_owned(),
            file: serde_json::from_slice(&file).unwrap(),
        }
    })
    .collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// What a chat client cannot find in the answer, though the facts have it.
fn missing(answer: &Value, facts: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    let mut compare = |what: &str, told: &Value, fact: &Value| {
        if told != fact {
            missing.push(format!("{what}: told {told}, in fact {fact}"));
        }
    };
    let choice = &answer["choices"][0];
    let (message, fact) = (&choice["message"], &facts["choices"][0]);
    for (told, name) in [
        ("content", "text"),
        ("reasoning_content", "reasoning"),
        ("refusal", "refusal"),
    ] {
        compare(name, &text(message, told).into(), &text(fact, name).into());
    }
    let calls = message["tool_calls"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let functions: Vec<&Value> = calls
        .iter()
        .filter(|call| call["type"] == "function")
        .collect();
    let fact_calls = fact["tool_calls"].as_array().cloned().unwrap_or_default();
    compare("calls", &functions.len().into(), &fact_calls.len().into());
    for (call, fact) in functions.iter().zip(&fact_calls) {
        compare("call id", &call["id"], &fact["id"]);
        compare("call name", &call["function"]["name"], &fact["name"]);
        let arguments = text(&call["function"], "arguments");
        match fact.get("raw") {
            Some(raw) => compare("arguments", &arguments.into(), raw),
            None => compare(
                "arguments",
                &serde_json::from_str(arguments).unwrap_or_default(),
                &fact["json"],
            ),
        }
    }
    let items = &message["provider_data"]["responses"]["items"];
    for kind in fact["other_items"].as_array().into_iter().flatten() {
        let is_told = match kind.as_str() {
            Some("custom_tool_call") => calls.iter().any(|call| call["type"] == "custom"),
            _ => items
                .as_array()
                .is_some_and(|items| items.iter().any(|item| item["type"] == *kind)),
        };
        compare("item", &is_told.into(), &true.into());
    }
    missing.extend(missing_end(answer, facts));
    missing
}

/// The same for how it ended and what it used.
fn missing_end(answer: &Value, facts: &Value) -> Vec<String> {
    let mut missing = Vec::new();
    let mut compare = |what: &str, told: &Value, fact: &Value| {
        if told != fact {
            missing.push(format!("{what}: told {told}, in fact {fact}"));
        }
    };
    let choice = &answer["choices"][0];
    let calls = &choice["message"]["tool_calls"];
    let finish = match text(&facts["choices"][0], "finish") {
        "completed" if calls.is_null() => "stop",
        "completed" => "tool_calls",
        "incomplete:max_output_tokens" => "length",
        other => other,
    };
    compare("finish", &choice["finish_reason"], &finish.into());
    for (told, name) in [
        ("prompt_tokens", "input_tokens"),
        ("completion_tokens", "output_tokens"),
        ("total_tokens", "total_tokens"),
    ] {
        compare(name, &answer["usage"][told], &facts["usage"][name]);
    }
    for (told, name, count) in [
        (
            "prompt_tokens_details",
            "input_tokens_details",
            "cached_tokens",
        ),
        (
            "prompt_tokens_details",
            "input_tokens_details",
            "cache_write_tokens",
        ),
        (
            "completion_tokens_details",
            "output_tokens_details",
            "reasoning_tokens",
        ),
    ] {
        compare(
            count,
            &answer["usage"][told][count],
            &facts["usage"][name][count],
        );
    }
    missing
}

/// Every state that must come back, as the last event or the whole answer has it.
fn states(file: &Value) -> Vec<String> {
    let mut items = Vec::new();
    if let Some(output) = file["response"]["body"]["output"].as_array() {
        items.extend(output.iter().cloned());
    }
    for line in text(&file["response"], "raw_sse").lines() {
        let event: Value = line
            .strip_prefix("data:")
            .and_then(|data| serde_json::from_str(data).ok())
            .unwrap_or_default();
        if event["type"] == "response.output_item.done" {
            items.push(event["item"].clone());
        }
    }
    let is_thinking = |item: &&Value| item["type"] == "reasoning";
    let states = items.iter().filter(is_thinking);
    states
        .filter_map(|item| item["encrypted_content"].as_str().map(str::to_owned))
        .collect()
}

fn told_states(answer: &Value) -> Vec<String> {
    let details = answer["choices"][0]["message"]["reasoning_details"].as_array();
    let details = details.into_iter().flatten();
    details
        .filter_map(|detail| detail["data"].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn every_recorded_answer_is_told_as_it_is() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for Recording { id, file } in recordings() {
        let response = &file["response"];
        let facts = &file["facts"];
        if response["status"].as_u64() >= Some(400) {
            continue;
        }
        count += 1;
        let failed = !facts["error"].is_null();
        if let Some(raw) = response["raw_sse"].as_str() {
            let mut first = None;
            for size in [raw.len(), 4096, 7, 1] {
                let told = match stream(raw.as_bytes(), size) {
                    Ok(Some(told)) if !failed => told,
                    Err(_) if failed => continue,
                    other => {
                        wrong.push(format!("{id} in pieces of {size}: {other:?}"));
                        continue;
                    }
                };
                let finishes = told
                    .iter()
                    .filter(|chunk| chunk["choices"][0]["finish_reason"].is_string());
                assert_eq!(finishes.count(), 1, "{id}");
                let answer = joined(&told);
                if *first.get_or_insert_with(|| answer.clone()) != answer {
                    wrong.push(format!("{id} in pieces of {size} is another answer"));
                }
                if told_states(&answer) != states(&file) {
                    wrong.push(format!("{id}: other states"));
                }
                wrong.extend(
                    missing(&answer, facts)
                        .into_iter()
                        .map(|what| format!("{id}: {what}")),
                );
            }
        } else {
            let answer = whole(response["body"].to_string().as_bytes());
            match answer {
                Ok(answer) => {
                    if told_states(&answer) != states(&file) {
                        wrong.push(format!("{id}: other states"));
                    }
                    wrong.extend(
                        missing(&answer, facts)
                            .into_iter()
                            .map(|what| format!("{id}: {what}")),
                    );
                }
                Err(fault) => wrong.push(format!("{id}: {fault}")),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    if std::env::var_os("GATEWAY_CORPUS").is_some() {
        assert!(count > 50, "only {count} recordings");
    }
}

/// The last event of a stream holds the whole answer: read by itself it tells the same.
#[test]
fn a_recorded_stream_tells_what_its_whole_answer_does() {
    for Recording { id, file } in recordings() {
        let Some(raw) = file["response"]["raw_sse"].as_str() else {
            continue;
        };
        let Ok(Some(told)) = stream(raw.as_bytes(), raw.len()) else {
            continue;
        };
        let last = raw
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?).ok())
            .find(|event| {
                event["type"] == "response.completed" || event["type"] == "response.incomplete"
            })
            .unwrap();
        let answer = whole(last["response"].to_string().as_bytes()).unwrap();
        let streamed = joined(&told);
        let (streamed, whole) = (&streamed["choices"][0], &answer["choices"][0]);
        for member in [
            "content",
            "refusal",
            "reasoning_content",
            "tool_calls",
            "annotations",
        ] {
            if whole["message"][member].is_string() || streamed["message"][member].is_string() {
                let same = text(&whole["message"], member) == text(&streamed["message"], member);
                // Some leave their thinking out of the last event.
                assert!(same || member == "reasoning_content", "{id}: {member}");
            } else if member == "tool_calls" {
                assert_eq!(
                    whole["message"][member], streamed["message"][member],
                    "{id}: {member}"
                );
            }
        }
        assert_eq!(whole["finish_reason"], streamed["finish_reason"], "{id}");
    }
}

/// Whoever sends an answer back as it came gets the upstream's own items into the next request.
#[test]
fn every_recorded_answer_goes_back_as_the_items_that_it_was() {
    for Recording { id, file } in recordings() {
        let Some(output) = file["response"]["body"]["output"].as_array() else {
            continue;
        };
        let answer = whole(file["response"]["body"].to_string().as_bytes()).unwrap();
        let message = answer["choices"][0]["message"].clone();
        let request = serde_json::json!({"model": "gpt-5", "messages": [message]});
        let (native, dropped) = encoded(&request, "gpt-5");
        let input = native["input"].as_array().unwrap();
        let expected: Vec<&Value> = output
            .iter()
            .filter(|item| {
                // Thinking that the upstream kept for itself is not known to it any more.
                let says = item["encrypted_content"].is_string()
                    || item["content"]
                        .as_array()
                        .is_some_and(|parts| !parts.is_empty());
                let is_empty = item["content"][0]["text"] == "";
                (item["type"] != "reasoning" || says) && !is_empty
            })
            .collect();
        let kinds = |items: &[&Value]| {
            items
                .iter()
                .map(|item| text(item, "type").to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            kinds(&input.iter().collect::<Vec<_>>()),
            kinds(&expected),
            "{id}"
        );
        for (sent, was) in input.iter().zip(&expected) {
            for member in [
                "encrypted_content",
                "call_id",
                "name",
                "arguments",
                "input",
                "phase",
                "summary",
                "caller",
                "namespace",
                "result",
            ] {
                if !was[member].is_null() {
                    assert_eq!(sent[member], was[member], "{id}: {member}");
                }
            }
        }
        let has_summary_only = output.iter().any(|item| {
            item["type"] == "reasoning"
                && !item["encrypted_content"].is_string()
                && item["summary"] != serde_json::json!([])
        });
        assert!(dropped.is_empty() || has_summary_only, "{id}: {dropped:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever bytes are changed in an answer, reading it ends in an answer or a fault.
    #[test]
    fn changed_recordings_never_panic(flips in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..12)) {
        for Recording { file, .. } in recordings().into_iter().take(30) {
            let response = &file["response"];
            let mut bytes = match response["raw_sse"].as_str() {
                Some(raw) => raw.as_bytes().to_vec(),
                None => response["body"].to_string().into_bytes(),
            };
            for (at, byte) in &flips {
                let at = usize::try_from(*at).unwrap() % bytes.len();
                bytes[at] = *byte;
            }
            let _ = stream(&bytes, 64);
            let _ = super::ResponsesDecoder::default();
        }
    }
}
