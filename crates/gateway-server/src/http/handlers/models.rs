//! `GET /v1/models` and `GET /v1/models/{id}`
//!
//! <https://platform.openai.com/docs/api-reference/models>

use gateway_router::ListError;
use http::{StatusCode, Uri};
use percent_encoding::percent_decode_str;

use crate::{
    app::Live,
    http::{
        answer::Answer,
        error::{ApiError, ErrorKind},
        options::query_value,
    },
};

/// All models, or one provider's with `?provider=`.
pub(super) async fn list(live: &Live, uri: Uri) -> Result<Answer, ApiError> {
    let provider = query_value(&uri, "provider");
    live.router
        .models(provider.as_deref())
        .await
        .map(Answer::raw_json)
        .map_err(list_error)
}

/// One model. Its id may hold slashes, raw or as `%2F`.
pub(super) async fn find(live: &Live, uri: Uri) -> Result<Answer, ApiError> {
    let path = uri.path();
    let id = path.split_once("/models/").map_or("", |(_, id)| id);
    let id = percent_decode_str(id).decode_utf8().map_err(|_| {
        ApiError::new(
            ErrorKind::InvalidValue,
            "The model's id in the path is not valid UTF-8.",
        )
        .param("model")
    })?;
    live.router
        .model(&id)
        .await
        .map(Answer::raw_json)
        .map_err(list_error)
}

fn list_error(error: ListError) -> ApiError {
    match error {
        ListError::Resolve(error) => error.into(),
        ListError::Unavailable { ref failure, .. } => {
            let late = failure.status() == StatusCode::GATEWAY_TIMEOUT;
            let kind = if late {
                ErrorKind::ListTimeout
            } else {
                ErrorKind::ListUnavailable
            };
            ApiError::new(kind, error.to_string()).detail(format!("{failure:?}"))
        }
    }
}
