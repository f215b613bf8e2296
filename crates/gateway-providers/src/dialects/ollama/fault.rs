//! Errors: `{"error":"text"}`, as an answer, or as a line after a part of one.
//!
//! Spec: <https://docs.ollama.com/api/errors>

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::{
    Fault, FaultKind,
    dialects::native_error::{self, NativeError},
    fault::UpstreamError,
};

/// What an error body says; nothing where it is none.
fn read(body: &[u8]) -> NativeError {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => from_object(object),
        Ok(Value::String(text)) => NativeError {
            message: Some(text),
            ..NativeError::default()
        },
        _ => NativeError::default(),
    }
}

/// The error answer of a status.
pub(super) fn with_status(status: StatusCode, body: &Bytes) -> UpstreamError {
    native_error::with_status(status, read(body))
}

/// An error line, or an error where an answer was expected; where it names its own status, that counts.
pub(super) fn in_success(body: &[u8]) -> Box<Fault> {
    let mut error = read(body);
    if error.message.is_none() {
        return Box::new(Fault::new(
            FaultKind::InvalidResponse,
            "an answer that is not one of this protocol",
        ));
    }
    let status = ["status_code", "StatusCode", "code"]
        .iter()
        .find_map(|name| error.details.shift_remove(*name)?.as_u64())
        .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok())
        .filter(|status| status.is_client_error() || status.is_server_error());
    native_error::in_stream(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error)
}

fn from_object(mut object: Map<String, Value>) -> NativeError {
    match object.shift_remove("error") {
        Some(Value::String(text)) => NativeError {
            message: Some(text),
            details: said(object),
            ..NativeError::default()
        },
        // As the OpenAI endpoint of the same server writes it.
        Some(Value::Object(mut inner)) => {
            let mut text = |name: &str| match inner.get(name) {
                Some(Value::String(text)) if !text.is_empty() => {
                    let text = text.clone();
                    inner.shift_remove(name);
                    Some(text)
                }
                _ => None,
            };
            let message = text("message");
            let code = text("code").or_else(|| text("type"));
            let param = text("param");
            inner.shift_remove("type");
            NativeError {
                message,
                code,
                param,
                retry_after: None,
                details: said(inner),
            }
        }
        _ => NativeError::default(),
    }
}

fn said(members: Map<String, Value>) -> Map<String, Value> {
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(fault: &Fault) -> (u16, Value) {
        let upstream = fault.upstream.as_ref().unwrap();
        let body = upstream.body.as_ref().unwrap();
        (
            upstream.status.as_u16(),
            serde_json::from_slice(body).unwrap(),
        )
    }

    #[test]
    fn an_error_line_is_a_fault_with_its_message() {
        let (status, told) = body(&in_success(br#"{"error":"out of memory"}"#));
        assert_eq!(
            (status, &told["error"]["message"]),
            (500, &"out of memory".into())
        );
        let (status, _) = body(&in_success(br#"{"error":"slow down","status_code":429}"#));
        assert_eq!(status, 429);
        assert_eq!(in_success(b"{}").kind, FaultKind::InvalidResponse);
    }

    #[test]
    fn error_answers_keep_what_they_say() {
        let cases = [
            (r#"{"error":"no such model"}"#, "no such model", None),
            (
                r#"{"error":{"message":"m","type":"api_error","code":null}}"#,
                "m",
                Some("api_error"),
            ),
            ("<html>", "The provider answered with status 401.", None),
        ];
        for (given, message, code) in cases {
            let error = with_status(StatusCode::UNAUTHORIZED, &Bytes::from(given));
            let told: Value = serde_json::from_slice(&error.body.unwrap()).unwrap();
            assert_eq!(told["error"]["message"], message);
            assert_eq!(told["error"]["code"].as_str(), code);
        }
        let signin = r#"{"error":"unauthorized","signin_url":"https://example.test"}"#;
        let error = with_status(StatusCode::UNAUTHORIZED, &Bytes::from(signin));
        let told: Value = serde_json::from_slice(&error.body.unwrap()).unwrap();
        assert_eq!(told["error"]["signin_url"], "https://example.test");
    }
}
