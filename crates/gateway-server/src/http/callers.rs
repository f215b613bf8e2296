//! Endpoints that callers bring along: whether this gateway lets them, and the provider that is made of one.

use std::sync::Arc;

use async_trait::async_trait;
use gateway_client::transport::{
    Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
    guard::{CallersUrl, GuardError, GuardedTransport},
};
use gateway_providers::{
    Secret,
    call::Timeouts,
    callers::{CALLERS_VENDOR, CallersError, CallersProviders},
    provider::SharedProvider,
};
use tracing::debug;

use super::{
    error::{ApiError, ErrorKind},
    identify::Keys,
    options::{ENDPOINT, ENDPOINT_KEY, Options, bad_header},
};

/// A caller's endpoint as the headers say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallersEndpoint {
    /// The base URL as it was written.
    pub url: String,
    /// The caller's key for it.
    pub key: Option<Secret>,
}

/// How callers' endpoints are called, where they are.
#[derive(Debug)]
pub struct CallersEndpoints {
    /// Checks where one leads, and goes nowhere else.
    pub transport: GuardedTransport,
    /// Makes the providers.
    pub providers: CallersProviders,
}

/// A provider at a caller's endpoint that can be planned with and not called.
#[derive(Debug)]
pub struct Unasked {
    /// The endpoint.
    pub url: CallersUrl,
    /// The provider. Whatever it is asked, nothing is sent.
    pub provider: SharedProvider,
}

impl CallersEndpoints {
    /// The endpoint of a request that is to be asked. A gateway that lets nobody bring any has to be asked for it as
    /// well, so that it says so.
    pub fn wanted<'a>(this: Option<&Self>, options: &'a Options) -> Option<&'a CallersEndpoint> {
        match this {
            Some(_) => options.seated_endpoint(),
            None => options.endpoint.as_ref(),
        }
    }

    /// The provider at a caller's endpoint, after every check of its address. `None` for `this` is a gateway that does
    /// not let callers bring any.
    ///
    /// # Errors
    /// 400 with the header's name. It does not tell what a name leads to.
    pub async fn provider(
        this: Option<&Self>,
        endpoint: &CallersEndpoint,
        keys: &Keys,
        timeouts: impl FnOnce(&str) -> Timeouts,
    ) -> Result<SharedProvider, ApiError> {
        let (this, url) = Self::readable(this, endpoint, keys)?;
        let admitted = this.transport.admit(&url).await.map_err(refused)?;
        this.at(&url, endpoint, timeouts, Arc::new(admitted))
    }

    /// As [`provider`](Self::provider), as far as the endpoint's text tells: nothing is looked up.
    ///
    /// # Errors
    /// As [`provider`](Self::provider).
    pub fn unasked(
        this: Option<&Self>,
        endpoint: &CallersEndpoint,
        keys: &Keys,
        timeouts: impl FnOnce(&str) -> Timeouts,
    ) -> Result<Unasked, ApiError> {
        let (this, url) = Self::readable(this, endpoint, keys)?;
        this.transport.judge(&url).map_err(refused)?;
        let provider = this.at(&url, endpoint, timeouts, Arc::new(Nowhere))?;
        Ok(Unasked { url, provider })
    }

    /// What can be told before the guard is asked.
    fn readable<'a>(
        this: Option<&'a Self>,
        endpoint: &CallersEndpoint,
        keys: &Keys,
    ) -> Result<(&'a Self, CallersUrl), ApiError> {
        let Some(this) = this else {
            let message = format!(
                "`{ENDPOINT}` is not switched on on this gateway. Leave the header out, or have its operator list the \
                 endpoint under `[caller_endpoints]` in the configuration."
            );
            return Err(ApiError::new(ErrorKind::InvalidHeader, message).param(ENDPOINT));
        };
        if let Some(key) = &endpoint.key
            && keys.holds(key.expose())
        {
            let why = "it is a key of this gateway, which goes to nobody else";
            return Err(bad_header(ENDPOINT_KEY, why));
        }
        let url = CallersUrl::endpoint(&endpoint.url)
            .map_err(|error| bad_header(ENDPOINT, &error.to_string()))?;
        Ok((this, url))
    }

    fn at(
        &self,
        url: &CallersUrl,
        endpoint: &CallersEndpoint,
        timeouts: impl FnOnce(&str) -> Timeouts,
        transport: Arc<dyn Transport>,
    ) -> Result<SharedProvider, ApiError> {
        let key = endpoint.key.clone();
        self.providers
            .at(url, key, timeouts(CALLERS_VENDOR), transport)
            .map_err(unusable)
    }
}

/// Sends nothing.
#[derive(Debug)]
struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    async fn send(&self, _: TransportRequest) -> Result<TransportResponse, TransportError> {
        let message = "this endpoint is not asked";
        Err(TransportError::new(TransportErrorKind::Connect, message))
    }
}

fn refused(error: GuardError) -> ApiError {
    debug!(why = error.log_detail(), "a caller's endpoint is refused");
    bad_header(ENDPOINT, &error.to_string()).detail(error.log_detail())
}

/// The address has been read already, so what is left to be wrong is the key.
fn unusable(error: CallersError) -> ApiError {
    match error {
        CallersError::Settings(_) => {
            let why = "it has characters that a header cannot carry";
            bad_header(ENDPOINT_KEY, why)
        }
        other => ApiError::new(
            ErrorKind::InternalError,
            "The gateway failed at this request. Its operator finds the cause under the request id.",
        )
        .detail(other.to_string()),
    }
}
