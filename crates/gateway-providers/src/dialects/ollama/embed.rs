//! Embeddings.
//!
//! Spec: <https://docs.ollama.com/api/embed>

use bytes::Bytes;
use gateway_types::{
    embeddings::{EmbeddingRequest, EncodingFormat},
    prompt::Prompt,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use super::fault;
use crate::{
    Fault, FaultKind, TranslateError,
    dialects::{
        Ask, Decoder, Encoded, NativePath, NativeRequest, WholeAnswer, WholeDecoder,
        dropped::Dropped, read::invalid, vectors,
    },
};

/// Members of Ollama's own that go on as they are.
const OWN_MEMBERS: &[&str] = &["truncate", "keep_alive", "options"];

#[derive(Debug, Serialize)]
struct EmbedBody<'a> {
    model: &'a str,
    input: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u64>,
    #[serde(flatten)]
    own: Map<String, Value>,
}

/// Puts a request for embeddings into Ollama's words.
///
/// # Errors
/// Inputs, or an encoding, that the server does not take.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut request: EmbeddingRequest = ask.parse()?;
    let mut dropped = Dropped::default();
    let input = texts(std::mem::take(&mut request.input))?;
    let asked = request.encoding_format.take().into_option();
    let encoding = asked.unwrap_or(EncodingFormat::Float);
    if !matches!(encoding, EncodingFormat::Float | EncodingFormat::Base64) {
        let message = "`encoding_format` must be `float` or `base64` for this provider";
        return Err(invalid("encoding_format", message));
    }
    let own = OWN_MEMBERS.iter().filter_map(|name| {
        let value = request.extra.shift_remove(*name)?;
        (!value.is_null()).then(|| ((*name).to_owned(), value))
    });
    let own = own.collect();
    let dimensions = request.dimensions.take().into_option();
    dropped.rest("", &request, &["input", "model"]);
    let expected = input.len();
    let body = EmbedBody {
        model: ask.model,
        input,
        dimensions,
        own,
    };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let model = ask.model.to_owned();
    Ok(Encoded {
        requests: vec![NativeRequest::post(NativePath::new(["api", "embed"]), body)],
        dropped: dropped.into_names(),
        decoder: Decoder::Whole(WholeDecoder::new(move |answers| {
            let answer = answers.into_iter().next().unwrap_or_default();
            read_answer(&model, &answer, expected, &encoding)
        })),
    })
}

fn texts(input: Prompt) -> Result<Vec<String>, TranslateError> {
    let texts = match input {
        Prompt::Text(text) => vec![text],
        Prompt::Texts(texts) => texts,
        Prompt::Tokens(_) | Prompt::TokenLists(_) => {
            let message = "`input`: this provider takes no token ids; send the text";
            return Err(invalid("input", message));
        }
        Prompt::Other(_) => {
            let message = "`input`: this provider takes a text or an array of texts";
            return Err(invalid("input", message));
        }
    };
    if texts.is_empty() {
        return Err(invalid("input", "`input` is empty"));
    }
    Ok(texts)
}

#[derive(Debug, Deserialize)]
struct EmbedAnswer<'a> {
    #[serde(borrow, default)]
    embeddings: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
}

fn read_answer(
    model: &str,
    answer: &Bytes,
    expected: usize,
    encoding: &EncodingFormat,
) -> Result<WholeAnswer, Box<Fault>> {
    let read: EmbedAnswer<'_> =
        serde_json::from_slice(answer).map_err(|_| fault::in_success(answer))?;
    let vectors = read.embeddings.ok_or_else(|| fault::in_success(answer))?;
    if vectors.len() != expected {
        let detail = "not one embedding for each input";
        return Err(Box::new(Fault::new(FaultKind::InvalidResponse, detail)));
    }
    vectors::answer(model, &vectors, encoding, read.prompt_eval_count)
}
