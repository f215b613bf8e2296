//! Errors. Spec: <https://cloud.google.com/apis/design/errors>.
//!
//! The body is `{"error":{"code","message","status","details":[]}}`, sometimes in an array of one; login servers
//! write `{"error":"...","error_description":"..."}`. What to do is often in the details alone: how long to wait,
//! which member is wrong, why a key is refused (a bad key is a 400 here, and stays one).

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::{
    Fault,
    dialects::native_error::{self, NativeError},
};

/// Statuses of the names in `status`: <https://cloud.google.com/apis/design/errors#handling_errors>.
const STATUSES: &[(&str, u16)] = &[
    ("INVALID_ARGUMENT", 400),
    ("FAILED_PRECONDITION", 400),
    ("OUT_OF_RANGE", 400),
    ("UNAUTHENTICATED", 401),
    ("PERMISSION_DENIED", 403),
    ("NOT_FOUND", 404),
    ("ABORTED", 409),
    ("ALREADY_EXISTS", 409),
    ("RESOURCE_EXHAUSTED", 429),
    ("CANCELLED", 499),
    ("UNIMPLEMENTED", 501),
    ("UNAVAILABLE", 503),
    ("DEADLINE_EXCEEDED", 504),
];

/// What an error body says; nothing where it is none (HTML, an empty body).
pub(super) fn read(body: &[u8]) -> NativeError {
    let mut value = match serde_json::from_slice(body) {
        Ok(Value::Array(items)) => items.into_iter().next().unwrap_or_default(),
        Ok(value) => value,
        Err(_) => return NativeError::default(),
    };
    match value.get_mut("error").map(Value::take) {
        Some(Value::Object(error)) => of_error(&error),
        Some(Value::String(code)) => NativeError {
            message: text(value.get("error_description")).or_else(|| Some(code.clone())),
            code: Some(code),
            ..NativeError::default()
        },
        _ => NativeError::default(),
    }
}

/// An error in place of an answer or of an event; `raw` is the error object.
pub(super) fn in_answer(raw: &str) -> Box<Fault> {
    let error: Map<String, Value> = serde_json::from_str(raw).unwrap_or_default();
    let status = status(&error);
    native_error::in_stream(status, of_error(&error))
}

fn of_error(error: &Map<String, Value>) -> NativeError {
    let details = error.get("details").and_then(Value::as_array);
    let details: &[Value] = details.map(Vec::as_slice).unwrap_or_default();
    let of_kind = |kind: &str| {
        details.iter().find(|detail| {
            let named = detail.get("@type").and_then(Value::as_str);
            named.is_some_and(|named| named.ends_with(kind))
        })
    };
    let reason = text(of_kind("google.rpc.ErrorInfo").and_then(|info| info.get("reason")));
    let param = text(
        of_kind("google.rpc.BadRequest").and_then(|bad| bad.pointer("/fieldViolations/0/field")),
    );
    let retry_after = of_kind("google.rpc.RetryInfo")
        .and_then(|info| info.get("retryDelay")?.as_str())
        .and_then(duration);
    let code = text(error.get("status")).or_else(|| Some(error.get("code")?.to_string()));
    let mut kept = Map::new();
    if let Some(reason) = reason {
        kept.insert("reason".to_owned(), reason.into());
    }
    if !details.is_empty() {
        kept.insert("details".to_owned(), details.into());
    }
    NativeError {
        message: text(error.get("message")),
        code,
        param,
        retry_after,
        details: kept,
    }
}

/// The status that an error inside an answer stands for.
fn status(error: &Map<String, Value>) -> StatusCode {
    let by_code = error
        .get("code")
        .and_then(Value::as_u64)
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code));
    let by_name = || {
        let name = error.get("status").and_then(Value::as_str)?;
        STATUSES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, status)| *status)
    };
    by_code
        .or_else(by_name)
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A duration in protobuf's JSON: `34.4s`.
fn duration(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape_is_read() {
        let object = json!({"error": {
            "code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"},
                {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
                {"@type": "type.googleapis.com/google.rpc.BadRequest",
                 "fieldViolations": [{"field": "contents[0].parts"}]}
            ]
        }});
        for body in [object.to_string(), json!([object]).to_string()] {
            let error = read(body.as_bytes());
            assert_eq!(error.message.as_deref(), Some("Slow down."));
            assert_eq!(error.code.as_deref(), Some("RESOURCE_EXHAUSTED"));
            assert_eq!(error.param.as_deref(), Some("contents[0].parts"));
            assert_eq!(error.retry_after, Some(Duration::from_millis(34_400)));
            assert_eq!(error.details["reason"], "RATE_LIMIT_EXCEEDED");
        }
        let login = read(br#"{"error":"invalid_grant","error_description":"No such account."}"#);
        assert_eq!(login.code.as_deref(), Some("invalid_grant"));
        assert_eq!(login.message.as_deref(), Some("No such account."));
        for nothing in ["", "<html>", "[]", "null", "{}", r#"{"error":null}"#] {
            assert_eq!(read(nothing.as_bytes()).message, None, "{nothing}");
        }
    }

    #[test]
    fn an_error_in_an_answer_has_the_status_that_it_stands_for() {
        for (error, status) in [
            (r#"{"code":503,"status":"UNAVAILABLE"}"#, 503),
            (r#"{"code":14,"status":"UNAVAILABLE"}"#, 503),
            (r#"{"status":"RESOURCE_EXHAUSTED"}"#, 429),
            (r#"{"message":"?"}"#, 500),
            ("3", 500),
        ] {
            let fault = in_answer(error);
            assert_eq!(fault.upstream_status().unwrap().as_u16(), status, "{error}");
        }
    }
}
