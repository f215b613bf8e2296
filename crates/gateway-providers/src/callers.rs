//! A provider for one request, at an endpoint that the caller brought along with a key of its own.
//!
//! Nothing of the configuration goes there: no credential, no header, no variable of the configured providers. The
//! vendor's row is the built-in one, since a row of the configuration may hold whatever its operator wrote.

use std::sync::Arc;

use async_trait::async_trait;
use gateway_client::transport::{Transport, TransportResponse, guard::CallersUrl};
use http::HeaderMap;

use crate::{
    Call, CallError, Catalog, Operation, Provider, ProviderInput, ProviderSettings, Reply, Secret,
    SettingsError, VendorRow,
    call::{AnswerLimits, Timeouts},
    provider::{ModelListing, ProxyRequest, SharedProvider},
    registry::{RegistryError, build_provider},
    rules::ModelRules,
    vendor::CatalogError,
};

/// The vendor whose endpoints callers may bring along, and the name that such a provider goes by.
pub const CALLERS_VENDOR: &str = "vllm";

/// What providers at callers' endpoints have in common.
#[derive(Debug, Clone)]
pub struct CallersProviders {
    vendor: Arc<VendorRow>,
    rules: ModelRules,
    limits: AnswerLimits,
    marks: HeaderMap,
}

/// Why there is no provider at a caller's endpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallersError {
    /// The built-in rows cannot be read, or have no such vendor.
    #[error("callers cannot bring endpoints: {0}")]
    Vendor(String),
    /// The address or the key cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The vendor's dialect is not built in.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl CallersProviders {
    /// Providers with these rules and limits. `marks` are headers of every request, none of them a secret.
    ///
    /// # Errors
    /// When the built-in rows do not have the vendor: never for the rows that a release was built with.
    pub fn new(
        rules: ModelRules,
        limits: AnswerLimits,
        marks: HeaderMap,
    ) -> Result<Self, CallersError> {
        let unreadable = |error: CatalogError| CallersError::Vendor(error.to_string());
        let catalog = Catalog::builtin().map_err(unreadable)?;
        let vendor = catalog
            .get(CALLERS_VENDOR)
            .ok_or_else(|| CallersError::Vendor(format!("no vendor `{CALLERS_VENDOR}`")))?;
        Ok(Self {
            vendor: Arc::clone(vendor),
            rules,
            limits,
            marks,
        })
    }

    /// The provider at one endpoint, with the caller's key and nobody else's. What is sent goes through the transport
    /// that was checked for this endpoint.
    ///
    /// # Errors
    /// [`CallersError::Settings`] where the address is no base URL or the key cannot be sent.
    pub fn at(
        &self,
        endpoint: &CallersUrl,
        key: Option<Secret>,
        timeouts: Timeouts,
        transport: Arc<dyn Transport>,
    ) -> Result<SharedProvider, CallersError> {
        let input = ProviderInput {
            base_url: Some(endpoint.as_url().as_str().to_owned()),
            credential: key,
            timeouts,
            limits: self.limits,
            rules: self.rules.clone(),
            ..ProviderInput::new(Arc::clone(&self.vendor))
        };
        let mut settings = ProviderSettings::resolve(input)?;
        settings.headers.extend(self.marks.clone());
        let inner = build_provider(settings, transport)?;
        Ok(Arc::new(CallersOwn { inner }))
    }
}

/// A provider that says whose it is.
#[derive(Debug)]
struct CallersOwn {
    inner: SharedProvider,
}

#[async_trait]
impl Provider for CallersOwn {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn vendor(&self) -> &str {
        self.inner.vendor()
    }

    fn wrapped(&self) -> Option<&dyn Provider> {
        Some(&*self.inner)
    }

    fn is_callers_own(&self) -> bool {
        true
    }

    fn supports(&self, operation: Operation) -> bool {
        self.inner.supports(operation)
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        self.inner.call(call).await
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        self.inner.models().await
    }

    async fn proxy(&self, request: ProxyRequest) -> Result<TransportResponse, CallError> {
        self.inner.proxy(request).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;
    use futures::StreamExt as _;
    use gateway_client::transport::{TransportError, TransportRequest};
    use gateway_types::json::{RawObject, ScanLimits};
    use http::StatusCode;

    use super::*;
    use crate::{
        Payload,
        state::{StateKind, Taking},
    };

    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<(String, HeaderMap)>>);

    #[async_trait]
    impl Transport for Seen {
        async fn send(
            &self,
            request: TransportRequest,
        ) -> Result<TransportResponse, TransportError> {
            let mut seen = self.0.lock().unwrap();
            seen.push((request.url.to_string(), request.headers));
            let body = Bytes::from_static(
                br#"{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}"#,
            );
            Ok(TransportResponse {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body: futures::stream::iter([Ok(body)]).boxed(),
            })
        }
    }

    fn providers() -> CallersProviders {
        CallersProviders::new(
            ModelRules::default(),
            AnswerLimits::default(),
            HeaderMap::new(),
        )
        .unwrap()
    }

    fn call() -> Call {
        let body = Bytes::from_static(br#"{"model":"m","messages":[]}"#);
        Call {
            operation: Operation::Chat,
            model: "m".to_owned(),
            payload: Payload::Json(RawObject::parse(body, ScanLimits::default()).unwrap()),
            stream: false,
            count_tokens: false,
            strict: false,
            headers: HeaderMap::new(),
            timeouts: Timeouts::default(),
        }
    }

    #[tokio::test]
    async fn the_callers_key_and_no_other_goes_to_the_endpoint_below_v1() {
        for (endpoint, url) in [
            (
                "http://a.example:8000",
                "http://a.example:8000/v1/chat/completions",
            ),
            (
                "http://a.example:8000/",
                "http://a.example:8000/v1/chat/completions",
            ),
            (
                "http://a.example:8000/v1",
                "http://a.example:8000/v1/chat/completions",
            ),
            (
                "http://a.example:8000/v1/",
                "http://a.example:8000/v1/chat/completions",
            ),
            (
                "https://a.example/team/v1",
                "https://a.example/team/v1/chat/completions",
            ),
        ] {
            for (key, expected) in [(None, None), (Some("callers"), Some("Bearer callers"))] {
                let seen = Arc::new(Seen::default());
                let endpoint = CallersUrl::endpoint(endpoint).unwrap();
                let provider = providers()
                    .at(
                        &endpoint,
                        key.map(Secret::from),
                        Timeouts::default(),
                        Arc::clone(&seen) as _,
                    )
                    .unwrap();
                assert!(provider.is_callers_own() && provider.name() == CALLERS_VENDOR);
                provider.call(call()).await.unwrap();
                let (sent, headers) = seen.0.lock().unwrap().remove(0);
                assert_eq!(sent, url);
                let given = headers
                    .get("authorization")
                    .map(|value| value.to_str().unwrap());
                assert_eq!(given, expected);
            }
        }
    }

    #[test]
    fn what_a_wrapper_does_not_say_itself_the_provider_inside_says() {
        let endpoint = CallersUrl::endpoint("http://a.example").unwrap();
        let transport = Arc::new(Seen::default());
        let provider = providers().at(&endpoint, None, Timeouts::default(), transport);
        let kind = StateKind::Named("anthropic-claude-v1".into());
        assert_eq!(provider.unwrap().takes_state("m", &kind), Taking::Refuses);
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused() {
        let endpoint = CallersUrl::endpoint("http://a.example").unwrap();
        let key = Some(Secret::from("a\nb"));
        let found = providers().at(
            &endpoint,
            key,
            Timeouts::default(),
            Arc::new(Seen::default()),
        );
        assert!(matches!(found, Err(CallersError::Settings(_))));
    }
}
