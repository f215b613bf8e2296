//! Content that goes in: text, images, files.

use gateway_types::chat::{ContentPart, FilePart, ImagePart, MessageContent};
use serde_json::{Value, json};

use crate::{
    TranslateError,
    dialects::{
        dropped::Dropped,
        read::{invalid, refused_part},
    },
};

/// Parts in Responses' own words, which go on as they came.
const OWN: &[&str] = &["input_text", "input_image", "input_file"];

/// Content as a string or a list of input parts.
///
/// # Errors
/// Names the part that has no place here.
pub(super) fn input(
    content: MessageContent,
    path: &str,
    dropped: &mut Dropped,
) -> Result<Value, TranslateError> {
    match content {
        MessageContent::Text(text) => Ok(text.into()),
        MessageContent::Parts(parts) => parts
            .into_iter()
            .enumerate()
            .map(|(index, part)| self::part(part, &format!("{path}[{index}]"), dropped))
            .collect(),
    }
}

fn part(part: ContentPart, path: &str, dropped: &mut Dropped) -> Result<Value, TranslateError> {
    match part {
        ContentPart::Text(mut part) => {
            let text = std::mem::take(&mut part.text);
            let mut native = json!({"type": "input_text", "text": text});
            put(
                &mut native,
                "prompt_cache_breakpoint",
                part.prompt_cache_breakpoint.take().into_option(),
            );
            dropped.rest(path, &part, &["text"]);
            Ok(native)
        }
        ContentPart::ImageUrl(part) => Ok(image(part, path, dropped)),
        ContentPart::File(part) => file(part, path, dropped),
        other if other.tag().is_some_and(|tag| OWN.contains(&tag)) => Ok(json!(other)),
        other => Err(refused_part(path, &other)),
    }
}

fn image(mut part: ImagePart, path: &str, dropped: &mut Dropped) -> Value {
    let url = std::mem::take(&mut part.image_url.url);
    let detail = part.image_url.detail.take().into_option();
    let mut native = json!({
        "type": "input_image",
        "image_url": url,
        // Required here, though it says nothing.
        "detail": detail.map_or_else(|| "auto".into(), |detail| json!(detail)),
    });
    put(
        &mut native,
        "prompt_cache_breakpoint",
        part.prompt_cache_breakpoint.take().into_option(),
    );
    dropped.rest(&format!("{path}.image_url"), &part.image_url, &["url"]);
    dropped.rest(path, &part, &["image_url"]);
    native
}

fn file(mut part: FilePart, path: &str, dropped: &mut Dropped) -> Result<Value, TranslateError> {
    let file = &mut part.file;
    let url = file.extra.shift_remove("file_url");
    let id = file.file_id.take().into_option();
    let data = file.file_data.take().into_option();
    if url.is_none() && id.is_none() && data.is_none() {
        let param = format!("{path}.file");
        let message = format!("`{param}`: send `file_data` (a data: URL) or `file_id`");
        return Err(invalid(param, message));
    }
    let mut native = json!({"type": "input_file"});
    put(&mut native, "file_url", url);
    put(&mut native, "file_id", id);
    put(&mut native, "file_data", data);
    put(&mut native, "filename", file.filename.take().into_option());
    put(
        &mut native,
        "prompt_cache_breakpoint",
        part.prompt_cache_breakpoint.take().into_option(),
    );
    dropped.rest(&format!("{path}.file"), &part.file, &[]);
    dropped.rest(path, &part, &["file"]);
    Ok(native)
}

fn put(object: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(name.to_owned(), json!(value));
    }
}
