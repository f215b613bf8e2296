//! The smaller parameters.

use gateway_types::{
    Number,
    chat::{ChatRequest, ServiceTier},
};
use serde_json::Value;

use super::{
    super::wire::{Body, Metadata},
    Notes,
    thinking::Plan,
};
use crate::{dialects::read, rules::Sampling};

/// From this version on, sampling parameters are unknown members on every model:
/// <https://docs.anthropic.com/en/api/versioning>.
const WITHOUT_SAMPLING: &str = "2026-10-21";

/// Anthropic's own members that may stand in a chat request as an extension.
const OWN_MEMBERS: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "mcp_servers",
    "inference_geo",
    "speed",
    "diagnostics",
    "fallbacks",
    "compaction",
];

/// Takes what is left of the request's parameters.
pub(super) fn put(
    chat: &mut ChatRequest,
    plan: &Plan,
    version: Option<&str>,
    body: &mut Body,
    notes: &mut Notes<'_>,
) {
    sampling(chat, plan, version, body, notes);
    body.stop_sequences = stop_sequences(chat, notes);
    body.metadata = metadata(chat, notes);
    body.service_tier = service_tier(chat);
    for name in OWN_MEMBERS {
        let member = chat.extra.shift_remove_entry(*name);
        body.own
            .extend(member.filter(|(_, value)| !value.is_null()));
    }
    match chat.extra.shift_remove("output_config") {
        Some(Value::Object(config)) => {
            for (name, value) in config {
                body.output_config.insert(name, value);
            }
        }
        Some(other) => {
            chat.extra.insert("output_config".to_owned(), other);
        }
        None => {}
    }
}

/// Sampling as far as the model takes it: what it does not take is left out and named, unless it says no more
/// than its absence does. Anthropic's temperature ends at 1.
fn sampling(
    chat: &mut ChatRequest,
    plan: &Plan,
    version: Option<&str>,
    body: &mut Body,
    notes: &mut Notes<'_>,
) {
    let is_default = |number: &Number| (number.as_f64() - 1.0).abs() < f64::EPSILON;
    let temperature = chat.temperature.take().into_option();
    let top_p = chat.top_p.take().into_option();
    let top_k = chat
        .extra
        .shift_remove("top_k")
        .filter(|top| !top.is_null());
    let is_version_without = version.is_some_and(|version| {
        version.starts_with(|c: char| c.is_ascii_digit()) && version >= WITHOUT_SAMPLING
    });
    let is_refused = notes.rule.sampling == Sampling::Refused || is_version_without;
    let is_free = !is_refused && !plan.thinks;
    let takes_top_p =
        |number: &Number| is_free || (!is_refused && (0.95..=1.0).contains(&number.as_f64()));
    let one_only = notes.rule.sampling == Sampling::One && temperature.is_some();
    match temperature {
        Some(temperature) if is_free => {
            let is_too_high = temperature.as_f64() > 1.0;
            if is_too_high {
                notes.dropped.name("temperature");
            }
            body.temperature = Some(if is_too_high {
                Number::from(1)
            } else {
                temperature
            });
        }
        Some(temperature) if !is_default(&temperature) => notes.dropped.name("temperature"),
        _ => {}
    }
    match top_p {
        Some(top_p) if takes_top_p(&top_p) && !one_only => body.top_p = Some(top_p),
        Some(top_p) if !is_default(&top_p) => notes.dropped.name("top_p"),
        _ => {}
    }
    match top_k {
        Some(top_k) if is_free => body.top_k = Some(top_k),
        Some(_) => notes.dropped.name("top_k"),
        None => {}
    }
}

/// Sequences of nothing but white space are refused by the API.
fn stop_sequences(chat: &mut ChatRequest, notes: &mut Notes<'_>) -> Vec<String> {
    let mut stop = read::stop(chat);
    let all = stop.len();
    stop.retain(|sequence| !sequence.trim().is_empty());
    if stop.len() < all {
        notes.dropped.name("stop");
    }
    stop
}

/// Who the end user is: the one thing that Anthropic's metadata can say.
fn metadata(chat: &mut ChatRequest, notes: &mut Notes<'_>) -> Option<Metadata> {
    let mut metadata = chat.metadata.take().unwrap_or_default();
    let own = match metadata.shift_remove("user_id") {
        Some(Value::String(user)) => Some(user),
        _ => None,
    };
    notes.dropped.rest("metadata", &metadata, &[]);
    let identifier = chat.safety_identifier.take().into_option();
    let user = chat.user.take().into_option();
    if let (Some(identifier), Some(user)) = (&identifier, &user)
        && identifier != user
    {
        notes.dropped.name("user");
    }
    let user_id = own
        .or(identifier)
        .or(user)
        .filter(|user| !user.is_empty())?;
    Some(Metadata { user_id })
}

/// Bought capacity is used where there is some (`auto`), or it is not. Other tiers stay in the request.
fn service_tier(chat: &mut ChatRequest) -> Option<&'static str> {
    let tier = match chat.service_tier.as_option()? {
        ServiceTier::Auto | ServiceTier::Priority => "auto",
        ServiceTier::Default => "standard_only",
        ServiceTier::Other(tier) if tier == "standard_only" => "standard_only",
        _ => return None,
    };
    chat.service_tier.take();
    Some(tier)
}
