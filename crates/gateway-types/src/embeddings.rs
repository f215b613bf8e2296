//! `POST /v1/embeddings`: text to vectors.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/embeddings>

use std::borrow::Cow;

use crate::prompt::Prompt;
use crate::{Maybe, base64};

wire_object! {
    /// The body of `POST /v1/embeddings`.
    ///
    /// OpenAI's limits: 8,192 tokens per text, 2,048 texts, 300,000 tokens in sum, no empty text.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::embedding_request))]
    pub struct EmbeddingRequest {
        required {
            /// The model's name.
            model: String,
            /// Text, texts, tokens or lists of tokens.
            input: Prompt,
        }
        optional {
            /// How long the vectors are; the model's own length where absent.
            dimensions: u64 => with_dimensions,
            /// How they are written. OpenAI's Python SDK asks for `base64` when its caller does
            /// not say; servers that know only floats ignore it.
            encoding_format: EncodingFormat => with_encoding_format,
            /// The end user.
            user: String => with_user,
        }
    }
}

impl EmbeddingRequest {
    /// A request for the vectors of `input`.
    pub fn new(model: impl Into<String>, input: impl Into<Prompt>) -> Self {
        Self {
            model: model.into(),
            input: input.into(),
            ..Self::default()
        }
    }
}

open_enum! {
    /// How vectors are written.
    pub enum EncodingFormat {
        /// As an array of numbers; the default.
        Float => "float",
        /// As base64 of little-endian 32-bit floats.
        Base64 => "base64",
    }
}

wire_object! {
    /// The answer of `POST /v1/embeddings`.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::embedding_response))]
    pub struct EmbeddingResponse {
        required {
            /// One vector per input, in the order of the inputs.
            data: Vec<Embedding>,
        }
        optional {
            /// `list`.
            object: String,
            /// The model that answered.
            model: String,
            /// The tokens used.
            usage: EmbeddingUsage,
        }
    }
}

impl EmbeddingResponse {
    /// An answer with the fields that OpenAI always sends.
    pub fn new(
        model: impl Into<String>,
        data: impl Into<Vec<Embedding>>,
        usage: EmbeddingUsage,
    ) -> Self {
        Self {
            data: data.into(),
            object: "list".into(),
            model: Maybe::Value(model.into()),
            usage: usage.into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// One vector.
    pub struct Embedding {
        required {
            /// The vector.
            embedding: EmbeddingVector,
        }
        optional {
            /// The place of its input, from 0.
            index: u32,
            /// `embedding`.
            object: String,
        }
    }
}

impl Embedding {
    /// The vector of the input at `index`.
    pub fn new(index: u32, embedding: impl Into<EmbeddingVector>) -> Self {
        Self {
            embedding: embedding.into(),
            index: index.into(),
            object: "embedding".into(),
            ..Self::default()
        }
    }

    /// The numbers, decoded where needed.
    ///
    /// # Errors
    /// When base64 does not decode to whole 32-bit floats.
    pub fn as_floats(&self) -> Result<Cow<'_, [f64]>, VectorError> {
        self.embedding.as_floats()
    }
}

shape_union! {
    /// A vector, as numbers or as base64.
    pub enum EmbeddingVector, "an array of numbers or a base64 string" {
        /// Base64 of little-endian 32-bit floats.
        text Base64(String),
        /// Numbers.
        list Floats(Vec<f64>),
    }
}

impl EmbeddingVector {
    /// The numbers, decoded where needed.
    ///
    /// # Errors
    /// When base64 does not decode to whole 32-bit floats.
    ///
    /// ```
    /// # fn main() -> Result<(), gateway_types::embeddings::VectorError> {
    /// use gateway_types::embeddings::EmbeddingVector;
    /// let vector = EmbeddingVector::Base64("AACAPwAAAMA=".into());
    /// assert_eq!(vector.as_floats()?.as_ref(), [1.0, -2.0]);
    /// # Ok(()) }
    /// ```
    pub fn as_floats(&self) -> Result<Cow<'_, [f64]>, VectorError> {
        match self {
            Self::Floats(floats) => Ok(Cow::Borrowed(floats)),
            Self::Base64(text) => decode(text).map(Cow::Owned),
        }
    }

    /// The vector as base64, as `encoding_format: "base64"` wants it; numbers are rounded to
    /// 32 bits.
    #[must_use]
    pub fn into_base64(self) -> Self {
        match self {
            Self::Base64(_) => self,
            Self::Floats(floats) => Self::Base64(encode(&floats)),
        }
    }
}

impl Default for EmbeddingVector {
    fn default() -> Self {
        Self::Floats(Vec::new())
    }
}

/// Why a base64 vector could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VectorError {
    /// The text is not base64.
    #[error("the embedding is not valid base64")]
    NotBase64,
    /// The bytes are not a multiple of four.
    #[error("the embedding's bytes are not whole 32-bit floats")]
    NotFloats,
}

fn decode(text: &str) -> Result<Vec<f64>, VectorError> {
    let bytes = base64::decode(text).ok_or(VectorError::NotBase64)?;
    let (floats, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(VectorError::NotFloats);
    }
    Ok(floats
        .iter()
        .map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
        .collect())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the wire format has 32 bits"
)]
fn encode(floats: &[f64]) -> String {
    let bytes: Vec<u8> = floats
        .iter()
        .flat_map(|float| (*float as f32).to_le_bytes())
        .collect();
    base64::encode(&bytes)
}

wire_object! {
    /// The tokens that embeddings used; nothing is written, so there are two counts.
    pub struct EmbeddingUsage {
        optional {
            /// Tokens read.
            prompt_tokens: u64,
            /// The same.
            total_tokens: u64,
        }
    }
}

impl EmbeddingUsage {
    /// The count, in both fields.
    pub fn new(prompt_tokens: u64) -> Self {
        Self {
            prompt_tokens: prompt_tokens.into(),
            total_tokens: prompt_tokens.into(),
            ..Self::default()
        }
    }
}
