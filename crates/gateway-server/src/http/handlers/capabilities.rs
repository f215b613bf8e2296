//! `GET /v1/capabilities`: which features of the chat endpoint each provider has, found out by asking its dialect.
//! Nothing is sent.

use gateway_providers::{
    Operation, Provider,
    capabilities::{FEATURES, probe},
};
use gateway_router::resolve::ModelRequest;
use http::Uri;
use serde_json::{Map, Value, json};

use crate::{
    app::Live,
    http::{answer::Answer, error::ApiError, options::query_value},
};

/// The features of every provider, for a model that is usual there; with `?model=` of the targets of that model.
pub(super) async fn list(live: &Live, uri: Uri) -> Result<Answer, ApiError> {
    let asked = query_value(&uri, "model").filter(|model| !model.is_empty());
    let entries: Vec<Value> = match asked {
        Some(model) => {
            let request = ModelRequest::new(&model, Operation::Chat);
            let plan = live.router.plan(&request).await?;
            plan.targets()
                .map(|target| entry(&*target.provider, Some(&target.model)))
                .collect()
        }
        None => live
            .router
            .table()
            .providers()
            .iter()
            .map(|provider| entry(&**provider, provider.example_model()))
            .collect(),
    };
    Answer::json(&json!({ "object": "list", "data": entries }))
}

/// A provider that cannot be asked, or for which there is no model to ask with, has no features to tell.
fn entry(provider: &dyn Provider, model: Option<&str>) -> Value {
    let features: Map<String, Value> = FEATURES
        .iter()
        .filter_map(|feature| {
            let support = probe(provider, model.unwrap_or_default(), feature)?;
            Some((feature.name.to_owned(), support.name().into()))
        })
        .collect();
    json!({
        "provider": provider.name(),
        "vendor": provider.vendor(),
        "model": model,
        "features": features,
    })
}
