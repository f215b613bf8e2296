//! The list of models, page by page.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::exchange::Exchange;
use crate::{
    CallError,
    dialects::NativeRequest,
    framing::Framing,
    listed,
    provider::{ListedModel, ModelListing},
};

/// No vendor has more pages of models; a list that says so is cut there.
const MAX_PAGES: usize = 20;

/// All pages, then the models that configuration names and no page has.
pub(super) async fn list(exchange: &Exchange) -> Result<ModelListing, CallError> {
    let settings = &*exchange.settings;
    let mut models = Vec::new();
    let mut known = BTreeSet::new();
    let mut page: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let Some(path) = exchange.dialect.models_path(settings, page.as_deref()) else {
            break;
        };
        let request = NativeRequest {
            method: Method::GET,
            path,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            framing: Framing::Sse,
        };
        let read = match exchange.get(request).await {
            Ok(answer) => exchange
                .dialect
                .models_page(settings, &answer)
                .map_err(CallError::Fault),
            Err(error) => Err(error),
        };
        let optional = page
            .as_deref()
            .is_some_and(|page| exchange.dialect.page_may_be_missing(page));
        let read = match read {
            Err(_) if optional => break,
            read => read?,
        };
        let mut is_new = |model: &ListedModel| known.insert(model.id.clone());
        models.extend(read.models.into_iter().filter(&mut is_new));
        page = read.next.filter(|next| page.as_ref() != Some(next));
        if page.is_none() {
            break;
        }
    }
    let further = settings
        .vendor
        .models
        .static_models
        .iter()
        .filter(|id| !known.contains(*id))
        .filter_map(|id| listed::model(id, 0, &settings.name, None));
    models.extend(further);
    Ok(ModelListing { models, raw: None })
}
