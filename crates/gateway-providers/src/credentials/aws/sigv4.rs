//! AWS Signature Version 4, in headers.
//!
//! Spec: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use gateway_client::transport::{RequestBody, TransportRequest};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256};
use url::{Position, Url};

use super::AwsKeys;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// Headers that are signed beside `host` and those of AWS's own. The others may change on their way.
const SIGNED: &[HeaderName] = &[header::CONTENT_TYPE];
const OWN_FAMILY: &str = "x-amz-";

/// What AWS leaves as it is in paths and queries: the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// For which service, where, and when a signature holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// `20150830T123600Z`.
    pub(super) time: &'a str,
}

/// Why a request cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignError {
    /// The body must be known before it is sent.
    #[error("a body that is passed on as it arrives cannot be signed")]
    Stream,
    /// A credential with characters that no header can carry.
    #[error("the credential has characters that a header cannot carry")]
    Credential,
}

/// Puts the signature on a request. A signature that is there already is replaced.
pub(super) fn sign(
    request: &mut TransportRequest,
    keys: &AwsKeys,
    scope: Scope<'_>,
) -> Result<(), SignError> {
    let payload = match &request.body {
        RequestBody::Empty => digest(b""),
        RequestBody::Full(body) => digest(body),
        RequestBody::Pieces(pieces) => digest_of(pieces.iter().map(AsRef::as_ref)),
        RequestBody::Stream { .. } => return Err(SignError::Stream),
    };
    let headers = &mut request.headers;
    headers.remove(header::AUTHORIZATION);
    headers.insert(DATE, value(scope.time)?);
    headers.remove(TOKEN);
    if let Some(token) = &keys.session_token {
        let mut token = value(token.expose())?;
        token.set_sensitive(true);
        headers.insert(TOKEN, token);
    }
    let (names, canonical_headers) = canonical_headers(headers, &request.url);
    let canonical = format!(
        "{}\n{}\n{}\n{canonical_headers}\n{names}\n{payload}",
        request.method,
        canonical_path(&request.url),
        canonical_query(&request.url),
    );
    let day = scope.time.get(..8).unwrap_or_default();
    let credential_scope = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let to_sign = format!(
        "{ALGORITHM}\n{}\n{credential_scope}\n{}",
        scope.time,
        digest(canonical.as_bytes())
    );
    let signature = hex(&seal(&signing_key(keys, day, scope), to_sign.as_bytes()));
    let mut authorization = value(&format!(
        "{ALGORITHM} Credential={}/{credential_scope}, SignedHeaders={names}, Signature={signature}",
        keys.access_key_id
    ))?;
    authorization.set_sensitive(true);
    headers.insert(header::AUTHORIZATION, authorization);
    Ok(())
}

/// The path as it is sent, encoded once more: so every service but S3 wants it.
fn canonical_path(url: &Url) -> String {
    let segments: Vec<String> = url
        .path()
        .split('/')
        .map(|segment| percent_encode(segment.as_bytes(), ENCODED).to_string())
        .collect();
    segments.join("/")
}

/// The parameters in the order of their encoded names, then values.
fn canonical_query(url: &Url) -> String {
    let encode = |text: &str| percent_encode(text.as_bytes(), ENCODED).to_string();
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// The names of the signed headers, and the headers themselves, a line each.
fn canonical_headers(headers: &HeaderMap, url: &Url) -> (String, String) {
    let host = url[Position::BeforeHost..Position::AfterPort].to_owned();
    let mut signed: Vec<(&str, String)> = vec![(header::HOST.as_str(), host)];
    for name in headers.keys() {
        if SIGNED.contains(name) || name.as_str().starts_with(OWN_FAMILY) {
            let values: Vec<String> = headers.get_all(name).iter().map(trimmed).collect();
            signed.push((name.as_str(), values.join(",")));
        }
    }
    signed.sort();
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    let lines: String = signed
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    (names.join(";"), lines)
}

/// A header's value without white space around it, and with single spaces in it.
fn trimmed(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    words.join(" ")
}

fn signing_key(keys: &AwsKeys, day: &str, scope: Scope<'_>) -> [u8; 32] {
    let secret = format!("AWS4{}", keys.secret_access_key.expose());
    [day, scope.region, scope.service, "aws4_request"]
        .iter()
        .fold(None, |key: Option<[u8; 32]>, part| {
            let key = key.as_ref().map_or(secret.as_bytes(), |key| key);
            Some(seal(key, part.as_bytes()))
        })
        .unwrap_or_default()
}

fn seal(key: &[u8], text: &[u8]) -> [u8; 32] {
    // Keys of any length are taken.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text).finalize().into_bytes().into())
        .unwrap_or_default()
}

fn digest(bytes: &[u8]) -> String {
    digest_of([bytes])
}

fn digest_of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let whole = pieces.into_iter().fold(Sha256::new(), Sha256::chain_update);
    hex(&whole.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |text, byte| {
        text + &format!("{byte:02x}")
    })
}

fn value(text: &str) -> Result<HeaderValue, SignError> {
    HeaderValue::from_str(text).map_err(|_| SignError::Credential)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Method;

    use super::*;

    /// A request of AWS's own test suite, or one that AWS's Python SDK has signed, and what came of it.
    struct Vector {
        method: Method,
        url: &'static str,
        headers: &'static [(&'static str, &'static str)],
        body: &'static [u8],
        service: &'static str,
        token: Option<&'static str>,
        signature: &'static str,
    }

    const PLAIN: Vector = Vector {
        method: Method::GET,
        url: "https://example.amazonaws.com/",
        headers: &[],
        body: b"",
        service: "service",
        token: None,
        signature: "",
    };

    fn signature(vector: &Vector) -> String {
        let keys = AwsKeys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: vector.token.map(Into::into),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in vector.headers {
            headers.append(*name, value.parse().unwrap());
        }
        let mut request = TransportRequest {
            method: vector.method.clone(),
            url: Url::parse(vector.url).unwrap(),
            headers,
            body: RequestBody::Full(Bytes::from_static(vector.body)),
            head_timeout: None,
        };
        let scope = Scope {
            region: "us-east-1",
            service: vector.service,
            time: "20150830T123600Z",
        };
        sign(&mut request, &keys, scope).unwrap();
        let authorization = &request.headers[header::AUTHORIZATION];
        assert!(authorization.is_sensitive());
        let text = authorization.to_str().unwrap();
        text.rsplit_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn signatures_are_those_of_awss_test_suite() {
        for vector in VECTORS {
            assert_eq!(signature(vector), vector.signature, "{}", vector.url);
        }
    }

    #[test]
    fn a_body_that_is_not_there_yet_is_not_signed() {
        let keys = AwsKeys {
            access_key_id: "a".to_owned(),
            secret_access_key: "b".into(),
            session_token: None,
        };
        let mut request = TransportRequest {
            method: Method::POST,
            url: Url::parse("https://example.amazonaws.com/").unwrap(),
            headers: HeaderMap::new(),
            body: RequestBody::Stream {
                stream: Box::pin(futures::stream::empty()),
                length: None,
            },
            head_timeout: None,
        };
        let scope = Scope {
            region: "us-east-1",
            service: "bedrock",
            time: "20150830T123600Z",
        };
        assert_eq!(sign(&mut request, &keys, scope), Err(SignError::Stream));
    }

    static VECTORS: &[Vector] = &[
        Vector {
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ..PLAIN
        },
        Vector {
            method: Method::POST,
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ..PLAIN
        },
        Vector {
            url: "https://example.amazonaws.com/?Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ..PLAIN
        },
        Vector {
            method: Method::POST,
            url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
            headers: &[("content-type", "application/json"), ("accept", "*/*")],
            body: b"{\"messages\":[]}",
            service: "bedrock",
            signature: "7415b2c1e839b363c983fcf2b2b9777726647dd92df0cc0ce218cffeeb8932c8",
            ..PLAIN
        },
        Vector {
            method: Method::POST,
            url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A012345678901%3Ainference-profile%2Fp.q/converse-stream",
            headers: &[("content-type", "application/json")],
            body: b"{\"a\":\"\xc3\xbc\"}",
            service: "bedrock",
            token: Some("AQoDYXdzEPT//////////wEXAMPLE"),
            signature: "f2a212b206b7d4e66323bf50f09ddbc4424491057ff3f33e8ef32c34160d260e",
        },
        Vector {
            url: "https://bedrock.us-east-1.amazonaws.com/inference-profiles?maxResults=1000&nextToken=a%2Bb%2F%3D",
            service: "bedrock",
            signature: "9da608f4fe9aeb8f8e5be87dc0a15f9325e99ba1b39d2b844424358edd1c9907",
            ..PLAIN
        },
        Vector {
            url: "http://127.0.0.1:8080/foundation-models",
            service: "bedrock",
            signature: "e100b081dd9f3e152367f95fb728514442d6b63546bfe15ffa929af338e2185e",
            ..PLAIN
        },
    ];
}
