//! The operator's lists of models, applied to raw requests: what is shut at `/v1` is not open at `/proxy`.
//!
//! A raw body is nobody's business but the provider's, until the operator restricts which models may be used.
//! Then its model is read as strictly as everywhere else, and a body without one goes nowhere.

use axum::body::Body;
use futures::StreamExt;
use gateway_client::transport::RequestBody;
use gateway_router::ResolveError;
use http::{HeaderMap, header};

use super::rest_of_form;
use crate::{
    app::App,
    http::{
        body_memory::BodyShare,
        error::ApiError,
        receive::{self, Arriving, Refusal},
        understand::{self, multipart},
    },
};

/// The body, if its model may be used at that provider.
///
/// # Errors
/// 403 for a model that may not be used, and what is wrong with a body whose model cannot be read.
pub(super) async fn permitted(
    app: &App,
    provider: &str,
    headers: &HeaderMap,
    body: Body,
    refusal: &Refusal,
) -> Result<(RequestBody, Option<BodyShare>), ApiError> {
    let limits = app.settings.body;
    let share = app.settings.body_memory.share();
    let content_type = headers.get(header::CONTENT_TYPE);
    if !multipart::is_form(content_type) {
        let (bytes, share) = receive::read_whole(headers, body, limits, share).await?;
        let model = understand::model_of(bytes.clone(), app.settings.scan)?;
        permit(app, provider, &model)?;
        return Ok((RequestBody::Full(bytes), Some(share)));
    }
    let mut arriving = Arriving::new(body, limits, share);
    let (finder, range) = multipart::find_model(content_type, &mut arriving).await?;
    let model = finder.text(&range);
    permit(app, provider, &model)?;
    let second = finder.look_on(&range)?;
    let first = finder.into_held(&range, &model);
    let rest = rest_of_form(arriving, second, refusal);
    let body = RequestBody::Stream {
        stream: futures::stream::once(std::future::ready(Ok(first)))
            .chain(rest)
            .boxed(),
        length: None,
    };
    Ok((body, None))
}

fn permit(app: &App, provider: &str, model: &str) -> Result<(), ApiError> {
    if app.router.table().policy().permits_model(provider, model) {
        return Ok(());
    }
    let model = model.chars().take(200).collect();
    Err(ResolveError::ModelNotAllowed { model }.into())
}
