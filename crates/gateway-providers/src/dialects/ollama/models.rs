//! The list of models that are on the machine.
//!
//! Spec: <https://docs.ollama.com/api/tags>

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::fault;
use crate::{
    Fault,
    dialects::{ModelsPage, time::seconds},
    listed,
};

/// Whose a model is that names nobody, as the server's own OpenAI endpoint says it.
const OWNER: &str = "library";

#[derive(Debug, Deserialize)]
struct Tags {
    /// `null` where there is no model.
    models: Option<Vec<Map<String, Value>>>,
}

/// Reads the list, which has one page. A model's time is that of its file.
///
/// # Errors
/// `InvalidResponse` where it is no list.
pub(super) fn page(answer: &Bytes) -> Result<ModelsPage, Box<Fault>> {
    let tags: Tags = serde_json::from_slice(answer).map_err(|_| fault::in_success(answer))?;
    let models = tags.models.unwrap_or_default();
    let models = models.iter().filter_map(|model| {
        let text = |name: &str| model.get(name).and_then(Value::as_str);
        let name = text("name").or_else(|| text("model"))?;
        let created = text("modified_at").and_then(seconds).unwrap_or_default();
        let owner = name.rsplit_once('/').map_or(OWNER, |(owner, _)| owner);
        listed::model(name, created, owner, Some(model))
    });
    Ok(ModelsPage {
        models: models.collect(),
        next: None,
    })
}
