//! Embeddings: unit vectors hashed from words, so that texts that share words are near each other.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Request, answer::DemoAnswer, fields::Fields, refusal::Refusal, tokens};

const DIMENSIONS: u64 = 256;
const MOST_DIMENSIONS: u64 = 4096;
const MOST_INPUTS: usize = 2048;
/// The most numbers of one answer.
const MOST_NUMBERS: usize = 1 << 20;
/// How many places of a vector one word touches.
const PLACES: u64 = 8;

/// Answers an embeddings request.
pub(super) fn answer(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let body = &request.body;
    let texts = texts(body, "input")?;
    if texts.is_empty() || texts.len() > MOST_INPUTS || texts.iter().any(String::is_empty) {
        return Err(Refusal::invalid(
            "input",
            format!("'input' must be from 1 to {MOST_INPUTS} inputs, none of them empty."),
        ));
    }
    let dimensions = body
        .integer("dimensions", 1..=MOST_DIMENSIONS)?
        .unwrap_or(DIMENSIONS);
    let dimensions = usize::try_from(dimensions).unwrap_or(usize::MAX);
    if texts.len().saturating_mul(dimensions) > MOST_NUMBERS {
        return Err(Refusal::invalid(
            "input",
            format!("The demo provider gives at most {MOST_NUMBERS} numbers at once."),
        ));
    }
    let write = match body.string("encoding_format")? {
        None | Some("float") => as_floats,
        Some("base64") => as_base64,
        Some(_) => {
            return Err(Refusal::invalid(
                "encoding_format",
                "It is neither 'float' nor 'base64'.",
            ));
        }
    };
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({ "object": "embedding", "index": index, "embedding": write(&vector(text, dimensions)) }))
        .collect();
    let count: u64 = texts.iter().map(|text| tokens::count(text)).sum();
    let usage = json!({ "prompt_tokens": count, "total_tokens": count });
    Ok(DemoAnswer::ok(
        &json!({ "object": "list", "data": data, "model": request.model, "usage": usage }),
    ))
}

/// A member that is a text, several, the numbers of tokens, or several lists of these, as texts.
pub(super) fn texts(body: &Fields<'_>, key: &str) -> Result<Vec<String>, Refusal> {
    let wrong = || {
        Refusal::wrong_type(
            body.path(key),
            "a string, an array of strings or of integers, or an array of such arrays",
        )
    };
    match body.required(key)? {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(elements) => match elements.first() {
            None => Ok(Vec::new()),
            Some(Value::Number(_)) => Ok(vec![token_text(elements).ok_or_else(wrong)?]),
            Some(_) => elements
                .iter()
                .map(|element| one_text(element).ok_or_else(wrong))
                .collect(),
        },
        _ => Err(wrong()),
    }
}

fn one_text(element: &Value) -> Option<String> {
    match element {
        Value::String(text) => Some(text.clone()),
        Value::Array(numbers) => token_text(numbers),
        _ => None,
    }
}

/// Token numbers stand for themselves: one word each.
fn token_text(numbers: &[Value]) -> Option<String> {
    let numbers: Option<Vec<String>> = numbers
        .iter()
        .map(|number| number.as_u64().map(|number| number.to_string()))
        .collect();
    Some(numbers?.join(" "))
}

fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    // The text as a whole weighs little: texts of the same words in another order are near, not equal.
    let mut vector = vec![0.0_f32; dimensions];
    scatter(&mut vector, text, 0.1);
    for word in tokens::words(text) {
        scatter(&mut vector, &word, 1.0);
    }
    let norm = vector
        .iter()
        .map(|number| number * number)
        .sum::<f32>()
        .sqrt();
    if norm > f32::EPSILON {
        vector.iter_mut().for_each(|number| *number /= norm);
    } else if let Some(first) = vector.first_mut() {
        *first = 1.0;
    }
    vector
}

fn scatter(vector: &mut [f32], word: &str, weight: f32) {
    let seed = tokens::hash(word);
    let length = u64::try_from(vector.len()).unwrap_or(u64::MAX).max(1);
    for place in 0..PLACES {
        let mixed = mix(seed.wrapping_add(place));
        let index = usize::try_from(mixed % length).unwrap_or_default();
        let sign = if mixed >> 63 == 0 { weight } else { -weight };
        if let Some(number) = vector.get_mut(index) {
            *number += sign;
        }
    }
}

/// Spreads a number over all bits: the finaliser of `SplitMix64`, <https://doi.org/10.1145/2714064.2660195>.
fn mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn as_floats(vector: &[f32]) -> Value {
    Value::from(
        vector
            .iter()
            .map(|number| Value::from(*number))
            .collect::<Vec<_>>(),
    )
}

/// 32-bit floats, little endian, as OpenAI sends them.
fn as_base64(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    Value::from(STANDARD.encode(bytes))
}
