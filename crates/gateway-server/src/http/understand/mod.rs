//! Step 3 of a request's path: one strict reading of the body. What is learned here is never read again elsewhere.

mod compat;
mod members;
pub mod multipart;
mod vision;

use bytes::Bytes;
use gateway_providers::Operation;
use gateway_types::json::{RawObject, ScanError, ScanLimits};

use super::error::{ApiError, ErrorKind};

/// A JSON request, understood.
#[derive(Debug)]
pub struct Understood {
    /// The body, checked; its bytes are the client's but for the string-encoded members of the S3 dialect.
    pub body: RawObject,
    /// The model as the client named it.
    pub model: String,
    /// Whether a stream is asked for.
    pub stream: bool,
}

/// What may be in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyPolicy {
    /// Bounds of the strict scan.
    pub limits: ScanLimits,
    /// Whether image content is let through.
    pub vision: bool,
}

impl Understood {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// 400 with `param` set, see the catalogue.
    pub fn read(operation: Operation, bytes: Bytes, policy: BodyPolicy) -> Result<Self, ApiError> {
        let body = object(bytes, policy.limits)?;
        let body = compat::decode_string_members(operation, body, policy.limits)?;
        let model = members::model(&body)?;
        let stream = members::stream(&body)?;
        members::check(operation, &body)?;
        if !policy.vision {
            vision::refuse_images(operation, &body)?;
        }
        Ok(Self {
            body,
            model,
            stream,
        })
    }
}

/// A body that is checked for nothing but its form.
///
/// # Errors
/// 400 when it is no strict JSON object.
pub fn object(bytes: Bytes, limits: ScanLimits) -> Result<RawObject, ApiError> {
    RawObject::parse(bytes, limits).map_err(|error| invalid_json(&error))
}

/// The model that a body names.
///
/// # Errors
/// 400 when it names none.
pub fn model_of(body: &RawObject) -> Result<String, ApiError> {
    members::model(body)
}

/// Refuses image content in this member.
///
/// # Errors
/// 400, with the path of the image.
pub fn refuse_images_in(member: &'static str, body: &RawObject) -> Result<(), ApiError> {
    vision::refuse_in(member, body)
}

fn invalid_json(error: &ScanError) -> ApiError {
    ApiError::new(
        ErrorKind::InvalidJson,
        format!("The body is not a valid JSON object: {error}."),
    )
}
