//! A provider's error as the one error object.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use crate::{Fault, FaultKind, fault::UpstreamError};

/// What a provider's error says.
#[derive(Debug, Clone, Default)]
pub struct NativeError {
    /// Its message.
    pub message: Option<String>,
    /// Its own word for the kind of error, which becomes the `code`.
    pub code: Option<String>,
    /// The member of the request that it names.
    pub param: Option<String>,
    /// How long it asks to wait, where the body says it.
    pub retry_after: Option<Duration>,
    /// What else its error object holds; kept beside the members above.
    pub details: Map<String, Value>,
}

/// The error of an answer with an error status.
pub fn with_status(status: StatusCode, error: NativeError) -> UpstreamError {
    let NativeError {
        message,
        code,
        param,
        retry_after,
        details,
    } = error;
    let message = message
        .filter(|message| !message.trim().is_empty())
        .unwrap_or_else(|| format!("The provider answered with status {}.", status.as_u16()));
    let mut object = Map::new();
    object.insert("message".to_owned(), message.into());
    object.insert("type".to_owned(), type_of(status).into());
    object.insert("param".to_owned(), param.into());
    object.insert("code".to_owned(), code.into());
    for (name, value) in details {
        object.entry(name).or_insert(value);
    }
    let body = Value::Object(Map::from_iter([("error".to_owned(), object.into())]));
    UpstreamError {
        status,
        headers: HeaderMap::new(),
        body: Some(Bytes::from(body.to_string())),
        retry_after,
    }
}

/// An error inside an answer that began as a success; `status` is the one that its kind stands for.
pub fn in_stream(status: StatusCode, error: NativeError) -> Box<Fault> {
    let detail = format!(
        "the upstream reported an error in its answer, as good as a status {}",
        status.as_u16()
    );
    Box::new(Fault {
        kind: FaultKind::InStream,
        detail,
        upstream: Some(with_status(status, error)),
    })
}

/// OpenAI's `type` for a status: <https://platform.openai.com/docs/guides/error-codes>.
fn type_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "insufficient_quota",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        503 | 529 => "overloaded_error",
        _ => "server_error",
    }
}
