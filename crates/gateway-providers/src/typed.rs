//! Typed calls on any provider, for programs that embed this crate: requests and answers as Rust types on top
//! of the bytes that [`Provider::call`] moves.

use std::future::Future;

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use gateway_client::sse::{Frame, FrameSplitter};
use gateway_types::{
    chat::{ChatChunk, ChatRequest, ChatResponse},
    completions::{CompletionRequest, CompletionResponse},
    embeddings::{EmbeddingRequest, EmbeddingResponse},
    images::{ImageRequest, ImageResponse},
    json::{RawObject, ScanError, ScanLimits},
    models::Model,
    moderations::{ModerationRequest, ModerationResponse},
};
use http::HeaderMap;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Call, CallError, EventStream, Fault, Operation, Payload, Provider, ReplyBody, call::Timeouts,
};

/// Why a typed call gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The call itself failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A stream broke off.
    #[error(transparent)]
    Stream(Box<Fault>),
    /// The request cannot be written as JSON.
    #[error("the request cannot be written as JSON")]
    Write(#[source] serde_json::Error),
    /// The request, written as JSON, is none that could be sent, e.g. nests too deep.
    #[error("the request is no JSON that can be sent")]
    Request(#[from] ScanError),
    /// The answer is valid JSON, but not of the shape that the type has.
    #[error("the answer is not of the shape that was asked for")]
    Read(#[source] serde_json::Error),
    /// The provider answered with a stream where an answer was asked for, or the other way round.
    #[error("the provider answered in another form than was asked for")]
    Form,
}

/// The chunks of an answer as they come; a fault is the last item.
pub type ChunkStream<T> = BoxStream<'static, Result<T, TypedError>>;

/// Typed calls, on every [`Provider`], `dyn Provider` among them. The request's `model` is the upstream's own
/// name for it.
///
/// ```
/// use gateway_providers::{demo::{DemoConfig, DemoProvider}, typed::ProviderExt};
/// use gateway_types::chat::{ChatRequest, Message};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let provider = DemoProvider::new(DemoConfig::default())?;
/// let answer = provider.chat(&ChatRequest::new("chat", [Message::user("Hello")])).await?;
/// assert!(answer.text().is_some());
/// # Ok(())
/// # }
/// ```
pub trait ProviderExt: Provider {
    /// A chat completion. A `stream` in the request is left out.
    ///
    /// # Errors
    /// See [`TypedError`]; so for all methods here.
    fn chat(
        &self,
        request: &ChatRequest,
    ) -> impl Future<Output = Result<ChatResponse, TypedError>> + Send {
        answer(self, Operation::Chat, request)
    }

    /// A chat completion as a stream.
    fn chat_stream(
        &self,
        request: &ChatRequest,
    ) -> impl Future<Output = Result<ChunkStream<ChatChunk>, TypedError>> + Send {
        chunks(self, Operation::Chat, request)
    }

    /// A text completion. A `stream` in the request is left out.
    fn completions(
        &self,
        request: &CompletionRequest,
    ) -> impl Future<Output = Result<CompletionResponse, TypedError>> + Send {
        answer(self, Operation::Completions, request)
    }

    /// Embeddings.
    fn embeddings(
        &self,
        request: &EmbeddingRequest,
    ) -> impl Future<Output = Result<EmbeddingResponse, TypedError>> + Send {
        answer(self, Operation::Embeddings, request)
    }

    /// Images from text. A `stream` in the request is left out.
    fn images(
        &self,
        request: &ImageRequest,
    ) -> impl Future<Output = Result<ImageResponse, TypedError>> + Send {
        answer(self, Operation::ImageGenerations, request)
    }

    /// A judgement of a text.
    fn moderations(
        &self,
        request: &ModerationRequest,
    ) -> impl Future<Output = Result<ModerationResponse, TypedError>> + Send {
        answer(self, Operation::Moderations, request)
    }

    /// The models that the upstream lists.
    fn list_models(&self) -> impl Future<Output = Result<Vec<Model>, TypedError>> + Send {
        async {
            let listing = self.models().await?;
            listing
                .models
                .iter()
                .map(|model| read(model.object.bytes()))
                .collect()
        }
    }
}

impl<P: Provider + ?Sized> ProviderExt for P {}

async fn answer<P, Q, A>(provider: &P, operation: Operation, request: &Q) -> Result<A, TypedError>
where
    P: Provider + ?Sized,
    Q: Serialize + Sync,
    A: DeserializeOwned,
{
    let reply = provider.call(call(operation, request, false)?).await?;
    match reply.body {
        ReplyBody::Whole { bytes, .. } => read(&bytes),
        ReplyBody::Events(_) | ReplyBody::Binary(_) => Err(TypedError::Form),
    }
}

async fn chunks<P, Q, C>(
    provider: &P,
    operation: Operation,
    request: &Q,
) -> Result<ChunkStream<C>, TypedError>
where
    P: Provider + ?Sized,
    Q: Serialize + Sync,
    C: DeserializeOwned + Send + 'static,
{
    let reply = provider.call(call(operation, request, true)?).await?;
    match reply.body {
        ReplyBody::Events(events) => Ok(typed_chunks(events)),
        ReplyBody::Whole { .. } | ReplyBody::Binary(_) => Err(TypedError::Form),
    }
}

fn call(operation: Operation, request: &impl Serialize, stream: bool) -> Result<Call, TypedError> {
    let written = serde_json::to_vec(request).map_err(TypedError::Write)?;
    let object = RawObject::parse(written.into(), ScanLimits::default())?;
    let mut edit = object.edit();
    if stream {
        edit.set("stream", "true");
    } else {
        edit.remove("stream").remove("stream_options");
    }
    let object = RawObject::parse(edit.apply(), ScanLimits::default())?;
    Ok(Call {
        operation,
        model: object.string("model").unwrap_or_default().into_owned(),
        payload: Payload::Json(object),
        stream,
        // The request says itself whether it wants usage in the stream.
        count_tokens: false,
        strict: false,
        headers: HeaderMap::new(),
        timeouts: Timeouts::default(),
    })
}

/// Batches hold whole events; each becomes a value.
fn typed_chunks<C: DeserializeOwned + Send + 'static>(events: EventStream) -> ChunkStream<C> {
    let values = events.map(|batch| match batch {
        Ok(batch) => frames(batch.bytes).iter().filter_map(chunk).collect(),
        Err(fault) => vec![Err(TypedError::Stream(Box::new(fault)))],
    });
    values.flat_map(futures::stream::iter).boxed()
}

fn frames(bytes: Bytes) -> Vec<Frame> {
    let mut splitter = FrameSplitter::new(usize::MAX);
    splitter.push(bytes);
    std::iter::from_fn(|| splitter.next_frame().ok().flatten()).collect()
}

/// The value of one event; `None` for `[DONE]` and comments.
fn chunk<C: DeserializeOwned>(frame: &Frame) -> Option<Result<C, TypedError>> {
    let data = frame.data.as_ref()?;
    (data.trim_ascii() != b"[DONE]").then(|| read(data))
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, TypedError> {
    serde_json::from_slice(json).map_err(TypedError::Read)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gateway_types::{chat::Message, prompt::Prompt};

    use super::*;
    use crate::demo::{DemoConfig, DemoProvider};

    fn demo() -> Arc<dyn Provider> {
        Arc::new(DemoProvider::new(DemoConfig::default()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_dyn_provider_answers_in_types() {
        let provider = demo();
        let request = ChatRequest::new("chat", [Message::user("Hello")]);
        let whole = provider
            .chat(&request.clone().with_stream(true))
            .await
            .unwrap();
        let chunks: Vec<ChatChunk> = provider
            .chat_stream(&request)
            .await
            .unwrap()
            .map(Result::unwrap)
            .collect()
            .await;
        let told: String = chunks.iter().filter_map(ChatChunk::text).collect();
        assert!(!told.is_empty());
        assert_eq!(
            whole.text(),
            Some(told),
            "the demo says the same in both ways"
        );
        assert!(
            provider
                .list_models()
                .await
                .unwrap()
                .iter()
                .any(|model| model.id == "chat")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn faults_and_refusals_are_errors() {
        let provider = demo();
        let request = |model: &str| ChatRequest::new(model, [Message::user("Hello")]);
        let broken = provider
            .chat_stream(&request("cut"))
            .await
            .unwrap()
            .collect::<Vec<_>>()
            .await;
        let (last, before) = broken.split_last().unwrap();
        assert!(matches!(last, Err(TypedError::Stream(_))) && before.iter().all(Result::is_ok));
        assert!(matches!(
            provider.chat(&request("503")).await,
            Err(TypedError::Call(CallError::Fault(_)))
        ));
        let embedding = EmbeddingRequest::new("no-such-model", Prompt::from("x"));
        assert!(matches!(
            provider.embeddings(&embedding).await,
            Err(TypedError::Call(_))
        ));
    }
}
