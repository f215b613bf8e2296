//! A call as a dialect gets it.

use gateway_types::{chat::ChatRequest, json::RawObject};
use http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::{Operation, ProviderSettings, TranslateError, rules::ModelRule};

/// What is asked, of whom.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The operation.
    pub operation: Operation,
    /// The model as the upstream names it.
    pub model: &'a str,
    /// The client's body: a checked JSON object.
    pub body: &'a RawObject,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The client's headers that may go upstream, e.g. `anthropic-beta`.
    pub headers: &'a HeaderMap,
    /// The provider.
    pub settings: &'a ProviderSettings,
    /// What holds for this model only.
    pub rule: &'a ModelRule,
}

impl Ask<'_> {
    /// The body as a chat request.
    ///
    /// # Errors
    /// Names the member that is not what OpenAI's contract says.
    pub fn chat(&self) -> Result<ChatRequest, TranslateError> {
        self.parse()
    }

    /// The body as any type of the contract.
    ///
    /// # Errors
    /// As [`chat`](Self::chat).
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, TranslateError> {
        let mut deserializer = serde_json::Deserializer::from_slice(self.body.bytes());
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let message = error.into_inner().to_string();
            // The position is of no use to whoever builds the body with an SDK.
            let message = message
                .split(" at line ")
                .next()
                .unwrap_or_default()
                .to_owned();
            TranslateError::InvalidValue {
                message: format!("`{path}` is not valid: {message}"),
                param: path,
            }
        })
    }
}
