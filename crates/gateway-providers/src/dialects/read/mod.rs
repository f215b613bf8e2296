//! What several dialects read out of a chat request in the same way: each function takes the members that it
//! understands out of the request, so that what it leaves there is named as dropped.

mod calls;
mod content;
mod format;
mod offer;
#[cfg(test)]
mod tests;
mod thinking;

use gateway_types::chat::{ChatRequest, FunctionDefinition, Modality, ServiceTier, Stop, Tool};

pub(crate) use self::{
    calls::{CallNames, PastCall, past_calls},
    content::{refused_part, text},
    format::Format,
    offer::{Choice, Offer, Offered},
    thinking::ThinkingAsk,
};
use crate::{
    TranslateError,
    rules::{ModelRule, Sampling},
};

/// Members that the provider around the dialect, or the call itself, has read already.
pub(crate) const READ_ELSEWHERE: &[&str] = &["model", "messages", "stream", "stream_options"];

/// A refusal that names the member and says what to change.
pub(crate) fn invalid(param: impl Into<String>, message: impl Into<String>) -> TranslateError {
    TranslateError::InvalidValue {
        param: param.into(),
        message: message.into(),
    }
}

/// The tools on offer, each with the path at which it stands: `tools[2]`.
pub(crate) fn tools(request: &mut ChatRequest) -> impl Iterator<Item = (String, Tool)> + use<> {
    let tools = request.tools.take().unwrap_or_default();
    (0_usize..)
        .zip(tools)
        .map(|(index, tool)| (format!("tools[{index}]"), tool))
}

/// The functions on offer in the older member, each with the path at which it stands: `functions[2]`.
pub(crate) fn functions(
    request: &mut ChatRequest,
) -> impl Iterator<Item = (String, FunctionDefinition)> + use<> {
    let functions = request.functions.take().unwrap_or_default();
    (0_usize..)
        .zip(functions)
        .map(|(index, function)| (format!("functions[{index}]"), function))
}

/// The most tokens to generate: `max_completion_tokens`, or the older `max_tokens`.
pub(crate) fn max_tokens(request: &mut ChatRequest) -> Option<u64> {
    let newer = request.max_completion_tokens.take().into_option();
    let older = request.max_tokens.take().into_option();
    newer.or(older)
}

/// The stop sequences, empty ones left out.
pub(crate) fn stop(request: &mut ChatRequest) -> Vec<String> {
    let mut stop = match request.stop.take().into_option() {
        None => Vec::new(),
        Some(Stop::One(text)) => vec![text],
        Some(Stop::Any(texts)) => texts,
    };
    stop.retain(|text| !text.is_empty());
    stop
}

/// Takes out members that ask for what happens anyway, so that they are not told as dropped.
pub(crate) fn forget_defaults(request: &mut ChatRequest) {
    let is_text = |modality: &Modality| *modality == Modality::Text;
    if request.n.copied() == Some(1) {
        request.n.take();
    }
    if request.modalities.iter().all(is_text) {
        request.modalities.take();
    }
    if request.store.copied() == Some(false) {
        request.store.take();
    }
    if request.parallel_tool_calls.copied() == Some(true) {
        request.parallel_tool_calls.take();
    }
    if request.logprobs.copied() == Some(false) {
        request.logprobs.take();
        if request.top_logprobs.copied() == Some(0) {
            request.top_logprobs.take();
        }
    }
    if let Some(ServiceTier::Auto | ServiceTier::Default) = request.service_tier.as_option() {
        request.service_tier.take();
    }
}

/// Members that sampling rules are about.
const SAMPLING: &[&str] = &["temperature", "top_p", "top_k"];

/// Whether the model takes a member, by its rule. What it does not take is left where it is, and so named.
pub(crate) fn takes(rule: &ModelRule, name: &str) -> bool {
    let is_refused = rule.sampling == Sampling::Refused && SAMPLING.contains(&name);
    !is_refused && !rule.refuses.contains(name)
}
