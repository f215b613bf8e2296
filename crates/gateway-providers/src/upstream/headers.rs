//! Which of an upstream's headers a client may see, and what they say about waiting.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::secret::Redactor;

/// Headers that pass under their own names.
const PASSED: &[&str] = &[
    "content-type",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
];

/// Families of headers that pass under their own names.
const PASSED_FAMILIES: &[&str] = &[
    "openai-",
    "x-ratelimit-",
    "ratelimit-",
    "anthropic-ratelimit-",
];

/// Further headers of a raw answer: those that belong to its body.
const PASSED_RAW: &[&str] = &[
    "content-encoding",
    "content-length",
    "content-disposition",
    "content-language",
    "content-range",
    "accept-ranges",
    "cache-control",
    "etag",
    "last-modified",
    "allow",
];

/// Headers with the upstream's id of the request. The gateway has an `x-request-id` of its own.
static REQUEST_IDS: [HeaderName; 4] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-amzn-requestid"),
    HeaderName::from_static("apim-request-id"),
];

/// The header that gives the upstream's id of the request to the client.
pub const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");

/// The headers of an answer that a client may see. A list of what passes, so that nothing unforeseen does; and
/// no value with one of our credentials in it.
pub(crate) fn for_client(upstream: &HeaderMap, redactor: &Redactor) -> HeaderMap {
    select(upstream, redactor, passes)
}

/// As [`for_client`], for an answer that is handed on as it is.
pub(crate) fn for_raw_answer(upstream: &HeaderMap, redactor: &Redactor) -> HeaderMap {
    select(upstream, redactor, |name| {
        passes(name) || PASSED_RAW.contains(&name)
    })
}

fn passes(name: &str) -> bool {
    PASSED.contains(&name)
        || PASSED_FAMILIES
            .iter()
            .any(|family| name.starts_with(family))
}

fn select(upstream: &HeaderMap, redactor: &Redactor, passes: impl Fn(&str) -> bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let is_clean = |value: &HeaderValue| !redactor.finds(value.as_bytes());
    for (name, value) in upstream
        .iter()
        .filter(|(name, value)| passes(name.as_str()) && is_clean(value))
    {
        headers.append(name.clone(), value.clone());
    }
    let request_id = REQUEST_IDS.iter().find_map(|name| upstream.get(name));
    if let Some(id) = request_id.filter(|id| is_clean(id)) {
        headers.insert(UPSTREAM_REQUEST_ID, id.clone());
    }
    headers
}

/// How long the upstream asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date
/// (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>). A date in the past is zero; what cannot be
/// read is nothing.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok();
    let milliseconds = text("retry-after-ms").and_then(number);
    if let Some(wait) = milliseconds.and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok()) {
        return Some(wait);
    }
    let given = text("retry-after")?;
    if let Some(seconds) = number(given) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(given).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// The media type without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Whether the body is compressed, though we asked that it is not.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    encodings
        .iter()
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn map(rows: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in rows {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        headers
    }

    #[test]
    fn only_what_is_listed_passes_and_no_value_with_our_key() {
        let upstream = map(&[
            ("content-type", "application/json"),
            ("x-ratelimit-remaining-requests", "7"),
            ("openai-organization", "org-sk-secret-12345"),
            ("openai-processing-ms", "12"),
            ("x-request-id", "req_1"),
            ("retry-after", "3"),
            ("set-cookie", "a=b"),
            ("server", "x"),
            ("location", "https://elsewhere.test"),
            ("content-encoding", "gzip"),
            ("connection", "close"),
            ("transfer-encoding", "chunked"),
        ]);
        let redactor = Redactor::new(&[Secret::from("sk-secret-12345")]);
        let names = |headers: &HeaderMap| {
            let mut names: Vec<_> = headers
                .keys()
                .map(|name| name.as_str().to_owned())
                .collect();
            names.sort();
            names
        };
        let headers = for_client(&upstream, &redactor);
        assert_eq!(
            names(&headers),
            [
                "content-type",
                "openai-processing-ms",
                "retry-after",
                "x-ratelimit-remaining-requests",
                "x-upstream-request-id"
            ]
        );
        assert_eq!(headers[UPSTREAM_REQUEST_ID], "req_1");
        assert!(for_raw_answer(&upstream, &redactor).contains_key("content-encoding"));
        assert!(!for_raw_answer(&upstream, &redactor).contains_key("set-cookie"));
    }

    #[test]
    fn every_way_to_ask_for_patience_is_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let wait = |rows: &[(&'static str, &str)]| retry_after(&map(rows), now);
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(
            wait(&[("retry-after", " 1.5 ")]),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(
            wait(&[("retry-after-ms", "250"), ("retry-after", "9")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            wait(&[("retry-after-ms", "x"), ("retry-after", "9")]),
            Some(Duration::from_secs(9))
        );
        let date = |seconds: u64| {
            httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        };
        assert_eq!(
            wait(&[("retry-after", &date(1_700_000_060))]),
            Some(Duration::from_secs(60))
        );
        assert_eq!(
            wait(&[("retry-after", &date(1_600_000_000))]),
            Some(Duration::ZERO)
        );
        for garbage in ["", "soon", "-1", "NaN", "inf", "1e400", "Tomorrow, 32 Foo"] {
            assert_eq!(wait(&[("retry-after", garbage)]), None, "{garbage}");
        }
        assert_eq!(wait(&[]), None);
    }
}
