//! Images, audio, video and files.
//!
//! Bytes go inline; an address goes as a file's address, which the provider fetches itself:
//! <https://ai.google.dev/gemini-api/docs/file-input-methods>.

use gateway_types::chat::{FilePart, ImagePart, InputAudioPart};
use serde_json::Value;

use super::super::wire::request::{Blob, FileData, MadePart, Part};
use crate::{
    TranslateError,
    dialects::{data_url, dropped::Dropped, read::invalid},
};

/// Media types by the ending of a file's name. Spec: <https://ai.google.dev/gemini-api/docs/file-input-methods>.
const MEDIA_TYPES: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("bmp", "image/bmp"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("html", "text/html"),
    ("csv", "text/csv"),
    ("xml", "text/xml"),
    ("json", "application/json"),
    ("wav", "audio/wav"),
    ("mp3", "audio/mp3"),
    ("aac", "audio/aac"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
    ("mp4", "video/mp4"),
    ("mov", "video/mov"),
    ("mpeg", "video/mpeg"),
    ("webm", "video/webm"),
];

/// An image.
pub(super) fn image(
    part: &ImagePart,
    path: &str,
    dropped: &mut Dropped,
) -> Result<Part, TranslateError> {
    let mut image = part.image_url.clone();
    // The provider decides by itself, too; a wish for more or less is one it cannot be told.
    if image
        .detail
        .as_option()
        .is_some_and(|detail| detail.as_str() == "auto")
    {
        image.detail.take();
    }
    let path_of_url = format!("{path}.image_url");
    dropped.rest(&path_of_url, &image, &["url"]);
    dropped.rest(path, part, &["image_url"]);
    at(&image.url, None, &format!("{path_of_url}.url"))
}

/// Speech.
pub(super) fn audio(part: InputAudioPart, path: &str, dropped: &mut Dropped) -> Part {
    dropped.rest(path, &part, &["input_audio"]);
    let audio = part.input_audio;
    dropped.rest(&format!("{path}.input_audio"), &audio, &["data", "format"]);
    let subtype = match audio.format.as_str() {
        "pcm16" => "pcm",
        format => format,
    };
    inline(format!("audio/{subtype}"), audio.data)
}

/// A file.
pub(super) fn file(
    part: FilePart,
    path: &str,
    files_base: &str,
    dropped: &mut Dropped,
) -> Result<Part, TranslateError> {
    dropped.rest(path, &part, &["file"]);
    let mut file = part.file;
    let data = file.file_data.take().into_option();
    // Beside the bytes an id says nothing more: it is left where it is, and so named.
    let id = match data {
        Some(_) => None,
        None => file.file_id.take().into_option(),
    };
    let format = file.extra.shift_remove("format");
    let path = format!("{path}.file");
    dropped.rest(&path, &file, &[]);
    let kind = format.as_ref().and_then(Value::as_str).map(str::to_owned);
    let kind = kind.or_else(|| {
        file.filename
            .as_deref()
            .and_then(media_type)
            .map(str::to_owned)
    });
    match (data, id) {
        (Some(data), _) => at(&data, kind, &format!("{path}.file_data")),
        (None, Some(id)) => Ok(stored(&id, kind, files_base)),
        (None, None) => Err(invalid(
            path.clone(),
            format!("`{path}` needs `file_data` (a data: URL) or `file_id`"),
        )),
    }
}

/// A part of a kind that OpenAI's contract does not have: `video_url`, as several servers take it.
pub(super) fn other(
    part: &Value,
    path: &str,
    dropped: &mut Dropped,
) -> Option<Result<Part, TranslateError>> {
    let member = "video_url";
    let video = part.get(member)?;
    let url = video.as_str().or_else(|| video.get("url")?.as_str())?;
    dropped.rest(path, part, &["type", member]);
    dropped.rest(&format!("{path}.{member}"), video, &["url"]);
    Some(at(url, None, &format!("{path}.{member}.url")))
}

/// What a URL names: inline where the bytes are in it, else by its address.
pub(super) fn at(url: &str, kind: Option<String>, param: &str) -> Result<Part, TranslateError> {
    if let Some(data) = data_url::parse(url) {
        return Ok(inline(data.media_type.to_owned(), data.base64.into_owned()));
    }
    let is_address = ["https://", "http://", "gs://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !is_address {
        let message = format!("`{param}` must be a data:, https: or gs: URL");
        return Err(invalid(param, message));
    }
    let kind = kind.or_else(|| media_type(url).map(str::to_owned));
    Ok(by_address(url.to_owned(), kind))
}

/// A file that was uploaded before: its address, or its name (`files/x`) at this provider.
fn stored(id: &str, kind: Option<String>, files_base: &str) -> Part {
    let address = if id.contains("://") {
        id.to_owned()
    } else {
        let id = id.strip_prefix("files/").unwrap_or(id);
        format!("{files_base}/files/{id}")
    };
    let kind = kind.or_else(|| media_type(&address).map(str::to_owned));
    by_address(address, kind)
}

fn inline(mime_type: String, data: String) -> Part {
    MadePart {
        inline_data: Some(Blob { mime_type, data }),
        ..MadePart::default()
    }
    .into()
}

fn by_address(file_uri: String, mime_type: Option<String>) -> Part {
    MadePart {
        file_data: Some(FileData {
            mime_type,
            file_uri,
        }),
        ..MadePart::default()
    }
    .into()
}

/// The media type that a file's name shows.
fn media_type(name: &str) -> Option<&'static str> {
    let name = name.split(['?', '#']).next()?;
    let (_, ending) = name.rsplit('/').next()?.rsplit_once('.')?;
    MEDIA_TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(ending))
        .map(|(_, kind)| *kind)
}
