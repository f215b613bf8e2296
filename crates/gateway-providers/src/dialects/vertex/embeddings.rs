//! Embeddings on Vertex: older models predict, newer ones embed content, one input at a time.
//!
//! Spec: <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>.

use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::super::{
    Ask, Decoder, Encoded, NativeRequest,
    gemini::{
        api::VERTEX,
        embeddings::{Inputs, Used, Values, Vectors},
    },
};
use crate::{
    TranslateError,
    rules::{ModelId, ModelPattern},
};

/// How a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// `predict`, with this many inputs at a time.
    Predict(usize),
    /// `embedContent`.
    Embed,
}

/// How models are asked; the first pattern that fits counts.
const WAYS: &[(&str, Way)] = &[
    ("gemini-embedding-001", Way::Predict(1)),
    ("gemini-embedding-*", Way::Embed),
    ("*", Way::Predict(250)),
];

/// Puts a call into the model's words.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let inputs = Inputs::read(ask)?;
    let path = (VERTEX.model_path)(ask.model);
    let way = way(ask.model);
    let requests = match way {
        Way::Predict(most) => inputs
            .texts
            .chunks(most)
            .map(|texts| {
                NativeRequest::post(path.clone().with_verb("predict"), predict(texts, &inputs))
            })
            .collect(),
        Way::Embed => inputs
            .texts
            .iter()
            .map(|text| {
                NativeRequest::post(path.clone().with_verb("embedContent"), embed(text, &inputs))
            })
            .collect(),
    };
    let read = match way {
        Way::Predict(_) => read_predictions,
        Way::Embed => read_embedding,
    };
    Ok(Encoded {
        requests,
        dropped: inputs.dropped,
        decoder: Decoder::Whole(inputs.written.decoder(read)),
    })
}

fn way(model: &str) -> Way {
    let id = ModelId::from(model);
    let row = WAYS
        .iter()
        .find(|(pattern, _)| ModelPattern::from(*pattern).fits(&id));
    row.map_or(Way::Embed, |(_, way)| *way)
}

fn predict(texts: &[String], inputs: &Inputs) -> String {
    let mut of_input = inputs.options("", "task_type");
    // The length is one for all inputs, and stands beside them.
    let dimensions = of_input.shift_remove("");
    let instances: Vec<Value> = texts
        .iter()
        .map(|text| {
            let mut instance = of_input.clone();
            instance.insert("content".to_owned(), text.as_str().into());
            instance.into()
        })
        .collect();
    let mut body = Map::new();
    body.insert("instances".to_owned(), instances.into());
    if let Some(dimensions) = dimensions {
        let parameters = json!({ "outputDimensionality": dimensions });
        body.insert("parameters".to_owned(), parameters);
    }
    Value::Object(body).to_string()
}

fn embed(text: &str, inputs: &Inputs) -> String {
    let mut body = Map::new();
    body.insert("content".to_owned(), json!({"parts": [{"text": text}]}));
    let options = inputs.options("outputDimensionality", "taskType");
    if !options.is_empty() {
        body.insert("embedContentConfig".to_owned(), options.into());
    }
    Value::Object(body).to_string()
}

#[derive(Debug, Deserialize)]
struct Predictions {
    predictions: Option<Vec<Prediction>>,
}

#[derive(Debug, Deserialize)]
struct Prediction {
    embeddings: Option<Predicted>,
}

#[derive(Debug, Deserialize)]
struct Predicted {
    statistics: Option<Counted>,
    values: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct Counted {
    token_count: Option<f64>,
}

fn read_predictions(body: &[u8]) -> Result<Vectors, serde_json::Error> {
    let answer: Predictions = serde_json::from_slice(body)?;
    let mut read = Vectors::default();
    for predicted in answer
        .predictions
        .into_iter()
        .flatten()
        .filter_map(|one| one.embeddings)
    {
        let count = predicted.statistics.and_then(|counted| counted.token_count);
        if let Some(count) = count.and_then(whole) {
            read.tokens = Some(read.tokens.unwrap_or_default().saturating_add(count));
        }
        read.vectors.extend(predicted.values);
    }
    Ok(read)
}

/// A count that protobuf's JSON may write with a fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be in range"
)]
fn whole(count: f64) -> Option<u64> {
    (0.0..=f64::from(u32::MAX))
        .contains(&count)
        .then_some(count as u64)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Embedded {
    embedding: Option<Values>,
    usage_metadata: Option<Used>,
}

fn read_embedding(body: &[u8]) -> Result<Vectors, serde_json::Error> {
    let answer: Embedded = serde_json::from_slice(body)?;
    Ok(Vectors {
        vectors: answer
            .embedding
            .and_then(|one| one.values)
            .into_iter()
            .collect(),
        tokens: answer
            .usage_metadata
            .and_then(|used| used.prompt_token_count),
    })
}
