//! The parameters of a request.

use gateway_types::{
    Maybe, Number,
    chat::{ChatRequest, ResponseFormat, Voice},
};
use serde_json::{Value, json};

use super::{super::wire::request::GenerationConfig, thinking};
use crate::{
    TranslateError,
    dialects::{
        Ask,
        dropped::Dropped,
        read::{self, Format, invalid},
    },
    rules::{ModelRule, Sampling},
};

/// Takes the parameters of a request.
pub(super) fn encode(
    request: &mut ChatRequest,
    ask: &Ask<'_>,
    dropped: &mut Dropped,
) -> Result<GenerationConfig, TranslateError> {
    let rule = ask.rule;
    let mut config = GenerationConfig {
        temperature: sampling(request.temperature.take(), "temperature", rule, dropped),
        top_p: sampling(request.top_p.take(), "top_p", rule, dropped),
        top_k: sampling(take_top_k(request), "top_k", rule, dropped),
        candidate_count: request.n.take().into_option(),
        max_output_tokens: read::max_tokens(request),
        stop_sequences: read::stop(request),
        presence_penalty: kept(
            request.presence_penalty.take(),
            "presence_penalty",
            rule,
            dropped,
        ),
        frequency_penalty: kept(
            request.frequency_penalty.take(),
            "frequency_penalty",
            rule,
            dropped,
        ),
        seed: seed(request),
        thinking_config: thinking::encode(request, rule, dropped),
        ..GenerationConfig::default()
    };
    if request.logprobs.copied() == Some(true) {
        request.logprobs.take();
        config.response_logprobs = Some(true);
        config.logprobs = request.top_logprobs.take().into_option();
    }
    format(request, &mut config, dropped)?;
    media(request, &mut config, dropped);
    Ok(config)
}

/// A parameter of sampling, where the model takes those.
fn sampling(
    given: Maybe<Number>,
    name: &str,
    rule: &ModelRule,
    dropped: &mut Dropped,
) -> Option<Number> {
    let given = given.into_option()?;
    if rule.sampling == Sampling::Refused {
        dropped.name(name);
        return None;
    }
    kept(given.into(), name, rule, dropped)
}

fn kept(
    given: Maybe<Number>,
    name: &str,
    rule: &ModelRule,
    dropped: &mut Dropped,
) -> Option<Number> {
    let given = given.into_option()?;
    if rule.refuses.contains(name) {
        dropped.name(name);
        return None;
    }
    Some(given)
}

/// `top_k` is no member of OpenAI's; what is no number stays in the request.
fn take_top_k(request: &mut ChatRequest) -> Maybe<Number> {
    let given = request.extra.get("top_k").cloned();
    match given.and_then(|given| serde_json::from_value(given).ok()) {
        Some(number) => {
            request.extra.shift_remove("top_k");
            Maybe::Value(number)
        }
        None => Maybe::Absent,
    }
}

/// The provider's seed has 32 bits; a larger one stays in the request, to be named.
fn seed(request: &mut ChatRequest) -> Option<i32> {
    let seed = i32::try_from(request.seed.copied()?.as_i64()?).ok()?;
    request.seed.take();
    Some(seed)
}

fn format(
    request: &mut ChatRequest,
    config: &mut GenerationConfig,
    dropped: &mut Dropped,
) -> Result<(), TranslateError> {
    const JSON: &str = "application/json";
    match Format::take(request, dropped) {
        Some(Format::Json) => config.response_mime_type = Some(JSON),
        Some(Format::Schema(schema)) => {
            config.response_mime_type = Some(JSON);
            config.response_json_schema = Some(schema);
        }
        None => {
            if let Some(ResponseFormat::Other(_)) = request.response_format.as_option() {
                let param = "response_format.type";
                let message = format!("`{param}` must be `text`, `json_object` or `json_schema`");
                return Err(invalid(param, message));
            }
        }
    }
    Ok(())
}

/// The kinds of answer, and how speech sounds. Speech comes as raw samples, so no other encoding can be promised.
fn media(request: &mut ChatRequest, config: &mut GenerationConfig, dropped: &mut Dropped) {
    if let Some(modalities) = request.modalities.take().into_option() {
        config.response_modalities = modalities
            .iter()
            .map(|modality| modality.as_str().to_ascii_uppercase())
            .collect();
    }
    let Some(mut audio) = request.audio.take().into_option() else {
        return;
    };
    if audio.format.as_str() != "pcm16" {
        dropped.name("audio.format");
    }
    match std::mem::take(&mut audio.voice) {
        Voice::Name(name) => config.speech_config = Some(voice(&name)),
        Voice::Custom(_) => dropped.name("audio.voice"),
    }
    dropped.rest("audio", &audio, &["format", "voice"]);
}

fn voice(name: &str) -> Value {
    json!({"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": name}}})
}
