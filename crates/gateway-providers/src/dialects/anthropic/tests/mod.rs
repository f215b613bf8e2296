//! What is sent, and what is read of what comes.

mod corpus;
mod golden;
mod pausing;
mod properties;
mod reading;
mod round_trip;

use gateway_types::json::RawObject;
use http::HeaderMap;
use serde_json::Value;

use super::{
    ANTHROPIC, Anthropic, Host,
    response::{Asked, Reader},
};
use crate::{
    Operation, TranslateError,
    dialects::{
        Ask, Dialect, Encoded,
        proof::{self, Cut, Outcome},
    },
    framing::Framing,
    rules::{ModelRule, ModelRules},
};

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
            settings: &proof::Bench::settings_at("anthropic", "anthropic", None),
            rule: rule_of(self.model),
        })
    }
}

/// The body that a request becomes.
fn native(encoded: &Encoded) -> Value {
    serde_json::from_slice(&encoded.requests[0].body).unwrap()
}

/// A request to Anthropic's own host that is not streamed.
fn asking<'a>(model: &'a str, request: &'a Value, headers: &'a HeaderMap) -> Asking<'a> {
    Asking {
        host: &ANTHROPIC,
        model,
        request,
        stream: false,
        headers,
    }
}

fn streamed(bytes: &[u8], cut: Cut, asked: &Asked) -> Outcome {
    let mut reader = Reader::new(asked.clone());
    proof::streamed("anthropic", &mut reader, Framing::Sse, bytes, cut)
}

fn whole(body: &[u8], asked: &Asked) -> Outcome {
    proof::whole("anthropic", &mut Reader::new(asked.clone()), body)
}

/// The kinds of the things that OpenAI's chat has no place for, sorted.
fn other_items(answer: &Value) -> Vec<String> {
    let message = &answer["choices"][0]["message"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let blocks = list(&message["provider_data"]["anthropic"]["blocks"]);
    let details = list(&message["reasoning_details"]);
    let redacted = details
        .iter()
        .filter(|detail| detail["type"] == "reasoning.encrypted")
        .map(|_| "redacted_thinking".to_owned());
    let kind = |block: &Value| block["type"].as_str().unwrap_or_default().to_owned();
    let mut items: Vec<String> = blocks.iter().map(kind).chain(redacted).collect();
    items.sort();
    items
}
