//! The vision switch: where it is off, a request with image content is refused with the path of the part.
//! Nothing is ever taken out of a request.

use gateway_providers::Operation;
use gateway_types::json::RawObject;
use memchr::memmem;
use serde_json::Value;

use crate::http::error::{ApiError, ErrorKind};

/// Types of content parts that are images, in any of the dialects that clients send.
const IMAGE_TYPES: &[&str] = &["image_url", "input_image", "image"];
/// Members in which content parts nest.
const NESTS: &[&str] = &["content", "output"];

/// Refuses image content.
pub(super) fn refuse_images(operation: Operation, body: &RawObject) -> Result<(), ApiError> {
    let name = match operation {
        Operation::Chat => "messages",
        Operation::Responses => "input",
        _ => return Ok(()),
    };
    refuse_in(name, body)
}

/// Refuses image content in one member.
pub(super) fn refuse_in(name: &'static str, body: &RawObject) -> Result<(), ApiError> {
    // An image part has a `type` or an `image_url`. Plain text, be it long, has neither.
    if !body.may_hold_key("type") && !body.may_hold_key("image_url") {
        return Ok(());
    }
    if !body.value_bytes(name).is_some_and(may_hold_image) {
        return Ok(());
    }
    let Some(member) = body.get(name) else {
        return Ok(());
    };
    // The strict scan has been passed: this always parses.
    let Ok(value) = member.parse::<Value>() else {
        return Ok(());
    };
    match image_path(&value, name) {
        None => Ok(()),
        Some(path) => {
            let message = format!(
                "`{path}` is an image, and image content is switched off on this gateway. Set ENABLE_VISION=true to let it through."
            );
            Err(ApiError::new(ErrorKind::VisionDisabled, message).param(path))
        }
    }
}

/// A cheap look that has no false 'no': the word itself, or an escape that could spell it.
fn may_hold_image(text: &[u8]) -> bool {
    memmem::find(text, b"image").is_some() || memmem::find(text, b"\\u").is_some()
}

/// The path of the first image part: down through arrays, and through the members that nest content.
fn image_path(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| image_path(item, &format!("{path}[{index}]"))),
        Value::Object(part) => {
            let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
            if IMAGE_TYPES.contains(&kind) || part.contains_key("image_url") {
                return Some(path.to_owned());
            }
            NESTS
                .iter()
                .find_map(|nest| image_path(part.get(*nest)?, &format!("{path}.{nest}")))
        }
        _ => None,
    }
}
