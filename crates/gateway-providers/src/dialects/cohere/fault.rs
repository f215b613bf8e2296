//! Errors: `{"id":..., "message":...}`, flat, and what proxies in front of the provider answer.
//!
//! Spec: <https://docs.cohere.com/reference/errors>

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::{
    Fault, FaultKind,
    dialects::native_error::{self, NativeError},
};

/// What an error body says; nothing where it is none.
pub(super) fn read(body: &[u8]) -> NativeError {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => from_object(object),
        Ok(Value::Array(items)) => match items.into_iter().next() {
            Some(Value::Object(object)) => from_object(object),
            _ => NativeError::default(),
        },
        Ok(Value::String(text)) => NativeError {
            message: Some(text),
            ..NativeError::default()
        },
        _ => NativeError::default(),
    }
}

/// Whether an event is nothing but an error.
pub(super) fn is_one(event: &[u8]) -> bool {
    read(event).message.is_some()
}

/// The error that a success turned out to be: a body or an event with nothing but a message.
pub(super) fn in_success(body: &[u8]) -> Box<Fault> {
    let error = read(body);
    if error.message.is_none() {
        return Box::new(Fault::new(
            FaultKind::InvalidResponse,
            "an answer that is not one of this protocol",
        ));
    }
    native_error::in_stream(StatusCode::INTERNAL_SERVER_ERROR, error)
}

/// An answer that ended in an error: `finish_reason` is `ERROR` or `TIMEOUT`, and `error` says more, as a text or
/// as an object with a message and a type; `kind` is the type where it stands beside it.
pub(super) fn ended_in(reason: &str, error: Option<Value>, kind: Option<&str>) -> Box<Fault> {
    let mut native = match error {
        Some(Value::Object(object)) => from_object(object),
        Some(Value::String(text)) => NativeError {
            message: Some(text),
            ..NativeError::default()
        },
        _ => NativeError::default(),
    };
    native
        .message
        .get_or_insert_with(|| format!("The provider ended its answer with the reason {reason}."));
    native
        .code
        .get_or_insert_with(|| kind.unwrap_or(reason).to_owned());
    let status = if reason == "TIMEOUT" {
        StatusCode::GATEWAY_TIMEOUT
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    native_error::in_stream(status, native)
}

/// The error answer of a status.
pub(super) fn with_status(status: StatusCode, body: &Bytes) -> crate::fault::UpstreamError {
    native_error::with_status(status, read(body))
}

fn from_object(mut object: Map<String, Value>) -> NativeError {
    if let Some(Value::Object(inner)) = object.get("error").cloned() {
        return from_object(inner);
    }
    let mut text = |names: &[&str]| {
        names.iter().find_map(|name| match object.get(*name) {
            Some(Value::String(_)) => match object.shift_remove(*name) {
                Some(Value::String(text)) if !text.is_empty() => Some(text),
                _ => None,
            },
            _ => None,
        })
    };
    NativeError {
        message: text(&["message", "error", "detail"]),
        code: text(&["error_type", "type", "code"]),
        param: text(&["param"]),
        retry_after: None,
        details: object
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_message() {
        let cases = [
            (
                r#"{"id":"x","message":"no such model"}"#,
                Some("no such model"),
                None,
            ),
            (
                r#"{"message":"m","error_type":"INVALID"}"#,
                Some("m"),
                Some("INVALID"),
            ),
            (
                r#"[{"error":{"message":"m","code":"c"}}]"#,
                Some("m"),
                Some("c"),
            ),
            (r#"{"detail":"d"}"#, Some("d"), None),
            (r#""text""#, Some("text"), None),
            ("<html>", None, None),
            ("{}", None, None),
        ];
        for (body, message, code) in cases {
            let error = read(body.as_bytes());
            assert_eq!(
                (error.message.as_deref(), error.code.as_deref()),
                (message, code),
                "{body}"
            );
        }
    }

    #[test]
    fn an_answer_that_ended_in_an_error_is_told_as_one() {
        let fault = ended_in(
            "ERROR",
            Some("broken call".into()),
            Some("INVALID_TOOL_GENERATION"),
        );
        let upstream = fault.upstream.unwrap();
        assert_eq!(upstream.status, 500);
        let body: Value = serde_json::from_slice(&upstream.body.unwrap()).unwrap();
        assert_eq!(
            (&body["error"]["message"], &body["error"]["code"]),
            (&"broken call".into(), &"INVALID_TOOL_GENERATION".into())
        );
        assert_eq!(
            ended_in("TIMEOUT", None, None).upstream.unwrap().status,
            504
        );
    }
}
