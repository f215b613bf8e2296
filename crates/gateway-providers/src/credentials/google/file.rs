//! Credentials files as Google's tools write them.
//!
//! Spec: <https://google.aip.dev/auth/4112> (service accounts), <https://google.aip.dev/auth/4113> (users),
//! <https://google.aip.dev/auth/4117> (workload identity federation).

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use url::Url;

use super::no_token;
use crate::{Fault, Secret};

/// A credentials file.
#[derive(Debug)]
pub(super) enum CredentialsFile {
    /// A service account's key.
    ServiceAccount(ServiceAccount),
    /// A user's login.
    User(User),
    /// An identity of another cloud.
    External(Box<External>),
}

/// A service account's key.
#[derive(Debug)]
pub(super) struct ServiceAccount {
    pub(super) client_email: String,
    /// PKCS #8 in PEM.
    pub(super) private_key: Secret,
    pub(super) private_key_id: Option<String>,
    pub(super) token_url: Url,
}

/// A user's login.
#[derive(Debug)]
pub(super) struct User {
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) refresh_token: Secret,
    pub(super) token_url: Url,
}

/// An identity of another cloud, which is exchanged for one of Google's.
#[derive(Debug)]
pub(super) struct External {
    pub(super) audience: String,
    pub(super) subject_token_type: String,
    pub(super) token_url: Url,
    /// Where the token of a service account is asked for with the exchanged one.
    pub(super) impersonation_url: Option<Url>,
    pub(super) source: SubjectSource,
    pub(super) format: SubjectFormat,
}

/// Where the other cloud's token is.
#[derive(Debug)]
pub(super) enum SubjectSource {
    File(PathBuf),
    Url {
        url: Url,
        headers: BTreeMap<String, String>,
    },
}

/// How the other cloud's token is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum SubjectFormat {
    /// As it is.
    #[default]
    Text,
    /// As this member of a JSON object.
    Member(String),
}

/// The file as it is written.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    client_email: Option<String>,
    private_key: Option<String>,
    private_key_id: Option<String>,
    token_uri: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    audience: Option<String>,
    subject_token_type: Option<String>,
    token_url: Option<String>,
    service_account_impersonation_url: Option<String>,
    credential_source: Option<WrittenSource>,
}

#[derive(Deserialize)]
struct WrittenSource {
    file: Option<PathBuf>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    format: Option<WrittenFormat>,
}

#[derive(Deserialize)]
struct WrittenFormat {
    #[serde(rename = "type")]
    kind: Option<String>,
    subject_token_field_name: Option<String>,
}

/// Where tokens are made, unless the file says another place.
const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

impl CredentialsFile {
    /// Reads a file.
    ///
    /// # Errors
    /// What is missing, without what is there.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Box<Fault>> {
        // The parser's own words may quote the file.
        let written: Written = serde_json::from_slice(text)
            .map_err(|_| no_token("the credentials file is not one of Google's"))?;
        match written.kind.as_str() {
            "service_account" => written.service_account().map(Self::ServiceAccount),
            "authorized_user" => written.user().map(Self::User),
            "external_account" => written
                .external()
                .map(|external| Self::External(Box::new(external))),
            kind => Err(no_token(&format!(
                "credentials of the type {kind:?} are not supported (service_account, authorized_user, external_account)"
            ))),
        }
    }
}

impl Written {
    fn service_account(self) -> Result<ServiceAccount, Box<Fault>> {
        Ok(ServiceAccount {
            client_email: needed(self.client_email, "client_email")?,
            private_key: needed(self.private_key, "private_key")?.into(),
            private_key_id: self.private_key_id,
            token_url: address(self.token_uri.as_deref().unwrap_or(TOKEN_URL), "token_uri")?,
        })
    }

    fn user(self) -> Result<User, Box<Fault>> {
        Ok(User {
            client_id: needed(self.client_id, "client_id")?,
            client_secret: needed(self.client_secret, "client_secret")?.into(),
            refresh_token: needed(self.refresh_token, "refresh_token")?.into(),
            token_url: address(self.token_uri.as_deref().unwrap_or(TOKEN_URL), "token_uri")?,
        })
    }

    fn external(self) -> Result<External, Box<Fault>> {
        let source = self
            .credential_source
            .ok_or_else(|| no_token("`credential_source` is missing in the credentials file"))?;
        let format = source.format.as_ref();
        let is_json = format.and_then(|format| format.kind.as_deref()) == Some("json");
        let member = format.and_then(|format| format.subject_token_field_name.clone());
        let format = if is_json {
            SubjectFormat::Member(needed(
                member,
                "credential_source.format.subject_token_field_name",
            )?)
        } else {
            SubjectFormat::Text
        };
        let source = match (source.file, source.url) {
            (Some(file), _) => SubjectSource::File(file),
            (None, Some(url)) => SubjectSource::Url {
                // Machines have these servers of theirs on plain HTTP.
                url: Url::parse(&url).map_err(|_| no_token("`credential_source.url` is no URL"))?,
                headers: source.headers,
            },
            (None, None) => {
                return Err(no_token("`credential_source` must have `file` or `url`"));
            }
        };
        let impersonation = self.service_account_impersonation_url.as_deref();
        Ok(External {
            audience: needed(self.audience, "audience")?,
            subject_token_type: needed(self.subject_token_type, "subject_token_type")?,
            token_url: address(&needed(self.token_url, "token_url")?, "token_url")?,
            impersonation_url: impersonation
                .map(|url| address(url, "service_account_impersonation_url"))
                .transpose()?,
            source,
            format,
        })
    }
}

fn needed(value: Option<String>, member: &str) -> Result<String, Box<Fault>> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| no_token(&format!("`{member}` is missing in the credentials file")))
}

/// An address to which secrets go: encrypted, or on this machine.
fn address(text: &str, member: &str) -> Result<Url, Box<Fault>> {
    let url = Url::parse(text).map_err(|_| no_token(&format!("`{member}` is no URL")))?;
    let is_here = url.host().is_some_and(|host| match host {
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
        url::Host::Domain(name) => name == "localhost",
    });
    if url.scheme() == "https" || is_here {
        return Ok(url);
    }
    Err(no_token(&format!("`{member}` must begin with `https://`")))
}
