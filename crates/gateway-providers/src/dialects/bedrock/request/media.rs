//! Images, documents, videos and audio: Bedrock's names for their formats, and where their bytes are.
//!
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html>

use std::collections::BTreeSet;

use super::super::wire::{Block, Media, MediaSource};
use crate::dialects::data_url;

/// The longest name of a document, less what tells equal ones apart.
const LONGEST_NAME: usize = 190;

/// Which block something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Image,
    Document,
    Video,
    Audio,
}

/// One format: which block, Bedrock's name for it, its media types, its file endings.
struct Format {
    kind: Kind,
    name: &'static str,
    media_types: &'static [&'static str],
    endings: &'static [&'static str],
}

const fn format(
    kind: Kind,
    name: &'static str,
    media_types: &'static [&'static str],
    endings: &'static [&'static str],
) -> Format {
    Format {
        kind,
        name,
        media_types,
        endings,
    }
}

static FORMATS: &[Format] = &[
    format(Kind::Image, "png", &["image/png"], &["png"]),
    format(
        Kind::Image,
        "jpeg",
        &["image/jpeg", "image/jpg"],
        &["jpg", "jpeg"],
    ),
    format(Kind::Image, "gif", &["image/gif"], &["gif"]),
    format(Kind::Image, "webp", &["image/webp"], &["webp"]),
    format(Kind::Document, "pdf", &["application/pdf"], &["pdf"]),
    format(Kind::Document, "csv", &["text/csv"], &["csv"]),
    format(Kind::Document, "doc", &["application/msword"], &["doc"]),
    format(
        Kind::Document,
        "docx",
        &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
        &["docx"],
    ),
    format(
        Kind::Document,
        "xls",
        &["application/vnd.ms-excel"],
        &["xls"],
    ),
    format(
        Kind::Document,
        "xlsx",
        &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        &["xlsx"],
    ),
    format(Kind::Document, "html", &["text/html"], &["html", "htm"]),
    format(
        Kind::Document,
        "md",
        &["text/markdown", "text/x-markdown"],
        &["md", "markdown"],
    ),
    format(
        Kind::Document,
        "txt",
        &["text/plain", "application/json", "application/xml"],
        &["txt", "text", "json", "xml", "log", "yaml", "yml"],
    ),
    format(Kind::Video, "mp4", &["video/mp4"], &["mp4"]),
    format(Kind::Video, "mov", &["video/quicktime"], &["mov"]),
    format(Kind::Video, "mkv", &["video/x-matroska"], &["mkv"]),
    format(Kind::Video, "webm", &["video/webm"], &["webm"]),
    format(Kind::Video, "flv", &["video/x-flv"], &["flv"]),
    format(Kind::Video, "mpeg", &["video/mpeg"], &["mpeg"]),
    format(Kind::Video, "mpg", &["video/mpg"], &["mpg"]),
    format(Kind::Video, "wmv", &["video/x-ms-wmv"], &["wmv"]),
    format(Kind::Video, "three_gp", &["video/3gpp"], &["3gp"]),
    format(
        Kind::Audio,
        "wav",
        &["audio/wav", "audio/x-wav", "audio/wave"],
        &["wav"],
    ),
    format(Kind::Audio, "mp3", &["audio/mpeg", "audio/mp3"], &["mp3"]),
    format(Kind::Audio, "opus", &["audio/opus"], &["opus"]),
    format(Kind::Audio, "aac", &["audio/aac"], &["aac"]),
    format(
        Kind::Audio,
        "flac",
        &["audio/flac", "audio/x-flac"],
        &["flac"],
    ),
    format(Kind::Audio, "ogg", &["audio/ogg"], &["ogg", "oga"]),
    format(
        Kind::Audio,
        "m4a",
        &["audio/m4a", "audio/x-m4a", "audio/mp4"],
        &["m4a"],
    ),
    format(Kind::Audio, "webm", &["audio/webm"], &[]),
    format(
        Kind::Audio,
        "pcm",
        &["audio/pcm", "audio/l16"],
        &["pcm", "pcm16"],
    ),
];

/// A file as it was found: what it is, and where its bytes are.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: Kind,
    format: &'static str,
    source: MediaSource,
}

/// Why a file cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It lies where Bedrock does not fetch from.
    Elsewhere,
    /// Bedrock has no format for it.
    Format,
}

impl Found {
    /// A `data:` URL, or a place in S3 whose ending names the format.
    pub(super) fn at(url: &str, file_name: Option<&str>) -> Result<Self, Unfit> {
        if let Some(data) = data_url::parse(url) {
            let found = by_media_type(data.media_type, file_name).ok_or(Unfit::Format)?;
            return Ok(Self::of(
                found,
                MediaSource::Bytes(data.base64.into_owned()),
            ));
        }
        if url.starts_with("s3://") {
            let found = by_ending(file_name.unwrap_or(url))
                .or_else(|| by_ending(url))
                .ok_or(Unfit::Format)?;
            let uri = url.to_owned();
            return Ok(Self::of(found, MediaSource::S3Location { uri }));
        }
        Err(Unfit::Elsewhere)
    }

    /// Bytes in base64 whose format is named by a word that is also a file's ending.
    pub(super) fn named(kind: Kind, ending: &str, base64: String) -> Result<Self, Unfit> {
        let found = FORMATS
            .iter()
            .find(|format| format.kind == kind && format.endings.contains(&ending))
            .ok_or(Unfit::Format)?;
        Ok(Self::of(found, MediaSource::Bytes(base64)))
    }

    fn of(format: &'static Format, source: MediaSource) -> Self {
        Self {
            kind: format.kind,
            format: format.name,
            source,
        }
    }

    /// The block. Only documents have names.
    pub(super) fn block(self, names: &mut DocumentNames, file_name: Option<&str>) -> Block {
        let media = Media {
            format: self.format,
            name: (self.kind == Kind::Document).then(|| names.give(file_name)),
            source: self.source,
        };
        match self.kind {
            Kind::Image => Block::Image(media),
            Kind::Document => Block::Document(media),
            Kind::Video => Block::Video(media),
            Kind::Audio => Block::Audio(media),
        }
    }
}

/// The media type decides, unless it says little and the file's name says more.
fn by_media_type(media_type: &str, file_name: Option<&str>) -> Option<&'static Format> {
    let media_type = media_type.to_ascii_lowercase();
    let by_type = FORMATS
        .iter()
        .find(|format| format.media_types.contains(&media_type.as_str()));
    let says_little = by_type.is_none() || media_type == "text/plain";
    let by_name = file_name.filter(|_| says_little).and_then(by_ending);
    let as_text = || {
        let text = media_type.starts_with("text/");
        FORMATS.iter().find(|format| text && format.name == "txt")
    };
    by_name.or(by_type).or_else(as_text)
}

fn by_ending(name: &str) -> Option<&'static Format> {
    let (_, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    FORMATS
        .iter()
        .find(|format| format.endings.contains(&ending.as_str()))
}

/// Names of documents: letters, digits, single spaces, hyphens and brackets, each name once in a request.
#[derive(Debug, Default)]
pub(super) struct DocumentNames {
    given: BTreeSet<String>,
}

impl DocumentNames {
    fn give(&mut self, file_name: Option<&str>) -> String {
        let base = plain(file_name.unwrap_or_default());
        let mut name = base.clone();
        let mut number = 1_u32;
        while !self.given.insert(name.clone()) {
            number += 1;
            name = format!("{base} ({number})");
        }
        name
    }
}

fn plain(file_name: &str) -> String {
    let stem = match file_name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file_name,
    };
    let mut name = String::new();
    for c in stem.chars().take(LONGEST_NAME) {
        match c {
            c if c.is_ascii_alphanumeric() || "-()[]".contains(c) => name.push(c),
            c if c.is_whitespace() && !name.ends_with(' ') => name.push(' '),
            c if c.is_whitespace() => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim();
    if name.is_empty() { "document" } else { name }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_found_by_type_then_by_name() {
        for (url, name, expected) in [
            ("data:image/JPG;base64,aa", None, Ok((Kind::Image, "jpeg"))),
            (
                "data:text/plain,a",
                Some("notes.md"),
                Ok((Kind::Document, "md")),
            ),
            ("data:text/x-python,a", None, Ok((Kind::Document, "txt"))),
            (
                "data:application/octet-stream;base64,aa",
                Some("a.PDF"),
                Ok((Kind::Document, "pdf")),
            ),
            (
                "data:application/zip;base64,aa",
                Some("a.zip"),
                Err(Unfit::Format),
            ),
            ("s3://bucket/clip.mp4", None, Ok((Kind::Video, "mp4"))),
            ("s3://bucket/clip", None, Err(Unfit::Format)),
            ("https://example.com/a.png", None, Err(Unfit::Elsewhere)),
        ] {
            let found = Found::at(url, name).map(|found| (found.kind, found.format));
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn documents_have_names_that_bedrock_takes_each_once() {
        let mut names = DocumentNames::default();
        for (file, expected) in [
            (Some("Quarter 3_final.pdf"), "Quarter 3-final"),
            (Some("Quarter 3_final.docx"), "Quarter 3-final (2)"),
            (Some("a  b\tc"), "a b c"),
            (Some(".env"), "-env"),
            (None, "document"),
            (Some(""), "document (2)"),
        ] {
            assert_eq!(names.give(file), expected);
        }
        assert!(names.give(Some(&"x".repeat(500))).len() <= 200);
    }
}
