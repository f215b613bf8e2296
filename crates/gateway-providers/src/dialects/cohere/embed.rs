//! Embeddings.
//!
//! Spec: <https://docs.cohere.com/reference/embed>

use std::collections::BTreeMap;

use bytes::Bytes;
use gateway_types::{
    embeddings::{EmbeddingRequest, EncodingFormat},
    prompt::Prompt,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{fault, request::is_empty, response::count};
use crate::{
    Fault, FaultKind, TranslateError,
    dialects::{
        Ask, Decoder, Encoded, NativePath, NativeRequest, WholeAnswer, WholeDecoder,
        dropped::Dropped, read::invalid, vectors,
    },
};

/// How many inputs one request takes.
const BATCH: usize = 96;

/// The provider wants to know what the vectors are for, and OpenAI's contract has no such member: documents, unless
/// the request says otherwise in `input_type`.
const DEFAULT_INPUT_TYPE: &str = "search_document";

/// The encodings that the provider has.
const ENCODINGS: &[&str] = &["float", "base64", "int8", "uint8", "binary", "ubinary"];

/// Members of Cohere's own that go on as they are.
const OWN_MEMBERS: &[&str] = &["truncate", "max_tokens", "priority"];

#[derive(Debug, Clone, Serialize)]
struct EmbedBody {
    model: String,
    input_type: Value,
    #[serde(flatten)]
    inputs: Inputs,
    embedding_types: [String; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimension: Option<u64>,
    #[serde(flatten)]
    own: BTreeMap<&'static str, Value>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
enum Inputs {
    Texts(Vec<String>),
    /// Bare images, for models that take nothing else beside text: one a request.
    Images(Vec<String>),
    /// Text and images together.
    #[serde(rename = "inputs")]
    Mixed(Vec<Value>),
}

impl Inputs {
    fn len(&self) -> usize {
        match self {
            Self::Texts(texts) | Self::Images(texts) => texts.len(),
            Self::Mixed(inputs) => inputs.len(),
        }
    }

    fn batches(self) -> Vec<Self> {
        let chunks = |texts: Vec<String>, size: usize| -> Vec<Vec<String>> {
            texts.chunks(size).map(<[String]>::to_vec).collect()
        };
        match self {
            Self::Texts(texts) => chunks(texts, BATCH).into_iter().map(Self::Texts).collect(),
            Self::Images(urls) => chunks(urls, 1).into_iter().map(Self::Images).collect(),
            Self::Mixed(inputs) => inputs
                .chunks(BATCH)
                .map(|inputs| Self::Mixed(inputs.to_vec()))
                .collect(),
        }
    }
}

/// Puts a request for embeddings into Cohere's words: as many requests as its inputs need.
///
/// # Errors
/// Inputs, or an encoding, that the provider does not take.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut request: EmbeddingRequest = ask.parse()?;
    let mut dropped = Dropped::default();
    let inputs = inputs(std::mem::take(&mut request.input))?;
    let encoding = encoding(&mut request)?;
    let default_type = match inputs {
        Inputs::Images(_) => "image",
        Inputs::Texts(_) | Inputs::Mixed(_) => DEFAULT_INPUT_TYPE,
    };
    let input_type = request.extra.shift_remove("input_type");
    let own = OWN_MEMBERS.iter().filter_map(|name| {
        let value = request.extra.shift_remove(*name)?;
        (!is_empty(&value)).then_some((*name, value))
    });
    let mut body = EmbedBody {
        model: ask.model.to_owned(),
        input_type: input_type
            .filter(|given| !given.is_null())
            .unwrap_or_else(|| default_type.into()),
        inputs: Inputs::Texts(Vec::new()),
        embedding_types: [encoding.as_str().to_owned()],
        output_dimension: None,
        own: own.collect(),
    };
    body.output_dimension = request.dimensions.take().into_option();
    dropped.rest("", &request, &["input", "model"]);
    let batches = inputs.batches();
    let counts: Vec<usize> = batches.iter().map(Inputs::len).collect();
    let requests = batches.into_iter().map(|inputs| {
        let body = EmbedBody {
            inputs,
            ..body.clone()
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        NativeRequest::post(NativePath::new(["v2", "embed"]), body)
    });
    let requests = requests.collect();
    let model = ask.model.to_owned();
    Ok(Encoded {
        requests,
        dropped: dropped.into_names(),
        decoder: Decoder::Whole(WholeDecoder::new(move |answers| {
            read_answers(&model, &answers, &counts, &encoding)
        })),
    })
}

fn encoding(request: &mut EmbeddingRequest) -> Result<EncodingFormat, TranslateError> {
    let asked = request.encoding_format.take().into_option();
    let encoding = asked.unwrap_or(EncodingFormat::Float);
    if ENCODINGS.contains(&encoding.as_str()) {
        return Ok(encoding);
    }
    let message = format!(
        "`encoding_format` {:?} is none of this provider's: {}",
        encoding.as_str(),
        ENCODINGS.join(", ")
    );
    Err(invalid("encoding_format", message))
}

fn inputs(input: Prompt) -> Result<Inputs, TranslateError> {
    let inputs = match input {
        Prompt::Text(text) => Inputs::Texts(vec![text]),
        Prompt::Texts(texts) => Inputs::Texts(texts),
        Prompt::Tokens(_) | Prompt::TokenLists(_) => {
            let message = "`input`: this provider takes no token ids; send the text";
            return Err(invalid("input", message));
        }
        Prompt::Other(Value::Array(items)) => mixed(&items)?,
        Prompt::Other(item) => mixed(&[item])?,
    };
    if inputs.len() == 0 {
        return Err(invalid("input", "`input` is empty"));
    }
    Ok(inputs)
}

/// Objects: parts as in a chat (`{"type":"image_url",...}`), or the provider's own `{"content":[parts]}`.
fn mixed(items: &[Value]) -> Result<Inputs, TranslateError> {
    let urls: Option<Vec<String>> = items.iter().map(image_url).collect();
    if let Some(urls) = urls {
        return Ok(Inputs::Images(urls));
    }
    let inputs = items.iter().enumerate().map(|(index, item)| {
        let part = match item {
            Value::String(text) => json!({"type": "text", "text": text}),
            Value::Object(members) if members.get("content").is_some_and(Value::is_array) => {
                return Ok(item.clone());
            }
            Value::Object(members) if members.contains_key("type") => item.clone(),
            _ => {
                let path = format!("input[{index}]");
                let message = format!("`{path}` must be a text, or a part with text or an image");
                return Err(invalid(path, message));
            }
        };
        Ok(json!({ "content": [part] }))
    });
    Ok(Inputs::Mixed(inputs.collect::<Result<_, _>>()?))
}

fn image_url(item: &Value) -> Option<String> {
    let image = item.get("image_url")?;
    let url = image.get("url").unwrap_or(image);
    url.as_str().map(str::to_owned)
}

#[derive(Debug, Deserialize)]
struct EmbedAnswer<'a> {
    #[serde(borrow, default)]
    embeddings: Option<&'a RawValue>,
    #[serde(default)]
    meta: Option<Meta>,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    billed_units: Option<Billed>,
}

#[derive(Debug, Default, Deserialize)]
struct Billed {
    #[serde(default)]
    input_tokens: Option<f64>,
    #[serde(default)]
    image_tokens: Option<f64>,
}

fn read_answers(
    model: &str,
    answers: &[Bytes],
    counts: &[usize],
    encoding: &EncodingFormat,
) -> Result<WholeAnswer, Box<Fault>> {
    let mut all = Vec::new();
    let mut tokens: Option<u64> = None;
    for (answer, expected) in answers.iter().zip(counts) {
        let read: EmbedAnswer<'_> =
            serde_json::from_slice(answer).map_err(|_| fault::in_success(answer))?;
        let embeddings = read.embeddings.ok_or_else(|| fault::in_success(answer))?;
        let vectors = of_encoding(embeddings, encoding.as_str())
            .filter(|vectors| vectors.len() == *expected)
            .ok_or_else(|| {
                let detail = "not one embedding for each input";
                Fault::new(FaultKind::InvalidResponse, detail)
            })?;
        all.extend(vectors);
        let billed = read.meta.and_then(|meta| meta.billed_units);
        for number in billed
            .iter()
            .flat_map(|billed| [billed.input_tokens, billed.image_tokens])
        {
            if let Some(number) = count(number) {
                tokens = Some(tokens.unwrap_or_default().saturating_add(number));
            }
        }
    }
    vectors::answer(model, &all, encoding, tokens)
}

/// The vectors in the encoding that was asked for, or in the one that came. Older answers are a bare list.
fn of_encoding<'a>(embeddings: &'a RawValue, encoding: &str) -> Option<Vec<&'a RawValue>> {
    if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(embeddings.get()) {
        return Some(list);
    }
    let mut kinds: BTreeMap<String, Option<Vec<&RawValue>>> =
        serde_json::from_str(embeddings.get()).ok()?;
    let mut take = |kind: &str| kinds.remove(kind).flatten().filter(|list| !list.is_empty());
    take(encoding)
        .or_else(|| take("float"))
        .or_else(|| take("base64"))
        .or_else(|| kinds.into_values().flatten().find(|list| !list.is_empty()))
}
