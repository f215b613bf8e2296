//! What a typed call can end with.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use gateway_types::error::ErrorObject;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    base_url::{BaseUrlError, PathError},
    sse::FrameError,
    transport::TransportError,
};

/// Why a call failed. No variant holds or prints a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The base URL is none.
    #[error("base URL: {0}")]
    BaseUrl(#[from] BaseUrlError),
    /// The API key or a header holds a character that no header may have.
    #[error("the value of header {name} has a character that no header may have")]
    Header {
        /// The header's name.
        name: String,
    },
    /// A model's name cannot be part of an address.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The request is no JSON: a map with keys that are not strings, for instance.
    #[error("the request cannot be written as JSON: {0}")]
    Encode(#[source] serde_json::Error),
    /// The exchange did not come to its end.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The API said no, by its status or inside a stream.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The answer is not what the operation answers with.
    #[error("unexpected answer: {source}")]
    Decode {
        /// What does not fit.
        source: serde_json::Error,
        /// The answer, or the event of a stream.
        body: Bytes,
    },
    /// The answer is larger than the client accepts.
    #[error(transparent)]
    TooLarge(#[from] FrameError),
    /// Nothing came for too long.
    #[error("nothing came for {} s", after.as_secs_f32())]
    Stalled {
        /// For how long.
        after: Duration,
    },
    /// The stream ended without saying that the answer is complete. What came so far is only a part of it,
    /// even though the connection was closed in good order.
    #[error("the stream ended before the answer was complete")]
    Truncated,
}

/// What the API said.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status: 200 for an error inside a stream that had begun.
    pub status: StatusCode,
    /// The error object. Where the answer held none, it has the status or the text as its message.
    pub error: ErrorObject,
    /// The request's id at the API, for its support.
    pub request_id: Option<String>,
    /// How long the API asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
    /// The body as it came, or the event of a stream.
    pub body: Bytes,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.as_u16(), self.error.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

/// Leaves the raw body out: it may repeat the prompt.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("error", &self.error)
            .field("request_id", &self.request_id)
            .field("retry_after", &self.retry_after)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {}

impl ApiError {
    /// Reads an answer whose status says that it is an error.
    pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let error = error_object(&body).unwrap_or_else(|| error_from_text(status, &body));
        let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        Self {
            status,
            error,
            request_id: request_id.map(str::to_owned),
            retry_after: retry_after(headers, SystemTime::now()),
            body,
        }
    }

    /// An error that came where an answer was due, in a body or an event.
    pub(super) fn in_band(error: ErrorObject, headers: &HeaderMap, body: Bytes) -> Self {
        Self {
            error,
            ..Self::from_answer(StatusCode::OK, headers, body)
        }
    }
}

impl From<ApiError> for ClientError {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

/// The forms in which servers write an error.
#[derive(Deserialize)]
struct AnyError {
    #[serde(default)]
    error: Value,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// The error in `{"error":{...}}`, in `{"error":"text"}`, or in a flat object that says it is one.
pub(super) fn error_object(body: &[u8]) -> Option<ErrorObject> {
    let any: AnyError = serde_json::from_slice(body).ok()?;
    match any.error {
        Value::Object(_) => Some(nested_error(&any.error)),
        Value::String(message) => Some(ErrorObject::new("error", message)),
        Value::Null => flat_error(any),
        other => Some(ErrorObject::new("error", other.to_string())),
    }
}

/// An object without a message, or with one that is no string, is an error all the same.
fn nested_error(error: &Value) -> ErrorObject {
    ErrorObject::deserialize(error).unwrap_or_else(|_| ErrorObject::new("error", error.to_string()))
}

/// vLLM and Anthropic write errors without the outer `error`.
fn flat_error(any: AnyError) -> Option<ErrorObject> {
    let says_error =
        |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains("rror"));
    let is_error = says_error(&any.kind) || says_error(&any.object);
    let message = any.message.filter(|_| is_error)?;
    Some(ErrorObject::new(
        any.kind.unwrap_or_else(|| "error".to_owned()),
        message,
    ))
}

/// A page or a line of text, cut to what a log can hold.
fn error_from_text(status: StatusCode, body: &[u8]) -> ErrorObject {
    const LONGEST: usize = 300;
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let reason = status.canonical_reason().unwrap_or("error");
    let message = if text.is_empty() || text.starts_with('<') {
        reason.to_owned()
    } else {
        text.chars().take(LONGEST).collect()
    };
    ErrorObject::new("error", message)
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date; at most a day.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_hours(24);
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let wait = match text("retry-after-ms").and_then(|ms| ms.parse().ok()) {
        Some(milliseconds) => Duration::from_millis(milliseconds),
        None => {
            let value = text(RETRY_AFTER.as_str())?;
            match value.parse() {
                Ok(seconds) => Duration::from_secs(seconds),
                Err(_) => httpdate::parse_http_date(value)
                    .ok()?
                    .duration_since(now)
                    .unwrap_or_default(),
            }
        }
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn reads_every_form_of_error() {
        let table = [
            (
                r#"{"error":{"message":"m","type":"t","code":"c"}}"#,
                Some("m"),
            ),
            (r#"{"error":"m"}"#, Some("m")),
            (r#"{"error":{"code":5}}"#, Some(r#"{"code":5}"#)),
            (r#"{"error":true}"#, Some("true")),
            (r#"{"type":"overloaded_error","message":"m"}"#, Some("m")),
            (r#"{"object":"error","message":"m","code":400}"#, Some("m")),
            (r#"{"error":null}"#, None),
            (r#"{"type":"message","message":"m"}"#, None),
            (r#"{"choices":[]}"#, None),
            ("not json", None),
        ];
        for (body, message) in table {
            let error = error_object(body.as_bytes());
            assert_eq!(
                error.map(|error| error.message).as_deref(),
                message,
                "{body}"
            );
        }
    }

    #[test]
    fn pages_do_not_become_messages() {
        let page =
            ApiError::from_answer(StatusCode::BAD_GATEWAY, &HeaderMap::new(), "<html>x".into());
        assert_eq!(page.to_string(), "502: Bad Gateway");
        let text = ApiError::from_answer(
            StatusCode::BAD_GATEWAY,
            &HeaderMap::new(),
            " no route ".into(),
        );
        assert_eq!(text.to_string(), "502: no route");
    }

    #[test]
    fn reads_how_long_to_wait() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let table = [
            ("retry-after", "7", Some(7_000)),
            ("retry-after-ms", "250", Some(250)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000)),
            ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("retry-after", "99999999999999", Some(86_400_000)),
            ("retry-after", "-1", None),
            ("retry-after", "soon", None),
        ];
        for (name, value, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            let wait = retry_after(&headers, now).map(|wait| wait.as_millis());
            assert_eq!(wait, expected, "{name}: {value}");
        }
    }
}
