//! Errors as Anthropic tells them: in an error's body, and inside a stream.
//!
//! Spec: <https://docs.anthropic.com/en/api/errors>

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::{
    Fault,
    dialects::native_error::{self, NativeError},
    fault::UpstreamError,
};

/// The types of errors with the status that each has outside of a stream.
const STATUSES: &[(&str, u16)] = &[
    ("invalid_request_error", 400),
    ("authentication_error", 401),
    ("billing_error", 402),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("conflict_error", 409),
    ("request_too_large", 413),
    ("rate_limit_error", 429),
    ("api_error", 500),
    ("timeout_error", 504),
    ("overloaded_error", 529),
];

/// An answer with an error status.
pub(super) fn with_status(status: StatusCode, body: &Bytes) -> UpstreamError {
    let error = serde_json::from_slice(body).map_or_else(|_| NativeError::default(), read);
    native_error::with_status(status, error)
}

/// An error inside an answer that began as a success.
pub(super) fn in_stream(event: Value) -> Box<Fault> {
    let error = read(event);
    let code = error.code.as_deref().unwrap_or_default();
    let status = STATUSES
        .iter()
        .find(|(known, _)| *known == code)
        .and_then(|(_, status)| StatusCode::from_u16(*status).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    native_error::in_stream(status, error)
}

/// `{"type":"error","error":{"type","message","details"},"request_id"}`; servers in front of it also say
/// `{"error":"..."}`, `{"message":"..."}`, or wrap the object in an array.
fn read(body: Value) -> NativeError {
    let mut body = match body {
        Value::Object(body) => body,
        Value::Array(items) => match items.into_iter().next() {
            Some(Value::Object(body)) => body,
            _ => return NativeError::default(),
        },
        Value::String(message) => return with_message(message),
        _ => return NativeError::default(),
    };
    let request_id = body.remove("request_id").filter(Value::is_string);
    let mut error = match body.remove("error") {
        Some(Value::Object(error)) => error,
        Some(Value::String(message)) => return with_message(message),
        _ => body,
    };
    let message = text(error.remove("message"));
    let code = text(error.remove("type")).or_else(|| text(error.remove("status")));
    let param = message.as_deref().and_then(named_member);
    let mut details: Map<String, Value> = error
        .into_iter()
        .filter(|(name, value)| !value.is_null() && !RESERVED.contains(&name.as_str()))
        .collect();
    details.extend(request_id.map(|id| ("request_id".to_owned(), id)));
    NativeError {
        message,
        code,
        param,
        retry_after: None,
        details,
    }
}

/// Members of the one error object that are ours to set.
const RESERVED: &[&str] = &["message", "type", "param", "code"];

fn with_message(message: String) -> NativeError {
    NativeError {
        message: Some(message),
        ..NativeError::default()
    }
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The member that a message begins with: `messages.0.content: Field required`.
fn named_member(message: &str) -> Option<String> {
    let (member, _) = message.split_once(": ")?;
    let is_path = member.len() <= 128
        && member.starts_with(|c: char| c.is_ascii_lowercase())
        && member
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    is_path.then(|| member.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(status: u16, body: &str) -> Value {
        let error = with_status(
            StatusCode::from_u16(status).unwrap(),
            &Bytes::copy_from_slice(body.as_bytes()),
        );
        serde_json::from_slice(&error.body.unwrap()).unwrap()
    }

    #[test]
    fn every_shape_becomes_the_one_error_object() {
        let body = r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages.0: bad","details":{"error_code":"tool_name_conflict"}},"request_id":"req_1"}"#;
        assert_eq!(
            told(400, body),
            json!({"error": {
                "message": "messages.0: bad", "type": "invalid_request_error", "param": "messages.0",
                "code": "invalid_request_error", "details": {"error_code": "tool_name_conflict"},
                "request_id": "req_1",
            }})
        );
        for (body, message) in [
            (
                r#"{"error":"Upstream is away: later"}"#,
                "Upstream is away: later",
            ),
            (r#"{"message":"no"}"#, "no"),
            (
                r#"[{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}]"#,
                "no",
            ),
            ("<html>", "The provider answered with status 403."),
            ("", "The provider answered with status 403."),
            (
                r#"{"error":null}"#,
                "The provider answered with status 403.",
            ),
        ] {
            let told = told(403, body);
            assert_eq!(told["error"]["message"], message, "{body}");
            assert_eq!(told["error"]["param"], Value::Null, "{body}");
        }
    }

    #[test]
    fn an_error_in_a_stream_has_the_status_of_its_type() {
        for (kind, status) in [
            ("overloaded_error", 529),
            ("rate_limit_error", 429),
            ("new", 500),
        ] {
            let fault =
                in_stream(json!({"type": "error", "error": {"type": kind, "message": "m"}}));
            assert_eq!(fault.upstream.unwrap().status.as_u16(), status);
        }
    }
}
