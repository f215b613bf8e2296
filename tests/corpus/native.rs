//! Opaque data of an answer that the next turn must bring back, read from a recording by hand.

use gateway_testkit::upstream::BodyFraming;
use serde_json::Value;

use crate::{recording::Recording, told::elements, upstreams::Family};

/// Every signature and encrypted block of an answer.
pub(crate) fn opaque(family: Family, recording: &Recording) -> Vec<String> {
    let documents = documents(recording);
    let mut found = Vec::new();
    match family {
        Family::Anthropic => anthropic(&documents, &mut found),
        Family::Gemini => documents.iter().for_each(|document| named(document, &["thoughtSignature"], &mut found)),
        Family::Responses => documents.iter().for_each(|document| responses(document, &mut found)),
        Family::Bedrock => bedrock(recording, &documents, &mut found),
        Family::Cohere | Family::Ollama | Family::OpenAi => {}
    }
    found.retain(|text| !text.is_empty());
    found
}

/// The answer, or its events.
fn documents(recording: &Recording) -> Vec<Value> {
    let whole = recording.json();
    match whole {
        Value::Array(list) => list,
        Value::Null if recording.reply.framing != BodyFraming::EventStream => Vec::new(),
        Value::Null => recording.event_data().iter().filter_map(|data| serde_json::from_str(data).ok()).collect(),
        whole => vec![whole],
    }
}

/// Signatures may come in pieces, block by block.
fn anthropic(documents: &[Value], found: &mut Vec<String>) {
    let mut pieces: Vec<(Value, String)> = Vec::new();
    for document in documents {
        let blocks = elements(&document["content"]).chain([&document["content_block"]]);
        for block in blocks.filter(|block| ["thinking", "redacted_thinking"].iter().any(|kind| block["type"] == *kind)) {
            named(block, &["signature", "data"], found);
        }
        if document["delta"]["type"] == "signature_delta" {
            let piece = document["delta"]["signature"].as_str().unwrap_or_default();
            match pieces.iter_mut().find(|(index, _)| *index == document["index"]) {
                Some((_, text)) => text.push_str(piece),
                None => pieces.push((document["index"].clone(), piece.to_owned())),
            }
        }
    }
    found.extend(pieces.into_iter().map(|(_, text)| text));
}

/// Only what a whole item holds counts: the same data differs in the event that begins the item.
fn responses(document: &Value, found: &mut Vec<String>) {
    let items = elements(&document["output"]);
    let done = (document["type"] == "response.output_item.done").then_some(&document["item"]);
    for item in items.chain(done).filter(|item| item["type"] == "reasoning") {
        named(item, &["encrypted_content"], found);
    }
}

/// A stream of messages is read by looking for the members in its payloads: they are plain JSON between the frames.
fn bedrock(recording: &Recording, documents: &[Value], found: &mut Vec<String>) {
    if !documents.is_empty() {
        documents.iter().for_each(|document| named(document, &["signature", "redactedContent"], found));
        return;
    }
    let bytes = String::from_utf8_lossy(&recording.reply.body);
    for name in ["\"signature\":\"", "\"redactedContent\":\""] {
        for (place, _) in bytes.match_indices(name) {
            let rest = &bytes[place + name.len()..];
            found.extend(rest.split('"').next().map(str::to_owned));
        }
    }
}

fn named(value: &Value, names: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| named(value, names, found)),
        Value::Object(object) => {
            for (name, value) in object {
                match value.as_str().filter(|_| names.contains(&name.as_str())) {
                    Some(text) => found.push(text.to_owned()),
                    None => named(value, names, found),
                }
            }
        }
        _ => {}
    }
}
