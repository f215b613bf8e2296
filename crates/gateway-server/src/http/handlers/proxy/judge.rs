//! The operator's switches, applied to raw requests: what is shut at `/v1` is not open at `/proxy`.
//!
//! A raw body is nobody's business but the provider's, until the operator restricts which models may be used, or
//! images are switched off. Then it is read as strictly as everywhere else, and a body that cannot be judged goes
//! nowhere.

use axum::body::{Body, HttpBody};
use futures::StreamExt;
use gateway_client::transport::RequestBody;
use gateway_router::ResolveError;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

use super::{rest_of_form, stream};
use crate::{
    app::Live,
    http::{
        body_memory::BodyShare,
        error::ApiError,
        path_models::bare,
        receive::{self, Arriving, Refusal},
        understand::{self, multipart},
    },
};

/// The ends of paths where messages are sent that may hold images, in the dialects whose images the gateway knows,
/// and the member that holds them.
const MESSAGES: &[(&str, &str)] = &[
    ("/chat/completions", "messages"),
    ("/messages", "messages"),
    ("/responses", "input"),
];

/// What has to be judged about one request.
pub(super) struct Judge<'a> {
    live: &'a Live,
    provider: &'a str,
    /// The models that the path names.
    in_path: Vec<String>,
    /// The operator restricts the models.
    of_models: bool,
    /// Images are switched off, and would be in this member.
    images_in: Option<&'static str>,
}

/// A body on its way out.
pub(super) struct Outgoing {
    pub(super) body: RequestBody,
    /// What is held of it besides what flows.
    pub(super) share: Option<BodyShare>,
    /// What is wrong with it further down.
    pub(super) refusal: Refusal,
}

impl<'a> Judge<'a> {
    /// Judges the path, and says what is to be judged about the body.
    ///
    /// # Errors
    /// 403 for a model in the path that may not be used.
    pub(super) fn of(live: &'a Live, provider: &'a str, path: &str) -> Result<Self, ApiError> {
        let of_models = !live.router.table().policy().is_open();
        let judge = Self {
            live,
            provider,
            in_path: if of_models {
                live.settings.path_models.named(provider, path)
            } else {
                Vec::new()
            },
            of_models,
            images_in: if live.settings.vision {
                None
            } else {
                messages_at(path)
            },
        };
        for model in &judge.in_path {
            judge.permit(model)?;
        }
        Ok(judge)
    }

    /// The body on its way out: unread, where nothing is to be judged.
    ///
    /// # Errors
    /// 403 for a model that may not be used, 400 for an image where they are switched off, and what is wrong with a
    /// body that cannot be judged.
    pub(super) async fn outgoing(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Outgoing, ApiError> {
        let limits = self.live.settings.body;
        receive::check_head(headers, limits)?;
        let refusal = Refusal::default();
        let content_type = headers.get(header::CONTENT_TYPE);
        let (body, share) = if body.is_end_stream() {
            (RequestBody::Empty, None)
        } else if self.images_in.is_some() || self.of_models && !multipart::is_form(content_type) {
            self.judged_json(headers, body).await?
        } else {
            let share = self.live.body_share();
            let arriving = Arriving::new(body, limits, share);
            if self.of_models {
                (self.judged_form(headers, arriving, &refusal).await?, None)
            } else {
                let stream = stream(arriving, &refusal);
                let length = receive::content_length(headers);
                (RequestBody::Stream { stream, length }, None)
            }
        };
        Ok(Outgoing {
            body,
            share,
            refusal,
        })
    }

    /// Whatever the content type says: a provider may not read it either.
    async fn judged_json(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(RequestBody, Option<BodyShare>), ApiError> {
        let settings = &self.live.settings;
        let share = self.live.body_share();
        let (bytes, share) = receive::read_whole(headers, body, settings.body, share).await?;
        let object = understand::object(bytes.clone(), settings.scan)?;
        // A provider that has the model from the path needs none in the body; one that is there is judged as well.
        let needs_model = self.of_models && self.in_path.is_empty();
        if needs_model || self.of_models && object.get("model").is_some() {
            self.permit(&understand::model_of(&object)?)?;
        }
        if let Some(member) = self.images_in {
            understand::refuse_images_in(member, &object)?;
        }
        Ok((RequestBody::Full(bytes), Some(share)))
    }

    async fn judged_form(
        &self,
        headers: &HeaderMap,
        mut arriving: Arriving,
        refusal: &Refusal,
    ) -> Result<RequestBody, ApiError> {
        let content_type = headers.get(header::CONTENT_TYPE);
        let (finder, range) = multipart::find_model(content_type, &mut arriving).await?;
        let model = finder.text(&range);
        self.permit(&model)?;
        let second = finder.look_on(&range)?;
        let first = finder.into_held(&range, &model);
        let rest = rest_of_form(arriving, second, refusal);
        Ok(RequestBody::Stream {
            stream: futures::stream::once(std::future::ready(Ok(first)))
                .chain(rest)
                .boxed(),
            length: None,
        })
    }

    fn permit(&self, model: &str) -> Result<(), ApiError> {
        let policy = self.live.router.table().policy();
        if policy.permits_model(self.provider, model) {
            return Ok(());
        }
        let model = model.chars().take(200).collect();
        Err(ResolveError::ModelNotAllowed { model }.into())
    }
}

/// The member with the messages, at a path that takes some.
fn messages_at(path: &str) -> Option<&'static str> {
    let segments: Vec<_> = path.split('/').map(bare).collect();
    let path = percent_decode_str(&segments.join("/"))
        .decode_utf8_lossy()
        .to_ascii_lowercase();
    let found = MESSAGES.iter().find(|(end, _)| path.ends_with(end));
    found.map(|(_, member)| *member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_by_the_end_of_their_path() {
        for (path, member) in [
            ("/v1/chat/completions", Some("messages")),
            ("/Chat/c%6fmpletions;x", Some("messages")),
            ("/deployments/gpt/chat/completions", Some("messages")),
            ("/v1/responses", Some("input")),
            ("/v1/messages", Some("messages")),
            ("/v1/completions", None),
            ("/v1/files", None),
        ] {
            assert_eq!(messages_at(path), member, "{path}");
        }
    }
}
