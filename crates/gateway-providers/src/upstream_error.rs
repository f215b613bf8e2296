//! Errors in the shapes in which upstreams write them, read into one.
//!
//! An error inside an answer that began as a success has no status of its own; what it says about itself
//! stands for one, so that routing can treat it like any other.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::{fault::UpstreamError, secret::Redactor};

/// Members, of the error or beside it, that can hold an HTTP status as a number or as its digits.
const STATUS_MEMBERS: &[&str] = &[
    "status_code",
    "raw_status_code",
    "http_status",
    "status",
    "code",
];

/// Members that say in a word what kind of error it is.
const KIND_MEMBERS: &[&str] = &["code", "type", "status"];

/// Words of errors, as they begin, and the status that goes with them. The first hit counts.
///
/// Sources: OpenAI's error codes (<https://platform.openai.com/docs/guides/error-codes>), Anthropic's error
/// types (<https://docs.anthropic.com/en/api/errors>), Google's canonical codes
/// (<https://cloud.google.com/apis/design/errors>), which several compatible endpoints use.
const KINDS: &[(&str, StatusCode)] = &[
    ("rate_limit", StatusCode::TOO_MANY_REQUESTS),
    ("too_many_requests", StatusCode::TOO_MANY_REQUESTS),
    ("resource_exhausted", StatusCode::TOO_MANY_REQUESTS),
    ("insufficient_quota", StatusCode::TOO_MANY_REQUESTS),
    ("tokens", StatusCode::TOO_MANY_REQUESTS),
    ("requests", StatusCode::TOO_MANY_REQUESTS),
    ("billing", StatusCode::PAYMENT_REQUIRED),
    ("insufficient_balance", StatusCode::PAYMENT_REQUIRED),
    ("invalid_api_key", StatusCode::UNAUTHORIZED),
    ("authentication", StatusCode::UNAUTHORIZED),
    ("unauthenticated", StatusCode::UNAUTHORIZED),
    ("unauthorized", StatusCode::UNAUTHORIZED),
    ("permission", StatusCode::FORBIDDEN),
    ("forbidden", StatusCode::FORBIDDEN),
    ("model_not_found", StatusCode::NOT_FOUND),
    ("not_found", StatusCode::NOT_FOUND),
    ("request_too_large", StatusCode::PAYLOAD_TOO_LARGE),
    ("invalid", StatusCode::BAD_REQUEST),
    ("bad_request", StatusCode::BAD_REQUEST),
    ("badrequest", StatusCode::BAD_REQUEST),
    ("failed_precondition", StatusCode::BAD_REQUEST),
    ("out_of_range", StatusCode::BAD_REQUEST),
    ("context_length", StatusCode::BAD_REQUEST),
    ("content_filter", StatusCode::BAD_REQUEST),
    ("content_policy", StatusCode::BAD_REQUEST),
    ("tool_use_failed", StatusCode::BAD_REQUEST),
    ("json_validate_failed", StatusCode::BAD_REQUEST),
    ("unsupported", StatusCode::BAD_REQUEST),
    ("overloaded", StatusCode::SERVICE_UNAVAILABLE),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
    ("service_unavailable", StatusCode::SERVICE_UNAVAILABLE),
    ("timeout", StatusCode::GATEWAY_TIMEOUT),
    ("deadline_exceeded", StatusCode::GATEWAY_TIMEOUT),
    ("server_error", StatusCode::INTERNAL_SERVER_ERROR),
    ("internal", StatusCode::INTERNAL_SERVER_ERROR),
    ("api_error", StatusCode::INTERNAL_SERVER_ERROR),
];

/// What an error that says nothing about itself counts as.
const UNKNOWN: StatusCode = StatusCode::BAD_GATEWAY;

/// Reads an error that stands in the data of a stream event or in the body of a success, e.g.
/// `{"error":{"message":"...","code":429}}`, `{"error":"..."}` or `{"type":"error","message":"..."}`.
///
/// The body of the result is OpenAI's `{"error":{"message","type","param","code"}}` with everything else that the
/// upstream's error object holds, our credentials taken out.
pub(crate) fn in_stream(json: &[u8], redactor: &Redactor) -> UpstreamError {
    let whole = serde_json::from_slice::<Value>(json).unwrap_or(Value::Null);
    let whole = of_a_choice(&whole).unwrap_or(whole);
    let status = implied_status(&whole).unwrap_or(UNKNOWN);
    let retry_after = retry_delay(&whole);
    let body = Bytes::from(Value::Object(error_object(whole)).to_string());
    UpstreamError {
        status,
        headers: HeaderMap::new(),
        body: Some(redacted(body, redactor)),
        retry_after,
    }
}

/// The error that stands inside of a choice, where none stands beside the choices (OpenRouter).
fn of_a_choice(whole: &Value) -> Option<Value> {
    let is_said = |error: &&Value| !error.is_null();
    if whole.get("error").filter(is_said).is_some() {
        return None;
    }
    let mut choices = whole.get("choices")?.as_array()?.iter();
    let error = choices.find_map(|choice| choice.get("error").filter(is_said))?;
    Some(serde_json::json!({ "error": error }))
}

/// The body without our credentials; the same bytes where it holds none.
pub(crate) fn redacted(body: Bytes, redactor: &Redactor) -> Bytes {
    match redactor.redact(&body) {
        std::borrow::Cow::Borrowed(_) => body,
        std::borrow::Cow::Owned(clean) => clean.into(),
    }
}

/// The status that an error's own words imply; `None` when they do not.
pub(crate) fn implied_status(whole: &Value) -> Option<StatusCode> {
    let error = whole.get("error").filter(|error| !error.is_null());
    let places = || error.into_iter().chain([whole]);
    let by_number = places()
        .flat_map(|place| STATUS_MEMBERS.iter().filter_map(|name| place.get(name)))
        .find_map(numeric_status);
    by_number.or_else(|| {
        let words = places().flat_map(|place| {
            KIND_MEMBERS
                .iter()
                .filter_map(|name| place.get(name)?.as_str())
        });
        words.filter_map(status_of_kind).next()
    })
}

/// How long the upstream asks to wait, where the body says it: Google's `RetryInfo`
/// (<https://cloud.google.com/apis/design/errors#error_details>).
pub(crate) fn retry_delay(whole: &Value) -> Option<Duration> {
    let details = whole.get("error")?.get("details")?.as_array()?;
    let text = details
        .iter()
        .find_map(|detail| detail.get("retryDelay")?.as_str())?;
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn numeric_status(value: &Value) -> Option<StatusCode> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    let number = u16::try_from(number)
        .ok()
        .filter(|number| (400..600).contains(number))?;
    StatusCode::from_u16(number).ok()
}

fn status_of_kind(word: &str) -> Option<StatusCode> {
    let word = word.to_ascii_lowercase();
    KINDS
        .iter()
        .find(|(begin, _)| word.starts_with(begin))
        .map(|(_, status)| *status)
}

/// `{"error":{...}}` with a `message` and a `type` that are strings, and a `param` and a `code`.
fn error_object(whole: Value) -> Map<String, Value> {
    let mut error = match whole {
        Value::Object(mut members) => match members.remove("error") {
            Some(Value::Object(error)) => error,
            Some(Value::String(message)) => {
                // xAI writes the message here and a sentence as the `code` beside it.
                let mut error = Map::from_iter([("message".to_owned(), Value::String(message))]);
                error.extend(members.remove("code").map(|code| ("code".to_owned(), code)));
                error
            }
            Some(other) if !other.is_null() => {
                Map::from_iter([("message".to_owned(), Value::String(other.to_string()))])
            }
            _ => members,
        },
        _ => Map::new(),
    };
    if !error.get("message").is_some_and(Value::is_string) {
        let detail = error.get("detail").and_then(Value::as_str);
        let message = detail
            .unwrap_or("The backend reported an error.")
            .to_owned();
        error.insert("message".to_owned(), Value::String(message));
    }
    let flat_marker = error.get("type").and_then(Value::as_str) == Some("error");
    if flat_marker || !error.get("type").is_some_and(Value::is_string) {
        error.insert("type".to_owned(), Value::String("backend_error".to_owned()));
    }
    for name in ["param", "code"] {
        error.entry(name).or_insert(Value::Null);
    }
    Map::from_iter([("error".to_owned(), Value::Object(error))])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Secret;

    fn read(value: &Value) -> (u16, Value) {
        let error = in_stream(value.to_string().as_bytes(), &Redactor::default());
        (
            error.status.as_u16(),
            serde_json::from_slice(&error.body.unwrap()).unwrap(),
        )
    }

    #[test]
    fn every_shape_becomes_one_object_and_a_status() {
        let table = [
            (
                json!({"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded","x":1}}),
                429,
                json!({"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded","x":1}}),
            ),
            (
                json!({"error":{"code":402,"message":"pay"},"user_id":"u","choices":[]}),
                402,
                json!({"error":{"code":402,"message":"pay","type":"backend_error"}}),
            ),
            (
                json!({"choices":[{"index":0},{"index":1,"finish_reason":"error","error":{"code":429,"message":"wait"}}]}),
                429,
                json!({"error":{"code":429,"message":"wait","type":"backend_error"}}),
            ),
            (
                json!({"error":"boom"}),
                502,
                json!({"error":{"message":"boom","type":"backend_error"}}),
            ),
            (
                json!({"type":"error","message":"boom","code":"server_error"}),
                500,
                json!({"error":{"type":"backend_error","message":"boom","code":"server_error"}}),
            ),
            (
                json!({"error":{"message":"m","type":"invalid_request_error"},"status_code":413}),
                413,
                json!({"error":{"message":"m","type":"invalid_request_error"}}),
            ),
            (
                json!({"code":"Client specified an invalid argument","error":"no such model"}),
                502,
                json!({"error":{"message":"no such model","code":"Client specified an invalid argument","type":"backend_error"}}),
            ),
            (
                json!({"object":"error","message":"m","type":"x","code":"1500","raw_status_code":400}),
                400,
                json!({"error":{"object":"error","message":"m","type":"x","code":"1500","raw_status_code":400}}),
            ),
            (
                json!({"detail":"Unauthorized"}),
                502,
                json!({"error":{"detail":"Unauthorized","message":"Unauthorized","type":"backend_error"}}),
            ),
            (
                json!({"error":{"status":"UNAVAILABLE","message":"m"}}),
                503,
                json!({"error":{"status":"UNAVAILABLE","message":"m","type":"backend_error"}}),
            ),
            (
                json!({"error":{"type":"overloaded_error","message":"m"}}),
                503,
                json!({"error":{"type":"overloaded_error","message":"m"}}),
            ),
            (
                json!({"error":[1]}),
                502,
                json!({"error":{"message":"[1]","type":"backend_error"}}),
            ),
        ];
        for (given, status, mut body) in table {
            for name in ["param", "code"] {
                body["error"]
                    .as_object_mut()
                    .unwrap()
                    .entry(name)
                    .or_insert(Value::Null);
            }
            assert_eq!(read(&given), (status, body), "{given}");
        }
    }

    #[test]
    fn a_retry_delay_in_the_body_is_read_and_garbage_is_not() {
        let delay = |text: &str| {
            retry_delay(&json!({"error":{"details":[{"@type":"x"},{"retryDelay":text}]}}))
        };
        assert_eq!(delay("34.4s"), Some(Duration::from_millis(34_400)));
        for text in ["", "s", "-1s", "NaNs", "1e300s", "5"] {
            assert_eq!(delay(text), None, "{text}");
        }
    }

    #[test]
    fn our_credentials_are_taken_out() {
        let redactor = Redactor::new(&[Secret::from("sk-secret-12345")]);
        let error = in_stream(
            br#"{"error":{"message":"bad key sk-secret-12345","type":"t"}}"#,
            &redactor,
        );
        let body = String::from_utf8(error.body.unwrap().to_vec()).unwrap();
        assert!(
            !body.contains("secret-12345") && body.contains("redacted"),
            "{body}"
        );
    }
}
