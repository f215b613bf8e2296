//! Laws that every dialect keeps: a request is expressed, named as dropped, or refused by the name of a member; bytes
//! of whatever kind are read or refused, and nothing panics.

use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::{Value, json};

use super::{Bench, CUTS, Recording, streamed, whole};
use crate::{Operation, TranslateError, dialects::AnswerDecoder, framing::Framing};

/// Any chat request: every value that matters is a text of its own (`v17`), so that it can be looked for.
pub(crate) fn chat_request() -> impl Strategy<Value = Value> {
    let message = prop_oneof![
        Just(json!({"role": "system", "content": "?"})),
        Just(json!({"role": "developer", "content": [{"type": "text", "text": "?"}], "name": "?"})),
        Just(json!({"role": "user", "content": "?"})),
        Just(json!({"role": "user", "content": [
            {"type": "text", "text": "?", "cache_control": {"type": "?"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,djE3", "detail": "?"}}
        ]})),
        Just(
            json!({"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "?", "format": "wav"}}]})
        ),
        Just(json!({"role": "user", "content": [{"type": "file", "file": {"file_id": "?"}}]})),
        Just(json!({"role": "user", "content": [
            {"type": "file", "file": {"file_id": "?", "file_data": "data:text/plain;base64,djE3", "filename": "a.txt"}}
        ]})),
        Just(json!({"role": "assistant", "content": "?", "reasoning_content": "?", "mine": "?"})),
        Just(
            json!({"role": "assistant", "content": null, "refusal": "?", "reasoning_details": [{"type": "reasoning.text", "text": "?"}]})
        ),
        Just(json!({"role": "assistant", "content": "?", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "?", "arguments": "{\"a\":\"?\"}"}, "extra_content": {"x": "?"}},
            {"id": "c2", "type": "custom", "custom": {"name": "?", "input": "?"}}
        ]})),
        Just(json!({"role": "tool", "tool_call_id": "c1", "content": "?", "name": "?"})),
        Just(
            json!({"role": "tool", "tool_call_id": "c9", "content": [{"type": "text", "text": "?"}]})
        ),
        Just(
            json!({"role": "assistant", "content": "?", "provider_data": {"other": {"x": "?"}}, "audio": {"id": "?"}})
        ),
    ];
    let member = prop_oneof![
        Just(
            json!({"tools": [{"type": "function", "function": {"name": "f", "description": "?", "strict": true,
            "parameters": {"type": "object", "properties": {"?": {}}, "required": ["?"]}, "mine": "?"}},
            {"type": "custom", "custom": {"name": "?"}}], "tool_choice": "required"})
        ),
        Just(json!({"functions": [{"name": "?", "description": "?"}], "function_call": "auto"})),
        Just(
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "?", "schema": {"title": "t?"}, "mine": "?"}}})
        ),
        Just(json!({"stop": ["?", "?"], "user": "?", "metadata": {"a": "?"}, "seed": 7})),
        Just(json!({"stop": "?", "prompt_cache_key": "?", "service_tier": "?", "verbosity": "?"})),
        Just(json!({"reasoning_effort": "?", "mine": {"deep": "?"}})),
        Just(
            json!({"reasoning": {"effort": "high", "summary": "?"}, "thinking": {"type": "enabled", "mine": "?"}})
        ),
        Just(json!({"top_k": 5, "top_p": 1, "temperature": 0.5, "n": 2, "logit_bias": {"1": 2}})),
        Just(
            json!({"web_search_options": {"search_context_size": "?"}, "prediction": {"type": "content", "content": "?"}})
        ),
    ];
    let messages = proptest::collection::vec(message, 0..6);
    let members = proptest::collection::vec(member, 0..4);
    (messages, members).prop_map(|(messages, members)| {
        let mut request = json!({"model": "m", "messages": messages});
        for member in members {
            for (name, value) in member.as_object().unwrap() {
                request[name] = value.clone();
            }
        }
        let mut count = 0;
        numbered(&mut request, &mut count);
        request
    })
}

/// Each `?` becomes a text of its own.
fn numbered(value: &mut Value, count: &mut usize) {
    match value {
        Value::String(text) => {
            while let Some(at) = text.find('?') {
                *count += 1;
                text.replace_range(at..=at, &format!("v{count}."));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| numbered(item, count)),
        Value::Object(members) => members.values_mut().for_each(|item| numbered(item, count)),
        _ => {}
    }
}

/// The texts of a request, without those that name kinds.
pub(crate) fn leaves(value: &Value) -> Vec<Value> {
    fn collect(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) => out.push((path.to_owned(), text.clone())),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    collect(&format!("{path}[{index}]"), item, out);
                }
            }
            Value::Object(members) => {
                for (name, item) in members {
                    let path = if path.is_empty() {
                        name.clone()
                    } else {
                        format!("{path}.{name}")
                    };
                    collect(&path, item, out);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    collect("", value, &mut out);
    out.into_iter()
        .filter(|(path, _)| path != "model" && !path.ends_with("role"))
        .map(|(_, text)| text.into())
        .collect()
}

/// Whether each numbered text of the request is in what goes out, below a member that is named as dropped, or the
/// request is refused by the name of a member.
pub(crate) fn nothing_is_lost(bench: &Bench, request: &Value) -> Result<(), TestCaseError> {
    let encoded = match bench.encode(Operation::Chat, "m", request) {
        Ok(encoded) => encoded,
        Err(TranslateError::InvalidValue { param, message }) => {
            prop_assert!(!param.is_empty() && !message.is_empty());
            return Ok(());
        }
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    };
    let native = String::from_utf8(encoded.requests[0].body.to_vec()).unwrap();
    let mut left = request.clone();
    for path in &encoded.dropped {
        remove(&mut left, path);
    }
    for text in leaves(&left) {
        let text = text.as_str().unwrap();
        for mark in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.') {
            let is_mark = mark.starts_with('v') && mark.ends_with('.');
            prop_assert!(
                !is_mark || native.contains(mark),
                "{mark} of {request} is lost in {native}, named: {:?}",
                encoded.dropped
            );
        }
    }
    Ok(())
}

/// Takes what stands at a path such as `messages[2].content[0].name` away.
fn remove(value: &mut Value, path: &str) {
    let pointer = format!(
        "/{}",
        path.replace('[', "/").replace(']', "").replace('.', "/")
    );
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(last);
        }
        Some(Value::Array(items)) => {
            if let Some(item) = last.parse::<usize>().ok().and_then(|at| items.get_mut(at)) {
                *item = Value::Null;
            }
        }
        _ => {}
    }
}

/// Reads bytes in which some are flipped, as a stream of either framing and as a whole answer.
pub(crate) fn read_broken(
    dialect: &'static str,
    decoder: impl Fn() -> Box<dyn AnswerDecoder>,
    bytes: &[u8],
    flips: &[(u16, u8)],
) {
    let mut bytes = bytes.to_vec();
    let length = bytes.len().max(1);
    for (at, flip) in flips {
        if let Some(byte) = bytes.get_mut(usize::from(*at) % length) {
            *byte ^= flip;
        }
    }
    for framing in [Framing::Sse, Framing::Lines] {
        streamed(dialect, &mut *decoder(), framing, &bytes, CUTS[1]);
    }
    whole(dialect, &mut *decoder(), &bytes);
}

/// Reads recordings with two bytes flipped, at so many places in each.
pub(crate) fn read_broken_recordings(bench: &Bench, recordings: &[Recording], places: u16) {
    for (start, recording) in (0_u16..).zip(recordings) {
        for step in 0..places {
            let at = step.wrapping_mul(977).wrapping_add(start);
            let flips = [(at, 0x20), (at.wrapping_add(31), 0xff)];
            let decoder = || bench.chat_decoder();
            read_broken(bench.dialect.name(), decoder, &recording.answer, &flips);
        }
    }
}
