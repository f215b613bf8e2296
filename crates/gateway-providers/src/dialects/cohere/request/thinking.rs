//! How much the model is to think.
//!
//! Spec: <https://docs.cohere.com/docs/reasoning>

use super::super::wire::Thinking;
use crate::{
    dialects::{dropped::Dropped, read::ThinkingAsk},
    rules::{self, ModelRule},
};

/// How many tokens an effort stands for. More effort than these has no budget: the model thinks as much as it finds
/// right. The numbers are ours; the provider has no efforts.
const BUDGETS: &[(&str, u64)] = &[
    ("minimal", 512),
    ("low", 1024),
    ("medium", 4096),
    ("high", 16_384),
];

/// Cohere's switch, where the caller asks for something and the model can think.
pub(super) fn encode(
    asked: &ThinkingAsk,
    rule: &ModelRule,
    max_tokens: Option<u64>,
    dropped: &mut Dropped,
) -> Option<Thinking> {
    if !asked.says_something() {
        return None;
    }
    if asked.is_off() {
        // A model that does not think need not be told.
        return rule.thinks(rules::Thinking::Off).then_some(Thinking {
            kind: "disabled",
            token_budget: None,
        });
    }
    if !rule.thinks(rules::Thinking::Budget) {
        dropped.name(asked.said_by);
        return None;
    }
    Some(Thinking {
        kind: "enabled",
        token_budget: asked.budget.or_else(|| budget(asked, max_tokens)),
    })
}

/// What an effort allows; at most half of what may be written, so that an answer is left.
fn budget(asked: &ThinkingAsk, max_tokens: Option<u64>) -> Option<u64> {
    let effort = asked.effort.as_deref()?;
    let (_, most) = BUDGETS.iter().find(|(known, _)| *known == effort)?;
    Some(max_tokens.map_or(*most, |limit| (*most).min(limit / 2).max(1)))
}
