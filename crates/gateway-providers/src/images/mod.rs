//! Images by their address, for providers that take bytes only.
//!
//! Dialects are pure, so the bytes are fetched around them: [`WithImages`] puts them where the address stood, before
//! the request is put into the provider's words. Off unless somebody wraps a provider in it.

mod fetch;
mod find;
mod kind;

use std::sync::Arc;

use async_trait::async_trait;
use gateway_client::transport::TransportResponse;
use tokio::time::timeout;

pub use self::fetch::{FetchLimits, ImageFetcher};
use crate::{
    Call, CallError, Fault, FaultKind, Operation, Payload, Provider, Reply,
    provider::{ModelListing, ProxyRequest, SharedProvider},
};

/// A provider that is given images' bytes in place of their addresses.
#[derive(Debug)]
pub struct WithImages {
    inner: SharedProvider,
    fetcher: Arc<ImageFetcher>,
}

impl WithImages {
    /// The provider as it is, with images fetched for it.
    pub fn new(inner: SharedProvider, fetcher: Arc<ImageFetcher>) -> Self {
        Self { inner, fetcher }
    }
}

#[async_trait]
impl Provider for WithImages {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn wrapped(&self) -> Option<&dyn Provider> {
        Some(&*self.inner)
    }

    fn vendor(&self) -> &str {
        self.inner.vendor()
    }

    fn supports(&self, operation: Operation) -> bool {
        self.inner.supports(operation)
    }

    async fn call(&self, mut call: Call) -> Result<Reply, CallError> {
        let Payload::Json(body) = &call.payload else {
            return self.inner.call(call).await;
        };
        let images = self.fetcher.find(body)?;
        if images.is_empty() {
            return self.inner.call(call).await;
        }
        let late = |_| Fault::new(FaultKind::Deadline, "no place to fetch images in time");
        let waiting = timeout(call.timeouts.first_token, self.fetcher.place());
        // Held until the request is out: so much is in memory at a time.
        let _place = waiting.await.map_err(late)?;
        call.payload = Payload::Json(self.fetcher.inline(body, &images).await?);
        self.inner.call(call).await
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        self.inner.models().await
    }

    async fn proxy(&self, request: ProxyRequest) -> Result<TransportResponse, CallError> {
        self.inner.proxy(request).await
    }
}
