//! The headers of every request to an upstream.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::ProviderSettings;

/// Headers that no caller may set upstream, whatever list let them through.
static NEVER_FROM_CALLER: [HeaderName; 13] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
    header::COOKIE,
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];

/// The gateways that a request has passed, one id after the other with commas between. The provider's settings say it
/// of a request that begins here; of one that has passed others already, the call's headers do.
pub const HOPS: HeaderName = HeaderName::from_static("x-gateway-hops");

/// Headers that choose a version or features of an API, and the way that a request has come: what the caller, or a
/// dialect for it, says stands above what the provider says for all.
static CALLERS_CHOICE: [HeaderName; 3] = [
    HeaderName::from_static("anthropic-version"),
    HeaderName::from_static("anthropic-beta"),
    HOPS,
];

const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// The caller's headers and the provider's above them, but for versions and features; the credential comes last, see
/// [`Signer`](crate::credentials::Signer).
pub(crate) fn upstream_headers(settings: &ProviderSettings, callers: HeaderMap) -> HeaderMap {
    let mut headers = callers;
    for name in &NEVER_FROM_CALLER {
        headers.remove(name);
    }
    for (name, value) in &settings.headers {
        if !(CALLERS_CHOICE.contains(name) && headers.contains_key(name)) {
            headers.insert(name.clone(), value.clone());
        }
    }
    headers.insert(header::ACCEPT_ENCODING, IDENTITY);
    headers
}
