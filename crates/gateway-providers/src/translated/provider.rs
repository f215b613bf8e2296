//! The provider that all translated dialects share.

use std::{
    fmt,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use gateway_client::transport::{Transport, TransportResponse};
use gateway_types::json::{RawObject, ScanLimits};

use super::{exchange::Exchange, models};
use crate::{
    Call, CallError, HOPS, Operation, Payload, Preview, Provider, ProviderSettings, Reply,
    TranslateError,
    answer::AnswerSeed,
    credentials::Signer,
    dialects::{Ask, Decoder, Dialect, Encoded},
    provider::{ModelListing, ProxyRequest},
    provider_options::ProviderOptions,
    rules::ModelRules,
    state::{self, StateKind, Taking},
    upstream::{hold, proxy, refuse_dropped, tell_dropped},
};

/// Any upstream whose protocol is translated.
#[derive(Clone)]
pub struct TranslatedProvider {
    settings: Arc<ProviderSettings>,
    transport: Arc<dyn Transport>,
    signer: Arc<dyn Signer>,
    dialect: Arc<dyn Dialect>,
    rules: ModelRules,
}

impl TranslatedProvider {
    /// A provider with these settings that speaks this dialect over this transport.
    pub fn new(
        settings: Arc<ProviderSettings>,
        transport: Arc<dyn Transport>,
        signer: Arc<dyn Signer>,
        dialect: Arc<dyn Dialect>,
    ) -> Self {
        let rules = settings.rules.at(&settings.vendor.id);
        Self {
            settings,
            transport,
            signer,
            dialect,
            rules,
        }
    }

    /// What it was configured with.
    pub fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    fn encode(&self, call: &Call, body: &RawObject) -> Result<Encoded, TranslateError> {
        let settings = &*self.settings;
        let names = [
            settings.name.as_str(),
            settings.vendor.id.as_str(),
            self.dialect.name(),
        ];
        let options = ProviderOptions::read(body, &names)?;
        let mut encoded = self.dialect.encode(&Ask {
            operation: call.operation,
            model: &call.model,
            body,
            stream: call.stream,
            headers: &call.headers,
            settings,
            rule: self.rules.of(&call.model),
        })?;
        let place = self.dialect.options_go_into(call.operation);
        for request in &mut encoded.requests {
            request.body = options.apply(std::mem::take(&mut request.body), place);
        }
        if let (Decoder::Chat(decoder), [request, ..]) =
            (&mut encoded.decoder, &encoded.requests[..])
        {
            decoder.sent(request);
        }
        encoded.dropped.extend(options.others);
        Ok(encoded)
    }

    fn seed(&self, call: &Call, body: &RawObject) -> AnswerSeed {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        AnswerSeed {
            unique: unique(),
            created: i64::try_from(now.as_secs()).unwrap_or_default(),
            model: call.model.clone(),
            dialect: self.dialect.name(),
            include_usage: asks_for_usage(body),
        }
    }

    fn exchange(&self) -> Exchange {
        Exchange {
            settings: Arc::clone(&self.settings),
            transport: Arc::clone(&self.transport),
            signer: Arc::clone(&self.signer),
            dialect: Arc::clone(&self.dialect),
            timeouts: self.settings.timeouts,
            hops: None,
        }
    }
}

#[async_trait]
impl Provider for TranslatedProvider {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn account(&self) -> Option<&str> {
        self.settings.account.as_deref()
    }

    fn vendor(&self) -> &str {
        &self.settings.vendor.id
    }

    fn wants_image_bytes(&self) -> bool {
        self.dialect.wants_image_bytes()
    }

    fn supports(&self, operation: Operation) -> bool {
        self.settings.supports(operation) && self.dialect.operations().contains(&operation)
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        let unsupported = || TranslateError::UnsupportedOperation {
            provider: self.settings.name.clone(),
            operation: call.operation,
        };
        if !self.supports(call.operation) {
            return Err(unsupported().into());
        }
        let Payload::Json(body) = &call.payload else {
            return Err(unsupported().into());
        };
        let Encoded {
            requests,
            dropped,
            decoder,
        } = self.encode(&call, body)?;
        refuse_dropped(call.strict, &dropped, &self.settings.name)?;
        let exchange = Exchange {
            timeouts: call.timeouts,
            hops: call.headers.get(HOPS).cloned(),
            ..self.exchange()
        };
        let seed = self.seed(&call, body);
        let reply = match decoder {
            Decoder::Whole(decoder) => exchange.whole(requests, decoder).await,
            Decoder::Chat(decoder) if call.stream => {
                hold(call.timeouts.hold, exchange.stream(requests, decoder, seed)).await
            }
            Decoder::Chat(decoder) => exchange.chat(requests, decoder, seed).await,
        };
        tell_dropped(reply, &dropped)
    }

    fn example_model(&self) -> Option<&str> {
        self.settings.vendor.example_model.as_deref()
    }

    fn preview(&self, call: Call) -> Option<Result<Preview, TranslateError>> {
        let Payload::Json(body) = &call.payload else {
            return None;
        };
        Some(self.encode(&call, body).map(|encoded| {
            Preview {
                bodies: encoded
                    .requests
                    .into_iter()
                    .map(|request| request.body)
                    .collect(),
                dropped: encoded.dropped,
            }
        }))
    }

    fn takes_state(&self, model: &str, kind: &StateKind) -> Taking {
        match kind {
            StateKind::Named(name)
                if state::is_among(self.dialect.takes_state(model), name)
                    || state::is_among(&self.settings.vendor.takes_state, name) =>
            {
                Taking::Takes
            }
            // Whose it is stands nowhere.
            StateKind::Resource if self.dialect.names_resources() => Taking::Unsure,
            // The dialect knows what it puts back: all else is left out.
            StateKind::Named(_)
            | StateKind::Encrypted
            | StateKind::Stored
            | StateKind::Resource => Taking::Refuses,
        }
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        models::list(&self.exchange()).await
    }

    async fn proxy(&self, request: ProxyRequest) -> Result<TransportResponse, CallError> {
        proxy(&self.settings, &*self.transport, &*self.signer, request).await
    }
}

impl fmt::Debug for TranslatedProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranslatedProvider")
            .field("settings", &self.settings)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

/// Whether the client wants the usage at the end of its stream.
fn asks_for_usage(body: &RawObject) -> bool {
    let Some(options) = body.get("stream_options") else {
        return false;
    };
    // Some clients write the object as a string.
    let text = body
        .string("stream_options")
        .map_or_else(|| options.value.to_owned(), std::borrow::Cow::into_owned);
    RawObject::parse(text.into(), ScanLimits::default()).is_ok_and(|options| {
        options
            .get("include_usage")
            .is_some_and(|asked| asked.value == "true")
    })
}

/// Text that is not met twice.
fn unique() -> String {
    let mut bytes = [0_u8; 12];
    // Without chance there is still the time; ids are names, not secrets.
    if getrandom::fill(&mut bytes).is_err() {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        for (place, byte) in bytes.iter_mut().zip(now.as_nanos().to_le_bytes()) {
            *place = byte;
        }
    }
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
