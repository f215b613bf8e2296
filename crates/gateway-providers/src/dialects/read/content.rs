//! The content of messages.

use gateway_types::chat::{ContentPart, MessageContent};

use super::invalid;
use crate::{TranslateError, dialects::dropped::Dropped};

/// The text of content that can hold nothing else here: text and refusals, joined.
///
/// # Errors
/// Names the part that is something else.
pub(crate) fn text(
    content: MessageContent,
    path: &str,
    dropped: &mut Dropped,
) -> Result<String, TranslateError> {
    let parts = match content {
        MessageContent::Text(text) => return Ok(text),
        MessageContent::Parts(parts) => parts,
    };
    let mut joined = String::new();
    for (index, part) in parts.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        match part {
            ContentPart::Text(part) => {
                joined.push_str(&part.text);
                dropped.rest(&path, &part, &["text"]);
            }
            ContentPart::Refusal(part) => {
                joined.push_str(&part.refusal);
                dropped.rest(&path, &part, &["refusal"]);
            }
            other => return Err(refused_part(&path, &other)),
        }
    }
    Ok(joined)
}

/// The refusal of a part that cannot stand where it stands.
pub(crate) fn refused_part(path: &str, part: &ContentPart) -> TranslateError {
    let (member, kind) = match part {
        ContentPart::Text(_) => ("text", "text"),
        ContentPart::ImageUrl(_) => ("image_url", "images"),
        ContentPart::InputAudio(_) => ("input_audio", "audio"),
        ContentPart::File(_) => ("file", "files"),
        ContentPart::Refusal(_) => ("refusal", "refusals"),
        other => {
            let kind = other.tag().unwrap_or("without a type");
            let message =
                format!("`{path}.type`: this provider does not take parts of the type {kind:?}");
            return invalid(format!("{path}.type"), message);
        }
    };
    invalid(
        format!("{path}.{member}"),
        format!("`{path}`: this provider does not take {kind} here; send text instead"),
    )
}
