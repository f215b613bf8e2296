//! `GET /docs`: Swagger UI from the vendored crate, reading `/openapi.json`. No script comes from elsewhere.
//!
//! The pages hold nothing but the public contract, so they need no key.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use utoipa_swagger_ui::{Config, SwaggerFile};

use crate::http::{
    answer::Answer,
    error::{ApiError, ErrorKind},
};

/// The page, or one of the files that it loads.
///
/// # Errors
/// 404 where there is no such file, 500 when a file cannot be made, which is a defect.
pub fn answer(path: &str) -> Result<Answer, ApiError> {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
        Arc::new(
            Config::from("/openapi.json")
                .try_it_out_enabled(true)
                .persist_authorization(false),
        )
    });
    // The files are named relative to the page's folder.
    let Some(file) = path.strip_prefix("/docs/") else {
        let answer = Answer::text("text/plain", "").status(StatusCode::SEE_OTHER);
        return Ok(answer.header(header::LOCATION, HeaderValue::from_static("/docs/")));
    };
    match utoipa_swagger_ui::serve(file, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => Ok(file_answer(file)),
        Ok(None) => {
            let message = "There is no such file of the documentation. The page is at /docs/.";
            Err(ApiError::new(ErrorKind::UnknownUrl, message))
        }
        Err(error) => {
            let message = "The documentation could not be made.";
            Err(ApiError::new(ErrorKind::InternalError, message).detail(error.to_string()))
        }
    }
}

fn file_answer(file: SwaggerFile<'static>) -> Answer {
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let content_type = HeaderValue::from_str(&file.content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let answer = Answer::raw_json(bytes).header(header::CONTENT_TYPE, content_type);
    if file.gzpipped {
        answer.header(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))
    } else {
        answer
    }
}
