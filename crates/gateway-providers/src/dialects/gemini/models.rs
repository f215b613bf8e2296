//! The list of models. Spec: <https://ai.google.dev/api/models#method:-models.list>.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Fault, FaultKind, dialects::ModelsPage, listed};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    models: Option<Vec<Map<String, Value>>>,
    next_page_token: Option<String>,
}

/// Reads one page. A model's id is what requests call it, without `models/`; the provider does not say when it
/// was made.
pub(super) fn read(answer: &[u8]) -> Result<ModelsPage, Box<Fault>> {
    let page: Page = serde_json::from_slice(answer).map_err(|error| {
        let detail = format!("no list of models: {error}");
        Box::new(Fault::new(FaultKind::InvalidResponse, detail))
    })?;
    let models = page.models.unwrap_or_default();
    Ok(ModelsPage {
        models: models
            .iter()
            .filter_map(|native| {
                let name = native.get("name")?.as_str()?;
                let id = name.strip_prefix("models/").unwrap_or(name);
                listed::model(id, 0, "google", Some(native))
            })
            .collect(),
        next: page.next_page_token.filter(|token| !token.is_empty()),
    })
}
