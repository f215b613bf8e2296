//! Step 2 of a request's path: one extractor, one [`Principal`], whichever header carried the credential.

use std::fmt;

use http::{HeaderMap, HeaderName, header};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::error::{ApiError, ErrorKind};

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Anybody: no keys are configured.
    Anonymous,
    /// The holder of a configured key.
    Key {
        /// The key's name in the configuration, or its place (`key-1`). Never any part of the key.
        name: std::sync::Arc<str>,
    },
}

impl Principal {
    /// The name for a log.
    pub fn name(&self) -> &str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Key { name } => name,
        }
    }
}

/// The configured keys, as hashes only.
#[derive(Default)]
pub struct Keys {
    keys: Vec<(std::sync::Arc<str>, [u8; 32])>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.keys.len())
    }
}

impl Keys {
    /// Keeps the hashes of named keys.
    pub fn new<'a>(keys: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self {
            keys: keys
                .into_iter()
                .map(|(name, key)| (name.into(), hash(key)))
                .collect(),
        }
    }

    /// Whether the text is one of the keys.
    pub fn holds(&self, text: &str) -> bool {
        self.holder(text).is_some()
    }

    /// Whether anybody is let in.
    pub fn is_open(&self) -> bool {
        self.keys.is_empty()
    }

    /// Says who is calling.
    ///
    /// # Errors
    /// 401 without a key, with a wrong one, or with two different ones; 400 when one header is there twice.
    pub fn identify(&self, headers: &HeaderMap) -> Result<Principal, ApiError> {
        if self.is_open() {
            return Ok(Principal::Anonymous);
        }
        let Some(key) = presented_key(headers)? else {
            let message = "No API key was sent. Send `Authorization: Bearer YOUR_KEY` or `x-api-key: YOUR_KEY`.";
            return Err(ApiError::new(ErrorKind::MissingApiKey, message));
        };
        self.holder(key).ok_or_else(|| {
            ApiError::new(
                ErrorKind::InvalidApiKey,
                "The API key is not valid on this gateway. Check the Authorization header.",
            )
        })
    }

    /// Compares with every key, so that the time taken does not tell which one is near.
    fn holder(&self, presented: &str) -> Option<Principal> {
        let presented = hash(presented);
        let mut holder = None;
        for (name, key) in &self.keys {
            let same: Choice = key.ct_eq(&presented);
            if bool::from(same) {
                holder = Some(Principal::Key { name: name.clone() });
            }
        }
        holder
    }
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Headers that may carry the caller's key. Each SDK family has its own.
pub const CREDENTIAL_HEADERS: [&str; 4] =
    ["authorization", "x-api-key", "api-key", "x-goog-api-key"];

/// The same, ready for a look-up.
static CARRIERS: [HeaderName; 4] = [
    HeaderName::from_static(CREDENTIAL_HEADERS[0]),
    HeaderName::from_static(CREDENTIAL_HEADERS[1]),
    HeaderName::from_static(CREDENTIAL_HEADERS[2]),
    HeaderName::from_static(CREDENTIAL_HEADERS[3]),
];

/// The one key that the headers carry.
fn presented_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut presented = None;
    for name in &CARRIERS {
        let Some(key) = key_in(headers, name)? else {
            continue;
        };
        match presented {
            Some(other) if other != key => {
                let message = "Two different API keys were sent in two headers. Send one.";
                return Err(ApiError::new(ErrorKind::AmbiguousCredentials, message));
            }
            _ => presented = Some(key),
        }
    }
    Ok(presented)
}

/// The key in one header; an empty header is an absent one.
fn key_in<'a>(
    headers: &'a HeaderMap,
    name: &'static HeaderName,
) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        let message = format!("The header `{name}` was sent twice. Send it once.");
        return Err(ApiError::new(ErrorKind::InvalidHeader, message).param(name.as_str()));
    }
    let Ok(value) = value.to_str() else {
        let message = format!("The header `{name}` holds characters that no key has.");
        return Err(ApiError::new(ErrorKind::InvalidHeader, message).param(name.as_str()));
    };
    let key = if *name == header::AUTHORIZATION {
        bearer(value)
    } else {
        value.trim()
    };
    Ok(Some(key).filter(|key| !key.is_empty()))
}

/// The token after `Bearer`, in any case (RFC 9110, section 11.1); another scheme is taken as a wrong key.
fn bearer(value: &str) -> &str {
    let value = value.trim();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ if value.eq_ignore_ascii_case("bearer") => "",
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identify(
        keys: &Keys,
        headers: &[(&'static str, &'static str)],
    ) -> Result<String, &'static str> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        keys.identify(&map)
            .map(|principal| principal.name().to_owned())
            .map_err(|error| error.code())
    }

    #[test]
    fn one_extractor_for_every_carrier() {
        let keys = Keys::new([("alice", "k1"), ("bob", "k2")]);
        type Row = (
            &'static [(&'static str, &'static str)],
            Result<&'static str, &'static str>,
        );
        let table: &[Row] = &[
            (&[], Err("missing_api_key")),
            (&[("authorization", "Bearer k1")], Ok("alice")),
            (&[("authorization", "bearer k1")], Ok("alice")),
            (&[("authorization", "BEARER   k2 ")], Ok("bob")),
            (&[("authorization", "Bearer")], Err("missing_api_key")),
            (&[("authorization", "Bearer ")], Err("missing_api_key")),
            (&[("authorization", "")], Err("missing_api_key")),
            (&[("authorization", "Basic k1")], Err("invalid_api_key")),
            (&[("authorization", "Bearer k3")], Err("invalid_api_key")),
            (&[("authorization", "Bearer k1x")], Err("invalid_api_key")),
            (&[("x-api-key", "k2")], Ok("bob")),
            (&[("api-key", "k2")], Ok("bob")),
            (&[("x-goog-api-key", "k2")], Ok("bob")),
            (&[("x-api-key", "")], Err("missing_api_key")),
            (
                &[("x-api-key", ""), ("authorization", "Bearer k1")],
                Ok("alice"),
            ),
            (
                &[("x-api-key", "k1"), ("authorization", "Bearer k1")],
                Ok("alice"),
            ),
            (
                &[("x-api-key", "k2"), ("authorization", "Bearer k1")],
                Err("ambiguous_credentials"),
            ),
            (
                &[("x-api-key", "bad"), ("authorization", "Bearer k1")],
                Err("ambiguous_credentials"),
            ),
            (
                &[("x-api-key", "k1"), ("x-api-key", "k1")],
                Err("invalid_header"),
            ),
            (
                &[
                    ("authorization", "Bearer k1"),
                    ("authorization", "Bearer k2"),
                ],
                Err("invalid_header"),
            ),
        ];
        for (headers, expected) in table {
            assert_eq!(
                identify(&keys, headers),
                expected.map(str::to_owned),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn without_keys_anybody_is_let_in() {
        let open = Keys::default();
        assert_eq!(
            identify(&open, &[("authorization", "Bearer not-needed")]),
            Ok("anonymous".to_owned())
        );
        assert_eq!(identify(&open, &[]), Ok("anonymous".to_owned()));
    }
}
