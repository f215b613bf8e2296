//! The list of models.
//!
//! Spec: <https://docs.cohere.com/reference/list-models>

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::fault;
use crate::{
    Fault,
    dialects::{ModelsPage, NativePath},
    listed,
};

/// The most models of one page.
const PAGE_SIZE: &str = "1000";

/// Who made the models, which no entry says.
const OWNER: &str = "cohere";

#[derive(Debug, Deserialize)]
struct Page {
    models: Vec<Map<String, Value>>,
    #[serde(default)]
    next_page_token: Option<String>,
}

/// Where a page of the list is.
pub(super) fn path(page: Option<&str>) -> NativePath {
    let path = NativePath::new(["v1", "models"]).with_query("page_size", PAGE_SIZE);
    match page {
        Some(token) => path.with_query("page_token", token),
        None => path,
    }
}

/// Reads one page of the list. No entry says when its model was made.
///
/// # Errors
/// `InvalidResponse` where it is no list.
pub(super) fn page(answer: &Bytes) -> Result<ModelsPage, Box<Fault>> {
    let page: Page = serde_json::from_slice(answer).map_err(|_| fault::in_success(answer))?;
    let models = page.models.iter().filter_map(|model| {
        let name = model.get("name")?.as_str()?;
        listed::model(name, 0, OWNER, Some(model))
    });
    Ok(ModelsPage {
        models: models.collect(),
        next: page.next_page_token.filter(|token| !token.is_empty()),
    })
}
