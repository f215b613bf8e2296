//! What tests of dialects share: a dialect with its settings, golden files of requests, answers in every cut, and the
//! recordings of the corpus.

mod corpus;
mod golden;
pub(crate) mod laws;
mod reading;
mod replay;

use std::sync::Arc;

use gateway_types::json::{RawObject, ScanLimits};
use http::HeaderMap;
use serde_json::Value;

pub(crate) use self::{
    corpus::{Recording, recordings},
    golden::check_golden,
    replay::{CUTS, Cut, Outcome, found, seed, streamed, whole},
};
use super::{Ask, Decoder, Dialect, Encoded};
use crate::{
    Catalog, Operation, ProviderInput, ProviderSettings, Secret, TranslateError, rules::ModelRules,
};

/// A dialect as a provider of a vendor speaks it.
pub(crate) struct Bench {
    pub(crate) dialect: Box<dyn Dialect>,
    pub(crate) settings: ProviderSettings,
    rules: ModelRules,
}

impl Bench {
    /// The dialect at a vendor's usual place, whether or not it is the vendor's own.
    pub(crate) fn new(vendor: &str, dialect: impl Dialect + 'static) -> Self {
        Self {
            settings: Self::settings_at(vendor, dialect.name(), None),
            dialect: Box::new(dialect),
            rules: ModelRules::builtin().unwrap().at(vendor),
        }
    }

    /// The dialect at another place than the vendor's usual one.
    pub(crate) fn at(vendor: &str, dialect: impl Dialect + 'static, base: &str) -> Self {
        Self {
            settings: Self::settings_at(vendor, dialect.name(), Some(base)),
            dialect: Box::new(dialect),
            rules: ModelRules::builtin().unwrap().at(vendor),
        }
    }

    /// The settings of a provider of that vendor that speaks that dialect.
    pub(crate) fn settings_at(vendor: &str, dialect: &str, base: Option<&str>) -> ProviderSettings {
        let catalog = Catalog::builtin().unwrap();
        let mut input = ProviderInput::new(Arc::clone(catalog.get(vendor).unwrap()));
        input.credential = Some(Secret::from("sk-test-1234567890"));
        input.base_url = base.map(str::to_owned);
        input.overrides.dialect = Some(dialect.to_owned());
        ProviderSettings::resolve(input).unwrap()
    }

    /// Encodes a request.
    pub(crate) fn encode(
        &self,
        operation: Operation,
        model: &str,
        request: &Value,
    ) -> Result<Encoded, TranslateError> {
        let body = RawObject::parse(request.to_string().into(), ScanLimits::default()).unwrap();
        self.dialect.encode(&Ask {
            operation,
            model,
            body: &body,
            stream: request["stream"] == true,
            headers: &HeaderMap::new(),
            settings: &self.settings,
            rule: self.rules.of(model),
        })
    }

    /// A decoder for an answer to a small chat.
    pub(crate) fn chat_decoder(&self) -> Box<dyn super::AnswerDecoder> {
        let request = serde_json::json!({"messages": [{"role": "user", "content": "hi"}]});
        self.chat_decoder_for(&request)
    }

    /// A decoder for an answer to a chat.
    pub(crate) fn chat_decoder_for(&self, request: &Value) -> Box<dyn super::AnswerDecoder> {
        let mut request = request.clone();
        request["model"] = "m".into();
        match self.encode(Operation::Chat, "m", &request).unwrap().decoder {
            Decoder::Chat(decoder) => decoder,
            Decoder::Whole(_) => panic!("a chat is read by a chat's decoder"),
        }
    }
}
