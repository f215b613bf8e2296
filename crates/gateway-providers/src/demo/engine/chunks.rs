//! Chat-like streams: chunks with choices, usage at the end, `[DONE]`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    answer::{DemoAnswer, Part, Piece},
    think::Counts,
};

/// A chat-like stream before it is written.
#[derive(Debug)]
pub(super) struct ChunkStream {
    /// What every chunk begins with.
    pub(super) envelope: Map<String, Value>,
    /// Of each choice, what goes into `choices` of its chunks; the last one says how it ended.
    pub(super) choices: Vec<Vec<Value>>,
    /// The usage, where it was asked for.
    pub(super) usage: Option<Value>,
    /// The wait before each round of chunks.
    pub(super) pace: Duration,
}

impl ChunkStream {
    /// Writes the chunks: one of each choice in turn, the waits between the turns.
    pub(super) fn into_answer(self) -> DemoAnswer {
        let rounds = self.choices.iter().map(Vec::len).max().unwrap_or_default();
        let mut script = Vec::new();
        for round in 0..rounds {
            let mut delay = if round == 0 {
                Duration::ZERO
            } else {
                self.pace
            };
            for choice in &self.choices {
                let Some(part) = choice.get(round) else {
                    continue;
                };
                let is_last = round + 1 == choice.len();
                let kind = if is_last { Part::Finish } else { Part::Content };
                script.push(Piece::event(
                    kind,
                    delay,
                    &self.chunk(json!([part]), Value::Null),
                ));
                delay = Duration::ZERO;
            }
        }
        if let Some(usage) = &self.usage {
            script.push(Piece::event(
                Part::Usage,
                Duration::ZERO,
                &self.chunk(json!([]), usage.clone()),
            ));
        }
        script.push(Piece::done());
        DemoAnswer::stream(script)
    }

    fn chunk(&self, choices: Value, usage: Value) -> Value {
        let mut chunk = self.envelope.clone();
        chunk.insert("choices".to_owned(), choices);
        if self.usage.is_some() {
            chunk.insert("usage".to_owned(), usage);
        }
        Value::Object(chunk)
    }
}

/// The head of an answer or chunk.
pub(super) fn envelope(id: &str, object: &str, model: &str) -> Map<String, Value> {
    let members = [
        ("id", Value::from(id)),
        ("object", Value::from(object)),
        ("created", Value::from(super::CREATED)),
        ("model", Value::from(model)),
        ("system_fingerprint", Value::from(super::FINGERPRINT)),
    ];
    members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// Usage in the words of chat completions.
pub(super) fn usage(counts: Counts) -> Value {
    json!({
        "prompt_tokens": counts.input,
        "completion_tokens": counts.output,
        "total_tokens": counts.input + counts.output,
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": counts.reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0
        }
    })
}
