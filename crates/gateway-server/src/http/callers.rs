//! Endpoints that callers bring along: whether this gateway lets them, and the provider that is made of one.

use std::sync::Arc;

use gateway_client::transport::guard::{CallersUrl, GuardError, GuardedTransport};
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
    options::{ENDPOINT, ENDPOINT_KEY, bad_header},
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

impl CallersEndpoints {
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
        let admitted = this.transport.admit(&url).await.map_err(refused)?;
        let transport = Arc::new(admitted);
        this.providers
            .at(
                &url,
                endpoint.key.clone(),
                timeouts(CALLERS_VENDOR),
                transport,
            )
            .map_err(unusable)
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
