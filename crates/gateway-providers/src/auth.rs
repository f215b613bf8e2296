//! How a provider wants its credential: as a header, in the query, or not at all.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    Secret,
    credentials::aws::{AwsSigning, USUAL_SERVICE},
};

/// Where a credential goes. In TOML a word (`"bearer"`, `"x-header"`, `"query"`, `"aws"`, `"none"`), or a table where
/// the name is not the usual one: `{ type = "x-header", name = "api-key" }`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "AuthForm", into = "AuthForm")]
pub enum Auth {
    /// `Authorization: Bearer <key>`.
    #[default]
    Bearer,
    /// A header of its own, e.g. `x-api-key: <key>` (the name when none is given).
    Header {
        /// The header's name.
        name: HeaderName,
    },
    /// A query parameter, e.g. `?key=<key>` (the name when none is given).
    Query {
        /// The parameter's name.
        name: String,
    },
    /// AWS's signature over the request, made with keys written `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`; any
    /// other credential goes as [`Bearer`](Self::Bearer).
    Aws {
        /// The service's name in signatures (`bedrock` when none is given).
        service: String,
    },
    /// Google's access tokens, fetched with a service account's file or from the machine's metadata server; a credential
    /// that is given is a token already and goes as [`Bearer`](Self::Bearer).
    Google,
    /// No credential.
    None,
}

const DEFAULT_HEADER: HeaderName = HeaderName::from_static("x-api-key");
const DEFAULT_PARAMETER: &str = "key";

/// [`Auth`] as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    untagged,
    expecting = "expected \"bearer\", \"x-header\", \"query\", \"aws\", \"google\", \"none\" or { type = ..., name = ... }"
)]
enum AuthForm {
    /// A word alone.
    Word(AuthKind),
    /// A word with the name of the header or parameter.
    Named(NamedAuth),
}

/// A kind of credential with the name it goes under.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct NamedAuth {
    /// The kind.
    r#type: AuthKind,
    /// The header's or parameter's name; `x-api-key` and `key` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// The kinds of [`Auth`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum AuthKind {
    /// `Authorization: Bearer`.
    Bearer,
    /// A header of its own.
    #[serde(alias = "x_header", alias = "xheader", alias = "header")]
    XHeader,
    /// A query parameter.
    Query,
    /// AWS's signature.
    Aws,
    /// Google's access tokens.
    Google,
    /// No credential.
    None,
}

/// Why an [`Auth`] or a credential cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The name is not one that a header can have.
    #[error("`{0}` is no header name")]
    HeaderName(String),
    /// The name is not one that this accepts as a query parameter.
    #[error("`{0}` is no name of a query parameter: use letters, digits, `-`, `_`, `.`")]
    ParameterName(String),
    /// A name where none belongs.
    #[error("`bearer`, `google` and `none` take no name")]
    SuperfluousName,
    /// The credential has characters that a header cannot carry, e.g. a line break. The text is not shown.
    #[error("the credential has characters that a header cannot carry (a line break at its end?)")]
    Credential,
}

impl TryFrom<AuthForm> for Auth {
    type Error = AuthError;

    fn try_from(form: AuthForm) -> Result<Self, AuthError> {
        let (kind, name) = match form {
            AuthForm::Word(kind) => (kind, None),
            AuthForm::Named(NamedAuth { r#type, name }) => (r#type, name),
        };
        match (kind, name) {
            (AuthKind::Bearer, None) => Ok(Self::Bearer),
            (AuthKind::None, None) => Ok(Self::None),
            (AuthKind::Google, None) => Ok(Self::Google),
            (AuthKind::Bearer | AuthKind::Google | AuthKind::None, Some(_)) => {
                Err(AuthError::SuperfluousName)
            }
            (AuthKind::XHeader, None) => Ok(Self::Header {
                name: DEFAULT_HEADER,
            }),
            (AuthKind::XHeader, Some(name)) => name
                .parse()
                .map(|name| Self::Header { name })
                .map_err(|_| AuthError::HeaderName(name)),
            (AuthKind::Aws, name) => Ok(Self::Aws {
                service: name.unwrap_or_else(|| USUAL_SERVICE.to_owned()),
            }),
            (AuthKind::Query, name) => {
                parameter_name(name.unwrap_or_else(|| DEFAULT_PARAMETER.to_owned()))
            }
        }
    }
}

fn parameter_name(name: String) -> Result<Auth, AuthError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(AuthError::ParameterName(name));
    }
    Ok(Auth::Query { name })
}

impl From<Auth> for AuthForm {
    fn from(auth: Auth) -> Self {
        let named = |r#type, name: &str| {
            Self::Named(NamedAuth {
                r#type,
                name: Some(name.to_owned()),
            })
        };
        match auth {
            Auth::Bearer => Self::Word(AuthKind::Bearer),
            Auth::None => Self::Word(AuthKind::None),
            Auth::Google => Self::Word(AuthKind::Google),
            Auth::Aws { service } if service == USUAL_SERVICE => Self::Word(AuthKind::Aws),
            Auth::Aws { service } => named(AuthKind::Aws, &service),
            Auth::Header { name } => named(AuthKind::XHeader, name.as_str()),
            Auth::Query { name } => named(AuthKind::Query, &name),
        }
    }
}

/// `bearer`, `google`, `none`, `x-header: NAME`, `query: NAME` or `aws: SERVICE`, for documents and logs.
impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("bearer"),
            Self::None => f.write_str("none"),
            Self::Google => f.write_str("google"),
            Self::Header { name } => write!(f, "x-header: {name}"),
            Self::Query { name } => write!(f, "query: {name}"),
            Self::Aws { service } => write!(f, "aws: {service}"),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Auth {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Auth".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        AuthForm::json_schema(generator)
    }
}

impl Auth {
    /// Joins a kind of credential with the credential: what is left cannot fail on the path of a request.
    /// Without a secret nothing will be sent.
    ///
    /// # Errors
    /// [`AuthError::Credential`] when the secret cannot stand in a header.
    pub fn prepare(&self, secret: Option<&Secret>) -> Result<Credential, AuthError> {
        let Some(secret) = secret.filter(|secret| !secret.is_empty()) else {
            return Ok(Credential::None);
        };
        match self {
            Self::None => Ok(Credential::None),
            // Keys that sign are joined with a region, see `ProviderSettings::resolve`.
            Self::Bearer | Self::Google | Self::Aws { .. } => {
                let value = sensitive(&format!("Bearer {}", secret.expose()))?;
                Ok(Credential::Header {
                    name: AUTHORIZATION,
                    value,
                })
            }
            Self::Header { name } => Ok(Credential::Header {
                name: name.clone(),
                value: sensitive(secret.expose())?,
            }),
            Self::Query { name } => Ok(Credential::Query {
                name: name.clone(),
                secret: secret.clone(),
            }),
        }
    }

    /// [`prepare`](Self::prepare) and [`Credential::apply`] in one step.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare); nothing is changed then.
    pub fn apply(
        &self,
        secret: Option<&Secret>,
        headers: &mut HeaderMap,
        url: &mut Url,
    ) -> Result<(), AuthError> {
        self.prepare(secret)?.apply(headers, url);
        Ok(())
    }
}

/// A header value that logs and HPACK tables do not show.
fn sensitive(text: &str) -> Result<HeaderValue, AuthError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| AuthError::Credential)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A credential in the form in which its provider takes it. `Debug` does not show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// Sent as a header, its value marked sensitive.
    Header {
        /// The header's name.
        name: HeaderName,
        /// The whole value.
        value: HeaderValue,
    },
    /// Sent as a query parameter.
    Query {
        /// The parameter's name.
        name: String,
        /// Its value, not yet encoded.
        secret: Secret,
    },
    /// Each request is signed.
    Aws(Arc<AwsSigning>),
    /// Nothing is sent.
    None,
}

impl Credential {
    /// Puts the credential on a request. A header of the same name is replaced. A signature is none of this: it is made
    /// over the whole request, by the [`Signer`](crate::credentials::Signer).
    pub fn apply(&self, headers: &mut HeaderMap, url: &mut Url) {
        match self {
            Self::Header { name, value } => {
                headers.insert(name.clone(), value.clone());
            }
            Self::Query { name, secret } => {
                url.query_pairs_mut().append_pair(name, secret.expose());
            }
            Self::Aws(_) | Self::None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Serialize)]
    struct Row {
        auth: Auth,
    }

    fn parse(text: &str) -> Result<Auth, String> {
        toml::from_str::<Row>(&format!("auth = {text}"))
            .map(|row| row.auth)
            .map_err(|error| error.to_string())
    }

    fn header(name: &'static str) -> Auth {
        Auth::Header {
            name: HeaderName::from_static(name),
        }
    }

    #[test]
    fn every_spelling_is_understood_and_written_back() {
        let query = |name: &str| Auth::Query {
            name: name.to_owned(),
        };
        let aws = |service: &str| Auth::Aws {
            service: service.to_owned(),
        };
        for (text, auth) in [
            ("'bearer'", Auth::Bearer),
            ("'none'", Auth::None),
            ("'google'", Auth::Google),
            ("'x-header'", header("x-api-key")),
            ("'x_header'", header("x-api-key")),
            ("'xheader'", header("x-api-key")),
            ("'query'", query("key")),
            ("{ type = 'x-header', name = 'api-key' }", header("api-key")),
            ("{ type = 'query', name = 'api_key' }", query("api_key")),
            ("{ type = 'bearer' }", Auth::Bearer),
            ("'aws'", aws("bedrock")),
            (
                "{ type = 'aws', name = 'bedrock-mantle' }",
                aws("bedrock-mantle"),
            ),
        ] {
            assert_eq!(parse(text), Ok(auth.clone()), "{text}");
            let written = toml::to_string(&Row { auth: auth.clone() }).unwrap();
            assert_eq!(
                toml::from_str::<Row>(&written).unwrap().auth,
                auth,
                "{written}"
            );
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, part) in [
            ("'basic'", "expected \"bearer\""),
            ("3", "expected \"bearer\""),
            ("{ type = 'bearer', name = 'x' }", "take no name"),
            ("{ type = 'x-header', name = 'a b' }", "no header name"),
            ("{ type = 'query', name = 'a&b' }", "no name of a query"),
            ("{ type = 'query', key = 'a' }", "expected \"bearer\""),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_credential_goes_where_its_provider_wants_it_and_prints_nowhere() {
        let secret = Secret::from("s3cret&key");
        let sent = |auth: Auth| {
            let mut headers = HeaderMap::new();
            let mut url = Url::parse("https://api.test/v1?api-version=1").unwrap();
            let credential = auth.prepare(Some(&secret)).unwrap();
            assert!(!format!("{credential:?}").contains("s3cret"));
            credential.apply(&mut headers, &mut url);
            assert!(headers.values().all(HeaderValue::is_sensitive));
            (headers, url.to_string())
        };
        let plain = "https://api.test/v1?api-version=1";
        let (headers, url) = sent(Auth::Bearer);
        assert_eq!(
            (headers["authorization"].to_str().unwrap(), url.as_str()),
            ("Bearer s3cret&key", plain)
        );
        let (headers, url) = sent(header("api-key"));
        assert_eq!(
            (headers["api-key"].to_str().unwrap(), url.as_str()),
            ("s3cret&key", plain)
        );
        let (headers, url) = sent(Auth::Query {
            name: "key".to_owned(),
        });
        assert_eq!(
            (headers.len(), url),
            (0, format!("{plain}&key=s3cret%26key"))
        );
        assert_eq!(sent(Auth::None).0.len(), 0);
    }

    #[test]
    fn a_credential_that_would_break_a_header_is_refused_without_being_shown() {
        let error = Auth::Bearer
            .prepare(Some(&Secret::from("abc\r\nx: y")))
            .unwrap_err();
        assert_eq!(error, AuthError::Credential);
        assert!(!error.to_string().contains("abc"));
        assert!(matches!(
            Auth::Bearer.prepare(Some(&Secret::from(""))),
            Ok(Credential::None)
        ));
        assert!(matches!(Auth::Bearer.prepare(None), Ok(Credential::None)));
    }
}
