//! From settings to a [`Client`].

use std::{sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Client, ClientError, exchange::Limits};
use crate::{
    base_url::BaseUrl,
    transport::{HttpTransport, HttpTransportConfig, Transport},
};

/// Settings of a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    base_url: String,
    api_key: Option<SecretString>,
    headers: Vec<(HeaderName, SecretString)>,
    limits: Limits,
    transport: Option<Arc<dyn Transport>>,
}

impl ClientBuilder {
    pub(super) fn new(base_url: String) -> Self {
        Self {
            base_url,
            api_key: None,
            headers: Vec::new(),
            limits: Limits::default(),
            transport: None,
        }
    }

    /// Sends `Authorization: Bearer <key>`. Without a key none is sent, which a local server accepts.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<SecretString>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Sends a header with every request, such as `x-api-key`. It is treated as a secret.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<SecretString>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// How long to wait for an answer to begin. 10 minutes by default, since an answer that is not streamed
    /// begins when the model is done.
    #[must_use]
    pub fn head_timeout(mut self, limit: Duration) -> Self {
        self.limits.head_timeout = limit;
        self
    }

    /// How long an answer that has begun may pause. 5 minutes by default.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.idle_timeout = limit;
        self
    }

    /// How large an answer may be, in bytes; for a stream, one event of it. 64 MiB by default.
    #[must_use]
    pub fn max_answer_bytes(mut self, limit: usize) -> Self {
        self.limits.max_answer_bytes = limit;
        self
    }

    /// Sends through another transport: one with its own settings, one that is shared, or a script in a test.
    #[must_use]
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Makes the client. A clone of it shares connections.
    ///
    /// # Errors
    /// [`ClientError::BaseUrl`], [`ClientError::Header`], or [`ClientError::Transport`] when the process's TLS
    /// does not work.
    pub fn build(self) -> Result<Client, ClientError> {
        let base_url: BaseUrl = self.base_url.parse()?;
        let headers = self.default_headers()?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport::new(HttpTransportConfig::default())?),
        };
        Ok(Client {
            base_url,
            headers,
            limits: self.limits,
            transport,
        })
    }

    fn default_headers(&self) -> Result<HeaderMap, ClientError> {
        const AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = &self.api_key {
            let bearer = SecretString::from(format!("Bearer {}", key.expose_secret()));
            headers.insert(AUTHORIZATION, secret_header(&AUTHORIZATION, &bearer)?);
        }
        for (name, value) in &self.headers {
            headers.insert(name, secret_header(name, value)?);
        }
        Ok(headers)
    }
}

fn secret_header(name: &HeaderName, value: &SecretString) -> Result<HeaderValue, ClientError> {
    let mut value =
        HeaderValue::from_str(value.expose_secret()).map_err(|_| ClientError::Header {
            name: name.to_string(),
        })?;
    value.set_sensitive(true);
    Ok(value)
}
