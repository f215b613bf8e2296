//! What the model said before, as it said it: thoughts, signatures, text, server tools' parts, media and calls.
//!
//! A signature belongs to the part that it came on. Which part that was stands in the detail that carried it out
//! (see [`super::super::signature`]); a call's own is in its `extra_content`.

use gateway_types::{
    Maybe,
    chat::{AssistantMessage, MessageContent},
};
use serde_json::Value;

use super::{
    super::{
        NAME,
        signature::{Detail, Place},
        wire::request::{MadePart, Part},
    },
    calls::{self, Calls},
    media,
};
use crate::{
    TranslateError,
    dialects::{dropped::Dropped, read},
    rules::ModelRule,
};

/// One turn of the model.
pub(super) fn encode(
    mut message: AssistantMessage,
    path: &str,
    rule: &ModelRule,
    past: &mut Calls,
    dropped: &mut Dropped,
) -> Result<Vec<Part>, TranslateError> {
    let details = take_details(&mut message, path, dropped);
    let mut parts = thoughts(&mut message, &details, path, dropped);
    let text = text(&mut message, path, dropped)?;
    let returned = take_returned(&mut message, path, dropped);
    parts.extend(said(&text, returned, &details));
    parts.extend(images(&mut message, path, &details, dropped)?);
    let made = calls::take(&mut message, path, dropped)?;
    parts.extend(calls::parts(made, rule, &details, past));
    dropped.rest(path, &message, &[]);
    sign_last(&mut parts, &details);
    Ok(parts)
}

/// The details of this protocol; those of others are named.
fn take_details(message: &mut AssistantMessage, path: &str, dropped: &mut Dropped) -> Vec<Detail> {
    let given = message.reasoning_details.take().unwrap_or_default();
    let mut details = Vec::with_capacity(given.len());
    for (index, detail) in given.into_iter().enumerate() {
        match Detail::read(detail) {
            Some(detail) => details.push(detail),
            None => dropped.name(format!("{path}.reasoning_details[{index}]")),
        }
    }
    details
}

/// Summaries of thinking, which are taken back as what they are. The text beside the details repeats them.
fn thoughts(
    message: &mut AssistantMessage,
    details: &[Detail],
    path: &str,
    dropped: &mut Dropped,
) -> Vec<Part> {
    let content = message.reasoning_content.take().into_option();
    let plain = message.reasoning.take().into_option();
    if let (Some(content), Some(plain)) = (&content, &plain)
        && content != plain
    {
        dropped.name(format!("{path}.reasoning"));
    }
    let told = content.or(plain).filter(|text| !text.is_empty());
    let parts: Vec<Part> = details.iter().filter_map(thought_part).collect();
    let Some(told) = told else { return parts };
    if parts.is_empty() {
        return vec![thought(told, None)];
    }
    let in_details: String = details.iter().filter_map(Detail::thought).collect();
    if told != in_details {
        dropped.name(format!("{path}.reasoning_content"));
    }
    parts
}

fn thought_part(detail: &Detail) -> Option<Part> {
    match &detail.place {
        Place::Thought(text) => Some(thought(text.clone(), detail.signature.clone())),
        _ => None,
    }
}

fn thought(text: String, thought_signature: Option<String>) -> Part {
    MadePart {
        text: Some(text),
        thought: Some(true),
        thought_signature,
        ..MadePart::default()
    }
    .into()
}

fn text(
    message: &mut AssistantMessage,
    path: &str,
    dropped: &mut Dropped,
) -> Result<String, TranslateError> {
    let content = message.content.take().into_option();
    let content = content.unwrap_or_else(|| MessageContent::Text(String::new()));
    let mut text = read::text(content, &format!("{path}.content"), dropped)?;
    if let Maybe::Value(refusal) = message.refusal.take() {
        text.push_str(&refusal);
    }
    Ok(text)
}

/// Parts of server tools, each with the length of the text before it.
fn take_returned(
    message: &mut AssistantMessage,
    path: &str,
    dropped: &mut Dropped,
) -> Vec<(usize, Value)> {
    let Some(Value::Object(mut data)) = message.extra.shift_remove("provider_data") else {
        return Vec::new();
    };
    // Everything else in it reports on the answer, and is nothing that the model is told.
    let own = data.shift_remove(NAME).unwrap_or_default();
    dropped.rest(&format!("{path}.provider_data"), &data, &[]);
    let parts = own.get("parts").and_then(Value::as_array);
    parts
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let at = entry.get("at").and_then(Value::as_u64).unwrap_or_default();
            let part = entry.get("part").filter(|part| part.is_object())?;
            Some((usize::try_from(at).unwrap_or(usize::MAX), part.clone()))
        })
        .collect()
}

/// The text, cut where a signature or another part stood.
fn said(text: &str, returned: Vec<(usize, Value)>, details: &[Detail]) -> Vec<Part> {
    enum Cut {
        Part(Value),
        Signature(String),
    }
    let in_text = |at: usize| {
        if text.is_char_boundary(at) {
            at
        } else {
            text.len()
        }
    };
    let mut cuts: Vec<(usize, usize, Cut)> = returned
        .into_iter()
        .map(|(at, part)| (in_text(at), in_text(at), Cut::Part(part)))
        .collect();
    cuts.extend(details.iter().filter_map(|detail| match detail.place {
        Place::Text { start, end } => {
            let signature = detail.signature.clone()?;
            Some((in_text(start), in_text(end), Cut::Signature(signature)))
        }
        _ => None,
    }));
    cuts.sort_by_key(|(start, end, _)| (*start, *end));
    let mut parts = Vec::new();
    let mut done = 0;
    for (start, end, cut) in cuts {
        let start = start.max(done);
        let end = end.max(start);
        push_text(&mut parts, text.get(done..start));
        match cut {
            Cut::Part(part) => parts.push(Part::Returned(part)),
            Cut::Signature(signature) => parts.push(
                MadePart {
                    text: Some(text.get(start..end).unwrap_or_default().to_owned()),
                    thought_signature: Some(signature),
                    ..MadePart::default()
                }
                .into(),
            ),
        }
        done = end;
    }
    push_text(&mut parts, text.get(done..));
    parts
}

fn push_text(parts: &mut Vec<Part>, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        parts.push(Part::text(text));
    }
}

/// Images that the model made.
fn images(
    message: &mut AssistantMessage,
    path: &str,
    details: &[Detail],
    dropped: &mut Dropped,
) -> Result<Vec<Part>, TranslateError> {
    let Some(Value::Array(images)) = message.extra.shift_remove("images") else {
        return Ok(Vec::new());
    };
    let mut parts = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let path = format!("{path}.images[{index}]");
        let Some(url) = image.pointer("/image_url/url").and_then(Value::as_str) else {
            dropped.name(path);
            continue;
        };
        let mut part = media::at(url, None, &format!("{path}.image_url.url"))?;
        if let Part::Made(part) = &mut part {
            part.thought_signature = details
                .iter()
                .find(|detail| detail.place == Place::Image(index))
                .and_then(|detail| detail.signature.clone());
        }
        parts.push(part);
    }
    Ok(parts)
}

/// A signature of which nobody says where it stood goes on the last part that has none.
fn sign_last(parts: &mut [Part], details: &[Detail]) {
    let unplaced = details
        .iter()
        .filter(|detail| detail.place == Place::Unknown)
        .find_map(|detail| detail.signature.clone());
    let Some(signature) = unplaced else { return };
    let unsigned = parts.iter_mut().rev().find_map(|part| match part {
        Part::Made(part) if part.thought_signature.is_none() && part.thought.is_none() => {
            Some(part)
        }
        _ => None,
    });
    if let Some(part) = unsigned {
        part.thought_signature = Some(signature);
    }
}
