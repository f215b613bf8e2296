//! What one provider lists, in the shape in which it is looked up and published.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use gateway_providers::{
    CallError,
    provider::{ListedModel, ModelListing},
};
use http::StatusCode;
use tokio::time::Instant;

/// One model of one provider.
#[derive(Debug, Clone)]
pub struct CatalogueModel {
    /// The id as the upstream takes it.
    pub id: Arc<str>,
    /// The object as the upstream gave it.
    pub raw: Bytes,
    /// The object as this gateway publishes it beside other providers' models: its id is `provider/id`,
    /// `served_by` is the provider's name, and everything else keeps its bytes.
    pub published: Bytes,
}

/// Why a provider's list did not come.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ListFailure {
    /// It did not come in time.
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The provider failed.
    #[error(transparent)]
    Call(Arc<CallError>),
    /// The first attempt is still under way.
    #[error("no answer yet")]
    NotYet,
    /// The provider's code broke down.
    #[error("the provider's code panicked")]
    Panicked,
}

impl ListFailure {
    /// The status for a caller who asked for this list alone: 504 for a wait that was too long, else 502.
    pub fn status(&self) -> StatusCode {
        let late = match self {
            Self::Deadline(_) | Self::NotYet => true,
            Self::Call(error) => match &**error {
                CallError::Fault(fault) => fault.kind.spec().status == StatusCode::GATEWAY_TIMEOUT,
                CallError::Translate(_) => false,
            },
            Self::Panicked => false,
        };
        if late {
            StatusCode::GATEWAY_TIMEOUT
        } else {
            StatusCode::BAD_GATEWAY
        }
    }
}

/// How the newest attempt to get a list ended.
#[derive(Debug, Clone)]
pub enum ListState {
    /// There was none yet.
    Pending,
    /// It came.
    Listed,
    /// It failed; the models are those of the last good list, if there was one.
    Failed(ListFailure),
}

#[derive(Debug, Default)]
struct Contents {
    models: Vec<CatalogueModel>,
    places: HashMap<Arc<str>, usize>,
    raw: Option<Bytes>,
    /// Whether the contents are a list that came, possibly an empty one.
    came: bool,
}

/// What one provider lists, and how fresh that is.
#[derive(Debug, Clone)]
pub struct ProviderList {
    state: ListState,
    contents: Arc<Contents>,
    /// When it should be fetched again; `None` is at once.
    due: Option<Instant>,
}

impl ProviderList {
    /// A list that was never fetched.
    pub fn pending() -> Self {
        Self {
            state: ListState::Pending,
            contents: Arc::default(),
            due: None,
        }
    }

    /// A list that came. Of several models with one id the first is kept.
    pub fn listed(provider: &str, listing: ModelListing) -> Self {
        let mut contents = Contents {
            raw: listing.raw,
            came: true,
            ..Contents::default()
        };
        for model in listing.models {
            let id: Arc<str> = model.id.as_str().into();
            if contents.places.contains_key(&id) {
                continue;
            }
            contents.places.insert(id.clone(), contents.models.len());
            let published = publish(provider, &model);
            contents.models.push(CatalogueModel {
                id,
                raw: model.object.bytes().clone(),
                published,
            });
        }
        Self {
            state: ListState::Listed,
            contents: Arc::new(contents),
            due: None,
        }
    }

    /// The same models, marked with a failure.
    pub fn failed(&self, failure: ListFailure) -> Self {
        Self {
            state: ListState::Failed(failure),
            contents: self.contents.clone(),
            due: None,
        }
    }

    /// The same list, to be fetched again at that time.
    pub(super) fn due_at(mut self, due: Instant) -> Self {
        self.due = Some(due);
        self
    }

    /// When it should be fetched again; `None` is at once.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// How the newest attempt ended.
    pub fn state(&self) -> &ListState {
        &self.state
    }

    /// Whether no attempt has ended yet.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, ListState::Pending)
    }

    /// Whether a list ever came.
    pub fn has_come(&self) -> bool {
        self.contents.came
    }

    /// Whether there is nothing to show and an attempt to change that is due or under way.
    pub(crate) fn is_awaited(&self) -> bool {
        !self.has_come() && self.is_due(Instant::now())
    }

    /// The models in the upstream's order.
    pub fn models(&self) -> &[CatalogueModel] {
        &self.contents.models
    }

    /// The model of exactly that id.
    pub fn model(&self, id: &str) -> Option<&CatalogueModel> {
        self.contents.models.get(*self.contents.places.get(id)?)
    }

    /// The upstream's whole answer, where it is OpenAI's shape and came as one page.
    pub fn raw(&self) -> Option<&Bytes> {
        self.contents.raw.as_ref()
    }
}

/// The object as it is published: two members set, and what OpenAI's clients cannot do without mended.
fn publish(provider: &str, model: &ListedModel) -> Bytes {
    let object = &model.object;
    let mut edit = object.edit();
    edit.set_string("id", &format!("{provider}/{}", model.id));
    if object.string("object").is_none() {
        edit.set_string("object", "model");
    }
    let created = object.get("created").map(|member| member.value);
    if created.is_none_or(|text| text.parse::<i64>().is_err()) {
        edit.set("created", whole_seconds(created).to_string());
    }
    if object.string("owned_by").is_none() {
        edit.set_string("owned_by", provider);
    }
    edit.set_string("served_by", provider);
    edit.apply()
}

/// A time that is written as a fraction loses it; what is no number is 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole seconds are wanted; `as` saturates"
)]
fn whole_seconds(text: Option<&str>) -> i64 {
    text.and_then(|text| text.parse::<f64>().ok())
        .map_or(0, |seconds| seconds as i64)
}
