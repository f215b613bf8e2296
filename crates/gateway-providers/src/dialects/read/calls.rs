//! Calls that the model made in earlier turns.

use gateway_types::chat::{AssistantMessage, CustomToolCall, FunctionToolCall, ToolCall};
use serde_json::{Value, json};

use super::invalid;
use crate::{TranslateError, dialects::dropped::Dropped};

/// A call of an earlier turn, in one form for all the ways to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PastCall {
    /// Its id; made where the message has none.
    pub(crate) id: String,
    /// The function.
    pub(crate) name: String,
    /// The text of its arguments; `{}` for none. A custom tool's text stands in `input`.
    pub(crate) arguments: String,
    /// Where the arguments stand in the request.
    pub(crate) path: String,
}

/// Ids and names of all calls so far, the oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallNames {
    known: Vec<(String, String)>,
}

impl CallNames {
    /// The name of the function that the call of that id called; the last call of that id counts.
    pub(crate) fn name(&self, id: &str) -> Option<&str> {
        self.known
            .iter()
            .rev()
            .find(|(known, _)| known == id)
            .map(|(_, name)| name.as_str())
    }

    /// The id of the last call of a function, for answers that name only the function.
    ///
    /// # Errors
    /// There is no such call.
    pub(crate) fn last_id_of(&self, name: &str, path: &str) -> Result<String, TranslateError> {
        let id = self.known.iter().rev().find(|(_, known)| known == name);
        id.map(|(id, _)| id.clone()).ok_or_else(|| {
            let message = format!("`{path}.name`: no earlier message calls the function {name:?}");
            invalid(format!("{path}.name"), message)
        })
    }
}

/// Takes the calls out of a message: `tool_calls`, or the older `function_call`.
///
/// # Errors
/// A call of a kind that has no name.
pub(crate) fn past_calls(
    message: &mut AssistantMessage,
    path: &str,
    names: &mut CallNames,
    dropped: &mut Dropped,
) -> Result<Vec<PastCall>, TranslateError> {
    let mut calls = Vec::new();
    for (index, call) in message
        .tool_calls
        .take()
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        let path = format!("{path}.tool_calls[{index}]");
        calls.push(match call {
            ToolCall::Function(call) => function(call, &path, dropped),
            ToolCall::Custom(call) => custom(call, &path, dropped),
            other => untyped(&other, &path, dropped)?,
        });
    }
    if let Some(call) = message.function_call.take().into_option() {
        let path = format!("{path}.function_call");
        dropped.rest(&path, &call, &["name", "arguments"]);
        calls.push(PastCall {
            id: String::new(),
            name: call.name,
            arguments: call.arguments,
            path: format!("{path}.arguments"),
        });
    }
    for call in &mut calls {
        if call.id.is_empty() {
            call.id = format!("call_{}", names.known.len());
        }
        if call.arguments.trim().is_empty() {
            call.arguments = "{}".to_owned();
        }
        names.known.push((call.id.clone(), call.name.clone()));
    }
    Ok(calls)
}

fn function(mut call: FunctionToolCall, path: &str, dropped: &mut Dropped) -> PastCall {
    let function = std::mem::take(&mut call.function);
    dropped.rest(path, &call, &["id", "function"]);
    let inner = format!("{path}.function");
    dropped.rest(&inner, &function, &["name", "arguments"]);
    PastCall {
        id: call.id,
        name: function.name,
        arguments: function.arguments,
        path: format!("{inner}.arguments"),
    }
}

fn custom(mut call: CustomToolCall, path: &str, dropped: &mut Dropped) -> PastCall {
    let custom = call.custom.take().unwrap_or_default();
    dropped.rest(path, &call, &["id"]);
    let inner = format!("{path}.custom");
    dropped.rest(&inner, &custom, &["name", "input"]);
    PastCall {
        id: call.id,
        name: custom.name,
        arguments: json!({ "input": custom.input }).to_string(),
        path: format!("{inner}.input"),
    }
}

/// A call without a type, as some clients write it.
fn untyped(call: &ToolCall, path: &str, dropped: &mut Dropped) -> Result<PastCall, TranslateError> {
    let name = call.name().ok_or_else(|| {
        let message = format!("`{path}` is a call of a kind that this provider does not know");
        invalid(format!("{path}.type"), message)
    })?;
    dropped.rest(path, call, &["id", "type", "index", "function"]);
    Ok(PastCall {
        id: call.id().unwrap_or_default().to_owned(),
        name: name.to_owned(),
        arguments: call.arguments_text().unwrap_or_default().to_owned(),
        path: format!("{path}.function.arguments"),
    })
}

impl PastCall {
    /// The arguments as an object.
    ///
    /// # Errors
    /// They are something else.
    pub(crate) fn object(&self) -> Result<gateway_types::JsonObject, TranslateError> {
        match serde_json::from_str(&self.arguments) {
            Ok(Value::Object(members)) => Ok(members.into()),
            _ => {
                let message = format!("`{}` must be the text of a JSON object", self.path);
                Err(invalid(self.path.clone(), message))
            }
        }
    }
}
