//! Embeddings in OpenAI's form, from vectors as the upstream wrote them.

use gateway_types::embeddings::{EmbeddingVector, EncodingFormat};
use serde::Serialize;
use serde_json::value::RawValue;

use super::WholeAnswer;
use crate::{Fault, FaultKind, TokenUsage};

/// The answer of `POST /v1/embeddings`.
#[derive(Serialize)]
struct Told<'a> {
    object: &'static str,
    data: Vec<Row<'a>>,
    model: &'a str,
    usage: Used,
}

#[derive(Serialize)]
struct Row<'a> {
    object: &'static str,
    index: usize,
    embedding: Vector<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector<'a> {
    AsWritten(&'a RawValue),
    Converted(EmbeddingVector),
}

#[derive(Serialize)]
struct Used {
    prompt_tokens: u64,
    total_tokens: u64,
}

/// The answer with these vectors, written as the caller asked for. Numbers keep their text where nothing must be
/// converted; an encoding that OpenAI does not have stays as it is.
pub(crate) fn answer(
    model: &str,
    vectors: &[&RawValue],
    encoding: &EncodingFormat,
    tokens: Option<u64>,
) -> Result<WholeAnswer, Box<Fault>> {
    let rows = vectors.iter().enumerate().map(|(index, vector)| {
        Ok(Row {
            object: "embedding",
            index,
            embedding: written(vector, encoding)?,
        })
    });
    let told = Told {
        object: "list",
        data: rows.collect::<Result<_, Box<Fault>>>()?,
        model,
        usage: Used {
            prompt_tokens: tokens.unwrap_or_default(),
            total_tokens: tokens.unwrap_or_default(),
        },
    };
    let body = serde_json::to_vec(&told).map_err(|_| invalid("the vectors cannot be written"))?;
    Ok(WholeAnswer {
        body: body.into(),
        usage: tokens.map(|tokens| TokenUsage {
            input: Some(tokens),
            total: Some(tokens),
            ..TokenUsage::default()
        }),
    })
}

fn written<'a>(vector: &'a RawValue, encoding: &EncodingFormat) -> Result<Vector<'a>, Box<Fault>> {
    let is_text = vector.get().starts_with('"');
    let wants_text = *encoding == EncodingFormat::Base64;
    let convertible = matches!(encoding, EncodingFormat::Float | EncodingFormat::Base64);
    if is_text == wants_text || !convertible {
        return Ok(Vector::AsWritten(vector));
    }
    let vector: EmbeddingVector =
        serde_json::from_str(vector.get()).map_err(|_| invalid("an embedding is no vector"))?;
    if wants_text {
        return Ok(Vector::Converted(vector.into_base64()));
    }
    let floats = vector
        .as_floats()
        .map_err(|error| invalid(&error.to_string()))?
        .into_owned();
    Ok(Vector::Converted(EmbeddingVector::Floats(floats)))
}

fn invalid(detail: &str) -> Box<Fault> {
    Box::new(Fault::new(FaultKind::InvalidResponse, detail))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn told(vector: &str, encoding: &str) -> Value {
        let vector = RawValue::from_string(vector.to_owned()).unwrap();
        let answer = answer("m", &[&vector], &encoding.into(), Some(3)).unwrap();
        assert_eq!(answer.usage.unwrap().input, Some(3));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["usage"]["total_tokens"], 3);
        body["data"][0]["embedding"].clone()
    }

    #[test]
    fn vectors_are_written_as_they_were_asked_for() {
        assert_eq!(told("[1.0,-2.0]", "float"), serde_json::json!([1.0, -2.0]));
        assert_eq!(told("[1.0,-2.0]", "base64"), "AACAPwAAAMA=");
        assert_eq!(told("\"AACAPwAAAMA=\"", "base64"), "AACAPwAAAMA=");
        assert_eq!(
            told("\"AACAPwAAAMA=\"", "float"),
            serde_json::json!([1.0, -2.0])
        );
        assert_eq!(told("[1,-2]", "int8"), serde_json::json!([1, -2]));
    }

    #[test]
    fn what_is_no_vector_is_no_answer() {
        let vector = RawValue::from_string("\"???\"".to_owned()).unwrap();
        assert!(answer("m", &[&vector], &EncodingFormat::Float, None).is_err());
    }
}
