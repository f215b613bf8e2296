//! Reranking. What clients send and get has the shape that this endpoint has everywhere; documents are repeated
//! here, where they are asked for, since the provider does not.
//!
//! Spec: <https://docs.cohere.com/reference/rerank>

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fault;
use crate::{
    Fault, TranslateError,
    dialects::{
        Ask, Decoder, Encoded, NativePath, NativeRequest, WholeAnswer, WholeDecoder,
        dropped::Dropped, read::invalid,
    },
};

#[derive(Debug, Deserialize)]
struct RerankRequest {
    query: String,
    documents: Vec<Value>,
    #[serde(default)]
    top_n: Option<u64>,
    #[serde(default)]
    return_documents: Option<bool>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct RerankBody<'a> {
    model: &'a str,
    query: &'a str,
    documents: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    top_n: Option<u64>,
    #[serde(flatten)]
    own: Map<String, Value>,
}

/// Members of Cohere's own that go on as they are.
const OWN_MEMBERS: &[&str] = &["max_tokens_per_doc", "priority", "relevant_spans"];

/// Puts a request to rerank into Cohere's words.
///
/// # Errors
/// A document that is no text.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut request: RerankRequest = ask.parse()?;
    let mut dropped = Dropped::default();
    let documents = request
        .documents
        .iter()
        .enumerate()
        .map(|(index, document)| text(document, &format!("documents[{index}]"), &mut dropped))
        .collect::<Result<Vec<_>, _>>()?;
    let own = OWN_MEMBERS.iter().filter_map(|name| {
        let value = request.rest.shift_remove(*name)?;
        (!value.is_null()).then(|| ((*name).to_owned(), value))
    });
    let own = own.collect();
    dropped.rest("", &request.rest, &["model"]);
    let body = RerankBody {
        model: ask.model,
        query: &request.query,
        documents: &documents,
        top_n: request.top_n,
        own,
    };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let repeated = request
        .return_documents
        .unwrap_or_default()
        .then_some(documents);
    let model = ask.model.to_owned();
    Ok(Encoded {
        requests: vec![NativeRequest::post(NativePath::new(["v2", "rerank"]), body)],
        dropped: dropped.into_names(),
        decoder: Decoder::Whole(WholeDecoder::new(move |answers| {
            let answer = answers.into_iter().next().unwrap_or_default();
            read_answer(&model, &answer, repeated.as_deref())
        })),
    })
}

/// A document's text. An object without a `text` is told whole, as its JSON.
fn text(document: &Value, path: &str, dropped: &mut Dropped) -> Result<String, TranslateError> {
    match document {
        Value::String(text) => Ok(text.clone()),
        Value::Object(members) => match members.get("text").and_then(Value::as_str) {
            Some(text) => {
                dropped.rest(path, members, &["text"]);
                Ok(text.to_owned())
            }
            None => Ok(document.to_string()),
        },
        _ => {
            let message = format!("`{path}` must be a text or an object with a `text`");
            Err(invalid(path, message))
        }
    }
}

#[derive(Debug, Deserialize)]
struct RerankAnswer {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    results: Option<Vec<Map<String, Value>>>,
    #[serde(default)]
    meta: Option<Value>,
}

fn read_answer(
    model: &str,
    answer: &Bytes,
    documents: Option<&[String]>,
) -> Result<WholeAnswer, Box<Fault>> {
    let read: RerankAnswer =
        serde_json::from_slice(answer).map_err(|_| fault::in_success(answer))?;
    let mut results = read.results.ok_or_else(|| fault::in_success(answer))?;
    for result in &mut results {
        let place = result.get("index").and_then(Value::as_u64);
        let document = place
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| documents?.get(place));
        if let Some(text) = document {
            result.insert("document".to_owned(), json!({ "text": text }));
        }
    }
    let mut told = Map::new();
    if let Some(id) = read.id {
        told.insert("id".to_owned(), id.into());
    }
    told.insert("model".to_owned(), model.into());
    let results = results.into_iter().map(Value::Object);
    told.insert("results".to_owned(), results.collect());
    if let Some(meta) = read.meta {
        told.insert("meta".to_owned(), meta);
    }
    Ok(WholeAnswer {
        body: Value::Object(told).to_string().into(),
        usage: None,
    })
}
