//! The members that the gateway itself reads, with their types and limits. Everything else is the upstream's to judge.

use gateway_providers::Operation;
use gateway_types::json::RawObject;

use crate::http::error::{ApiError, ErrorKind};

/// What a member must be.
#[derive(Clone, Copy)]
enum Shape {
    Array { max: usize },
    Present,
}

/// Members without which an operation makes no sense.
const REQUIRED: &[(Operation, &str, Shape)] = &[
    (Operation::Chat, "messages", Shape::Array { max: 10_000 }),
    (Operation::Embeddings, "input", Shape::Present),
    (Operation::ImageGenerations, "prompt", Shape::Present),
    (Operation::ImageEdits, "prompt", Shape::Present),
    (Operation::Moderations, "input", Shape::Present),
    (Operation::Rerank, "query", Shape::Present),
    (Operation::Rerank, "documents", Shape::Present),
    (Operation::Speech, "input", Shape::Present),
];

/// Integers with an upper limit, which a hostile caller could use to multiply work.
const BOUNDED: &[(&str, i64)] = &[("n", 128), ("top_logprobs", 20), ("best_of", 128)];

/// Members that are objects or `null` wherever they stand.
const OBJECTS: &[&str] = &["stream_options", "logit_bias"];

/// Members that are so in chat; for images and audio `response_format` is a word.
const CHAT_OBJECTS: &[&str] = &["response_format"];

/// The model's name.
pub(super) fn model(body: &RawObject) -> Result<String, ApiError> {
    let Some(member) = body.get("model") else {
        return Err(ApiError::new(
            ErrorKind::MissingParameter,
            "`model` is missing. `GET /v1/models` lists the names.",
        )
        .param("model"));
    };
    match body.string("model") {
        Some(model) if !model.trim().is_empty() => Ok(model.into_owned()),
        Some(_) => Err(invalid(
            "model",
            "`model` is empty. `GET /v1/models` lists the names.",
        )),
        None => Err(invalid(
            "model",
            format!(
                "`model` must be a string, not {}.",
                kind(member.value.as_bytes())
            ),
        )),
    }
}

/// Whether a stream is asked for; `null` is 'no'.
pub(super) fn stream(body: &RawObject) -> Result<bool, ApiError> {
    match body.get("stream").map(|member| member.value) {
        None | Some("null" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid("stream", "`stream` must be true or false.")),
    }
}

/// Everything else that is checked here.
pub(super) fn check(operation: Operation, body: &RawObject) -> Result<(), ApiError> {
    for (_, name, shape) in REQUIRED.iter().filter(|(of, ..)| *of == operation) {
        required(body, name, *shape)?;
    }
    for (name, max) in BOUNDED {
        bounded(body, name, *max)?;
    }
    let of_chat = CHAT_OBJECTS.iter().filter(|_| operation == Operation::Chat);
    for name in OBJECTS.iter().chain(of_chat) {
        match body.get(name) {
            Some(member) if !member.is_null() && !member.value.starts_with('{') => {
                return Err(invalid(
                    name,
                    format!(
                        "`{name}` must be an object, not {}.",
                        kind(member.value.as_bytes())
                    ),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn required(body: &RawObject, name: &str, shape: Shape) -> Result<(), ApiError> {
    // The value can be most of the body: it is looked at without being read.
    let Some(value) = body.value_bytes(name) else {
        return Err(
            ApiError::new(ErrorKind::MissingParameter, format!("`{name}` is missing.")).param(name),
        );
    };
    let Shape::Array { max } = shape else {
        return Ok(());
    };
    if !value.starts_with(b"[") {
        return Err(invalid(
            name,
            format!("`{name}` must be an array, not {}.", kind(value)),
        ));
    }
    match body.len_of(name).unwrap_or_default() {
        0 => Err(invalid(
            name,
            format!("`{name}` is empty; it needs at least one element."),
        )),
        len if len > max => Err(invalid(
            name,
            format!("`{name}` has {len} elements; at most {max} are taken."),
        )),
        _ => Ok(()),
    }
}

fn bounded(body: &RawObject, name: &str, max: i64) -> Result<(), ApiError> {
    match body.get(name) {
        Some(member) if !member.is_null() => match member.value.parse::<f64>() {
            #[expect(clippy::cast_precision_loss, reason = "the limits are small")]
            Ok(number) if number <= max as f64 => Ok(()),
            Ok(_) => Err(invalid(
                name,
                format!("`{name}` is {}; at most {max} is taken.", member.value),
            )),
            // An integer elsewhere (completions' `logprobs`) may be a boolean here: the upstream judges it.
            Err(_) if member.value == "true" || member.value == "false" => Ok(()),
            Err(_) => Err(invalid(
                name,
                format!(
                    "`{name}` must be an integer, not {}.",
                    kind(member.value.as_bytes())
                ),
            )),
        },
        _ => Ok(()),
    }
}

fn invalid(param: &str, message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorKind::InvalidValue, message).param(param)
}

fn kind(value: &[u8]) -> &'static str {
    match value.first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use gateway_types::json::ScanLimits;

    use super::*;

    /// Images and audio have a `response_format` of their own: `b64_json`, `wav`, `verbose_json`.
    #[test]
    fn a_response_format_is_an_object_in_chat_alone() {
        let body =
            r#"{"model":"m","messages":[{}],"input":"x","prompt":"x","response_format":"wav"}"#;
        let body =
            RawObject::parse(body.as_bytes().to_vec().into(), ScanLimits::default()).unwrap();
        for operation in [Operation::Speech, Operation::ImageGenerations] {
            assert!(check(operation, &body).is_ok(), "{operation}");
        }
        assert_eq!(
            check(Operation::Chat, &body).unwrap_err().code(),
            "invalid_value"
        );
    }
}
