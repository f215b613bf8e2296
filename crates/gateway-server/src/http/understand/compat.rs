//! The string-encoded members of the S3 dialect: `logit_bias`, `response_format`, `stream_options` and a
//! message's `tool_calls` may come as JSON inside a string, and go upstream as the JSON itself.
//!
//! Only these members, and only where they are strings; a body without any keeps its bytes.

use gateway_providers::Operation;
use gateway_types::json::{RawObject, ScanLimits, elements};
use memchr::memmem;

use crate::http::error::{ApiError, ErrorKind};

const TOP_LEVEL: &[&str] = &["logit_bias", "response_format", "stream_options"];

/// Replaces string-encoded members by what they encode.
pub(super) fn decode_string_members(
    operation: Operation,
    body: RawObject,
    limits: ScanLimits,
) -> Result<RawObject, ApiError> {
    if operation != Operation::Chat {
        return Ok(body);
    }
    let mut edit = body.edit();
    for name in TOP_LEVEL {
        if let Some(text) = body.string(name) {
            edit.set(name, decoded(&text, name, limits)?);
        }
    }
    if let Some(messages) = decoded_messages(&body, limits)? {
        edit.set("messages", messages);
    }
    if edit.is_empty() {
        return Ok(body);
    }
    RawObject::parse(edit.apply(), limits).map_err(|error| super::invalid_json(&error))
}

/// The encoded JSON, checked as strictly as the body around it.
fn decoded(text: &str, param: &str, limits: ScanLimits) -> Result<String, ApiError> {
    let text = text.trim();
    match gateway_types::json::check(text.as_bytes(), limits) {
        Ok(()) => Ok(text.to_owned()),
        Err(error) => {
            let message = format!(
                "`{param}` is a string that is not JSON: {error}. Send the JSON value, or its text in a string."
            );
            Err(ApiError::new(ErrorKind::InvalidValue, message).param(param))
        }
    }
}

/// The `messages` array with every string-encoded `tool_calls` replaced; `None` when there is none.
fn decoded_messages(body: &RawObject, limits: ScanLimits) -> Result<Option<String>, ApiError> {
    if !body.may_hold_key("tool_calls") {
        return Ok(None);
    }
    let Some(messages) = body
        .get("messages")
        .filter(|member| member.value.starts_with('['))
    else {
        return Ok(None);
    };
    let array = messages.value;
    if !may_hold_encoded_calls(array.as_bytes()) {
        return Ok(None);
    }
    let places = elements(array.as_bytes(), limits).map_err(|error| super::invalid_json(&error))?;
    let mut out = String::with_capacity(array.len());
    let mut copied = 0;
    for (index, place) in places.iter().enumerate() {
        let element = array.get(place.range.clone()).unwrap_or_default();
        if !element.starts_with('{') {
            continue;
        }
        let message = RawObject::parse(element.as_bytes().to_vec().into(), limits)
            .map_err(|error| super::invalid_json(&error))?;
        let Some(text) = message.string("tool_calls") else {
            continue;
        };
        let calls = decoded(&text, &format!("messages[{index}].tool_calls"), limits)?;
        let mut edit = message.edit();
        edit.set("tool_calls", calls);
        out.push_str(array.get(copied..place.range.start).unwrap_or_default());
        out.push_str(&String::from_utf8_lossy(&edit.apply()));
        copied = place.range.end;
    }
    if copied == 0 {
        return Ok(None);
    }
    out.push_str(array.get(copied..).unwrap_or_default());
    Ok(Some(out))
}

/// A cheap look: is there a `tool_calls` key whose value begins with a quote, or a key in disguise?
fn may_hold_encoded_calls(array: &[u8]) -> bool {
    if memmem::find(array, b"\\u").is_some() {
        return true;
    }
    memmem::find_iter(array, b"\"tool_calls\"").any(|at| {
        let after = array
            .get(at + b"\"tool_calls\"".len()..)
            .unwrap_or_default();
        let mut signs = after.iter().filter(|byte| !byte.is_ascii_whitespace());
        signs.next() == Some(&b':') && signs.next() == Some(&b'"')
    })
}
