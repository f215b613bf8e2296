//! A typed client for any endpoint that speaks OpenAI's API.

mod builder;
mod error;
mod events;
mod exchange;
mod stream;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt, sync::Arc};

use gateway_types::{
    Maybe,
    chat::{ChatChunk, ChatRequest, ChatResponse},
    completions::{CompletionRequest, CompletionResponse},
    embeddings::{EmbeddingRequest, EmbeddingResponse},
    images::{ImageRequest, ImageResponse},
    models::{Model, ModelList},
    moderations::{ModerationRequest, ModerationResponse},
};
use http::HeaderMap;

use self::exchange::Limits;
pub use self::{
    builder::ClientBuilder,
    error::{ApiError, ClientError},
    events::StreamItem,
    stream::AnswerStream,
};
use crate::{accumulate::ChatAccumulator, base_url::BaseUrl, transport::Transport};

/// The pieces of a streamed chat answer.
pub type ChatStream = AnswerStream<ChatChunk>;

/// The pieces of a streamed completion.
pub type CompletionStream = AnswerStream<CompletionResponse>;

/// A client for one endpoint. A clone shares its connections.
///
/// It sends each request once: whether to try again is for the caller to say, who knows what a second answer
/// costs. [`ClientError`] tells what is known.
///
/// ```no_run
/// use gateway_client::Client;
/// use gateway_types::chat::{ChatRequest, Message};
///
/// # async fn run() -> Result<(), gateway_client::ClientError> {
/// let client = Client::builder("http://127.0.0.1:8080/v1").api_key("sk-...").build()?;
/// let request = ChatRequest::new("demo/chat", [Message::user("Say hello.")]);
/// let response = client.chat(&request).await?;
/// println!("{}", response.text().unwrap_or_default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    base_url: BaseUrl,
    headers: HeaderMap,
    limits: Limits,
    transport: Arc<dyn Transport>,
}

impl Client {
    /// A client for the endpoint at `base_url`, which ends in the API's version as it does for OpenAI's SDKs:
    /// `http://127.0.0.1:8080/v1`.
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into())
    }

    /// `POST /chat/completions`, answered in one piece. The request's `stream` is left out.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatResponse, ClientError> {
        let mut request = Cow::Borrowed(request);
        if request.is_stream() {
            request.to_mut().stream = Maybe::Absent;
            request.to_mut().stream_options = Maybe::Absent;
        }
        self.post_json(self.base_url.join(["chat", "completions"])?, &*request)
            .await
    }

    /// `POST /chat/completions`, answered piece by piece. The request's `stream` is set.
    ///
    /// # Errors
    /// See [`ClientError`]; errors that come later are items of the stream.
    pub async fn chat_stream(&self, request: &ChatRequest) -> Result<ChatStream, ClientError> {
        let mut request = Cow::Borrowed(request);
        if !request.is_stream() {
            request.to_mut().stream = true.into();
        }
        let url = self.base_url.join(["chat", "completions"])?;
        let response = self.post_for_stream(url, &*request).await?;
        Ok(AnswerStream::new(response, self.limits))
    }

    /// `POST /completions`, answered in one piece. The request's `stream` is left out.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn completions(
        &self,
        request: &CompletionRequest,
    ) -> Result<CompletionResponse, ClientError> {
        let mut request = Cow::Borrowed(request);
        if request.stream.copied().unwrap_or(false) {
            request.to_mut().stream = Maybe::Absent;
            request.to_mut().stream_options = Maybe::Absent;
        }
        self.post_json(self.base_url.join(["completions"])?, &*request)
            .await
    }

    /// `POST /completions`, answered piece by piece. The request's `stream` is set.
    ///
    /// # Errors
    /// See [`ClientError`]; errors that come later are items of the stream.
    pub async fn completions_stream(
        &self,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, ClientError> {
        let mut request = Cow::Borrowed(request);
        if !request.stream.copied().unwrap_or(false) {
            request.to_mut().stream = true.into();
        }
        let url = self.base_url.join(["completions"])?;
        let response = self.post_for_stream(url, &*request).await?;
        Ok(AnswerStream::new(response, self.limits))
    }

    /// `POST /embeddings`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn embeddings(
        &self,
        request: &EmbeddingRequest,
    ) -> Result<EmbeddingResponse, ClientError> {
        self.post_json(self.base_url.join(["embeddings"])?, request)
            .await
    }

    /// `POST /images/generations`, answered in one piece.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn images(&self, request: &ImageRequest) -> Result<ImageResponse, ClientError> {
        self.post_json(self.base_url.join(["images", "generations"])?, request)
            .await
    }

    /// `POST /moderations`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn moderations(
        &self,
        request: &ModerationRequest,
    ) -> Result<ModerationResponse, ClientError> {
        self.post_json(self.base_url.join(["moderations"])?, request)
            .await
    }

    /// `GET /models`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn models(&self) -> Result<ModelList, ClientError> {
        self.get_json(self.base_url.join(["models"])?).await
    }

    /// `GET /models/{id}`. The id stays one part of the path, whatever it holds.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn model(&self, id: &str) -> Result<Model, ClientError> {
        self.get_json(self.base_url.join(["models", id])?).await
    }
}

impl ChatStream {
    /// Reads the stream to its end and puts the answer together.
    ///
    /// # Errors
    /// The first error of the stream; what came before it is lost. Use a [`ChatAccumulator`] to keep it.
    pub async fn collect_response(mut self) -> Result<ChatResponse, ClientError> {
        use futures::StreamExt as _;

        let mut answer = ChatAccumulator::new();
        while let Some(chunk) = self.next().await {
            answer.push(chunk?);
        }
        Ok(answer.finish())
    }
}

/// Shows no header, since the credential is among them.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
