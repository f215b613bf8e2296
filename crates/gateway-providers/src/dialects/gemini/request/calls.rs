//! Calls that the model made before.
//!
//! Where a model demands signatures and a turn has none, because another model made it, the value that Google documents
//! for that goes out: <https://ai.google.dev/gemini-api/docs/thought-signatures>. Nothing of the request is lost by it,
//! so it is not named as dropped.

use base64::{Engine, engine::general_purpose::STANDARD};
use gateway_types::{
    Maybe,
    chat::{AssistantMessage, ToolCall},
};
use serde_json::{Value, json, value::RawValue};

use super::super::{
    NAME,
    signature::{Detail, Place},
    wire::request::{FunctionCall, MadePart, Part},
};
use crate::{
    TranslateError,
    dialects::{dropped::Dropped, read::invalid},
    rules::ModelRule,
};

/// Google's value for a turn that another model made.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// The calls of a conversation so far: their answers must name the function.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Made>);

#[derive(Debug)]
struct Made {
    id: String,
    name: String,
    is_answered: bool,
}

impl Calls {
    fn add(&mut self, id: &str, name: &str) {
        self.0.push(Made {
            id: id.to_owned(),
            name: name.to_owned(),
            is_answered: false,
        });
    }

    /// The name of the function that answers: of the last call with that id; without one of the first call
    /// (of that name, where there is a name) that has no answer yet.
    pub(super) fn answer(&mut self, id: &str, named: Option<&str>) -> Option<String> {
        let call = if id.is_empty() {
            let fits =
                |call: &&mut Made| !call.is_answered && named.is_none_or(|name| name == call.name);
            self.0.iter_mut().find(fits)
        } else {
            self.0.iter_mut().rev().find(|call| call.id == id)
        };
        match call {
            Some(call) => {
                call.is_answered = true;
                Some(call.name.clone())
            }
            None => named.map(str::to_owned),
        }
    }
}

/// A call as it goes out.
pub(super) struct Call {
    id: Option<String>,
    name: String,
    args: Box<RawValue>,
    signature: Option<String>,
}

/// Takes the calls out of a message.
pub(super) fn take(
    message: &mut AssistantMessage,
    path: &str,
    dropped: &mut Dropped,
) -> Result<Vec<Call>, TranslateError> {
    let mut made = Vec::new();
    let given = message.tool_calls.take().unwrap_or_default();
    for (index, call) in given.into_iter().enumerate() {
        made.push(call_of(
            call,
            &format!("{path}.tool_calls[{index}]"),
            dropped,
        )?);
    }
    if let Some(call) = message.function_call.take().into_option() {
        let path = format!("{path}.function_call");
        dropped.rest(&path, &call, &["name", "arguments"]);
        made.push(Call {
            id: None,
            args: object(&call.arguments, &format!("{path}.arguments"))?,
            name: call.name,
            signature: None,
        });
    }
    Ok(made)
}

fn call_of(call: ToolCall, path: &str, dropped: &mut Dropped) -> Result<Call, TranslateError> {
    let id = call.id().filter(|id| !id.is_empty()).map(str::to_owned);
    match call {
        ToolCall::Function(mut call) => {
            let signature = signature_of(
                call.extra_content.take().map(|extra| extra.0),
                path,
                dropped,
            );
            dropped.rest(path, &call, &["id", "function"]);
            let path = format!("{path}.function");
            dropped.rest(&path, &call.function, &["name", "arguments"]);
            Ok(Call {
                id,
                args: object(&call.function.arguments, &format!("{path}.arguments"))?,
                name: call.function.name,
                signature,
            })
        }
        ToolCall::Custom(mut call) => {
            let signature = signature_of(
                call.extra_content.take().map(|extra| extra.0),
                path,
                dropped,
            );
            dropped.rest(path, &call, &["id", "custom"]);
            let custom = call.custom.take().into_option().unwrap_or_default();
            dropped.rest(&format!("{path}.custom"), &custom, &["name", "input"]);
            Ok(Call {
                id,
                args: raw(&json!({ "input": custom.input })),
                name: custom.name,
                signature,
            })
        }
        other => {
            let (Some(name), Some(arguments)) = (other.name(), other.arguments_text()) else {
                let param = format!("{path}.type");
                let message = format!("`{param}` must be `function` or `custom`");
                return Err(invalid(param, message));
            };
            Ok(Call {
                id,
                name: name.to_owned(),
                args: object(arguments, &format!("{path}.function.arguments"))?,
                signature: None,
            })
        }
    }
}

/// The signature in `{"google":{"thought_signature":"..."}}`.
fn signature_of(extra: Maybe<Value>, path: &str, dropped: &mut Dropped) -> Option<String> {
    let Some(Value::Object(mut extra)) = extra.into_option() else {
        return None;
    };
    let own = extra.shift_remove(NAME);
    dropped.rest(&format!("{path}.extra_content"), &extra, &[]);
    let signature = own.as_ref()?.get("thought_signature")?.as_str()?;
    Some(signature.to_owned()).filter(|signature| !signature.is_empty())
}

/// The parts of the calls. With parallel calls only the first one has a signature.
pub(super) fn parts(
    made: Vec<Call>,
    rule: &ModelRule,
    details: &[Detail],
    calls: &mut Calls,
) -> Vec<Part> {
    let of_detail = |id: &Option<String>| {
        let is_its_own = |detail: &&Detail| matches!((&detail.place, id), (Place::Call(call), Some(id)) if call == id);
        details.iter().find(is_its_own)?.signature.clone()
    };
    let mut is_signed = false;
    let mut parts = Vec::with_capacity(made.len());
    for call in made {
        calls.add(call.id.as_deref().unwrap_or_default(), &call.name);
        let mut signature = call.signature.or_else(|| of_detail(&call.id));
        if signature.is_none() && !is_signed && rule.signatures_required {
            signature = Some(STANDARD.encode(NO_SIGNATURE));
        }
        is_signed = true;
        parts.push(
            MadePart {
                function_call: Some(FunctionCall {
                    id: call.id,
                    name: call.name,
                    args: call.args,
                }),
                thought_signature: signature,
                ..MadePart::default()
            }
            .into(),
        );
    }
    parts
}

/// Arguments as the object that they must be here.
fn object(text: &str, param: &str) -> Result<Box<RawValue>, TranslateError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(raw(&json!({})));
    }
    RawValue::from_string(text.to_owned())
        .ok()
        .filter(|raw| raw.get().starts_with('{'))
        .ok_or_else(|| {
            let message = format!("`{param}` must be the text of a JSON object");
            invalid(param, message)
        })
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
