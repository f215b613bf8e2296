//! The demo provider: OpenAI's dialect over the demo transport, and the mark of the demo on what it answers.

use std::sync::Arc;

use async_trait::async_trait;
use gateway_client::transport::TransportResponse;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{DEMO, DEMO_HEADER, DemoConfig, DemoTransport};
use crate::{
    Call, CallError, Catalog, Operation, Provider, ProviderInput, ProviderSettings, Reply,
    SettingsError,
    openai::OpenAiProvider,
    provider::{ModelListing, ProxyRequest},
    vendor::CatalogError,
};

const ROW: &str = include_str!("vendor.toml");

/// The built-in provider that needs no network and no key.
///
/// ```
/// use gateway_providers::{Operation, Provider, demo::{DemoConfig, DemoProvider}};
///
/// let demo = DemoProvider::new(DemoConfig::default())?;
/// assert_eq!((demo.name(), demo.vendor()), ("demo", "demo"));
/// assert!(demo.supports(Operation::Chat));
/// # Ok::<(), gateway_providers::demo::DemoError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DemoProvider {
    inner: OpenAiProvider,
}

/// Why there is no demo provider. In a released build there is one: tests have made it of the same row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The built-in row cannot be read.
    #[error(transparent)]
    Row(#[from] CatalogError),
    /// The built-in row is missing.
    #[error("the demo provider's row is missing")]
    Missing,
    /// The built-in row cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl DemoProvider {
    /// A demo provider.
    ///
    /// # Errors
    /// None in a released build, see [`DemoError`].
    pub fn new(config: DemoConfig) -> Result<Self, DemoError> {
        let catalog = Catalog::parse(ROW)?;
        let row = catalog.get(DEMO).ok_or(DemoError::Missing)?;
        let settings = ProviderSettings::resolve(ProviderInput::new(Arc::clone(row)))?;
        let transport = Arc::new(DemoTransport::new(config));
        Ok(Self {
            inner: OpenAiProvider::new(Arc::new(settings), transport),
        })
    }
}

#[async_trait]
impl Provider for DemoProvider {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn vendor(&self) -> &str {
        self.inner.vendor()
    }

    fn supports(&self, operation: Operation) -> bool {
        self.inner.supports(operation)
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        let mut result = self.inner.call(call).await;
        match &mut result {
            Ok(reply) => mark(&mut reply.headers),
            Err(CallError::Fault(fault)) => {
                if let Some(upstream) = &mut fault.upstream {
                    mark(&mut upstream.headers);
                }
            }
            Err(CallError::Translate(_)) => {}
        }
        result
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        self.inner.models().await
    }

    async fn proxy(&self, request: ProxyRequest) -> Result<TransportResponse, CallError> {
        let mut response = self.inner.proxy(request).await?;
        mark(&mut response.headers);
        Ok(response)
    }
}

fn mark(headers: &mut HeaderMap) {
    headers.insert(
        HeaderName::from_static(DEMO_HEADER),
        HeaderValue::from_static("true"),
    );
}
