//! The smaller parameters of a request.

use gateway_types::chat::{ChatRequest, ResponseFormat};
use serde_json::{Map, Value, json};

use crate::{
    dialects::{Ask, dropped::Dropped},
    rules::Sampling,
};

/// The shape and length of the answer: `text`.
pub(super) fn text(chat: &mut ChatRequest, dropped: &mut Dropped) -> Option<Value> {
    let mut text = Map::new();
    if let Some(format) = chat.response_format.take().into_option() {
        text.insert("format".to_owned(), self::format(format, dropped));
    }
    if let Some(verbosity) = chat.verbosity.take().into_option() {
        text.insert("verbosity".to_owned(), verbosity.as_str().into());
    }
    Some(Value::Object(text)).filter(|text| text != &json!({}))
}

/// A schema stands flat here; a kind that is not known goes on as it came.
fn format(format: ResponseFormat, dropped: &mut Dropped) -> Value {
    match format {
        ResponseFormat::JsonSchema(mut format) => {
            let schema = std::mem::take(&mut format.json_schema);
            dropped.rest("response_format", &format, &["json_schema"]);
            let mut flat = json!(schema);
            if let Some(flat) = flat.as_object_mut() {
                flat.shift_insert(0, "type".to_owned(), "json_schema".into());
                flat.retain(|_, value| !value.is_null());
                // Without a schema any JSON would do; here the member is required.
                flat.entry("schema").or_insert_with(|| json!({}));
            }
            flat
        }
        other => json!(other),
    }
}

/// What a stream carries beside the answer. The usage comes without being asked for.
pub(super) fn stream(
    chat: &mut ChatRequest,
    streams: bool,
    dropped: &mut Dropped,
) -> Option<Value> {
    let mut options = chat.stream_options.take().into_option()?;
    let obfuscation = options.include_obfuscation.take().into_option();
    dropped.rest("stream_options", &options, &["include_usage"]);
    obfuscation
        .filter(|_| streams)
        .map(|asked| json!({ "include_obfuscation": asked }))
}

/// Further parts of the answer that the client asks for in Responses' own words.
pub(super) fn take_include(rest: &mut Map<String, Value>) -> Vec<String> {
    let Some(Value::Array(asked)) = rest.get("include") else {
        return Vec::new();
    };
    let texts: Option<Vec<String>> = asked
        .iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect();
    texts.map_or_else(Vec::new, |texts| {
        rest.shift_remove("include");
        texts
    })
}

/// Takes out what the model or the vendor refuses, and names it.
pub(super) fn take_out_refused(
    ask: &Ask<'_>,
    thinks: bool,
    rest: &mut Map<String, Value>,
    dropped: &mut Dropped,
) {
    let rule = ask.rule;
    let while_thinking = rule.refuses_while_thinking.iter().filter(|_| thinks);
    let sampling: &[&str] = match rule.sampling {
        Sampling::Refused => &["temperature", "top_p", "top_k"],
        Sampling::WithoutThinking | Sampling::One if thinks => &["temperature", "top_p", "top_k"],
        Sampling::One if rest.contains_key("temperature") => &["top_p"],
        _ => &[],
    };
    let refused = rule
        .refuses
        .iter()
        .chain(while_thinking)
        .chain(&ask.settings.vendor.drop)
        .map(String::as_str)
        .chain(sampling.iter().copied());
    for name in refused {
        if let Some(value) = rest.shift_remove(name)
            && !is_default(name, &value)
        {
            dropped.name(name);
        }
    }
}

/// What says no more than its absence does is no loss.
fn is_default(name: &str, value: &Value) -> bool {
    match name {
        _ if value.is_null() => true,
        "temperature" | "top_p" => value.as_f64() == Some(1.0),
        "presence_penalty" | "frequency_penalty" => value.as_f64() == Some(0.0),
        "logprobs" => value == &Value::Bool(false),
        _ => false,
    }
}
