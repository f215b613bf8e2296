//! Images from texts and images. Forms and images are streamed, in both directions.
//!
//! <https://platform.openai.com/docs/api-reference/images>

use gateway_types::images::{ImageEditRequest, ImageRequest, ImageResponse};

use super::form::{ImageEditForm, ImageVariationForm};
use crate::openapi::events::ImageEvents;

/// Create images from a text
///
/// `model` is needed here: it says which provider is asked. With `stream: true` the answer is an event stream.
#[utoipa::path(
    post,
    path = "/v1/images/generations",
    operation_id = "createImage",
    tag = "Images",
    request_body = ImageRequest,
    responses((
        status = 200,
        description = "The images, whole or as a stream",
        content((ImageResponse = "application/json"), ("text/event-stream", item_schema = ImageEvents)),
    )),
)]
pub(in crate::openapi) fn create_image() {}

/// Change images
///
/// `model` is needed here: it says which provider is asked. A form brings the images as files, a JSON body names them in
/// `images`, each by an `image_url` (`https:` or `data:`) or a `file_id`; not every provider takes both.
#[utoipa::path(
    post,
    path = "/v1/images/edits",
    operation_id = "createImageEdit",
    tag = "Images",
    request_body(content(
        (ImageEditForm = "multipart/form-data"),
        (ImageEditRequest = "application/json"),
    )),
    responses((
        status = 200,
        description = "The images, whole or as a stream",
        content((ImageResponse = "application/json"), ("text/event-stream", item_schema = ImageEvents)),
    )),
)]
pub(in crate::openapi) fn create_image_edit() {}

/// Vary an image
///
/// `model` is needed here: it says which provider is asked.
#[utoipa::path(
    post,
    path = "/v1/images/variations",
    operation_id = "createImageVariation",
    tag = "Images",
    request_body(content = ImageVariationForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The images", body = ImageResponse)),
)]
pub(in crate::openapi) fn create_image_variation() {}
