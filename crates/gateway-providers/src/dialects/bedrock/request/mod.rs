//! From a chat request to Converse's.

mod call_id;
mod format;
mod history;
mod media;
mod parts;
mod state;
mod thinking;
mod tools;

use gateway_types::{JsonObject, Number, chat::ChatRequest, chat::ServiceTier};
use http::HeaderMap;
use serde_json::{Map, Value};

use self::thinking::Thought;
use super::{
    response::ConverseDecoder,
    wire::{CachePoint, ConverseRequest, InferenceConfig, Tier},
};
use crate::{
    TranslateError,
    dialects::{
        Ask, Decoder, Encoded, NativePath, NativeRequest,
        dropped::Dropped,
        read::{self, READ_ELSEWHERE, invalid},
    },
    framing::Framing,
    rules::{ModelRule, Sampling},
};

/// The most pairs that a request's metadata can have, and the longest key or value.
const METADATA_PAIRS: usize = 16;
const METADATA_LENGTH: usize = 256;

/// Puts a chat into Converse's words.
pub(super) fn encode(ask: &Ask<'_>) -> Result<Encoded, TranslateError> {
    let mut chat = ask.chat()?;
    let mut dropped = Dropped::default();
    read::forget_defaults(&mut chat);
    let max_tokens = max_tokens(&mut chat)?;

    let messages = std::mem::take(&mut chat.messages);
    let mut told = history::read(messages, ask.rule, &mut dropped)?;
    if let Some(point) = cache_point(&mut chat.extra, "", &mut dropped) {
        told.mark_end(point);
    }
    let offer = tools::read(&mut chat, ask.rule, &mut dropped)?;
    let thought = Thought::read(
        &mut chat,
        ask.rule,
        max_tokens,
        offer.is_forced(),
        &mut dropped,
    );
    let custom_tools = offer.custom_tools();
    let tool_config = offer.finish(&thought, ask.rule, &told.called, &mut dropped);

    let mut fields = Map::new();
    add_betas(&mut fields, ask.headers);
    if let Some(thinking) = thought.thinking {
        fields.insert("thinking".to_owned(), thinking);
    }
    if let Some(effort) = thought.own_effort {
        fields.insert("reasoning_effort".to_owned(), effort.into());
    }
    let inference_config = InferenceConfig {
        max_tokens,
        stop_sequences: stop(&mut chat, ask.rule, &mut dropped),
        ..sampling(
            &mut chat,
            ask.rule,
            thought.is_on,
            &mut fields,
            &mut dropped,
        )
    };
    let request = ConverseRequest {
        messages: told.turns,
        system: told.system,
        inference_config,
        tool_config,
        output_config: format::output(&mut chat, thought.effort, &mut dropped),
        service_tier: tier(&mut chat),
        request_metadata: metadata(&mut chat, &mut dropped),
        additional_model_request_fields: fields,
    };
    dropped.rest("", &chat, READ_ELSEWHERE);
    Ok(Encoded {
        requests: vec![native(ask, &request)?],
        dropped: dropped.into_names(),
        decoder: Decoder::Chat(Box::new(ConverseDecoder::new(
            custom_tools,
            thought.is_hidden,
        ))),
    })
}

fn native(ask: &Ask<'_>, request: &ConverseRequest) -> Result<NativeRequest, TranslateError> {
    let body = serde_json::to_vec(request).map_err(|error| {
        invalid(
            "messages",
            format!("the request cannot be written: {error}"),
        )
    })?;
    let verb = if ask.stream {
        "converse-stream"
    } else {
        "converse"
    };
    Ok(NativeRequest {
        framing: Framing::AwsEventStream,
        ..NativeRequest::post(NativePath::new(["model", ask.model, verb]), body)
    })
}

fn max_tokens(chat: &mut ChatRequest) -> Result<Option<u64>, TranslateError> {
    let member = if chat.max_completion_tokens.is_value() {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    let most = read::max_tokens(chat);
    if most == Some(0) {
        return Err(invalid(
            member,
            format!("`{member}` must be at least 1 for this provider"),
        ));
    }
    Ok(most)
}

/// `temperature`, `top_p` and `top_k`, as the model takes them.
fn sampling(
    chat: &mut ChatRequest,
    rule: &ModelRule,
    thinks: bool,
    fields: &mut Map<String, Value>,
    dropped: &mut Dropped,
) -> InferenceConfig {
    let is_refused = match rule.sampling {
        Sampling::Refused => true,
        Sampling::One | Sampling::WithoutThinking => thinks,
        Sampling::Taken => false,
    };
    let refuses = |name: &str| {
        is_refused
            || rule.refuses.contains(name)
            || (thinks && rule.refuses_while_thinking.contains(name))
    };
    let mut config = InferenceConfig::default();
    if !refuses("temperature") {
        config.temperature = chat.temperature.take().into_option();
    }
    let is_second = rule.sampling == Sampling::One && config.temperature.is_some();
    if !refuses("top_p") && !is_second {
        config.top_p = chat.top_p.take().into_option();
    }
    if !refuses("top_k")
        && let Some(top_k) = chat
            .extra
            .shift_remove("top_k")
            .filter(|top_k| !top_k.is_null())
    {
        fields.insert("top_k".to_owned(), top_k);
    }
    // OpenAI's scale ends at 2, Bedrock's at 1.
    if let Some(asked) = config.temperature
        && asked.as_f64() > 1.0
    {
        config.temperature = Some(Number::Unsigned(1));
        dropped.name("temperature");
    }
    config
}

fn stop(chat: &mut ChatRequest, rule: &ModelRule, dropped: &mut Dropped) -> Vec<String> {
    let stop = read::stop(chat);
    if !stop.is_empty() && rule.refuses.contains("stop") {
        dropped.name("stop");
        return Vec::new();
    }
    stop
}

/// A tier under Bedrock's name for it; `auto` is what it does anyway.
fn tier(chat: &mut ChatRequest) -> Option<Tier> {
    let name = match chat.service_tier.take().into_option()? {
        ServiceTier::Auto => return None,
        ServiceTier::Fast => "priority".to_owned(),
        ServiceTier::Scale => "reserved".to_owned(),
        other => other.as_str().to_owned(),
    };
    Some(Tier { r#type: name })
}

/// `metadata` labels the request in Bedrock's own records; what does not fit there is named.
fn metadata(chat: &mut ChatRequest, dropped: &mut Dropped) -> Map<String, Value> {
    let mut labels = Map::new();
    for (key, value) in chat.metadata.take().unwrap_or_default() {
        let fits = labels.len() < METADATA_PAIRS
            && !key.is_empty()
            && is_label(&key)
            && value.as_str().is_some_and(is_label);
        if fits {
            labels.insert(key, value);
        } else {
            dropped.name(format!("metadata.{key}"));
        }
    }
    labels
}

fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" :_@$#=/+,-.".contains(&byte);
    text.len() <= METADATA_LENGTH && text.bytes().all(plain)
}

/// Features that the client asks for with `anthropic-beta`; Bedrock takes them in the body.
fn add_betas(fields: &mut Map<String, Value>, headers: &HeaderMap) {
    let betas: Vec<Value> = headers
        .get_all("anthropic-beta")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|beta| !beta.is_empty())
        .map(Value::from)
        .collect();
    if !betas.is_empty() {
        fields.insert("anthropic_beta".to_owned(), betas.into());
    }
}

/// Takes `cache_control` out of an object's further members; what it says beyond Bedrock's words is named.
fn cache_point(extra: &mut JsonObject, path: &str, dropped: &mut Dropped) -> Option<CachePoint> {
    let control = extra.get("cache_control")?;
    let ttl = match control.get("ttl") {
        None | Some(Value::Null) => None,
        Some(ttl) => Some(ttl.as_str()?.to_owned()),
    };
    // Another kind of control stays, and is named with what is left.
    if control.get("type").and_then(Value::as_str) != Some("ephemeral") {
        return None;
    }
    if let Some(Value::Object(mut control)) = extra.shift_remove("cache_control") {
        control.shift_remove("type");
        control.shift_remove("ttl");
        let dot = if path.is_empty() { "" } else { "." };
        dropped.rest(&format!("{path}{dot}cache_control"), &control, &[]);
    }
    Some(CachePoint {
        r#type: "default",
        ttl,
    })
}
