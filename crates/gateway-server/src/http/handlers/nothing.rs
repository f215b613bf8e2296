//! Paths where nothing is: an error with a hint for the usual slips.

use crate::http::{
    answer::Answer,
    dispatch::shown_path,
    error::{ApiError, ErrorKind},
};

/// 404, saying what may have been meant.
pub(super) fn answer(path: &str) -> Result<Answer, ApiError> {
    let message = format!("There is nothing at {}. {}", shown_path(path), hint(path));
    Err(ApiError::new(ErrorKind::UnknownUrl, message))
}

fn hint(path: &str) -> &'static str {
    if path.starts_with("/v1/v1") {
        "The base URL holds `/v1` and the client adds it again: take it out of one of them."
    } else if path.contains("/chat/completions/")
        || path.ends_with("/chat/completions/chat/completions")
    {
        "The base URL should end in `/v1`, without `/chat/completions`: the client adds that."
    } else if path.starts_with("/v1/messages") || path.starts_with("/messages") {
        "This gateway speaks OpenAI's protocol: use `/v1/chat/completions`."
    } else {
        "`GET /v1` lists the endpoints; the base URL for SDKs ends in `/v1`."
    }
}
