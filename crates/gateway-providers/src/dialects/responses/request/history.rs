//! What the assistant said before, as the items that it was.
//!
//! Chat has a message's thinking, text and calls apart; in which order they came, and what else was among them,
//! stands in `provider_data`, where an answer of this dialect put it. Without that they come in the usual order.

use gateway_types::chat::{AssistantMessage, FunctionCall, ToolCall};
use serde_json::{Map, Value, json};

use super::{
    messages::{Called, Input, call_id, take_items},
    said::Said,
};
use crate::{
    TranslateError,
    dialects::{dropped::Dropped, read::invalid},
};

impl Input {
    /// Puts a message of the assistant into items.
    pub(super) fn assistant(
        &mut self,
        mut message: AssistantMessage,
        index: usize,
        path: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        let markers = take_items(&mut message.extra, path, dropped);
        let mut said = Said::default();
        said.take_reasoning(&mut message, self.stores, path, dropped);
        said.take_text(&mut message, path, dropped);
        said.take_citations(&mut message, path, dropped);
        self.take_calls(&mut message, &mut said, index, path, dropped)?;
        let images_left = said.place(markers, &mut message);
        if images_left {
            dropped.name(format!("{path}.images"));
        }
        let is_encrypted = |item: &Value| item.get("encrypted_content").is_some();
        self.has_encrypted_reasoning |= said.items.iter().any(is_encrypted);
        self.items.append(&mut said.items);
        dropped.rest(path, &message, &[]);
        Ok(())
    }

    fn take_calls(
        &mut self,
        message: &mut AssistantMessage,
        said: &mut Said,
        index: usize,
        path: &str,
        dropped: &mut Dropped,
    ) -> Result<(), TranslateError> {
        for (number, call) in (0..).zip(message.tool_calls.take().unwrap_or_default()) {
            let path = format!("{path}.tool_calls[{number}]");
            let id = call.id().unwrap_or_default().to_owned();
            let native = self.call(call, &path, dropped)?;
            let id = self.known_id(&id, &native, (index, number));
            said.calls.push_back(with_id(native, id));
        }
        if let Some(call) = message.function_call.take().into_option() {
            let native = function_call(call, &format!("{path}.function_call"), dropped);
            let id = self.known_id("", &native, (index, said.calls.len()));
            said.calls.push_back(with_id(native, id));
        }
        Ok(())
    }

    /// A call's id; one is made where there is none, for the answer that has none either.
    fn known_id(&mut self, id: &str, call: &Map<String, Value>, place: (usize, usize)) -> String {
        let name = call.get("name").and_then(Value::as_str);
        let name = name.unwrap_or_default().to_owned();
        let id = if id.is_empty() {
            let made = format!("call_{}_{}", place.0, place.1);
            self.unnamed.push_back((name.clone(), made.clone()));
            made
        } else {
            call_id(id)
        };
        let is_custom = call.contains_key("input");
        self.calls.insert(id.clone(), Called { name, is_custom });
        id
    }

    fn call(
        &mut self,
        call: ToolCall,
        path: &str,
        dropped: &mut Dropped,
    ) -> Result<Map<String, Value>, TranslateError> {
        match call {
            ToolCall::Function(mut call) => {
                let function = std::mem::take(&mut call.function);
                dropped.rest(path, &call, &["id", "function"]);
                Ok(function_call(
                    function,
                    &format!("{path}.function"),
                    dropped,
                ))
            }
            ToolCall::Custom(mut call) => {
                let Some(mut custom) = call.custom.take().into_option() else {
                    let param = format!("{path}.custom");
                    return Err(invalid(&param, format!("`{param}` is missing")));
                };
                dropped.rest(path, &call, &["id"]);
                let name = std::mem::take(&mut custom.name);
                let input = std::mem::take(&mut custom.input);
                dropped.rest(&format!("{path}.custom"), &custom, &["name", "input"]);
                let native = [
                    ("type", json!("custom_tool_call")),
                    ("name", name.into()),
                    ("input", input.into()),
                ];
                Ok(native
                    .map(|(key, value)| (key.to_owned(), value))
                    .into_iter()
                    .collect())
            }
            // A few clients leave the type out.
            other => match (other.name(), other.arguments_text()) {
                (Some(name), Some(arguments)) => {
                    let function = FunctionCall::new(name, arguments);
                    Ok(function_call(function, path, dropped))
                }
                _ => {
                    let param = format!("{path}.type");
                    let message =
                        format!("`{param}`: calls are of the type `function` or `custom`");
                    Err(invalid(param, message))
                }
            },
        }
    }
}

fn function_call(function: FunctionCall, path: &str, dropped: &mut Dropped) -> Map<String, Value> {
    dropped.rest(path, &function, &["name", "arguments"]);
    let arguments = match function.arguments.trim() {
        "" => "{}".to_owned(),
        _ => function.arguments,
    };
    let native = [
        ("type", "function_call".to_owned()),
        ("name", function.name),
        ("arguments", arguments),
    ];
    native
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}

fn with_id(mut call: Map<String, Value>, id: String) -> Map<String, Value> {
    call.shift_insert(1, "call_id".to_owned(), id.into());
    call
}
