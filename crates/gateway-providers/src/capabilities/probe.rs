//! Asking a dialect what it makes of a feature.

use gateway_types::json::{RawObject, ScanLimits};
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::Feature;
use crate::{Call, Operation, Payload, Provider, TranslateError, call::Timeouts};

/// What becomes of a feature at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Support {
    /// It arrives in OpenAI's own words; whether the model heeds it is the provider's business.
    Works,
    /// It arrives in the provider's words.
    Mapped,
    /// It is left out and named in `x-gateway-dropped`.
    Dropped,
    /// The request is refused with 400 and the member's name.
    Refused,
}

impl Support {
    /// All, in the order of documents.
    pub const ALL: [Self; 4] = [Self::Works, Self::Mapped, Self::Dropped, Self::Refused];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Mapped => "mapped",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }

    /// What it means, in one sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Works => {
                "It arrives in OpenAI's own words; whether the model heeds it is the provider's business."
            }
            Self::Mapped => "It arrives in the provider's words.",
            Self::Dropped => {
                "It is left out and named in `x-gateway-dropped`; in strict mode the request is refused."
            }
            Self::Refused => "The request is refused with 400 and the member's name.",
        }
    }
}

/// What becomes of a feature at a provider for a model; `None` where the provider cannot say, or has no chat.
pub fn probe(provider: &dyn Provider, model: &str, feature: &Feature) -> Option<Support> {
    if !provider.supports(Operation::Chat) {
        return None;
    }
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
    let plain = body.clone();
    (feature.apply)(&mut body);
    let preview = match provider.preview(call(model, &body)?)? {
        Ok(preview) => preview,
        Err(TranslateError::UnsupportedOperation { .. }) => return None,
        Err(_) => return Some(Support::Refused),
    };
    if is_dropped(feature, &preview.dropped) {
        return Some(Support::Dropped);
    }
    let sent = preview
        .bodies
        .iter()
        .filter_map(|body| serde_json::from_slice::<Value>(body).ok())
        .collect::<Vec<_>>();
    let arrives = sent.iter().any(|sent| has_changes(sent, &plain, &body));
    Some(if arrives {
        Support::Works
    } else {
        Support::Mapped
    })
}

fn call(model: &str, body: &Value) -> Option<Call> {
    let body = RawObject::parse(body.to_string().into(), ScanLimits::default()).ok()?;
    Some(Call {
        operation: Operation::Chat,
        model: model.to_owned(),
        payload: Payload::Json(body),
        stream: false,
        count_tokens: false,
        strict: false,
        headers: HeaderMap::new(),
        timeouts: Timeouts::default(),
    })
}

/// A part of the feature that is dropped is a matter of detail; what holds the feature is not.
fn is_dropped(feature: &Feature, dropped: &[String]) -> bool {
    let holds = |name: &str, path: &str| {
        path.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    dropped
        .iter()
        .any(|name| feature.paths.iter().any(|path| holds(name, path)))
}

/// Whether every member that the feature changed stands in what is sent as it was asked.
fn has_changes(sent: &Value, plain: &Value, asked: &Value) -> bool {
    let Some(asked) = asked.as_object() else {
        return false;
    };
    asked
        .iter()
        .filter(|(name, value)| plain.get(name) != Some(value))
        .all(|(name, value)| sent.get(name) == Some(value))
}
