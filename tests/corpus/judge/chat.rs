//! Chat answers: every fact of the recording is in what the client has, and nothing that is none.

use gateway_testkit::Response;
use serde_json::Value;

use super::{Events, Problems, compare, is_success, short};
use crate::{
    finish::{self, End},
    native,
    recording::{Recording, base64},
    told::{Choice, Told, elements},
    upstreams::Family,
    usage::Counts,
};

/// Judges a success; gives what was told, for the comparison of several runs.
pub(crate) fn chat(recording: &Recording, family: Family, response: &Response, stream: bool) -> (Problems, Told) {
    let mut problems = Problems::new();
    if !is_success(response, &mut problems) {
        return (problems, Told::default());
    }
    let told = if stream {
        let events = Events::read(response, &mut problems);
        if family != Family::OpenAi {
            chunks_are_in_order(&events, &mut problems);
        }
        for (index, count) in events.told().ends.into_iter().filter(|(_, count)| *count != 1) {
            problems.push(format!("choice {index} ends {count} times"));
        }
        if events.dones != 1 {
            problems.push(format!("{} times [DONE]", events.dones));
        }
        if let Some(error) = &events.error {
            problems.push(format!("the stream ends in an error: {error}"));
        }
        events.told()
    } else {
        Told::whole(&response.json())
    };
    facts_are_told(recording, family, &told, &mut problems);
    (problems, told)
}

/// What holds for every stream that the gateway makes itself.
fn chunks_are_in_order(events: &Events, problems: &mut Problems) {
    let first = events.chunks.first().cloned().unwrap_or_default();
    for (place, chunk) in events.chunks.iter().enumerate() {
        let is_chunk = chunk["object"] == "chat.completion.chunk"
            && chunk["id"].is_string()
            && chunk["model"].is_string()
            && chunk["created"].is_i64()
            && chunk["choices"].is_array();
        if !is_chunk {
            problems.push(format!("no chunk: {}", short(&chunk.to_string())));
        }
        if ["id", "model", "created"].iter().any(|name| chunk[*name] != first[*name]) {
            problems.push(format!("another id, model or time in chunk {place}"));
        }
        let is_last = place + 1 == events.chunks.len();
        if chunk["usage"].is_object() && !(is_last && elements(&chunk["choices"]).next().is_none()) {
            problems.push(format!("usage in chunk {place}, which is not the last or not without choices"));
        }
        for choice in elements(&chunk["choices"]) {
            let mut calls = elements(&choice["delta"]["tool_calls"]);
            if calls.any(|call| !call["index"].is_u64()) {
                problems.push(format!("a call without an index in chunk {place}"));
            }
        }
    }
}

fn facts_are_told(recording: &Recording, family: Family, told: &Told, problems: &mut Problems) {
    let facts = &recording.facts;
    let blocked = facts["error"]["blockReason"].is_string();
    let wanted: Vec<&Value> = elements(&facts["choices"]).collect();
    if told.choices.len() != wanted.len().max(usize::from(blocked)) {
        problems.push(format!("{} choices, recorded were {}", told.choices.len(), wanted.len()));
    }
    if blocked && told.choices.values().any(|choice| choice.finish.as_deref() != Some("content_filter")) {
        problems.push("a blocked prompt that does not end in content_filter".to_owned());
    }
    for (place, (fact, (index, choice))) in wanted.into_iter().zip(&told.choices).enumerate() {
        if place as u64 != *index {
            problems.push(format!("choice {index} stands at place {place}"));
        }
        choice_is_told(fact, family, choice, problems);
    }
    let carried: Vec<&str> = told.choices.values().flat_map(Choice::carried_texts).collect();
    if family != Family::OpenAi {
        for secret in native::opaque(family, recording) {
            // Bedrock encodes bytes once more; what is inside may be carried as it is.
            let decoded = base64(&secret);
            let is_carried = carried.iter().any(|text| *text == secret || !decoded.is_empty() && text.as_bytes() == decoded);
            if !is_carried {
                problems.push(format!("opaque data that must come back is lost: {}", short(&secret)));
            }
        }
        let wanted = Counts::native(family, &facts["usage"]).unwrap_or_default();
        problems.extend(wanted.differences(Counts::openai(&told.usage)));
    }
}

fn choice_is_told(fact: &Value, family: Family, choice: &Choice, problems: &mut Problems) {
    let text = |name: &str| fact[name].as_str().unwrap_or_default();
    // What stands inside of a citation is said as well; the facts have it among the other items.
    let is_cited = elements(&fact["other_items"]).any(|item| item == "citationsContent") && choice.text.starts_with(text("text"));
    if !is_cited {
        compare(problems, "the text", text("text"), &choice.text);
    }
    compare(problems, "the refusal", text("refusal"), &choice.refusal);
    // What the model says that it plans, before it calls a tool, is thinking aloud.
    let reasoning = format!("{}{}", text("reasoning"), text("tool_plan"));
    let unread = reasoning.is_empty() && choice.said_in_blocks_only && family == Family::OpenAi;
    if !unread {
        compare(problems, "the reasoning", &reasoning, &choice.reasoning);
    }
    calls_are_told(fact, family, choice, problems);
    items_are_told(fact, choice, problems);
    let has_calls = !choice.calls.is_empty();
    let wanted = if family == Family::OpenAi {
        fact["finish"].as_str().filter(|reason| !reason.is_empty()).map(|reason| End::Told(reason.to_owned()))
    } else {
        finish::expected(family, &fact["finish"], has_calls)
    };
    match (wanted, &choice.finish) {
        (Some(End::Told(wanted)), Some(told)) if wanted == *told => {}
        (None, None) => {}
        (wanted, told) => problems.push(format!("the finish reason {} is told as {told:?} instead of {wanted:?}", fact["finish"])),
    }
}

fn calls_are_told(fact: &Value, family: Family, choice: &Choice, problems: &mut Problems) {
    let is_servers = |call: &&Value| call["server"] == true;
    let wanted: Vec<&Value> = elements(&fact["tool_calls"]).filter(|call| !is_servers(call)).collect();
    let customs = elements(&fact["other_items"]).filter(|item| *item == "custom_tool_call").count();
    if choice.calls.len() != wanted.len() + customs {
        problems.push(format!("{} tool calls, recorded were {}", choice.calls.len(), wanted.len() + customs));
        return;
    }
    for call in elements(&fact["tool_calls"]).filter(is_servers) {
        if !choice.carried_texts().contains(&call["name"].as_str().unwrap_or_default()) {
            problems.push(format!("a call of the provider's own tool is lost: {call}"));
        }
    }
    let told = choice.calls.iter().filter(|call| customs == 0 || !call.is_custom);
    for (wanted, told) in wanted.into_iter().zip(told) {
        compare(problems, "a tool's name", wanted["name"].as_str().unwrap_or_default(), &told.name);
        match wanted["id"].as_str().filter(|id| !id.is_empty()) {
            Some(id) => compare(problems, "a call's id", id, &told.id),
            None if told.id.is_empty() && family != Family::OpenAi => problems.push("a call without an id".to_owned()),
            None => {}
        }
        arguments_are_told(wanted, &told.arguments, family, problems);
    }
}

fn arguments_are_told(wanted: &Value, told: &str, family: Family, problems: &mut Problems) {
    if let Some(raw) = wanted["raw"].as_str() {
        let is_empty = raw.is_empty() && told == "{}";
        if !(is_empty && family != Family::OpenAi) {
            compare(problems, "a call's arguments", raw, told);
        }
        return;
    }
    let parsed: Value = serde_json::from_str(told).unwrap_or_default();
    let is_empty = told.is_empty() && wanted["json"].as_object().is_some_and(serde_json::Map::is_empty);
    if parsed != wanted["json"] && !(is_empty && family == Family::OpenAi) {
        problems.push(format!("a call's arguments {} are told as {}", short(&wanted["json"].to_string()), short(told)));
    }
}

/// Items that only this provider has stand in `provider_data`, thinking in its blocks, media among the images.
fn items_are_told(fact: &Value, choice: &Choice, problems: &mut Problems) {
    let carried = choice.provider_data.values().flatten();
    let names: Vec<String> = carried.flat_map(|(name, values)| values.iter().map(move |value| format!("{name} {value}"))).collect();
    let mut kinds: Vec<&str> = elements(&fact["other_items"]).filter_map(Value::as_str).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let wanted = elements(&fact["other_items"]).filter(|item| *item == kind).count();
        let found = match kind {
            "redacted_thinking" => choice.details.iter().filter(|detail| detail["type"] == "reasoning.encrypted").count(),
            "custom_tool_call" => choice.calls.iter().filter(|call| call.is_custom).count(),
            "inlineData" => ["images", "audio"].iter().map(|name| choice.rest[*name].len()).sum(),
            "citationsContent" => names.iter().filter(|name| name.starts_with("citations ")).count(),
            "empty" => wanted,
            kind => names.iter().filter(|name| name.contains(kind)).count(),
        };
        if found < wanted {
            problems.push(format!("{wanted} times `{kind}` were recorded, {found} are told"));
        }
    }
}

/// Judges an answer that broke: it never ends as a success, and what came before is told.
pub(crate) fn faulted(recording: &Recording, response: &Response) -> Problems {
    let mut problems = Problems::new();
    let error = if response.status() == 200 {
        let events = Events::read(response, &mut problems);
        if events.dones != 0 {
            problems.push("a broken answer that ends in [DONE]".to_owned());
        }
        let told = events.told();
        for (index, choice) in &told.choices {
            let fact = &recording.facts["choices"][*index as usize];
            compare(&mut problems, "the text before the fault", fact["text"].as_str().unwrap_or_default(), &choice.text);
            compare(&mut problems, "the reasoning before the fault", fact["reasoning"].as_str().unwrap_or_default(), &choice.reasoning);
            if fact["finish"].is_null() && choice.finish.is_some() {
                problems.push(format!("a broken answer that ends with {:?}", choice.finish));
            }
        }
        events.error
    } else if response.status() >= 400 {
        Some(response.error())
    } else {
        None
    };
    let Some(error) = error else {
        problems.push(format!("a broken answer without an error: {}", short(&response.text())));
        return problems;
    };
    let recorded = &recording.facts["error"];
    let message = recorded["message"].as_str().or(recorded["error"]["message"].as_str());
    if let Some(message) = message {
        compare(&mut problems, "the error's message", message, error["message"].as_str().unwrap_or_default());
    } else if error["message"].as_str().is_none_or(str::is_empty) {
        problems.push(format!("an error without a message: {error}"));
    }
    problems
}
