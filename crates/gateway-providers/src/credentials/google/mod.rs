//! Google's access tokens: fetched, kept until they are about to expire, never shown.
//!
//! They come from a credentials file (a service account's key, a user's login, or workload identity federation, all as
//! Google's own tools write them), or from the metadata server of the machine that the gateway runs on. The file is
//! read again for each token; whoever sees that another one is there builds the provider anew
//! ([`credentials_file`](crate::registry::credentials_file)), since a token is good for an hour.
//!
//! A token goes to Google alone: what the machine has (its metadata server, its `GOOGLE_APPLICATION_CREDENTIALS`) is
//! only used for a provider whose base URL is one of `googleapis.com`. Whoever names a file for a provider of another
//! base URL (a proxy, a private endpoint) says so.
//!
//! Spec: <https://cloud.google.com/docs/authentication/application-default-credentials>.

mod assertion;
mod file;
mod login;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use gateway_client::transport::{Transport, TransportRequest};
use http::{HeaderValue, header};
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use self::{file::CredentialsFile, login::Login};
use super::Signer;
use crate::{CallError, Fault, FaultKind, ProviderSettings};

/// What may be asked of Google with a token.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long before its end a token is renewed, as Google's own clients do: its servers hand out the same one earlier.
const RENEW_BEFORE: Duration = Duration::from_secs(225);

/// How much time a token must have left to be sent.
const LEAST_LEFT: Duration = Duration::from_secs(10);

/// How long a token that could not be renewed is used before that is tried again.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(15);

/// The metadata server: <https://cloud.google.com/compute/docs/metadata/overview>.
const METADATA_HOST: &str = "metadata.google.internal";
const METADATA_PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";

/// The vendor's variables that are read here: a file for this provider, what the machine has for all, and where its
/// metadata server is.
const CREDENTIALS_FILE: &str = "credentials_file";
const APPLICATION_CREDENTIALS: &str = "application_credentials";
const METADATA_HOST_VARIABLE: &str = "metadata_host";

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoogleSource {
    /// A credentials file.
    File(PathBuf),
    /// The metadata server, at this address of its token.
    Metadata(Url),
}

impl GoogleSource {
    /// Where a provider's tokens come from; `None` where it gets none.
    pub fn of(settings: &ProviderSettings) -> Option<Self> {
        let given = |name: &str| {
            settings
                .variables
                .get(name)
                .filter(|value| !value.is_empty())
        };
        if let Some(path) = given(CREDENTIALS_FILE) {
            return Some(Self::File(path.into()));
        }
        let host = settings.base_url.host_str()?;
        if host != "googleapis.com" && !host.ends_with(".googleapis.com") {
            return None;
        }
        if let Some(path) = given(APPLICATION_CREDENTIALS) {
            return Some(Self::File(path.into()));
        }
        let host = given(METADATA_HOST_VARIABLE).map_or(METADATA_HOST, String::as_str);
        metadata_url(host).map(Self::Metadata)
    }
}

/// The address of the token; `None` where the text is no host.
fn metadata_url(host: &str) -> Option<Url> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    if !host.bytes().all(plain) {
        return None;
    }
    Url::parse(&format!("http://{host}{METADATA_PATH}")).ok()
}

/// Puts a current token on each request.
pub struct GoogleTokens {
    source: GoogleSource,
    transport: Arc<dyn Transport>,
    current: RwLock<Option<Token>>,
    /// Held by whoever fetches a token, so that nobody else does.
    renewing: Mutex<()>,
}

/// A token as it is sent.
#[derive(Clone)]
struct Token {
    /// `Bearer ...`, marked sensitive.
    header: HeaderValue,
    expires: Instant,
    /// When it is to be renewed.
    renew: Instant,
}

/// How good the current token is.
enum Known {
    Good(HeaderValue),
    Old(HeaderValue),
    None,
}

impl GoogleTokens {
    /// Tokens from there, over this transport.
    pub fn new(source: GoogleSource, transport: Arc<dyn Transport>) -> Self {
        Self {
            source,
            transport,
            current: RwLock::new(None),
            renewing: Mutex::new(()),
        }
    }

    async fn header(&self) -> Result<HeaderValue, CallError> {
        match self.known() {
            Known::Good(header) => return Ok(header),
            Known::Old(header) => {
                let Ok(_renewing) = self.renewing.try_lock() else {
                    return Ok(header);
                };
                return Ok(match self.fetch().await {
                    Ok(newer) => newer,
                    Err(error) => {
                        tracing::warn!(%error, "a token of Google's could not be renewed");
                        self.try_again_later();
                        header
                    }
                });
            }
            Known::None => {}
        }
        let _renewing = self.renewing.lock().await;
        match self.known() {
            Known::Good(header) | Known::Old(header) => Ok(header),
            Known::None => self.fetch().await,
        }
    }

    fn known(&self) -> Known {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match &*current {
            Some(token) if now < token.renew => Known::Good(token.header.clone()),
            Some(token) if now + LEAST_LEFT < token.expires => Known::Old(token.header.clone()),
            _ => Known::None,
        }
    }

    async fn fetch(&self) -> Result<HeaderValue, CallError> {
        let login = Login::new(&*self.transport);
        let token = match &self.source {
            GoogleSource::Metadata(url) => login.metadata(url.clone()).await?,
            GoogleSource::File(path) => {
                // A small file, once an hour: not worth a thread of its own.
                let text = std::fs::read(path).map_err(|error| {
                    no_token(&format!("the credentials file cannot be read: {error}"))
                })?;
                login.with(CredentialsFile::parse(&text)?).await?
            }
        };
        let lifetime = Duration::from_secs(token.lifetime);
        let now = Instant::now();
        let header = bearer(&token.text)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Token {
            header: header.clone(),
            expires: now + lifetime,
            renew: now + lifetime.saturating_sub(RENEW_BEFORE).max(lifetime / 8),
        });
        Ok(header)
    }

    fn try_again_later(&self) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = &mut *current {
            token.renew = Instant::now() + TRY_AGAIN_AFTER;
        }
    }
}

#[async_trait]
impl Signer for GoogleTokens {
    async fn sign(&self, request: &mut TransportRequest) -> Result<(), CallError> {
        let header = self.header().await?;
        request.headers.insert(header::AUTHORIZATION, header);
        Ok(())
    }
}

impl fmt::Debug for GoogleTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleTokens")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Box<Fault>> {
    let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| no_token("it has characters that a header cannot carry"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// There is no token, and it is not the login server's doing.
fn no_token(detail: &str) -> Box<Fault> {
    let detail = format!("no access token of Google's: {detail}");
    Box::new(Fault::new(FaultKind::Unreachable, detail))
}
