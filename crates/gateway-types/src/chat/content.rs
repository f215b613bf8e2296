//! The content of a message: a string, or parts of text, image, audio and file.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages>

shape_union! {
    /// The content of a message.
    pub enum MessageContent, "a string or an array of content parts" {
        /// Plain text.
        text Text(String),
        /// Parts, in the order in which the model reads them.
        list Parts(Vec<ContentPart>),
    }
}

impl MessageContent {
    /// The text, with the text parts joined and all other parts left out.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Parts(parts) => parts.iter().filter_map(ContentPart::as_text).collect(),
        }
    }

    /// The parts; a plain string counts as none.
    pub fn parts(&self) -> &[ContentPart] {
        match self {
            Self::Text(_) => &[],
            Self::Parts(parts) => parts,
        }
    }
}

impl Default for MessageContent {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl<const N: usize> From<[ContentPart; N]> for MessageContent {
    fn from(parts: [ContentPart; N]) -> Self {
        Self::Parts(parts.into())
    }
}

tagged_union! {
    /// One part of a message.
    ///
    /// User messages take all kinds but `refusal`; assistant messages take `text` and `refusal`;
    /// all other roles take `text` only. Other vendors know more kinds (`video_url`, `thinking`).
    pub enum ContentPart by "type" {
        /// Text.
        "text" => Text(TextPart),
        /// An image by URL or as a data URI.
        "image_url" => ImageUrl(ImagePart),
        /// Audio, inline.
        "input_audio" => InputAudio(InputAudioPart),
        /// A file, inline or uploaded before.
        "file" => File(FilePart),
        /// What the assistant said when it refused.
        "refusal" => Refusal(RefusalPart),
    }
}

impl ContentPart {
    /// A text part.
    pub fn text(text: impl Into<String>) -> Self {
        TextPart {
            text: text.into(),
            ..TextPart::default()
        }
        .into()
    }

    /// An image part; `url` is an https URL or a data URI.
    pub fn image(url: impl Into<String>) -> Self {
        ImagePart {
            image_url: ImageUrl::new(url),
            ..ImagePart::default()
        }
        .into()
    }

    /// An audio part; `data` is base64.
    pub fn audio(data: impl Into<String>, format: impl Into<AudioFormat>) -> Self {
        let input_audio = InputAudio {
            data: data.into(),
            format: format.into(),
            ..InputAudio::default()
        };
        InputAudioPart {
            input_audio,
            ..InputAudioPart::default()
        }
        .into()
    }

    /// A file part that names an uploaded file.
    pub fn file_id(id: impl Into<String>) -> Self {
        let file = FileSource::default().with_file_id(id);
        FilePart {
            file,
            ..FilePart::default()
        }
        .into()
    }

    /// A file part with its content; `data` is a data URI with base64.
    pub fn file_data(filename: impl Into<String>, data: impl Into<String>) -> Self {
        let file = FileSource::default()
            .with_filename(filename)
            .with_file_data(data);
        FilePart {
            file,
            ..FilePart::default()
        }
        .into()
    }

    /// The text of a text part.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }
}

wire_object! {
    /// Text.
    pub struct TextPart {
        required {
            /// The text.
            text: String,
        }
        optional {
            /// Ends a cached prefix here (gpt-5.6 and later).
            prompt_cache_breakpoint: CacheBreakpoint => with_prompt_cache_breakpoint,
        }
    }
}

wire_object! {
    /// An image.
    pub struct ImagePart {
        required {
            /// Where the image is.
            image_url: ImageUrl,
        }
        optional {
            /// Ends a cached prefix here (gpt-5.6 and later).
            prompt_cache_breakpoint: CacheBreakpoint => with_prompt_cache_breakpoint,
        }
    }
}

wire_object! {
    /// Where an image is, and how closely the model looks at it.
    pub struct ImageUrl {
        required {
            /// An https URL, or a data URI with base64.
            url: String,
        }
        optional {
            /// How many tokens the image may cost; `auto` where absent.
            detail: ImageDetail => with_detail,
        }
    }
}

impl ImageUrl {
    /// An image at an https URL or in a data URI.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }
}

open_enum! {
    /// How closely the model looks at an image.
    pub enum ImageDetail {
        /// The model decides.
        Auto => "auto",
        /// A small version, for a fixed small number of tokens.
        Low => "low",
        /// Tiles in full resolution.
        High => "high",
        /// The image as it is, not resized.
        Original => "original",
    }
}

wire_object! {
    /// Audio, inline.
    pub struct InputAudioPart {
        required {
            /// The audio.
            input_audio: InputAudio,
        }
        optional {
            /// Ends a cached prefix here (gpt-5.6 and later).
            prompt_cache_breakpoint: CacheBreakpoint => with_prompt_cache_breakpoint,
        }
    }
}

wire_object! {
    /// Audio bytes and what they are.
    pub struct InputAudio {
        required {
            /// The bytes in base64.
            data: String,
            /// How the bytes are encoded.
            format: AudioFormat,
        }
    }
}

open_enum! {
    /// An audio encoding. Input takes `wav` and `mp3`; output takes all.
    pub enum AudioFormat {
        /// RIFF WAVE.
        Wav => "wav",
        /// MPEG layer 3.
        Mp3 => "mp3",
        /// Advanced Audio Coding.
        Aac => "aac",
        /// Free lossless.
        Flac => "flac",
        /// Opus.
        Opus => "opus",
        /// Raw 16-bit samples, little-endian; the only one that streams.
        Pcm16 => "pcm16",
    }
}

impl Default for AudioFormat {
    /// `wav`.
    fn default() -> Self {
        Self::Wav
    }
}

wire_object! {
    /// A file.
    pub struct FilePart {
        required {
            /// The file: `file_id`, or `file_data` with `filename`.
            file: FileSource,
        }
        optional {
            /// Ends a cached prefix here (gpt-5.6 and later).
            prompt_cache_breakpoint: CacheBreakpoint => with_prompt_cache_breakpoint,
        }
    }
}

wire_object! {
    /// A file by its id, or by its bytes and its name.
    pub struct FileSource {
        optional {
            /// The bytes, as a data URI with base64.
            file_data: String => with_file_data,
            /// The id of an uploaded file.
            file_id: String => with_file_id,
            /// The name that the model sees.
            filename: String => with_filename,
        }
    }
}

wire_object! {
    /// What the assistant said when it refused.
    pub struct RefusalPart {
        required {
            /// The text.
            refusal: String,
        }
    }
}

wire_object! {
    /// The end of a prefix of the prompt that is to be cached (gpt-5.6 and later).
    ///
    /// At most four are written per request; the last 80 are matched.
    pub struct CacheBreakpoint {
        required {
            /// `explicit`, the only mode there is.
            mode: String,
        }
        optional {
            /// How long the prefix lives: `30m` or `12h`.
            ttl: String => with_ttl,
        }
    }
}

impl CacheBreakpoint {
    /// A breakpoint with the server's default lifetime.
    pub fn new() -> Self {
        Self {
            mode: "explicit".to_owned(),
            ..Self::default()
        }
    }
}
