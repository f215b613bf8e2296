//! Parts of a message's content as blocks.

use gateway_types::{
    JsonObject, Maybe,
    chat::{
        CacheBreakpoint, ContentPart, FilePart, ImageDetail, ImagePart, InputAudioPart,
        MessageContent,
    },
};
use serde_json::Value;

use super::{
    super::wire::{Block, CachePoint},
    cache_point,
    media::{DocumentNames, Found, Kind, Unfit},
};
use crate::{
    TranslateError,
    dialects::{dropped::Dropped, read::invalid},
};

/// Reads contents, one after the other; documents' names must differ across all of them.
pub(super) struct PartReader<'a> {
    pub(super) dropped: &'a mut Dropped,
    names: DocumentNames,
}

impl<'a> PartReader<'a> {
    pub(super) fn new(dropped: &'a mut Dropped) -> Self {
        Self {
            dropped,
            names: DocumentNames::default(),
        }
    }

    /// The blocks of a content that stands at `path`.
    pub(super) fn content(
        &mut self,
        content: MessageContent,
        path: &str,
    ) -> Result<Vec<Block>, TranslateError> {
        let mut blocks = Vec::new();
        match content {
            MessageContent::Text(text) => self.text(text, path, &mut blocks),
            MessageContent::Parts(parts) => {
                for (index, part) in parts.into_iter().enumerate() {
                    self.part(part, &format!("{path}[{index}]"), &mut blocks)?;
                }
            }
        }
        Ok(blocks)
    }

    /// The blocks of a content that can hold nothing but text here: instructions, and what the model said.
    pub(super) fn text_only(
        &mut self,
        content: MessageContent,
        path: &str,
    ) -> Result<Vec<Block>, TranslateError> {
        if let MessageContent::Parts(parts) = &content {
            let other = parts
                .iter()
                .position(|part| !matches!(part, ContentPart::Text(_) | ContentPart::Refusal(_)));
            if let Some(index) = other {
                return Err(invalid(
                    format!("{path}[{index}]"),
                    format!("`{path}[{index}]` must be text: Bedrock takes nothing else here"),
                ));
            }
        }
        self.content(content, path)
    }

    /// Bedrock refuses blank text. Empty text says nothing; other white space is named.
    fn text(&mut self, text: String, path: &str, blocks: &mut Vec<Block>) {
        if !text.trim().is_empty() {
            blocks.push(Block::Text(text));
        } else if !text.is_empty() {
            self.dropped.name(path);
        }
    }

    fn part(
        &mut self,
        part: ContentPart,
        path: &str,
        blocks: &mut Vec<Block>,
    ) -> Result<(), TranslateError> {
        let point = match part {
            ContentPart::Text(mut part) => {
                self.text(std::mem::take(&mut part.text), path, blocks);
                let point = self.point(&mut part.extra, &mut part.prompt_cache_breakpoint, path);
                self.dropped.rest(path, &part, &["text"]);
                point
            }
            ContentPart::Refusal(part) => {
                self.dropped.rest(path, &part, &["refusal"]);
                self.text(part.refusal, path, blocks);
                None
            }
            ContentPart::ImageUrl(part) => self.image(part, path, blocks)?,
            ContentPart::InputAudio(part) => self.audio(part, path, blocks)?,
            ContentPart::File(part) => self.file(part, path, blocks)?,
            ContentPart::Other(part) => self.video(part, path, blocks)?,
            _ => return Err(unknown(path)),
        };
        blocks.extend(point.map(Block::CachePoint));
        Ok(())
    }

    fn image(
        &mut self,
        mut part: ImagePart,
        path: &str,
        blocks: &mut Vec<Block>,
    ) -> Result<Option<CachePoint>, TranslateError> {
        let image = &mut part.image_url;
        let param = format!("{path}.image_url");
        let found = Found::at(&image.url, None)
            .and_then(|found| of_kind(found, Kind::Image))
            .map_err(|unfit| refused(unfit, &format!("{param}.url"), "a PNG, JPEG, GIF or WebP"))?;
        blocks.push(found.block(&mut self.names, None));
        if image.detail.as_option() == Some(&ImageDetail::Auto) {
            image.detail.take();
        }
        self.dropped.rest(&param, image, &["url"]);
        let point = self.point(&mut part.extra, &mut part.prompt_cache_breakpoint, path);
        self.dropped.rest(path, &part, &["image_url"]);
        Ok(point)
    }

    fn audio(
        &mut self,
        mut part: InputAudioPart,
        path: &str,
        blocks: &mut Vec<Block>,
    ) -> Result<Option<CachePoint>, TranslateError> {
        let audio = &mut part.input_audio;
        let param = format!("{path}.input_audio");
        let data = std::mem::take(&mut audio.data);
        let found = Found::named(Kind::Audio, audio.format.as_str(), data).map_err(|unfit| {
            refused(
                unfit,
                &format!("{param}.format"),
                "WAV, MP3, FLAC, AAC, Opus, Ogg or PCM",
            )
        })?;
        blocks.push(found.block(&mut self.names, None));
        self.dropped.rest(&param, audio, &["data", "format"]);
        let point = self.point(&mut part.extra, &mut part.prompt_cache_breakpoint, path);
        self.dropped.rest(path, &part, &["input_audio"]);
        Ok(point)
    }

    fn file(
        &mut self,
        mut part: FilePart,
        path: &str,
        blocks: &mut Vec<Block>,
    ) -> Result<Option<CachePoint>, TranslateError> {
        let file = &mut part.file;
        let param = format!("{path}.file");
        let name = file.filename.take().into_option();
        let name = name.as_deref();
        // Beside the bytes an id says nothing more: it is left where it is, and so named.
        let source = match file.file_data.take().into_option() {
            Some(data) => Some(("file_data", data)),
            None => file.file_id.take().into_option().map(|id| ("file_id", id)),
        };
        let Some((member, url)) = source else {
            let message = format!("`{param}` needs `file_data`: a data: URL");
            return Err(invalid(format!("{param}.file_data"), message));
        };
        let found = Found::at(&url, name)
            .or_else(|unfit| bare_base64(unfit, name, &url))
            .map_err(|unfit| {
                let what = "a PDF, text, Markdown, HTML, CSV, Word or Excel file";
                refused(unfit, &format!("{param}.{member}"), what)
            })?;
        blocks.push(found.block(&mut self.names, name));
        self.dropped.rest(&param, file, &[]);
        let point = self.point(&mut part.extra, &mut part.prompt_cache_breakpoint, path);
        self.dropped.rest(path, &part, &["file"]);
        Ok(point)
    }

    /// `{"type":"video_url","video_url":{"url":...}}`, as other vendors have it.
    fn video(
        &mut self,
        mut part: JsonObject,
        path: &str,
        blocks: &mut Vec<Block>,
    ) -> Result<Option<CachePoint>, TranslateError> {
        if part.get("type").and_then(Value::as_str) != Some("video_url") {
            return Err(unknown(path));
        }
        let param = format!("{path}.video_url");
        let Some(Value::Object(mut video)) = part.shift_remove("video_url") else {
            let message = format!("`{param}` must be an object with a `url`");
            return Err(invalid(param, message));
        };
        let url = video.shift_remove("url");
        let url = url.as_ref().and_then(Value::as_str).unwrap_or_default();
        let found = Found::at(url, None)
            .and_then(|found| of_kind(found, Kind::Video))
            .map_err(|unfit| refused(unfit, &format!("{param}.url"), "an MP4, MOV, MKV or WebM"))?;
        blocks.push(found.block(&mut self.names, None));
        self.dropped.rest(&param, &video, &[]);
        let point = cache_point(&mut part, path, self.dropped);
        self.dropped.rest(path, &part, &["type"]);
        Ok(point)
    }

    /// A cache point, in either of the two ways to ask for one. OpenAI's lifetimes are none of Bedrock's.
    fn point(
        &mut self,
        extra: &mut JsonObject,
        breakpoint: &mut Maybe<CacheBreakpoint>,
        path: &str,
    ) -> Option<CachePoint> {
        let asked = breakpoint.take().into_option();
        if let Some(asked) = &asked {
            let path = format!("{path}.prompt_cache_breakpoint");
            self.dropped.rest(&path, asked, &["mode"]);
        }
        let plain = asked.map(|_| CachePoint {
            r#type: "default",
            ttl: None,
        });
        cache_point(extra, path, self.dropped).or(plain)
    }
}

fn of_kind(found: Found, kind: Kind) -> Result<Found, Unfit> {
    if found.kind == kind {
        Ok(found)
    } else {
        Err(Unfit::Format)
    }
}

/// Some clients send a file's base64 without `data:`; its name then says what it is.
fn bare_base64(unfit: Unfit, name: Option<&str>, data: &str) -> Result<Found, Unfit> {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    if unfit == Unfit::Elsewhere && name.is_some() && !data.is_empty() && data.bytes().all(base64) {
        return Found::at(
            &format!("data:application/octet-stream;base64,{data}"),
            name,
        );
    }
    Err(unfit)
}

fn refused(unfit: Unfit, param: &str, what: &str) -> TranslateError {
    let message = match unfit {
        Unfit::Elsewhere => format!(
            "`{param}`: Bedrock does not fetch from the web; send it as a data: URL, or as s3://bucket/key"
        ),
        Unfit::Format => format!("`{param}`: Bedrock does not take this format; send {what}"),
    };
    invalid(param, message)
}

fn unknown(path: &str) -> TranslateError {
    invalid(
        format!("{path}.type"),
        format!(
            "`{path}.type`: Bedrock takes parts of the types text, image_url, input_audio, file and video_url"
        ),
    )
}
