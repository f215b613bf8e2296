//! The demo provider without its IO: a request in, a script of body pieces out. Pure and deterministic.
//!
//! ```
//! use gateway_providers::{Operation, demo::engine};
//!
//! let body = serde_json::json!({ "model": "chat", "messages": [{ "role": "user", "content": "Hello" }] });
//! let answer = engine::answer(Operation::Chat, body.as_object().ok_or("an object")?);
//! assert_eq!(answer.status, 200);
//! assert!(answer.body().starts_with(b"{\"id\":\"chatcmpl-demo"));
//! # Ok::<(), &str>(())
//! ```
//!
//! Two members of a request are the demo provider's own: `x_demo_pace_ms`, the wait before each word of a
//! stream, and `x_demo_words`, how many words an answer in text has.

mod answer;
mod ask;
mod audio;
mod chat;
mod chunks;
mod completions;
mod embeddings;
mod fields;
mod form;
mod image;
mod misbehave;
mod moderation;
mod png;
mod refusal;
mod rerank;
mod responses;
mod schema;
mod serve;
#[cfg(test)]
mod tests;
mod think;
mod tokens;
mod tools;

use std::time::Duration;

use serde_json::{Map, Value};

pub use self::{
    answer::{DemoAnswer, Ending, Part, Piece},
    misbehave::Misbehaviour,
    serve::{DemoRequest, serve},
};
use self::{fields::Fields, refusal::Refusal};
use super::{DemoConfig, DemoModel, Role};
use crate::Operation;

/// When every demo answer was 'created': 2026-01-01T00:00:00Z, in Unix seconds. A real clock would make two
/// answers to one request differ.
pub const CREATED: u64 = 1_767_225_600;

/// The `system_fingerprint` of every demo answer.
pub const FINGERPRINT: &str = "fp_demo";

/// The longest wait that a request may order, in milliseconds.
const LONGEST_PACE: u64 = 10_000;

/// A request whose common members are read.
#[derive(Debug, Clone)]
struct Request<'a> {
    body: Fields<'a>,
    model: &'a str,
    reasoning: bool,
    stream: bool,
    pace: Duration,
}

/// Answers a request at the default pace. `body` is the JSON object of the request; of a multipart form only
/// `model` and `stream` need to be there.
///
/// A request that cannot be answered gives an error status with OpenAI's error body; nothing fails.
pub fn answer(operation: Operation, body: &Map<String, Value>) -> DemoAnswer {
    answer_with(operation, body, &DemoConfig::default())
}

/// As [`answer`], with settings.
pub fn answer_with(
    operation: Operation,
    body: &Map<String, Value>,
    config: &DemoConfig,
) -> DemoAnswer {
    try_answer(operation, body, config).unwrap_or_else(Refusal::into_answer)
}

/// As [`answer_with`], for a body that is still bytes.
pub fn answer_bytes(operation: Operation, body: &[u8], config: &DemoConfig) -> DemoAnswer {
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => answer_with(operation, &body, config),
        Ok(_) => Refusal::not_json("it is another value").into_answer(),
        Err(error) => Refusal::not_json(&error.to_string()).into_answer(),
    }
}

fn try_answer(
    operation: Operation,
    body: &Map<String, Value>,
    config: &DemoConfig,
) -> Result<DemoAnswer, Refusal> {
    let body = Fields::root(body);
    let id = body.required_string("model")?;
    let model = DemoModel::find(id).ok_or_else(|| Refusal::unknown_model(id))?;
    let pace = body
        .integer("x_demo_pace_ms", 0..=LONGEST_PACE)?
        .map_or(config.pace, Duration::from_millis);
    let stream = body.flag("stream")?;
    let request = Request {
        body,
        model: id,
        reasoning: false,
        stream,
        pace,
    };
    match model.role {
        Role::Answers {
            operations,
            reasoning,
        } if operations.contains(&operation) => good_answer(
            operation,
            Request {
                reasoning,
                ..request
            },
        ),
        Role::Answers { .. } => Err(wrong_operation(id, operation)),
        Role::Misbehaves(misbehaviour) => {
            let stream = stream && !misbehaviour.refuses_streams();
            good_answer(operation, Request { stream, ..request })
                .map(|good| misbehaviour.spoil(good))
        }
    }
}

fn wrong_operation(model: &str, operation: Operation) -> Refusal {
    let fitting = super::MODELS.iter().find(|other| {
        matches!(other.role, Role::Answers { operations, .. } if operations.contains(&operation))
    });
    let hint = fitting.map_or("none", |model| model.id);
    Refusal::invalid(
        "model",
        format!("The demo model '{model}' does not serve {operation}; '{hint}' does."),
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the request is used up by one answer"
)]
fn good_answer(operation: Operation, request: Request<'_>) -> Result<DemoAnswer, Refusal> {
    match operation {
        Operation::Chat => chat::answer(&request),
        Operation::Completions => completions::answer(&request),
        Operation::Responses => responses::answer(&request),
        Operation::Embeddings => embeddings::answer(&request),
        Operation::ImageGenerations => image::generations(&request),
        Operation::ImageEdits | Operation::ImageVariations => image::from_form(&request, operation),
        Operation::Moderations => moderation::answer(&request),
        Operation::Rerank => rerank::answer(&request),
        Operation::Speech => audio::speech(&request),
        Operation::Transcriptions | Operation::Translations => Ok(audio::transcription(&request)),
    }
}
