//! The list of models: the foundation models, then the inference profiles, by whose ids alone the newer ones can be
//! called.
//!
//! Spec: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html>

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    Fault, FaultKind, ProviderSettings,
    dialects::{ModelsPage, NativePath, time},
    listed,
    provider::ListedModel,
};

/// The name of the profiles' first page; their further pages are this with a token behind it.
const PROFILES: &str = "profiles";
/// How many profiles a page holds at most.
const PAGE: &str = "1000";

/// Not every account may read the profiles, nor has every stand-in for Bedrock that list.
pub(super) fn may_be_missing(page: &str) -> bool {
    page.starts_with(PROFILES)
}

/// Where a page is.
pub(super) fn path(page: Option<&str>) -> NativePath {
    let Some(page) = page else {
        return NativePath::new(["foundation-models"]);
    };
    let path = NativePath::new(["inference-profiles"]).with_query("maxResults", PAGE);
    match page.strip_prefix(PROFILES) {
        Some(token) if !token.is_empty() => path.with_query("nextToken", token),
        _ => path,
    }
}

/// Reads a page, of either list.
pub(super) fn page(settings: &ProviderSettings, answer: &Bytes) -> Result<ModelsPage, Box<Fault>> {
    let invalid = || Fault::new(FaultKind::InvalidResponse, "the list of models is no list");
    let mut answer: Map<String, Value> = serde_json::from_slice(answer).map_err(|_| invalid())?;
    if let Some(Value::Array(models)) = answer.remove("modelSummaries") {
        return Ok(ModelsPage {
            models: models
                .iter()
                .filter_map(|model| foundation(model.as_object()?, settings))
                .collect(),
            next: Some(PROFILES.to_owned()),
        });
    }
    let profiles = answer.remove("inferenceProfileSummaries");
    let Some(Value::Array(profiles)) = profiles else {
        return Err(Box::new(invalid()));
    };
    let next = answer.get("nextToken").and_then(Value::as_str);
    Ok(ModelsPage {
        models: profiles
            .iter()
            .filter_map(|profile| inference_profile(profile.as_object()?, settings))
            .collect(),
        next: next.map(|token| format!("{PROFILES}{token}")),
    })
}

fn foundation(model: &Map<String, Value>, settings: &ProviderSettings) -> Option<ListedModel> {
    let id = model.get("modelId")?.as_str()?;
    let maker = model.get("providerName").and_then(Value::as_str);
    let created = model
        .get("modelLifecycle")
        .and_then(|lifecycle| lifecycle.get("startOfLifeTime"));
    listed::model(
        id,
        seconds(created),
        maker.unwrap_or(&settings.name),
        Some(model),
    )
}

fn inference_profile(
    profile: &Map<String, Value>,
    settings: &ProviderSettings,
) -> Option<ListedModel> {
    let id = profile.get("inferenceProfileId")?.as_str()?;
    let created = seconds(profile.get("createdAt"));
    listed::model(id, created, &settings.name, Some(profile))
}

/// A time in seconds since 1970, written as text or as a number; 0 where nobody says.
fn seconds(time: Option<&Value>) -> i64 {
    match time {
        Some(Value::String(text)) => time::seconds(text).unwrap_or_default(),
        Some(Value::Number(number)) => number.as_i64().unwrap_or_default(),
        _ => 0,
    }
}
