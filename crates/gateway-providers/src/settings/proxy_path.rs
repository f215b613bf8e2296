//! The client's own path below `/proxy/{provider}`: taken apart and checked, never resolved.

use percent_encoding::percent_decode_str;

use super::base::is_version;
use crate::Auth;

/// Why a raw request does not go upstream. The text is for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyPathError {
    /// There is no path.
    #[error("the path below the provider is missing, e.g. `/proxy/openai/v1/chat/completions`")]
    Empty,
    /// Two slashes stand together, or one stands at the end.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// A segment is `.` or `..`, plain or encoded.
    #[error("the path has a segment of dots")]
    Dots,
    /// A slash, backslash, control character or broken encoding hides in a segment.
    #[error("the path has characters that do not belong into a path")]
    Characters,
    /// The query carries a credential.
    #[error("the query carries a credential; the gateway adds the provider's own")]
    CredentialInQuery,
    /// The query has characters that a query cannot have.
    #[error("the query has characters that do not belong into a query")]
    QueryCharacters,
    /// The provider's rules do not let method and path through.
    #[error(
        "this method and path are not open to the proxy; its operator can allow them for this provider"
    )]
    NotAllowed,
}

/// The segments that go below the base path, as the client encoded them.
pub(super) fn relative_segments<'a>(
    base_path: &str,
    path: &'a str,
) -> Result<Vec<&'a str>, ProxyPathError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return Err(ProxyPathError::Empty);
    }
    let segments: Vec<&str> = path.split('/').collect();
    for segment in &segments {
        check_segment(segment)?;
    }
    let repeated = repeated_segments(base_path, &segments);
    let rest = segments.get(repeated..).unwrap_or_default();
    if rest.is_empty() {
        Err(ProxyPathError::Empty)
    } else {
        Ok(rest.to_vec())
    }
}

/// How many leading segments repeat the end of the base path, its version segment being the last of them.
fn repeated_segments(base_path: &str, segments: &[&str]) -> usize {
    let base: Vec<&str> = base_path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    if !base.last().is_some_and(|last| is_version(last)) {
        return 0;
    }
    (1..=base.len().min(segments.len()))
        .rev()
        .find(|&count| base.get(base.len() - count..) == segments.get(..count))
        .unwrap_or(0)
}

fn check_segment(segment: &str) -> Result<(), ProxyPathError> {
    if segment.is_empty() {
        return Err(ProxyPathError::EmptySegment);
    }
    if !segment.bytes().all(is_path_byte) || !percent_signs_are_whole(segment) {
        return Err(ProxyPathError::Characters);
    }
    let decoded: Vec<u8> = percent_decode_str(segment).collect();
    // Some servers take what follows a semicolon for parameters, and `..;` for `..`.
    if decoded
        .iter()
        .take_while(|byte| **byte != b';')
        .all(|byte| *byte == b'.')
    {
        return Err(ProxyPathError::Dots);
    }
    let hidden = |byte: &u8| byte.is_ascii_control() || b"/\\.%".contains(byte);
    let encoded_hidden = encoded_bytes(segment).any(|byte| hidden(&byte));
    if encoded_hidden || std::str::from_utf8(&decoded).is_err() {
        return Err(ProxyPathError::Characters);
    }
    Ok(())
}

/// RFC 3986, section 3.3: what a path segment may hold, and the percent sign.
fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte)
}

/// Whether each percent sign begins two hexadecimal digits.
fn percent_signs_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|part| {
        let mut digits = part.bytes();
        digits.next().is_some_and(|byte| byte.is_ascii_hexdigit())
            && digits.next().is_some_and(|byte| byte.is_ascii_hexdigit())
    })
}

/// The bytes that stand percent-encoded in a text whose percent signs are whole.
fn encoded_bytes(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.split('%')
        .skip(1)
        .filter_map(|part| u8::from_str_radix(part.get(..2)?, 16).ok())
}

/// Names under which vendors take credentials in a query, lower case and without `-` and `_`.
const CREDENTIAL_NAMES: &[&str] = &[
    "key",
    "apikey",
    "xapikey",
    "subscriptionkey",
    "ocpapimsubscriptionkey",
    "token",
    "accesstoken",
    "authtoken",
    "auth",
    "authorization",
    "bearer",
    "secret",
    "clientsecret",
    "password",
    "sig",
    "signature",
    "xamzsecuritytoken",
    "xamzsignature",
    "xamzcredential",
    "xgoogapikey",
];

/// Refuses what is no query, and a credential in it.
pub(super) fn check_query(query: Option<&str>, auth: &Auth) -> Result<(), ProxyPathError> {
    let Some(query) = query else { return Ok(()) };
    let plain = |byte: u8| is_path_byte(byte) || b"/?[]".contains(&byte);
    if !query.bytes().all(plain) || !percent_signs_are_whole(query) {
        return Err(ProxyPathError::QueryCharacters);
    }
    for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
        let provider_takes_it =
            matches!(auth, Auth::Query { name: taken } if taken.eq_ignore_ascii_case(&name));
        let folded: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if provider_takes_it || CREDENTIAL_NAMES.contains(&folded.as_str()) {
            return Err(ProxyPathError::CredentialInQuery);
        }
    }
    Ok(())
}
