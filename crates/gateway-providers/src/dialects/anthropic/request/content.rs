//! What users and tools say: text, images, documents.

use base64::{Engine, engine::general_purpose::STANDARD};
use gateway_types::chat::{
    ContentPart, FilePart, ImageDetail, ImagePart, MessageContent, TextPart,
};
use serde_json::Value;

use super::{
    super::wire::{Block, Object, Source},
    Notes, cache,
};
use crate::{
    TranslateError,
    dialects::{data_url, read},
};

/// The feature that files by their id belong to: <https://docs.anthropic.com/en/docs/build-with-claude/files>.
const FILES_BETA: &str = "files-api-2025-04-14";

/// The images that Claude sees: <https://docs.anthropic.com/en/docs/build-with-claude/vision>.
const IMAGES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// Parts in Anthropic's own words that may stand with a user or a tool.
const OWN_PARTS: &[&str] = &[
    "image",
    "document",
    "search_result",
    "container_upload",
    "tool_reference",
    "browser_state",
];

/// The blocks of a user's or a tool's content. Text without any character is no block.
pub(super) fn blocks(
    content: MessageContent,
    path: &str,
    notes: &mut Notes<'_>,
) -> Result<Vec<Block>, TranslateError> {
    let parts = match content {
        MessageContent::Text(text) => return Ok(text_block(text, None, path, notes)),
        MessageContent::Parts(parts) => parts,
    };
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        match part {
            ContentPart::Text(part) => blocks.extend(text_part(part, &path, notes)),
            ContentPart::Refusal(mut part) => {
                let text = std::mem::take(&mut part.refusal);
                notes.dropped.rest(&path, &part, &["refusal"]);
                blocks.extend(text_block(text, None, &path, notes));
            }
            ContentPart::ImageUrl(part) => blocks.push(image(part, &path, notes)?),
            ContentPart::File(part) => blocks.push(file(part, &path, notes)?),
            ContentPart::Other(part) if is_own(&part, OWN_PARTS) => {
                blocks.push(Block::Own(part.0));
            }
            other => return Err(read::refused_part(&path, &other)),
        }
    }
    Ok(blocks)
}

/// Whether an object is a block of one of these types.
pub(super) fn is_own(part: &Object, types: &[&str]) -> bool {
    part.get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| types.contains(&kind))
}

/// A text part with its mark.
pub(super) fn text_part(mut part: TextPart, path: &str, notes: &mut Notes<'_>) -> Vec<Block> {
    let mark = cache::take_of_part(&mut part.extra, &mut part.prompt_cache_breakpoint);
    let text = std::mem::take(&mut part.text);
    notes.dropped.rest(path, &part, &["text"]);
    text_block(text, mark, path, notes)
}

/// Text that has nothing but white space is refused by the API: it is left out and, unless it is empty, named.
pub(super) fn text_block(
    text: String,
    cache_control: Option<Value>,
    path: &str,
    notes: &mut Notes<'_>,
) -> Vec<Block> {
    if text.trim().is_empty() {
        if !text.is_empty() || cache_control.is_some() {
            notes.dropped.name(path);
        }
        return Vec::new();
    }
    vec![Block::Text {
        text,
        citations: Vec::new(),
        cache_control,
    }]
}

fn image(mut part: ImagePart, path: &str, notes: &mut Notes<'_>) -> Result<Block, TranslateError> {
    let cache_control = cache::take_of_part(&mut part.extra, &mut part.prompt_cache_breakpoint);
    let url = std::mem::take(&mut part.image_url.url);
    if part.image_url.detail.as_option() == Some(&ImageDetail::Auto) {
        part.image_url.detail.take();
    }
    notes
        .dropped
        .rest(&format!("{path}.image_url"), &part.image_url, &["url"]);
    notes.dropped.rest(path, &part, &["image_url"]);
    let path = format!("{path}.image_url.url");
    let source = match data_url::parse(&url) {
        Some(data) => inline_image(data.media_type, data.base64.into_owned(), &path)?,
        None => linked(url, &path, notes)?,
    };
    Ok(Block::Image {
        source,
        cache_control,
    })
}

fn inline_image(media_type: &str, data: String, path: &str) -> Result<Source, TranslateError> {
    let media_type = match media_type.to_ascii_lowercase() {
        // What many say; there is no such type.
        jpg if jpg == "image/jpg" => "image/jpeg".to_owned(),
        other => other,
    };
    if !IMAGES.contains(&media_type.as_str()) {
        let message = format!(
            "`{path}` is of type {media_type:?}: this provider takes JPEG, PNG, GIF and WebP images"
        );
        return Err(read::invalid(path, message));
    }
    Ok(Source::Base64 { media_type, data })
}

fn linked(url: String, path: &str, notes: &Notes<'_>) -> Result<Source, TranslateError> {
    let is_https = url
        .get(.."https://".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    if notes.host.url_sources && is_https {
        return Ok(Source::Url { url });
    }
    let message = if notes.host.url_sources {
        format!("`{path}`: this provider takes https: and data: URLs only; send it as a data: URL")
    } else {
        format!("`{path}`: this provider takes no URLs; send it as a data: URL")
    };
    Err(read::invalid(path, message))
}

/// A file by its id, or inline: PDF, plain text, or an image.
fn file(mut part: FilePart, path: &str, notes: &mut Notes<'_>) -> Result<Block, TranslateError> {
    let cache_control = cache::take_of_part(&mut part.extra, &mut part.prompt_cache_breakpoint);
    let name = part.file.filename.take().into_option();
    let data = part.file.file_data.take().into_option();
    // Beside the bytes an id says nothing more: it is left where it is, and so named.
    let id = match data {
        Some(_) => None,
        None => part.file.file_id.take().into_option(),
    };
    let mut own = Object::new();
    for member in ["citations", "context", "title"] {
        let value = part.extra.shift_remove(member);
        let value = value.or_else(|| part.file.extra.shift_remove(member));
        own.extend(value.map(|value| (member.to_owned(), value)));
    }
    notes.dropped.rest(&format!("{path}.file"), &part.file, &[]);
    notes.dropped.rest(path, &part, &["file"]);
    let path = format!("{path}.file");
    let source = match (data, id) {
        (Some(data), _) => inline_file(&data, name.as_deref(), &path, notes)?,
        (None, Some(file_id)) => {
            notes.betas.insert(FILES_BETA);
            Source::File { file_id }
        }
        (None, None) => {
            let message = format!("`{path}` needs `file_data` (a data: URL) or `file_id`");
            return Err(read::invalid(path, message));
        }
    };
    if is_image(&source, name.as_deref()) {
        return Ok(Block::Image {
            source,
            cache_control,
        });
    }
    let title = if own.contains_key("title") {
        None
    } else {
        name
    };
    Ok(Block::Document {
        source,
        title,
        own,
        cache_control,
    })
}

fn inline_file(
    data: &str,
    name: Option<&str>,
    path: &str,
    notes: &Notes<'_>,
) -> Result<Source, TranslateError> {
    let path = format!("{path}.file_data");
    if data.starts_with("https://") {
        return linked(data.to_owned(), &path, notes);
    }
    let Some(url) = data_url::parse(data) else {
        let message =
            format!("`{path}` must be a data: URL, such as data:application/pdf;base64,...");
        return Err(read::invalid(path, message));
    };
    let media_type = match url.media_type {
        // Nothing is said: the name may say it.
        "application/octet-stream" => media_type_of(name).unwrap_or("application/octet-stream"),
        known => known,
    };
    if media_type.starts_with("image/") {
        return inline_image(media_type, url.base64.into_owned(), &path);
    }
    if media_type.eq_ignore_ascii_case("application/pdf") {
        return Ok(Source::Base64 {
            media_type: "application/pdf".to_owned(),
            data: url.base64.into_owned(),
        });
    }
    let text = is_text(media_type)
        .then(|| STANDARD.decode(url.base64.as_bytes()).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match text {
        Some(data) => Ok(Source::Text {
            media_type: "text/plain".to_owned(),
            data,
        }),
        None => {
            let message = format!(
                "`{path}` is of type {media_type:?}: this provider takes PDF, text in UTF-8, and images"
            );
            Err(read::invalid(path, message))
        }
    }
}

/// Text by its type: everything that a person can read as it is.
fn is_text(media_type: &str) -> bool {
    const TEXTS: &[&str] = &[
        "application/json",
        "application/xml",
        "application/yaml",
        "application/x-yaml",
        "application/javascript",
        "application/sql",
        "application/toml",
    ];
    let media_type = media_type.to_ascii_lowercase();
    media_type.starts_with("text/") || TEXTS.contains(&media_type.as_str())
}

fn is_image(source: &Source, name: Option<&str>) -> bool {
    match source {
        Source::Base64 { media_type, .. } => media_type.starts_with("image/"),
        Source::Text { .. } => false,
        Source::File { .. } | Source::Url { .. } => {
            media_type_of(name).is_some_and(|kind| kind.starts_with("image/"))
        }
    }
}

/// What the ending of a file's name says.
fn media_type_of(name: Option<&str>) -> Option<&'static str> {
    let (_, ending) = name?.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "txt" | "md" | "csv" | "json" | "html" | "xml" => "text/plain",
        _ => return None,
    })
}
