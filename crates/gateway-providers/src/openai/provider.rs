//! The provider that OpenAI-compatible vendors share.

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_trait::async_trait;
use gateway_client::transport::{RequestBody, Transport, TransportRequest, TransportResponse};
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::time::Instant;
use url::Url;

use super::{
    exchange::Exchange,
    models::{self, Page},
    request::{self, Prepared},
    through_responses::ThroughResponses,
};
use crate::{
    Call, CallError, FaultKind, Operation, Preview, Provider, ProviderSettings, Quirk, Reply,
    TranslateError,
    provider::{ModelListing, ProxyRequest},
    rules::ModelRules,
    state::{self, MAKERS_KNOWN, StateKind, Taking},
    stream::GuardRules,
    translated::TranslatedProvider,
    upstream::{as_it_came, body, proxy, refuse_errors, send, upstream_headers},
    vendor::ModelListShape,
};

/// No vendor has more pages of models; a list that says so is cut there.
const MAX_PAGES: u32 = 20;

/// Any upstream that speaks OpenAI's protocol: what differs between vendors is in the settings.
///
/// ```
/// use std::sync::Arc;
///
/// use gateway_client::transport::{HttpTransport, HttpTransportConfig};
/// use gateway_providers::{Catalog, Operation, Provider, ProviderInput, ProviderSettings, openai::OpenAiProvider};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let catalog = Catalog::builtin()?;
/// let vllm = catalog.get("vllm").ok_or("no such vendor")?;
/// let mut input = ProviderInput::new(Arc::clone(vllm));
/// input.base_url = Some("http://10.0.0.5:8000/v1".to_owned());
/// let settings = ProviderSettings::resolve(input)?;
/// let transport = Arc::new(HttpTransport::new(HttpTransportConfig::default())?);
/// let provider = OpenAiProvider::new(Arc::new(settings), transport);
/// assert!(provider.supports(Operation::Chat));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OpenAiProvider {
    settings: Arc<ProviderSettings>,
    /// What holds for some models, of the rules that name the vendor.
    rules: ModelRules,
    transport: Arc<dyn Transport>,
    through_responses: Option<ThroughResponses>,
}

impl OpenAiProvider {
    /// A provider with these settings over this transport. Chats with models that answer only through the
    /// Responses API, as their rules say, go there where the upstream offers it.
    pub fn new(settings: Arc<ProviderSettings>, transport: Arc<dyn Transport>) -> Self {
        Self {
            rules: settings.rules.naming(&settings.vendor.id),
            through_responses: ThroughResponses::by_rule(&settings, &transport),
            settings,
            transport,
        }
    }

    /// As [`new`](Self::new), with every chat going through the Responses API: the dialect `responses`.
    pub fn with_chat_through_responses(
        settings: Arc<ProviderSettings>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            through_responses: Some(ThroughResponses::always(&settings, &transport)),
            ..Self::new(settings, transport)
        }
    }

    /// The translating provider that takes this call, where one does.
    fn translates(&self, call: &Call) -> Option<&TranslatedProvider> {
        self.through_responses.as_ref()?.takes(call, &self.rules)
    }

    /// What it was configured with.
    pub fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    fn rules(&self, operation: Operation, hide_usage: bool) -> GuardRules {
        GuardRules {
            end: operation.spec().stream_end,
            hide_usage,
            reasoning_beside: self.settings.has(Quirk::ReasoningBesideCompletion),
            max_event_bytes: self.settings.limits.event_bytes,
            redactor: self.settings.redactor.clone(),
        }
    }

    /// One page of the model list, read whole.
    async fn models_page(&self, url: &Url, page: u32) -> Result<(Page, bytes::Bytes), CallError> {
        let settings = &self.settings;
        let mut url = url.clone();
        if page > 1 {
            url.query_pairs_mut().append_pair("page", &page.to_string());
        }
        let mut headers = upstream_headers(settings, HeaderMap::new());
        settings.credential.apply(&mut headers, &mut url);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let total = settings.timeouts.total;
        let deadline = Instant::now() + total;
        let request = TransportRequest {
            method: Method::GET,
            url,
            headers,
            body: RequestBody::Empty,
            head_timeout: Some(total),
        };
        let response = send(&*self.transport, request, deadline, FaultKind::Deadline).await?;
        let response = refuse_errors(response, &settings.redactor, deadline, as_it_came).await?;
        let bytes = body::read(response.body, settings.limits.whole_bytes, deadline).await?;
        let page = models::read_page(&bytes, settings.vendor.models.shape, &settings.name)
            .map_err(CallError::Fault)?;
        Ok((page, bytes))
    }
}

#[async_trait]
impl Provider for OpenAiProvider {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn account(&self) -> Option<&str> {
        self.settings.account.as_deref()
    }

    fn vendor(&self) -> &str {
        &self.settings.vendor.id
    }

    fn supports(&self, operation: Operation) -> bool {
        self.settings.supports(operation)
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        if let Some(provider) = self.translates(&call) {
            return provider.call(call).await;
        }
        let (operation, stream, timeouts) = (call.operation, call.stream, call.timeouts);
        let Prepared {
            request,
            dropped,
            hides_usage,
        } = request::prepare(&self.settings, &self.rules, call)?;
        let rules = self.rules(operation, hides_usage);
        let transport = Arc::clone(&self.transport);
        Exchange {
            transport,
            request,
            operation,
            stream,
            rules,
            timeouts,
            whole_bytes: self.settings.limits.whole_bytes,
            dropped,
        }
        .run()
        .await
    }

    fn example_model(&self) -> Option<&str> {
        self.settings.vendor.example_model.as_deref()
    }

    fn preview(&self, call: Call) -> Option<Result<Preview, TranslateError>> {
        if let Some(provider) = self.translates(&call) {
            return provider.preview(call);
        }
        let prepared = request::prepare(&self.settings, &self.rules, call);
        let preview = |prepared: Prepared| {
            let body = match prepared.request.body {
                RequestBody::Full(body) => body,
                RequestBody::Pieces(pieces) => pieces.concat().into(),
                _ => return None,
            };
            Some(Preview {
                bodies: vec![body],
                dropped: prepared.dropped,
            })
        };
        prepared.map(preview).transpose()
    }

    fn takes_state(&self, model: &str, kind: &StateKind) -> Taking {
        let StateKind::Named(name) = kind else {
            // An item or an id says nothing of its maker.
            return Taking::Unsure;
        };
        let through = self.through_responses.as_ref();
        if state::is_among(&self.settings.vendor.takes_state, name)
            || through.is_some_and(|through| through.takes_state(model, name, &self.rules))
        {
            Taking::Takes
        } else if state::is_among(MAKERS_KNOWN, name) {
            Taking::Refuses
        } else {
            Taking::Unsure
        }
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        let settings = &self.settings;
        let mut listing = ModelListing::default();
        if let Some(url) = settings.models_url() {
            let (first, bytes) = self.models_page(url, 1).await?;
            listing.models = first.models;
            let is_openais = settings.vendor.models.shape == ModelListShape::Openai;
            listing.raw = (is_openais && first.pages == 1).then_some(bytes);
            for number in 2..=first.pages.min(MAX_PAGES) {
                listing
                    .models
                    .extend(self.models_page(url, number).await?.0.models);
            }
        }
        let listed: BTreeSet<&str> = listing
            .models
            .iter()
            .map(|model| model.id.as_str())
            .collect();
        let further = settings
            .vendor
            .models
            .static_models
            .iter()
            .filter(|id| !listed.contains(id.as_str()));
        let further: Vec<_> = further
            .filter_map(|id| models::static_model(id, &settings.name))
            .collect();
        listing.models.extend(further);
        Ok(listing)
    }

    async fn proxy(&self, request: ProxyRequest) -> Result<TransportResponse, CallError> {
        let settings = &self.settings;
        proxy(settings, &*self.transport, &settings.credential, request).await
    }
}

impl fmt::Debug for OpenAiProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiProvider")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
