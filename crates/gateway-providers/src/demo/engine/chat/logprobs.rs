//! Log probabilities: plausible and always the same.

use serde_json::{Value, json};

use super::super::tokens;

/// The `logprobs` object of a text.
pub(super) fn of_text(text: &str, top: u64) -> Value {
    let content: Vec<Value> = tokens::tokens(text)
        .into_iter()
        .map(|token| entry(token, top))
        .collect();
    json!({ "content": content, "refusal": null })
}

fn entry(token: &str, top: u64) -> Value {
    let logprob = logprob(token);
    // The token itself is the likeliest; the others follow it at a distance.
    let others =
        (1..top).map(|rank| candidate(&format!("{token}{rank}"), logprob - hundredths(50 * rank)));
    let itself = (top > 0).then(|| candidate(token, logprob));
    let candidates: Vec<Value> = itself.into_iter().chain(others).collect();
    let mut entry = candidate(token, logprob);
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("top_logprobs".to_owned(), Value::from(candidates));
    }
    entry
}

fn candidate(token: &str, logprob: f64) -> Value {
    json!({ "token": token, "logprob": logprob, "bytes": token.as_bytes() })
}

/// Between -0.49 and 0.
fn logprob(token: &str) -> f64 {
    -hundredths(tokens::hash(token) % 50)
}

fn hundredths(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / 100.0
}
