//! Embeddings. Spec: <https://ai.google.dev/api/embeddings>.

use gateway_types::{
    embeddings::{EmbeddingRequest, EncodingFormat},
    prompt::Prompt,
};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use super::api::AI_STUDIO;
use crate::{
    Fault, FaultKind, TranslateError,
    dialects::{
        Ask, Decoder, Encoded, NativeRequest, WholeDecoder,
        dropped::Dropped,
        read::{READ_ELSEWHERE, invalid},
        vectors,
    },
};

/// The member that holds one request an input.
pub(super) const REQUESTS: &str = "requests";

/// How many inputs one request takes: <https://ai.google.dev/gemini-api/docs/embeddings>.
const BATCH: usize = 100;

/// What is asked, read once for all the ways to ask it.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// The texts.
    pub(crate) texts: Vec<String>,
    /// How the vectors are written.
    pub(crate) written: Written,
    /// Members that cannot be expressed.
    pub(crate) dropped: Vec<String>,
    dimensions: Option<u64>,
    /// `RETRIEVAL_QUERY` and the like, an extension.
    task_type: Option<Value>,
    /// The title of a document, an extension.
    title: Option<Value>,
}

/// How an answer is written.
#[derive(Debug)]
pub(crate) struct Written {
    encoding: EncodingFormat,
    model: String,
}

/// What an upstream answers, whichever way it was asked.
#[derive(Debug, Default)]
pub(crate) struct Vectors {
    /// The vectors, in the order of the inputs.
    pub(crate) vectors: Vec<Box<RawValue>>,
    /// The tokens read, where the upstream counts.
    pub(crate) tokens: Option<u64>,
}

/// Puts a call into the words of `batchEmbedContents`.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let inputs = Inputs::read(ask)?;
    let path = (AI_STUDIO.model_path)(ask.model);
    let model = path.segments.join("/");
    let requests = inputs
        .texts
        .chunks(BATCH)
        .map(|texts| {
            let requests: Vec<Value> = texts
                .iter()
                .map(|text| one(&model, text, &inputs))
                .collect();
            let body = json!({ REQUESTS: requests }).to_string();
            NativeRequest::post(path.clone().with_verb("batchEmbedContents"), body)
        })
        .collect();
    Ok(Encoded {
        requests,
        dropped: inputs.dropped,
        decoder: Decoder::Whole(inputs.written.decoder(read_batch)),
    })
}

fn one(model: &str, text: &str, inputs: &Inputs) -> Value {
    let mut request = inputs.options("outputDimensionality", "taskType");
    request.insert("model".to_owned(), model.into());
    request.insert("content".to_owned(), json!({"parts": [{"text": text}]}));
    request.into()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    embeddings: Option<Vec<Values>>,
    usage_metadata: Option<Used>,
}

/// One vector as the provider writes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Values {
    pub(crate) values: Option<Box<RawValue>>,
}

/// What embeddings used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Used {
    pub(crate) prompt_token_count: Option<u64>,
}

fn read_batch(body: &[u8]) -> Result<Vectors, serde_json::Error> {
    let batch: Batch = serde_json::from_slice(body)?;
    let vectors = batch.embeddings.unwrap_or_default();
    Ok(Vectors {
        vectors: vectors
            .into_iter()
            .filter_map(|vector| vector.values)
            .collect(),
        tokens: batch
            .usage_metadata
            .and_then(|used| used.prompt_token_count),
    })
}

impl Inputs {
    /// Reads a call.
    ///
    /// # Errors
    /// Token ids, which this provider does not take, and no input at all.
    pub(crate) fn read(ask: &Ask<'_>) -> Result<Self, TranslateError> {
        let mut request: EmbeddingRequest = ask.parse()?;
        let texts = match std::mem::take(&mut request.input) {
            Prompt::Text(text) => vec![text],
            Prompt::Texts(texts) => texts,
            _ => {
                let message = "`input` must be a string or an array of strings; this provider takes no token ids";
                return Err(invalid("input", message));
            }
        };
        if texts.is_empty() {
            return Err(invalid("input", "`input` must not be empty"));
        }
        let encoding = request
            .encoding_format
            .take()
            .unwrap_or(EncodingFormat::Float);
        if !matches!(encoding, EncodingFormat::Float | EncodingFormat::Base64) {
            let message = "`encoding_format` must be `float` or `base64`";
            return Err(invalid("encoding_format", message));
        }
        let mut extension = |name: &str| {
            request
                .extra
                .shift_remove(name)
                .filter(|value| !value.is_null())
        };
        let (task_type, title) = (extension("task_type"), extension("title"));
        let dimensions = request.dimensions.take().into_option();
        let mut dropped = Dropped::default();
        let understood: Vec<&str> = READ_ELSEWHERE.iter().copied().chain(["input"]).collect();
        dropped.rest("", &request, &understood);
        Ok(Self {
            texts,
            written: Written {
                encoding,
                model: ask.model.to_owned(),
            },
            dropped: dropped.into_names(),
            dimensions,
            task_type,
            title,
        })
    }

    /// The parameters that were given, under the upstream's names.
    pub(crate) fn options(&self, dimensions: &str, task_type: &str) -> Map<String, Value> {
        let given = [
            (dimensions, self.dimensions.map(Value::from)),
            (task_type, self.task_type.clone()),
            ("title", self.title.clone()),
        ];
        given
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

impl Written {
    /// A decoder that joins the answers to all requests.
    pub(crate) fn decoder(
        self,
        read: impl Fn(&[u8]) -> Result<Vectors, serde_json::Error> + Send + 'static,
    ) -> WholeDecoder {
        WholeDecoder::new(move |answers| {
            let mut all = Vectors::default();
            for body in answers {
                let more = read(&body).map_err(|error| invalid_response(&error.to_string()))?;
                all.vectors.extend(more.vectors);
                all.tokens = match (all.tokens, more.tokens) {
                    (Some(tokens), Some(more)) => Some(tokens.saturating_add(more)),
                    (tokens, more) => tokens.or(more),
                };
            }
            if all.vectors.is_empty() {
                return Err(invalid_response("there are none"));
            }
            let vectors: Vec<&RawValue> = all.vectors.iter().map(AsRef::as_ref).collect();
            vectors::answer(&self.model, &vectors, &self.encoding, all.tokens)
        })
    }
}

fn invalid_response(detail: &str) -> Box<Fault> {
    Box::new(Fault::new(
        FaultKind::InvalidResponse,
        format!("no embeddings: {detail}"),
    ))
}
