//! Embeddings through InvokeModel, in the words of each maker's models.
//!
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>,
//! <https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html>

use bytes::Bytes;
use gateway_types::{
    JsonObject,
    embeddings::{EmbeddingRequest, EncodingFormat},
    prompt::Prompt,
};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    Fault, FaultKind, TranslateError,
    dialects::{
        Ask, Decoder, Encoded, NativePath, NativeRequest, WholeAnswer, WholeDecoder,
        dropped::Dropped, read::invalid, vectors,
    },
};

/// The words of a family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// One text a request.
    Titan,
    /// As Titan, with the length in an object of its own.
    TitanImage,
    /// Many texts a request.
    Cohere,
    /// One text a request.
    Nova,
}

/// What stands in the ids of a family's models; the first that is there counts.
static FAMILIES: &[(&str, Family)] = &[
    ("titan-embed-image", Family::TitanImage),
    ("titan-embed", Family::Titan),
    ("cohere.embed", Family::Cohere),
    ("multimodal-embeddings", Family::Nova),
];

/// How many texts Cohere's models take at a time.
const COHERE_AT_A_TIME: usize = 96;
/// Further members that Cohere's models take as they are.
const COHERE_OWN: &[&str] = &["input_type", "truncate"];
/// What a text is embedded for, where nobody says.
const USUAL_INPUT_TYPE: &str = "search_document";
const USUAL_PURPOSE: &str = "GENERIC_INDEX";

/// Puts a request for embeddings into the model's words.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut request: EmbeddingRequest = ask.parse()?;
    let family = family(ask.model)?;
    let texts = texts(std::mem::take(&mut request.input))?;
    let encoding = request
        .encoding_format
        .take()
        .unwrap_or(EncodingFormat::Float);
    let dimensions = request.dimensions.take().into_option();
    let bodies: Vec<Value> = match family {
        Family::Cohere => cohere(&texts, dimensions, &mut request.extra),
        Family::Nova => each(&texts, |text| nova(text, dimensions)),
        Family::TitanImage => each(&texts, |text| {
            let length = dimensions.map(|length| json!({ "outputEmbeddingLength": length }));
            titan(text, "embeddingConfig", length, None)
        }),
        Family::Titan => {
            let normalize = request.extra.shift_remove("normalize");
            each(&texts, |text| {
                titan(
                    text,
                    "dimensions",
                    dimensions.map(Value::from),
                    normalize.clone(),
                )
            })
        }
    };
    let mut dropped = Dropped::default();
    if matches!(encoding, EncodingFormat::Other(_)) {
        dropped.name("encoding_format");
    }
    dropped.rest("", &request, &["model", "input"]);
    let path = NativePath::new(["model", ask.model, "invoke"]);
    let request = |body: Value| NativeRequest::post(path.clone(), body.to_string());
    let model = ask.model.to_owned();
    let expected = texts.len();
    Ok(Encoded {
        requests: bodies.into_iter().map(request).collect(),
        dropped: dropped.into_names(),
        decoder: Decoder::Whole(WholeDecoder::new(move |answers| {
            decode(&model, expected, &encoding, &answers)
        })),
    })
}

fn family(model: &str) -> Result<Family, TranslateError> {
    let known = FAMILIES.iter().find(|(part, _)| model.contains(part));
    known.map(|(_, family)| *family).ok_or_else(|| {
        let parts: Vec<&str> = FAMILIES.iter().map(|(part, _)| *part).collect();
        let message = format!(
            "`model` {model:?} is not known to embed text on Bedrock: its id has one of {}",
            parts.join(", ")
        );
        invalid("model", message)
    })
}

fn texts(input: Prompt) -> Result<Vec<String>, TranslateError> {
    match input {
        Prompt::Text(text) => Ok(vec![text]),
        Prompt::Texts(texts) if !texts.is_empty() => Ok(texts),
        Prompt::Texts(_) => Err(invalid("input", "`input` must hold at least one text")),
        _ => Err(invalid(
            "input",
            "`input` must be a text or a list of texts: this provider takes no token ids",
        )),
    }
}

fn each(texts: &[String], body: impl Fn(&str) -> Value) -> Vec<Value> {
    texts.iter().map(|text| body(text)).collect()
}

fn titan(text: &str, name: &str, length: Option<Value>, normalize: Option<Value>) -> Value {
    let mut body = json!({ "inputText": text });
    for (name, value) in [(name, length), ("normalize", normalize)] {
        if let (Some(value), Value::Object(members)) = (value, &mut body) {
            members.insert(name.to_owned(), value);
        }
    }
    body
}

fn nova(text: &str, dimensions: Option<u64>) -> Value {
    let mut params = json!({
        "embeddingPurpose": USUAL_PURPOSE,
        "text": { "truncationMode": "NONE", "value": text },
    });
    if let (Some(dimensions), Value::Object(members)) = (dimensions, &mut params) {
        members.insert("embeddingDimension".to_owned(), dimensions.into());
    }
    json!({ "taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params })
}

fn cohere(texts: &[String], dimensions: Option<u64>, extra: &mut JsonObject) -> Vec<Value> {
    let mut members = Map::new();
    for name in COHERE_OWN {
        if let Some(value) = extra.shift_remove(*name).filter(|value| !value.is_null()) {
            members.insert((*name).to_owned(), value);
        }
    }
    members
        .entry("input_type")
        .or_insert_with(|| USUAL_INPUT_TYPE.into());
    if let Some(dimensions) = dimensions {
        members.insert("output_dimension".to_owned(), dimensions.into());
    }
    texts
        .chunks(COHERE_AT_A_TIME)
        .map(|texts| {
            let mut body = members.clone();
            body.insert("texts".to_owned(), texts.into());
            Value::Object(body)
        })
        .collect()
}

/// One answer: one vector, a list, lists by their type, or objects that hold one each.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    #[serde(borrow)]
    embedding: Option<&'a RawValue>,
    #[serde(borrow)]
    embeddings: Option<&'a RawValue>,
    input_text_token_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct ByType<'a> {
    #[serde(borrow)]
    float: Vec<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    embedding: &'a RawValue,
}

/// All answers as one. Cohere's models do not tell in the body what they counted.
fn decode(
    model: &str,
    expected: usize,
    encoding: &EncodingFormat,
    answers: &[Bytes],
) -> Result<WholeAnswer, Box<Fault>> {
    let invalid = |detail: &str| Box::new(Fault::new(FaultKind::InvalidResponse, detail));
    let mut read: Vec<&RawValue> = Vec::with_capacity(expected);
    let mut tokens: Option<u64> = None;
    for answer in answers {
        let answer: Answer<'_> = serde_json::from_slice(answer)
            .map_err(|_| invalid("the answer is no object with vectors"))?;
        if let Some(more) = answer.input_text_token_count {
            tokens = Some(tokens.unwrap_or_default().saturating_add(more));
        }
        read.extend(vectors_of(&answer).ok_or_else(|| invalid("an answer without vectors"))?);
    }
    if read.len() != expected {
        return Err(invalid("not one vector for each input"));
    }
    let is_vector = |vector: &&RawValue| serde_json::from_str::<Vec<f64>>(vector.get()).is_ok();
    if !read.iter().all(is_vector) {
        return Err(invalid("an embedding is no vector"));
    }
    vectors::answer(model, &read, encoding, tokens)
}

fn vectors_of<'a>(answer: &Answer<'a>) -> Option<Vec<&'a RawValue>> {
    if let Some(vector) = answer.embedding {
        return Some(vec![vector]);
    }
    let text = answer.embeddings?.get();
    if text.starts_with('{') {
        let by_type: ByType<'a> = serde_json::from_str(text).ok()?;
        return Some(by_type.float);
    }
    let items: Vec<&'a RawValue> = serde_json::from_str(text).ok()?;
    items
        .into_iter()
        .map(|item| {
            if !item.get().starts_with('{') {
                return Some(item);
            }
            let item: Item<'a> = serde_json::from_str(item.get()).ok()?;
            Some(item.embedding)
        })
        .collect()
}
