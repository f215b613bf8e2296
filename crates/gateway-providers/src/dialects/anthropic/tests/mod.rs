//! What is sent, and what is read of what comes.

mod corpus;
mod golden;
mod properties;
mod reading;
mod replay;
mod round_trip;

use std::sync::Arc;

use gateway_types::json::RawObject;
use http::HeaderMap;
use serde_json::Value;

use super::{Anthropic, Host};
use crate::{
    Catalog, Operation, ProviderInput, ProviderSettings, TranslateError,
    dialects::{Ask, Dialect, Encoded},
    rules::{ModelRule, ModelRules},
};

/// The provider as it is configured by a key alone.
fn settings() -> ProviderSettings {
    let row = Catalog::builtin().unwrap().get("anthropic").unwrap();
    let mut input = ProviderInput::new(Arc::clone(row));
    input.credential = Some("key".into());
    ProviderSettings::resolve(input).unwrap()
}

fn rule_of(model: &str) -> &'static ModelRule {
    ModelRules::builtin().unwrap().of(model)
}

/// A call as the provider makes it.
#[derive(Clone, Copy)]
struct Asking<'a> {
    host: &'static Host,
    model: &'a str,
    request: &'a Value,
    stream: bool,
    headers: &'a HeaderMap,
}

impl Asking<'_> {
    fn encode(self) -> Result<Encoded, TranslateError> {
        let body = RawObject::parse(self.request.to_string().into(), Default::default()).unwrap();
        Anthropic::on(self.host).encode(&Ask {
            operation: Operation::Chat,
            model: self.model,
            body: &body,
            stream: self.stream,
            headers: self.headers,
            settings: &settings(),
            rule: rule_of(self.model),
        })
    }
}

/// The body that a request becomes.
fn native(encoded: &Encoded) -> Value {
    serde_json::from_slice(&encoded.requests[0].body).unwrap()
}
