//! Moderations: a text is flagged when it holds a word of a short list.

use serde_json::{Map, Value, json};

use super::{Request, answer::DemoAnswer, chat, fields::Fields, refusal::Refusal, tokens};

/// OpenAI's categories (<https://platform.openai.com/docs/api-reference/moderations/object>), and the words that
/// flag each here.
const CATEGORIES: &[(&str, &[&str])] = &[
    ("harassment", &["idiot"]),
    ("harassment/threatening", &[]),
    ("hate", &["hate"]),
    ("hate/threatening", &[]),
    ("illicit", &["steal"]),
    ("illicit/violent", &[]),
    ("self-harm", &[]),
    ("self-harm/instructions", &[]),
    ("self-harm/intent", &[]),
    ("sexual", &[]),
    ("sexual/minors", &[]),
    ("violence", &["attack", "kill", "murder"]),
    ("violence/graphic", &[]),
];

/// Answers a moderation request.
pub(super) fn answer(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let texts = texts(&request.body)?;
    let results: Vec<Value> = texts.iter().map(|text| result(text)).collect();
    let id = tokens::id("modr-", &texts.join("\n"));
    Ok(DemoAnswer::ok(
        &json!({ "id": id, "model": request.model, "results": results }),
    ))
}

/// A text, several, or the parts of one input.
fn texts(body: &Fields<'_>) -> Result<Vec<String>, Refusal> {
    let is_parts = body
        .required("input")?
        .as_array()
        .is_some_and(|parts| parts.iter().any(Value::is_object));
    if is_parts {
        return chat::content_text(body, "input").map(|(text, _)| vec![text]);
    }
    super::embeddings::texts(body, "input")
}

fn result(text: &str) -> Value {
    let words: Vec<String> = tokens::words(text).collect();
    let hit = |flags: &[&str]| words.iter().any(|word| flags.contains(&word.as_str()));
    let table = |value: fn(bool) -> Value| -> Map<String, Value> {
        CATEGORIES
            .iter()
            .map(|(name, flags)| ((*name).to_owned(), value(hit(flags))))
            .collect()
    };
    let flagged = CATEGORIES.iter().any(|(_, flags)| hit(flags));
    json!({
        "flagged": flagged,
        "categories": table(Value::from),
        "category_scores": table(|hit| Value::from(if hit { 0.95 } else { 0.01 })),
        "category_applied_input_types": table(|_| json!(["text"]))
    })
}
