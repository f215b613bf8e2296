//! `POST /v1/images/generations`, `/v1/images/edits`, `/v1/images/variations`.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/images>

use crate::Maybe;
use crate::chat::ReasoningEffort;

wire_object! {
    /// The body of `POST /v1/images/generations`.
    ///
    /// ```
    /// use gateway_types::images::ImageRequest;
    /// let request = ImageRequest::new("A lighthouse at night").with_model("gpt-image-2.5-flare").with_size("1024x1024");
    /// assert_eq!(request.size.as_deref(), Some("1024x1024"));
    /// ```
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::image_request))]
    pub struct ImageRequest {
        required {
            /// What the image shows; 32,000 characters at most.
            prompt: String,
        }
        optional {
            /// The model's name.
            model: String => with_model,
            /// How many images, 1 to 10.
            n: u64 => with_n,
            /// Width and height as `1024x1024`, or `auto`; each model has its own list.
            size: String => with_size,
            /// How much work goes into it.
            quality: ImageQuality => with_quality,
            /// Whether the background is transparent; needs `png` or `webp`.
            background: ImageBackground => with_background,
            /// How strict the content filter is: `low` or `auto`.
            moderation: String => with_moderation,
            /// The file format of the image.
            output_format: ImageFormat => with_output_format,
            /// 0 to 100 percent, for `webp` and `jpeg`.
            output_compression: u64 => with_output_compression,
            /// How many unfinished images a stream shows, 0 to 3.
            partial_images: u64 => with_partial_images,
            /// Whether the answer holds a URL or base64; GPT image models always answer base64.
            response_format: ImageResponseFormat => with_response_format,
            /// `vivid` or `natural`, for the retired `dall-e-3`.
            style: String => with_style,
            /// Whether the answer comes as a stream.
            stream: bool => with_stream,
            /// How detailed the drawing is: `low`, `medium` or `high`.
            complexity: String => with_complexity,
            /// How many frames an animation has.
            frame_count: u64 => with_frame_count,
            /// How long one frame is shown, in milliseconds.
            frame_duration_ms: u64 => with_frame_duration_ms,
            /// Which text model draws an `svg`.
            svg: SvgOptions => with_svg,
            /// A stable, anonymous id of the end user.
            safety_identifier: String => with_safety_identifier,
            /// The end user.
            user: String => with_user,
        }
    }
}

impl ImageRequest {
    /// A request for an image of `prompt`.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            ..Self::default()
        }
    }
}

wire_object! {
    /// The JSON body of `POST /v1/images/edits`, or the text fields of its multipart form.
    ///
    /// The form's files (`image`, `mask`, `markup`) are streamed and not held in a value.
    pub struct ImageEditRequest {
        required {
            /// What changes.
            prompt: String,
        }
        optional {
            /// The images to change (JSON body only).
            images: Vec<ImageReference> => with_images,
            /// Where the first image may change: its transparent places (JSON body only).
            mask: ImageReference => with_mask,
            /// Drawn marks that show what to change (JSON body only).
            markup: ImageReference => with_markup,
            /// The model's name.
            model: String => with_model,
            /// How many images, 1 to 10.
            n: u64 => with_n,
            /// Width and height as `1024x1024`, or `auto`.
            size: String => with_size,
            /// How much work goes into it.
            quality: ImageQuality => with_quality,
            /// Whether the background is transparent.
            background: ImageBackground => with_background,
            /// How closely faces and the like are kept: `high` or `low`.
            input_fidelity: String => with_input_fidelity,
            /// How strict the content filter is: `low` or `auto`.
            moderation: String => with_moderation,
            /// The file format of the image.
            output_format: ImageFormat => with_output_format,
            /// 0 to 100 percent, for `webp` and `jpeg`.
            output_compression: u64 => with_output_compression,
            /// How many unfinished images a stream shows, 0 to 3.
            partial_images: u64 => with_partial_images,
            /// Whether the answer holds a URL or base64; GPT image models always answer base64.
            response_format: ImageResponseFormat => with_response_format,
            /// Whether the answer comes as a stream.
            stream: bool => with_stream,
            /// How detailed the drawing is: `low`, `medium` or `high`.
            complexity: String => with_complexity,
            /// How many frames an animation has.
            frame_count: u64 => with_frame_count,
            /// How long one frame is shown, in milliseconds.
            frame_duration_ms: u64 => with_frame_duration_ms,
            /// Which text model draws an `svg`.
            svg: SvgOptions => with_svg,
            /// A stable, anonymous id of the end user.
            safety_identifier: String => with_safety_identifier,
            /// The end user.
            user: String => with_user,
        }
    }
}

wire_object! {
    /// The text fields of the multipart form of `POST /v1/images/variations`.
    ///
    /// The form's file (`image`) is streamed and not held in a value.
    pub struct ImageVariationRequest {
        optional {
            /// The model's name.
            model: String => with_model,
            /// How many images, 1 to 10.
            n: u64 => with_n,
            /// Whether the answer holds a URL or base64.
            response_format: ImageResponseFormat => with_response_format,
            /// Width and height, such as `1024x1024`.
            size: String => with_size,
            /// The end user.
            user: String => with_user,
        }
    }
}

wire_object! {
    /// An image by its id or by its URL.
    pub struct ImageReference {
        optional {
            /// The id of an uploaded file.
            file_id: String => with_file_id,
            /// An https URL or a data URI.
            image_url: String => with_image_url,
        }
    }
}

wire_object! {
    /// Which text model draws an `svg`.
    pub struct SvgOptions {
        optional {
            /// The model's name.
            model: String => with_model,
            /// How much it thinks.
            reasoning: SvgReasoning => with_reasoning,
        }
    }
}

wire_object! {
    /// How much the text model behind an `svg` thinks.
    pub struct SvgReasoning {
        optional {
            /// The effort.
            effort: ReasoningEffort => with_effort,
        }
    }
}

open_enum! {
    /// How much work goes into an image.
    pub enum ImageQuality {
        /// The model decides.
        Auto => "auto",
        /// Little.
        Low => "low",
        /// Some.
        Medium => "medium",
        /// Much.
        High => "high",
        /// Very much.
        Xhigh => "xhigh",
        /// As much as possible.
        Max => "max",
        /// The default of the retired DALL-E models.
        Standard => "standard",
        /// The finer setting of the retired DALL-E 3.
        Hd => "hd",
    }
}

open_enum! {
    /// What is behind the subject.
    pub enum ImageBackground {
        /// The model decides.
        Auto => "auto",
        /// Nothing.
        Transparent => "transparent",
        /// Something.
        Opaque => "opaque",
    }
}

open_enum! {
    /// The file format of an image.
    pub enum ImageFormat {
        /// Lossless; the default.
        Png => "png",
        /// WebP.
        Webp => "webp",
        /// JPEG.
        Jpeg => "jpeg",
        /// Animated.
        Gif => "gif",
        /// A vector drawing.
        Svg => "svg",
    }
}

open_enum! {
    /// How an answer holds an image.
    pub enum ImageResponseFormat {
        /// By a URL that works for an hour.
        Url => "url",
        /// As base64.
        B64Json => "b64_json",
    }
}

wire_object! {
    /// The answer of the three image endpoints.
    #[cfg_attr(feature = "openapi", schema(example = crate::examples::image_response))]
    pub struct ImageResponse {
        optional {
            /// When it was made, in seconds since 1970.
            created: i64,
            /// The images.
            data: Vec<Image>,
            /// The background that was used.
            background: ImageBackground,
            /// The file format that was used.
            output_format: ImageFormat,
            /// The quality that was used.
            quality: ImageQuality,
            /// The size that was used.
            size: String,
            /// The tokens used.
            usage: ImageUsage,
            /// The tokens that the text model behind an `svg` used.
            svg_usage: SvgUsage,
            /// The request's `safety_identifier`.
            safety_identifier: String,
        }
    }
}

impl ImageResponse {
    /// An answer with images.
    pub fn new(created: i64, data: impl Into<Vec<Image>>) -> Self {
        Self {
            created: created.into(),
            data: Maybe::Value(data.into()),
            ..Self::default()
        }
    }
}

wire_object! {
    /// One image.
    pub struct Image {
        optional {
            /// The bytes in base64.
            b64_json: String => with_b64_json,
            /// A URL that works for an hour.
            url: String => with_url,
            /// The prompt that was really used (`dall-e-3`).
            revised_prompt: String => with_revised_prompt,
        }
    }
}

wire_object! {
    /// The tokens that images used.
    pub struct ImageUsage {
        optional {
            /// Tokens read.
            input_tokens: u64,
            /// Tokens written.
            output_tokens: u64,
            /// Both together.
            total_tokens: u64,
            /// What the read tokens were.
            input_tokens_details: ImageTokens,
            /// What the written tokens were.
            output_tokens_details: ImageTokens,
        }
    }
}

wire_object! {
    /// Image tokens by kind.
    pub struct ImageTokens {
        optional {
            /// Of images.
            image_tokens: u64,
            /// Of text.
            text_tokens: u64,
        }
    }
}

wire_object! {
    /// The tokens that the text model behind an `svg` used.
    pub struct SvgUsage {
        optional {
            /// The model.
            model: String,
            /// Tokens read.
            input_tokens: u64,
            /// Tokens written, thinking included.
            output_tokens: u64,
            /// Of those, thinking.
            reasoning_tokens: u64,
            /// Both together.
            total_tokens: u64,
        }
    }
}

tagged_union! {
    /// One event of a streamed image.
    pub enum ImageEvent by "type" {
        /// An unfinished image.
        "image_generation.partial_image" => GenerationPartial(ImageGenerationPartial),
        /// The image.
        "image_generation.completed" => GenerationCompleted(ImageGenerationCompleted),
        /// An unfinished edited image.
        "image_edit.partial_image" => EditPartial(ImageEditPartial),
        /// The edited image.
        "image_edit.completed" => EditCompleted(ImageEditCompleted),
    }
}

/// The fields of an image event; generation and edit differ in their names only.
macro_rules! image_event {
    ($partial:ident, $completed:ident, $what:literal) => {
        wire_object! {
            #[doc = concat!("An unfinished image of ", $what, ".")]
            pub struct $partial {
                required {
                    /// The bytes in base64.
                    b64_json: String,
                    /// The place among the unfinished images, from 0.
                    partial_image_index: u32,
                }
                optional {
                    /// When it was made, in seconds since 1970.
                    created_at: i64,
                    /// The background that is used.
                    background: ImageBackground,
                    /// The file format that is used.
                    output_format: ImageFormat,
                    /// The quality that is used.
                    quality: ImageQuality,
                    /// The size that is used.
                    size: String,
                }
            }
        }

        wire_object! {
            #[doc = concat!("The finished image of ", $what, ".")]
            pub struct $completed {
                required {
                    /// The bytes in base64.
                    b64_json: String,
                }
                optional {
                    /// When it was made, in seconds since 1970.
                    created_at: i64,
                    /// The background that was used.
                    background: ImageBackground,
                    /// The file format that was used.
                    output_format: ImageFormat,
                    /// The quality that was used.
                    quality: ImageQuality,
                    /// The size that was used.
                    size: String,
                    /// The tokens used.
                    usage: ImageUsage,
                    /// The request's `safety_identifier`.
                    safety_identifier: String,
                }
            }
        }
    };
}

image_event!(
    ImageGenerationPartial,
    ImageGenerationCompleted,
    "a generation"
);
image_event!(ImageEditPartial, ImageEditCompleted, "an edit");
