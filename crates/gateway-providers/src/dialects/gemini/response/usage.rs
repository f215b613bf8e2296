//! Tokens in OpenAI's meaning. Spec: <https://ai.google.dev/api/generate-content#UsageMetadata>.
//!
//! Here thoughts stand beside the candidates' tokens, and what server tools read beside the prompt's: both are
//! added. Reports are cumulative within a request. An answer that takes several requests used what all of them
//! used.

use gateway_types::{CompletionTokensDetails, Maybe, PromptTokensDetails, Usage};
use serde_json::{Value, value::RawValue};

use super::super::wire::answer::{ModalityCount, UsageMetadata};

/// Names of `modality` by number.
const MODALITIES: &[&str] = &[
    "MODALITY_UNSPECIFIED",
    "TEXT",
    "IMAGE",
    "VIDEO",
    "AUDIO",
    "DOCUMENT",
];

/// Names of `trafficType` by number.
const TRAFFIC_TYPES: &[&str] = &[
    "TRAFFIC_TYPE_UNSPECIFIED",
    "ON_DEMAND",
    "PROVISIONED_THROUGHPUT",
];

/// Service tiers and kinds of traffic, by OpenAI's names for them.
const TIERS: &[(&str, &str)] = &[
    ("standard", "default"),
    ("flex", "flex"),
    ("priority", "priority"),
    ("ON_DEMAND", "default"),
    ("ON_DEMAND_FLEX", "flex"),
    ("ON_DEMAND_PRIORITY", "priority"),
    ("PROVISIONED_THROUGHPUT", "scale"),
];

/// Reads a report; `None` for one without counts, as streams begin with.
pub(in super::super) fn read(native: &UsageMetadata<'_>) -> Option<Usage> {
    let counts = [
        native.prompt_token_count,
        native.candidates_token_count,
        native.thoughts_token_count,
        native.total_token_count,
    ];
    if counts.iter().all(Option::is_none) {
        return None;
    }
    let sum = |one: Option<u64>, other: Option<u64>| {
        one.unwrap_or_default()
            .saturating_add(other.unwrap_or_default())
    };
    let mut usage = Usage::new(
        sum(
            native.prompt_token_count,
            native.tool_use_prompt_token_count,
        ),
        sum(native.candidates_token_count, native.thoughts_token_count),
    );
    let mut prompt = PromptTokensDetails::default();
    prompt.cached_tokens = native.cached_content_token_count.into();
    prompt.audio_tokens = audio(native.prompt_tokens_details).into();
    if prompt != PromptTokensDetails::default() {
        usage.prompt_tokens_details = prompt.into();
    }
    let mut completion = CompletionTokensDetails::default();
    completion.reasoning_tokens = native.thoughts_token_count.into();
    completion.audio_tokens = audio(native.candidates_tokens_details).into();
    if completion != CompletionTokensDetails::default() {
        usage.completion_tokens_details = completion.into();
    }
    Some(usage)
}

/// What a report says that OpenAI's usage has no place for, under the names that it has there: the counts by kind of
/// media, and a kind of traffic that is no tier.
pub(in super::super) fn further(native: &UsageMetadata<'_>, usage: &mut Usage) {
    let lists = [
        ("promptTokensDetails", native.prompt_tokens_details),
        ("candidatesTokensDetails", native.candidates_tokens_details),
        ("cacheTokensDetails", native.cache_tokens_details),
        (
            "toolUsePromptTokensDetails",
            native.tool_use_prompt_tokens_details,
        ),
    ];
    for (name, raw) in lists {
        let counts = raw.and_then(|raw| serde_json::from_str::<Vec<Value>>(raw.get()).ok());
        if let Some(counts) = counts.filter(|counts| !counts.is_empty()) {
            usage.extra.insert(name.to_owned(), counts.into());
        }
    }
    if let Some(kind) = native
        .traffic_type
        .as_ref()
        .filter(|_| tier(native).is_none())
    {
        let kind = kind.name(TRAFFIC_TYPES);
        usage
            .extra
            .insert("trafficType".to_owned(), kind.as_ref().into());
    }
}

/// The tier that a report names, in OpenAI's words.
pub(in super::super) fn tier(native: &UsageMetadata<'_>) -> Option<&'static str> {
    let named = native.service_tier.as_ref().map(|tier| tier.name(&[]));
    let traffic = native
        .traffic_type
        .as_ref()
        .map(|kind| kind.name(TRAFFIC_TYPES));
    let name = named.or(traffic)?;
    TIERS
        .iter()
        .find(|(native, _)| *native == name)
        .map(|(_, tier)| *tier)
}

/// Both together.
pub(in super::super) fn plus(mut usage: Usage, before: Option<&Usage>) -> Usage {
    let Some(before) = before else { return usage };
    add(&mut usage.prompt_tokens, &before.prompt_tokens);
    add(&mut usage.completion_tokens, &before.completion_tokens);
    add(&mut usage.total_tokens, &before.total_tokens);
    let earlier = before
        .prompt_tokens_details
        .as_option()
        .cloned()
        .unwrap_or_default();
    let mut prompt = usage.prompt_tokens_details.take().unwrap_or_default();
    add(&mut prompt.cached_tokens, &earlier.cached_tokens);
    add(&mut prompt.audio_tokens, &earlier.audio_tokens);
    if prompt != PromptTokensDetails::default() {
        usage.prompt_tokens_details = prompt.into();
    }
    let earlier = before
        .completion_tokens_details
        .as_option()
        .cloned()
        .unwrap_or_default();
    let mut completion = usage.completion_tokens_details.take().unwrap_or_default();
    add(&mut completion.reasoning_tokens, &earlier.reasoning_tokens);
    add(&mut completion.audio_tokens, &earlier.audio_tokens);
    if completion != CompletionTokensDetails::default() {
        usage.completion_tokens_details = completion.into();
    }
    usage
}

fn add(count: &mut Maybe<u64>, more: &Maybe<u64>) {
    if let Some(more) = more.copied() {
        *count = count
            .copied()
            .unwrap_or_default()
            .saturating_add(more)
            .into();
    }
}

fn audio(counts: Option<&RawValue>) -> Option<u64> {
    let counts: Vec<ModalityCount<'_>> = serde_json::from_str(counts?.get()).ok()?;
    let is_audio = |count: &&ModalityCount<'_>| {
        let modality = count
            .modality
            .as_ref()
            .map(|modality| modality.name(MODALITIES));
        modality.as_deref() == Some("AUDIO")
    };
    counts.iter().find(is_audio)?.token_count
}
