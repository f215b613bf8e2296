//! A whole answer where a stream was asked for: told as the stream that it would have been. Pure.

use std::fmt::Write;

use bytes::Bytes;
use gateway_types::json::{Element, RawObject, ScanError, ScanLimits, elements};

use crate::Operation;

/// What is read here came from an upstream whose JSON was checked; it may nest deeper than a request.
const LIMITS: ScanLimits = ScanLimits { max_depth: 128 };

/// The events of a stream that says what the answer says, nothing lost: for a chat completion a chunk a choice
/// with the whole message as its delta, a chunk with its finish reason, and the usage where the client is to
/// see it. `None` for operations whose answers cannot be told as events.
pub(super) fn events(
    operation: Operation,
    answer: &Bytes,
    with_usage: bool,
) -> Option<Result<Bytes, ScanError>> {
    match operation {
        Operation::Chat => Some(chunks(
            answer,
            with_usage,
            chat_choice,
            Some("\"chat.completion.chunk\""),
        )),
        Operation::Completions => Some(chunks(answer, with_usage, text_choice, None)),
        Operation::Responses => Some(Ok(response(answer))),
        _ => None,
    }
}

/// Writes the choices of chunks for one choice of the answer.
type WriteChoice = fn(&str, usize) -> Result<Vec<String>, ScanError>;

fn chunks(
    answer: &Bytes,
    with_usage: bool,
    write: WriteChoice,
    object: Option<&str>,
) -> Result<Bytes, ScanError> {
    let answer = parse(answer)?;
    let envelope = Envelope::of(&answer, object);
    let mut out = String::with_capacity(answer.bytes().len() + 512);
    if let Some(choices) = answer.get("choices") {
        for (place, Element { range }) in elements(choices.value.as_bytes(), LIMITS)?
            .into_iter()
            .enumerate()
        {
            for choice in write(choices.value.get(range).unwrap_or_default(), place)? {
                envelope.write(&mut out, &choice, None);
            }
        }
    }
    if let Some(usage) = answer
        .get("usage")
        .filter(|usage| with_usage && !usage.is_null())
    {
        envelope.write(&mut out, "", Some(&flat(usage.value)));
    }
    out.push_str("data: [DONE]\n\n");
    Ok(Bytes::from(out))
}

/// All members of an answer but its choices and usage, with their commas.
struct Envelope(String);

impl Envelope {
    fn of(answer: &RawObject, object: Option<&str>) -> Self {
        let mut text = String::new();
        for member in answer.members() {
            let key = member.key();
            let value = if key == "object" {
                object.unwrap_or(member.value)
            } else {
                member.value
            };
            if key != "choices" && key != "usage" {
                push_member(&mut text, member.quoted_key, value);
            }
        }
        if let Some(object) = object.filter(|_| answer.get("object").is_none()) {
            push_member(&mut text, "\"object\"", object);
        }
        Self(text)
    }

    fn write(&self, out: &mut String, choice: &str, usage: Option<&str>) {
        let usage = usage
            .map(|usage| format!(",\"usage\":{usage}"))
            .unwrap_or_default();
        let comma = if self.0.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "data: {{{}{comma}\"choices\":[{choice}]{usage}}}\n\n",
            flat(&self.0)
        );
    }
}

/// The message as a delta, then the finish reason.
fn chat_choice(choice: &str, place: usize) -> Result<Vec<String>, ScanError> {
    let choice = parse(&Bytes::copy_from_slice(choice.as_bytes()))?;
    let index = choice
        .get("index")
        .map_or_else(|| place.to_string(), |index| index.value.to_owned());
    let (mut said, mut ended) = (String::new(), String::new());
    for member in choice.members() {
        match member.key().as_ref() {
            // Perplexity has an empty delta beside the message.
            "index" | "delta" => {}
            "message" => push_member(&mut said, "\"delta\"", &delta(member.value)?),
            "finish_reason" | "finish_details" | "stop_reason" => {
                push_member(&mut ended, member.quoted_key, member.value);
            }
            _ => push_member(&mut said, member.quoted_key, member.value),
        }
    }
    let finish = if ended.is_empty() {
        "\"finish_reason\":null"
    } else {
        &ended
    };
    let said = if said.is_empty() {
        "\"delta\":{}"
    } else {
        &said
    };
    Ok(vec![
        format!(
            "{{\"index\":{index},{},\"finish_reason\":null}}",
            flat(said)
        ),
        format!("{{\"index\":{index},\"delta\":{{}},{}}}", flat(finish)),
    ])
}

/// A text completion's choice is already what its chunk would be.
fn text_choice(choice: &str, _place: usize) -> Result<Vec<String>, ScanError> {
    Ok(vec![flat(choice)])
}

/// Lists of a message whose entries have an index in chunks.
const INDEXED: [&str; 3] = ["tool_calls", "annotations", "images"];

/// The message as a delta: the entries of its lists get the index that chunks need.
fn delta(message: &str) -> Result<String, ScanError> {
    let message = parse(&Bytes::copy_from_slice(message.as_bytes()))?;
    let mut edit = message.edit();
    for name in INDEXED {
        let list = message.get(name);
        let Some(list) = list.filter(|list| list.value.starts_with('[')) else {
            continue;
        };
        let mut indexed = String::from("[");
        let entries = elements(list.value.as_bytes(), LIMITS)?;
        for (place, Element { range }) in entries.into_iter().enumerate() {
            let entry = list.value.get(range).unwrap_or_default();
            let comma = if place == 0 { "" } else { "," };
            let _ = write!(indexed, "{comma}{}", with_index(entry, place)?);
        }
        edit.set(name, indexed + "]");
    }
    Ok(text(&edit.apply()))
}

fn with_index(entry: &str, place: usize) -> Result<String, ScanError> {
    if !entry.starts_with('{') {
        return Ok(entry.to_owned());
    }
    let entry = parse(&Bytes::copy_from_slice(entry.as_bytes()))?;
    if entry.get("index").is_some_and(|index| !index.is_null()) {
        return Ok(text(entry.bytes()));
    }
    let mut edit = entry.edit();
    edit.set("index", place.to_string());
    Ok(text(&edit.apply()))
}

/// The Responses API tells a whole answer in the event that ends its streams.
fn response(answer: &Bytes) -> Bytes {
    let status = parse(answer)
        .ok()
        .and_then(|answer| answer.string("status").map(std::borrow::Cow::into_owned));
    let kind = match status.as_deref() {
        Some("failed") => "response.failed",
        Some("incomplete") => "response.incomplete",
        _ => "response.completed",
    };
    let answer = flat(&text(answer));
    let answer = answer.trim();
    Bytes::from(format!(
        "event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":0,\"response\":{answer}}}\n\n"
    ))
}

fn parse(json: &Bytes) -> Result<RawObject, ScanError> {
    RawObject::parse(json.clone(), LIMITS)
}

fn push_member(out: &mut String, quoted_key: &str, value: &str) {
    let comma = if out.is_empty() { "" } else { "," };
    let _ = write!(out, "{comma}{quoted_key}:{value}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Without line ends, which in JSON are white space and in an event would end its data.
fn flat(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}
