//! What a model refuses, taken out of a request that is otherwise passed on as it is.

use gateway_types::json::{Edit, Member, RawObject};

use crate::rules::{ModelRule, ThinkingDefault};

/// Applies a model's rule to a chat request, by splicing only; what is taken out is named in `dropped`.
pub(super) fn apply(
    rule: &ModelRule,
    object: &RawObject,
    edit: &mut Edit<'_>,
    dropped: &mut Vec<String>,
) {
    if rule.max_completion_tokens && object.get("max_tokens").is_some() {
        if object.get("max_completion_tokens").is_some() {
            edit.remove("max_tokens");
        } else {
            edit.rename("max_tokens", "max_completion_tokens");
        }
    }
    let while_thinking = rule
        .refuses_while_thinking
        .iter()
        .filter(|_| thinks(rule, object));
    for name in rule.refuses.iter().chain(while_thinking) {
        if object
            .get(name)
            .is_some_and(|member| !is_default(name, &member))
        {
            edit.remove(name);
            dropped.push(name.clone());
        }
    }
}

/// Whether the model will think about this request.
pub(super) fn thinks(rule: &ModelRule, object: &RawObject) -> bool {
    match object.string("reasoning_effort").as_deref() {
        Some("none") => false,
        Some(_) => true,
        None => rule.thinking_default != ThinkingDefault::Off,
    }
}

/// What says no more than its absence does is refused by nobody.
fn is_default(name: &str, member: &Member<'_>) -> bool {
    let number = || member.value.parse::<f64>().ok();
    match name {
        _ if member.is_null() => true,
        "temperature" | "top_p" => number() == Some(1.0),
        "presence_penalty" | "frequency_penalty" => number() == Some(0.0),
        "logprobs" => member.value == "false",
        _ => false,
    }
}
