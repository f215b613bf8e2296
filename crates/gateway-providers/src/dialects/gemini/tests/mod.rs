//! The dialect on recorded and on made-up traffic.

mod corpus;
mod golden;
mod properties;
mod reading;
mod replay;
mod round_trip;

use std::sync::Arc;

use gateway_types::json::{RawObject, ScanLimits};
use http::HeaderMap;
use serde_json::Value;

use super::{
    Gemini,
    api::{AI_STUDIO, Api, VERTEX},
};
use crate::{
    Catalog, Operation, ProviderInput, ProviderSettings, TranslateError,
    dialects::{Ask, Dialect, Encoded},
    rules::ModelRules,
};

/// The provider as it is configured by a key alone.
fn settings() -> ProviderSettings {
    let catalog = Catalog::builtin().unwrap();
    let mut input = ProviderInput::new(Arc::clone(catalog.get("google").unwrap()));
    input.credential = Some("key".into());
    ProviderSettings::resolve(input).unwrap()
}

/// A call as the provider around the dialect makes it.
#[derive(Clone, Copy)]
struct Asking<'a> {
    api: &'static Api,
    operation: Operation,
    model: &'a str,
    request: &'a Value,
    stream: bool,
}

impl<'a> Asking<'a> {
    fn chat(model: &'a str, request: &'a Value) -> Self {
        Self {
            api: &AI_STUDIO,
            operation: Operation::Chat,
            model,
            request,
            stream: request["stream"] == true,
        }
    }

    fn encode(self) -> Result<Encoded, TranslateError> {
        let mut request = self.request.clone();
        request["model"] = "alias".into();
        let limits = ScanLimits::default();
        let body = RawObject::parse(request.to_string().into(), limits).unwrap();
        let headers = HeaderMap::new();
        let settings = settings();
        let ask = Ask {
            operation: self.operation,
            model: self.model,
            body: &body,
            stream: self.stream,
            headers: &headers,
            settings: &settings,
            rule: ModelRules::builtin().unwrap().of(self.model),
        };
        if std::ptr::eq(self.api, &VERTEX) {
            return super::chat(&ask, &VERTEX);
        }
        Gemini.encode(&ask)
    }
}

/// The bodies of what is sent.
fn bodies(encoded: &Encoded) -> Vec<Value> {
    let of =
        |request: &crate::dialects::NativeRequest| serde_json::from_slice(&request.body).unwrap();
    encoded.requests.iter().map(of).collect()
}
