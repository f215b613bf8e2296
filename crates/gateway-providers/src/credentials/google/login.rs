//! Asking Google's login servers for a token.

use std::{collections::BTreeMap, path::Path, time::Duration, time::SystemTime};

use bytes::Bytes;
use gateway_client::transport::{RequestBody, Transport, TransportRequest};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::{Url, form_urlencoded};

use super::{
    SCOPE, assertion, bearer,
    file::{CredentialsFile, External, SubjectFormat, SubjectSource},
    no_token,
};
use crate::{
    CallError, Fault, FaultKind,
    dialects::{gemini, time},
    upstream::{body, send},
};

/// How long one request to a login server may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// How large an answer of a login server may be.
const MOST: usize = 64 << 10;

/// How long a token is taken to live where the server does not say, in seconds.
const USUAL_LIFETIME: u64 = 3600;

const ASSERTION_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE_GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A token, and for how many seconds it is good.
pub(super) struct Fetched {
    pub(super) text: String,
    pub(super) lifetime: u64,
}

/// The login servers, over a transport.
pub(super) struct Login<'a> {
    transport: &'a dyn Transport,
}

#[derive(Deserialize)]
struct Granted {
    access_token: Option<String>,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Impersonated {
    access_token: Option<String>,
    expire_time: Option<String>,
}

impl<'a> Login<'a> {
    pub(super) fn new(transport: &'a dyn Transport) -> Self {
        Self { transport }
    }

    /// The token of the machine's own account.
    pub(super) async fn metadata(&self, url: Url) -> Result<Fetched, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert("metadata-flavor", HeaderValue::from_static("Google"));
        granted(&self.ask(Method::GET, url, headers, None).await?)
    }

    /// A token by what a credentials file says.
    pub(super) async fn with(&self, file: CredentialsFile) -> Result<Fetched, CallError> {
        match file {
            CredentialsFile::ServiceAccount(account) => {
                let assertion = assertion::of(&account, SystemTime::now())?;
                let form = [("grant_type", ASSERTION_GRANT), ("assertion", &assertion)];
                granted(&self.post_form(account.token_url, &form).await?)
            }
            CredentialsFile::User(user) => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", &user.client_id),
                    ("client_secret", user.client_secret.expose()),
                    ("refresh_token", user.refresh_token.expose()),
                ];
                granted(&self.post_form(user.token_url, &form).await?)
            }
            CredentialsFile::External(external) => self.exchange(*external).await,
        }
    }

    /// The other cloud's token for one of Google's, and that for a service account's where one is named.
    async fn exchange(&self, external: External) -> Result<Fetched, CallError> {
        let subject = self.subject(&external.source, &external.format).await?;
        let form = [
            ("grant_type", EXCHANGE_GRANT),
            ("audience", &external.audience),
            ("scope", SCOPE),
            ("requested_token_type", ACCESS_TOKEN),
            ("subject_token_type", &external.subject_token_type),
            ("subject_token", &subject),
        ];
        let exchanged = granted(&self.post_form(external.token_url, &form).await?)?;
        let Some(url) = external.impersonation_url else {
            return Ok(exchanged);
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, bearer(&exchanged.text)?);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let wanted = json!({"scope": [SCOPE], "lifetime": format!("{USUAL_LIFETIME}s")});
        let answer = self
            .ask(Method::POST, url, headers, Some(wanted.to_string().into()))
            .await?;
        impersonated(&answer)
    }

    /// The other cloud's token.
    async fn subject(
        &self,
        source: &SubjectSource,
        format: &SubjectFormat,
    ) -> Result<String, CallError> {
        let text = match source {
            SubjectSource::File(path) => read(path)?,
            SubjectSource::Url { url, headers } => {
                let headers = header_map(headers)?;
                self.ask(Method::GET, url.clone(), headers, None)
                    .await?
                    .to_vec()
            }
        };
        let token = match format {
            SubjectFormat::Text => String::from_utf8(text).ok(),
            SubjectFormat::Member(name) => serde_json::from_slice::<Value>(&text)
                .ok()
                .and_then(|value| value.get(name)?.as_str().map(str::to_owned)),
        };
        let token = token
            .map(|token| token.trim().to_owned())
            .filter(|token| !token.is_empty());
        Ok(token.ok_or_else(|| no_token("there is no token where `credential_source` says"))?)
    }

    async fn post_form(&self, url: Url, form: &[(&str, &str)]) -> Result<Bytes, CallError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, kind);
        self.ask(Method::POST, url, headers, Some(body.into()))
            .await
    }

    async fn ask(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<Bytes, CallError> {
        let deadline = Instant::now() + PATIENCE;
        let request = TransportRequest {
            method,
            url,
            headers,
            body: body.map_or(RequestBody::Empty, RequestBody::Full),
            head_timeout: Some(PATIENCE),
        };
        let response = send(self.transport, request, deadline, FaultKind::Unreachable).await?;
        let answer = body::read(response.body, MOST, deadline).await?;
        if response.status.is_success() {
            return Ok(answer);
        }
        Err(refused(response.status, &answer).into())
    }
}

/// The login server said no. To the caller that is what a provider says to a key that it does not know; where the
/// server is busy, its own status says so.
fn refused(status: StatusCode, answer: &Bytes) -> Fault {
    let is_busy = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    let shown = if is_busy {
        status
    } else {
        StatusCode::UNAUTHORIZED
    };
    let code = status.as_u16();
    Fault {
        kind: FaultKind::Status,
        detail: format!("Google's login server answered with status {code}"),
        upstream: Some(gemini::error(shown, answer)),
    }
}

fn granted(answer: &[u8]) -> Result<Fetched, CallError> {
    let granted: Option<Granted> = serde_json::from_slice(answer).ok();
    let token = granted.and_then(|granted| {
        Some(Fetched {
            text: granted.access_token?,
            lifetime: granted.expires_in.unwrap_or(USUAL_LIFETIME),
        })
    });
    Ok(token.ok_or_else(|| no_token("the login server's answer holds none"))?)
}

fn impersonated(answer: &[u8]) -> Result<Fetched, CallError> {
    let granted: Option<Impersonated> = serde_json::from_slice(answer).ok();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let token = granted.and_then(|granted| {
        let left = granted
            .expire_time
            .as_deref()
            .and_then(time::seconds)
            .map(|end| {
                u64::try_from(end)
                    .unwrap_or_default()
                    .saturating_sub(now.as_secs())
            });
        Some(Fetched {
            text: granted.access_token?,
            lifetime: left.unwrap_or(USUAL_LIFETIME),
        })
    });
    Ok(token.ok_or_else(|| no_token("the answer for the service account holds none"))?)
}

fn read(path: &Path) -> Result<Vec<u8>, Box<Fault>> {
    std::fs::read(path).map_err(|error| {
        no_token(&format!(
            "the file of `credential_source` cannot be read: {error}"
        ))
    })
}

fn header_map(given: &BTreeMap<String, String>) -> Result<HeaderMap, Box<Fault>> {
    let wrong = || no_token("`credential_source.headers` cannot be sent");
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let name: HeaderName = name.parse().map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}
