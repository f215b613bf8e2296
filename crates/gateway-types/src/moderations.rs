//! `POST /v1/moderations`: whether text or images are harmful.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/moderations>

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::Number;
use crate::chat::{ImageUrl, TextPart};

wire_object! {
    /// The body of `POST /v1/moderations`.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::moderation_request))]
    pub struct ModerationRequest {
        required {
            /// What to look at.
            input: ModerationInput,
        }
        optional {
            /// The model's name; the newest omni model where absent.
            model: String => with_model,
        }
    }
}

impl ModerationRequest {
    /// A request to look at `input`.
    pub fn new(input: impl Into<ModerationInput>) -> Self {
        Self {
            input: input.into(),
            ..Self::default()
        }
    }
}

/// Text, texts, or parts of text and images.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ModerationInput {
    /// One text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// Parts, judged together.
    Parts(Vec<ModerationPart>),
}

impl Default for ModerationInput {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl From<&str> for ModerationInput {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ModerationInput {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for ModerationInput {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<Vec<ModerationPart>> for ModerationInput {
    fn from(parts: Vec<ModerationPart>) -> Self {
        Self::Parts(parts)
    }
}

impl<'de> Deserialize<'de> for ModerationInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let typed = match &value {
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Array(items) if items.first().is_some_and(Value::is_object) => {
                Vec::deserialize(&value).map(Self::Parts)
            }
            _ => Vec::deserialize(&value).map(Self::Texts),
        };
        typed.map_err(serde::de::Error::custom)
    }
}

tagged_union! {
    /// One part of the input.
    pub enum ModerationPart by "type" {
        /// Text.
        "text" => Text(TextPart),
        /// An image.
        "image_url" => ImageUrl(ModerationImage),
    }
}

wire_object! {
    /// An image to look at.
    pub struct ModerationImage {
        required {
            /// Where the image is.
            image_url: ImageLocation,
        }
    }
}

shape_union! {
    /// Where an image is. The contract has an object; some clients send the URL itself.
    pub enum ImageLocation, "an object with a URL, or a URL" {
        /// As the contract has it.
        object Object(ImageUrl),
        /// As some clients send it.
        text Url(String),
    }
}

impl Default for ImageLocation {
    fn default() -> Self {
        Self::Object(ImageUrl::default())
    }
}

wire_object! {
    /// The answer of `POST /v1/moderations`.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::moderation_response))]
    pub struct ModerationResponse {
        required {
            /// One per input.
            results: Vec<ModerationResult>,
        }
        optional {
            /// The answer's id.
            id: String,
            /// The model that answered.
            model: String,
        }
    }
}

wire_object! {
    /// What the model found in one input.
    ///
    /// Categories are an open list: `harassment`, `harassment/threatening`, `hate`,
    /// `hate/threatening`, `illicit`, `illicit/violent`, `self-harm`, `self-harm/instructions`,
    /// `self-harm/intent`, `sexual`, `sexual/minors`, `violence`, `violence/graphic`. Models that
    /// do not know one answer `null` or leave it out.
    pub struct ModerationResult {
        required {
            /// Whether any category applies.
            flagged: bool,
            /// Which categories apply.
            #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, bool>))]
            categories: BTreeMap<String, Option<bool>>,
            /// How sure the model is, per category, from 0 to 1.
            #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, f64>))]
            category_scores: BTreeMap<String, Option<Number>>,
        }
        optional {
            /// Which kinds of input (`text`, `image`) each category looked at.
            category_applied_input_types: BTreeMap<String, Vec<String>>,
        }
    }
}
