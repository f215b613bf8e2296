//! The one trait that everything upstream is behind.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_client::transport::{RequestBody, TransportResponse};
use gateway_types::json::RawObject;
use http::{HeaderMap, Method};

use crate::{
    Call, CallError, Operation, Preview, Reply, TranslateError,
    state::{StateKind, Taking},
};

/// A configured upstream. Object-safe: the router holds `Arc<dyn Provider>`, and a type of your own can be one.
#[async_trait]
pub trait Provider: Send + Sync + fmt::Debug {
    /// The name it is configured under, e.g. `groq` or `lab`.
    fn name(&self) -> &str;

    /// The provider that this one is put around, where it is. What the outer one does not answer itself is asked of the
    /// inner one, so that a question which comes to this trait later passes through every wrapper.
    fn wrapped(&self) -> Option<&dyn Provider> {
        None
    }

    /// Which of its credentials it uses, where it is configured with several: `"1"`, `"2"` and so on. Each of them is a
    /// provider of its own, all of them with one name.
    fn account(&self) -> Option<&str> {
        self.wrapped()?.account()
    }

    /// Whether a caller brought it along for one request: nothing about it is remembered, and nothing that is counted
    /// or bounded for configured providers holds for it, be its name the same.
    fn is_callers_own(&self) -> bool {
        self.wrapped().is_some_and(Provider::is_callers_own)
    }

    /// Whether it takes images as bytes only, and a request that names one by its address is refused. See
    /// [`images`](crate::images).
    fn wants_image_bytes(&self) -> bool {
        self.wrapped().is_some_and(Provider::wants_image_bytes)
    }

    /// The id of its vendor, e.g. `vllm`.
    fn vendor(&self) -> &str;

    /// Whether it offers the operation. Asked before anything is sent.
    fn supports(&self, operation: Operation) -> bool;

    /// Sends one call and gives the checked reply. For a stream it returns once the first valid event is
    /// there, or after [`Timeouts::hold`](crate::call::Timeouts::hold). Dropping the reply cancels the upstream.
    ///
    /// # Errors
    /// [`CallError::Translate`] before anything is sent; [`CallError::Fault`] for what the upstream did.
    async fn call(&self, call: Call) -> Result<Reply, CallError>;

    /// A model that can be spoken of where nobody names one; the provider need not have it.
    fn example_model(&self) -> Option<&str> {
        self.wrapped()?.example_model()
    }

    /// What a call would be sent as; nothing is sent. `None` from a provider that cannot say, or does not put calls
    /// into words.
    fn preview(&self, call: Call) -> Option<Result<Preview, TranslateError>> {
        self.wrapped()?.preview(call)
    }

    /// What it does with a piece of an earlier answer's opaque state, when asked for this model.
    fn takes_state(&self, model: &str, kind: &StateKind) -> Taking {
        self.wrapped()
            .map_or(Taking::Unsure, |inner| inner.takes_state(model, kind))
    }

    /// The models that the upstream lists now, all pages of them.
    ///
    /// # Errors
    /// As [`call`](Self::call). A provider without a list gives an empty listing.
    async fn models(&self) -> Result<ModelListing, CallError>;

    /// Passes a request on to a path below the provider's base address, with the provider's credential, and
    /// gives the answer untouched.
    ///
    /// # Errors
    /// [`CallError::Translate`] where the path leaves the base or is not allowed; otherwise as [`call`](Self::call).
    async fn proxy(&self, request: ProxyRequest) -> Result<TransportResponse, CallError>;
}

/// A shared provider.
pub type SharedProvider = Arc<dyn Provider>;

/// What an upstream lists.
#[derive(Debug, Clone, Default)]
pub struct ModelListing {
    /// The models in the upstream's order, each object as it came (only its `id` checked to be a string).
    pub models: Vec<ListedModel>,
    /// The upstream's whole answer, where it is OpenAI's shape and came as one page.
    pub raw: Option<Bytes>,
}

/// One listed model.
#[derive(Debug, Clone)]
pub struct ListedModel {
    /// The id as the upstream takes it back in `model`.
    pub id: String,
    /// The whole object in OpenAI's shape: `id`, `object`, an integer `created`, `owned_by`, and every other
    /// member as the upstream gave it.
    pub object: RawObject,
}

/// What a raw request is answered: status, headers and bytes as they come.
pub type ProxyReply = TransportResponse;

/// A raw request below a provider's base address.
#[derive(Debug)]
pub struct ProxyRequest {
    /// The client's method.
    pub method: Method,
    /// The path as the client wrote it after `/proxy/{provider}`, still percent-encoded, with its leading slash.
    pub path: String,
    /// The query as the client wrote it, without the question mark.
    pub query: Option<String>,
    /// The client's headers that may go upstream.
    pub headers: HeaderMap,
    /// The client's body.
    pub body: RequestBody,
}
