//! Errors: of an answer with an error status, and inside of one that began as a success.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    Fault, FaultKind,
    dialects::native_error::{self, NativeError},
    fault::UpstreamError,
    upstream_error::{implied_status, retry_delay},
};

/// How codes begin that say in themselves which status they stand for, beside those that all dialects know.
///
/// Source: `ResponseError.code` in <https://platform.openai.com/docs/api-reference/responses/object>.
const CODES: &[(&str, StatusCode)] = &[
    ("bio_policy", StatusCode::BAD_REQUEST),
    ("cyber_policy", StatusCode::BAD_REQUEST),
    ("misalignment_policy", StatusCode::BAD_REQUEST),
    ("image_", StatusCode::BAD_REQUEST),
    ("empty_image", StatusCode::BAD_REQUEST),
    ("failed_to_download", StatusCode::BAD_REQUEST),
    ("vector_store_timeout", StatusCode::GATEWAY_TIMEOUT),
];

/// What a code that nobody knows counts as.
const UNKNOWN: StatusCode = StatusCode::BAD_GATEWAY;

/// An error answer. One in OpenAI's shape stays as it came.
pub(super) fn answer(status: StatusCode, body: &Bytes) -> UpstreamError {
    let whole = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    let message = whole.get("error").and_then(|error| error.get("message"));
    if message.is_some_and(Value::is_string) {
        return UpstreamError {
            status,
            headers: HeaderMap::new(),
            retry_after: retry_delay(&whole),
            body: Some(body.clone()),
        };
    }
    native_error::with_status(status, read(whole))
}

/// An error inside an answer: the `error` of a failed response, or an `error` event, flat or wrapped.
pub(super) fn inside(whole: Value) -> Box<Fault> {
    let error = whole.get("error").filter(|error| !error.is_null());
    let by_code = error
        .unwrap_or(&whole)
        .get("code")
        .and_then(Value::as_str)
        .and_then(|code| {
            CODES
                .iter()
                .find(|(begin, _)| code.starts_with(begin))
                .map(|(_, status)| *status)
        });
    let status = by_code.or_else(|| implied_status(&whole));
    native_error::in_stream(status.unwrap_or(UNKNOWN), read(whole))
}

/// An answer that ended without being one.
pub(super) fn ended(status: &str) -> Box<Fault> {
    inside(json!({"error": {
        "code": status,
        "message": format!("The response ended with status `{status}`."),
    }}))
}

/// A success that is no response.
pub(super) fn no_response(detail: &'static str) -> Box<Fault> {
    Box::new(Fault::new(FaultKind::InvalidResponse, detail))
}

fn read(whole: Value) -> NativeError {
    let Value::Object(mut members) = whole else {
        return NativeError::default();
    };
    let mut error = match members.shift_remove("error") {
        Some(Value::Object(error)) => error,
        // xAI writes the message here, and a word or a sentence as the `code` beside it.
        Some(Value::String(message)) => {
            members.insert("message".to_owned(), message.into());
            members
        }
        _ => members,
    };
    let message = ["message", "detail"]
        .iter()
        .find_map(|name| text(&mut error, name));
    let kind = text(&mut error, "type").filter(|kind| kind != "error");
    let code = text(&mut error, "code").or_else(|| kind.clone());
    error.shift_remove("sequence_number");
    NativeError {
        message,
        code,
        param: text(&mut error, "param"),
        retry_after: None,
        details: error,
    }
}

/// Takes a text, or a number as text.
fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::String(text) => {
            let text = text.clone();
            members.shift_remove(name);
            Some(text)
        }
        Value::Number(number) => {
            let text = number.to_string();
            members.shift_remove(name);
            Some(text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: UpstreamError) -> (u16, Value) {
        let body = serde_json::from_slice(&error.body.unwrap()).unwrap();
        (error.status.as_u16(), body)
    }

    #[test]
    fn openais_own_shape_stays_and_others_become_it() {
        let ours = Bytes::from_static(
            br#"{"error":{"message":"no","type":"invalid_request_error","param":"input","code":null}}"#,
        );
        assert_eq!(answer(StatusCode::BAD_REQUEST, &ours).body, Some(ours));
        let flat = Bytes::from_static(br#"{"code":"invalid-argument","error":"bad key"}"#);
        let (_, body) = told(answer(StatusCode::BAD_REQUEST, &flat));
        assert_eq!(body["error"]["message"], "bad key");
        assert_eq!(body["error"]["code"], "invalid-argument");
        let (status, body) = told(answer(
            StatusCode::BAD_GATEWAY,
            &Bytes::from_static(b"<html>"),
        ));
        assert_eq!(status, 502);
        assert!(body["error"]["message"].as_str().unwrap().contains("502"));
    }

    #[test]
    fn an_error_inside_has_the_status_that_its_code_stands_for() {
        for (whole, status, code) in [
            (
                json!({"type":"error","code":"server_error","message":"m","param":null}),
                500,
                "server_error",
            ),
            (
                json!({"type":"error","error":{"type":"insufficient_quota","code":"insufficient_quota","message":"m"}}),
                429,
                "insufficient_quota",
            ),
            (
                json!({"error":{"code":"rate_limit_exceeded","message":"m"}}),
                429,
                "rate_limit_exceeded",
            ),
            (
                json!({"error":{"code":"image_too_large","message":"m"}}),
                400,
                "image_too_large",
            ),
            (
                json!({"error":{"code":"vector_store_timeout","message":"m"}}),
                504,
                "vector_store_timeout",
            ),
            (
                json!({"error":{"code":"no_such_code","message":"m"}}),
                502,
                "no_such_code",
            ),
            (
                json!({"error":{"type":"overloaded_error","message":"m"}}),
                503,
                "overloaded_error",
            ),
        ] {
            let fault = inside(whole.clone());
            let (found, body) = told(fault.upstream.unwrap());
            assert_eq!(found, status, "{whole}");
            assert_eq!(body["error"]["code"], code, "{whole}");
            assert_eq!(body["error"]["message"], "m", "{whole}");
        }
    }
}
