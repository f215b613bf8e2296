//! Bedrock's errors: `{"message":...}`, the kind in a header or in the frame's own type.
//!
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::{
    Fault,
    dialects::native_error::{self, NativeError},
    fault::UpstreamError,
    framing::NativeEvent,
};

/// The header with the kind of error: `ThrottlingException:http://internal.amazon.com/...`.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// What a kind of error stands for as a status; anything else is the server's own failure.
static STATUSES: &[(&str, StatusCode)] = &[
    ("validation", StatusCode::BAD_REQUEST),
    ("servicequotaexceeded", StatusCode::BAD_REQUEST),
    ("accessdenied", StatusCode::FORBIDDEN),
    ("expiredtoken", StatusCode::FORBIDDEN),
    ("unrecognizedclient", StatusCode::FORBIDDEN),
    ("invalidsignature", StatusCode::FORBIDDEN),
    ("resourcenotfound", StatusCode::NOT_FOUND),
    ("modeltimeout", StatusCode::REQUEST_TIMEOUT),
    ("conflict", StatusCode::CONFLICT),
    ("modelerror", StatusCode::FAILED_DEPENDENCY),
    ("modelstreamerror", StatusCode::FAILED_DEPENDENCY),
    ("throttling", StatusCode::TOO_MANY_REQUESTS),
    ("modelnotready", StatusCode::TOO_MANY_REQUESTS),
    ("serviceunavailable", StatusCode::SERVICE_UNAVAILABLE),
    ("internalserver", StatusCode::INTERNAL_SERVER_ERROR),
];

/// An error answer.
pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> UpstreamError {
    let mut error = from_body(body);
    let kind = headers
        .get(ERROR_TYPE)
        .and_then(|value| value.to_str().ok());
    if let Some(kind) = kind.map(class).filter(|kind| !kind.is_empty()) {
        error.code = Some(kind.to_owned());
    }
    native_error::with_status(status, error)
}

/// An exception among the frames of a stream.
pub(super) fn exception(event: &NativeEvent) -> Box<Fault> {
    let name = event.name.as_deref().unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    let mut error = from_body(&event.data);
    let kind = class(&name);
    // A model that failed tells with which status it did.
    let own = error
        .details
        .get("original_status_code")
        .and_then(Value::as_u64);
    let own = own
        .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok())
        .filter(|status| status.is_client_error() || status.is_server_error());
    let status = own.unwrap_or_else(|| status_of(kind));
    if !kind.is_empty() {
        error.code = Some(capitalised(kind));
    }
    native_error::in_stream(status, error)
}

/// An error that stands in the body of a success.
pub(super) fn in_success(body: &Bytes) -> Option<Box<Fault>> {
    let error = from_body(body);
    error.message.as_ref()?;
    let status = status_of(error.code.as_deref().unwrap_or_default());
    Some(native_error::in_stream(status, error))
}

fn from_body(body: &[u8]) -> NativeError {
    let Ok(Value::Object(mut object)) = serde_json::from_slice(body) else {
        return NativeError::default();
    };
    // Coral services wrap what they do not know: `{"Output":{"__type":...},"Version":...}`.
    if let Some(Value::Object(output)) = object.remove("Output") {
        object = output;
    }
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| object.get(*name)?.as_str().map(str::to_owned))
    };
    let kind = text(&["__type", "code"]);
    let message = text(&["message", "Message", "errorMessage"])
        .or_else(|| kind.as_deref().map(|kind| class(kind).to_owned()));
    let mut details = Map::new();
    for (name, kept) in [
        ("originalStatusCode", "original_status_code"),
        ("originalMessage", "original_message"),
        ("resourceName", "resource_name"),
    ] {
        if let Some(value) = object.get(name).filter(|value| !value.is_null()) {
            details.insert(kept.to_owned(), value.clone());
        }
    }
    NativeError {
        message,
        code: kind.as_deref().map(|kind| class(kind).to_owned()),
        details,
        ..NativeError::default()
    }
}

/// The bare name of a kind: `com.amazon.coral#ThrottlingException:http://...` is `ThrottlingException`.
fn class(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default().trim()
}

/// Frames begin their kinds with a small letter, headers with a capital.
fn capitalised(kind: &str) -> String {
    let mut letters = kind.chars();
    match letters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + letters.as_str(),
        None => String::new(),
    }
}

fn status_of(kind: &str) -> StatusCode {
    let kind = kind.to_ascii_lowercase();
    let kind = kind.trim_end_matches("exception");
    STATUSES
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::framing::EventKind;

    fn body(error: &UpstreamError) -> Value {
        serde_json::from_slice(error.body.as_ref().unwrap()).unwrap()
    }

    #[test]
    fn the_kind_is_found_wherever_it_stands() {
        let url = "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/";
        for (header, text, status, message, code) in [
            (
                Some(url),
                r#"{"message":"Too many."}"#,
                429,
                json!("Too many."),
                json!("ThrottlingException"),
            ),
            (
                None,
                r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#,
                404,
                json!("UnknownOperationException"),
                json!("UnknownOperationException"),
            ),
            (None, r#"{"Message":"No."}"#, 403, json!("No."), Value::Null),
            (
                None,
                "<html>no</html>",
                502,
                json!("The provider answered with status 502."),
                Value::Null,
            ),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(ERROR_TYPE, header.parse().unwrap());
            }
            let status = StatusCode::from_u16(status).unwrap();
            let error = read(status, &headers, &Bytes::from(text));
            assert_eq!(error.status, status);
            assert_eq!(body(&error)["error"]["message"], message);
            assert_eq!(body(&error)["error"]["code"], code);
        }
    }

    #[test]
    fn an_exception_has_the_status_of_its_kind_or_its_own() {
        for (name, text, status) in [
            ("throttlingException", r#"{"message":"a"}"#, 429),
            ("validationException", "{}", 400),
            ("internalServerException", "", 500),
            ("neverHeardOf", "{}", 500),
            (
                "modelStreamErrorException",
                r#"{"message":"a","originalStatusCode":503,"originalMessage":"b"}"#,
                503,
            ),
            (
                "modelStreamErrorException",
                r#"{"originalStatusCode":200}"#,
                424,
            ),
        ] {
            let fault = exception(&NativeEvent {
                kind: EventKind::Exception,
                name: Some(Bytes::from(name)),
                data: Bytes::from(text),
            });
            assert_eq!(fault.upstream.unwrap().status.as_u16(), status, "{name}");
        }
    }
}
