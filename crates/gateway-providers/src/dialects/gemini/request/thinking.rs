//! How much the model thinks.
//!
//! Newer models want a level and older ones a budget: the rule says which. Summaries of the thoughts come only
//! when they are asked for, so whoever asks for thinking gets them, unless told not to.
//!
//! Spec: <https://ai.google.dev/gemini-api/docs/thinking>.

use gateway_types::chat::ChatRequest;

use super::super::wire::request::ThinkingConfig;
use crate::{
    dialects::{dropped::Dropped, read::ThinkingAsk},
    rules::{ModelRule, Thinking},
};

/// Budgets for efforts, as Google's own OpenAI endpoint maps them:
/// <https://ai.google.dev/gemini-api/docs/openai#thinking>.
const BUDGETS: &[(&str, i64)] = &[
    ("minimal", 1024),
    ("low", 1024),
    ("medium", 8192),
    ("high", 24_576),
    ("xhigh", 24_576),
    ("max", 24_576),
];

/// The smallest budget of a model that cannot be kept from thinking.
const SMALLEST_BUDGET: i64 = 128;

/// Takes what a request says about thinking.
pub(super) fn encode(
    request: &mut ChatRequest,
    rule: &ModelRule,
    dropped: &mut Dropped,
) -> Option<ThinkingConfig> {
    let said_by = said_by(request);
    // Summaries are the only form in which thoughts come, and there is one kind of them.
    if let Some(reasoning) = request.reasoning.as_mut()
        && reasoning.summary.as_deref() == Some("auto")
    {
        reasoning.summary.take();
    }
    let ask = ThinkingAsk::take(request, dropped);
    if !ask.says_something() && !ask.exclude {
        return None;
    }
    if rule.thinks(Thinking::Level) {
        by_level(&ask, rule, said_by, dropped)
    } else if rule.thinks(Thinking::Budget) {
        Some(by_budget(&ask, rule, said_by, dropped))
    } else {
        // A model that does not think is one that was not asked to.
        if !ask.is_off() {
            dropped.name(said_by);
        }
        None
    }
}

fn by_level(
    ask: &ThinkingAsk,
    rule: &ModelRule,
    said_by: &str,
    dropped: &mut Dropped,
) -> Option<ThinkingConfig> {
    let by_budget = ask.budget.map(|budget| level_of(budget).to_owned());
    let off = ask.is_off().then(|| "none".to_owned());
    let asked = off.or_else(|| ask.effort.clone()).or(by_budget);
    let level = asked.as_deref().and_then(|asked| {
        let nearest = rule.nearest_effort(asked);
        if nearest != Some(asked) || (ask.effort.is_none() && ask.budget.is_some()) {
            dropped.name(said_by);
        }
        nearest
    });
    let config = ThinkingConfig {
        include_thoughts: includes_thoughts(ask),
        thinking_budget: None,
        thinking_level: level.map(str::to_ascii_uppercase),
    };
    (config != ThinkingConfig::default()).then_some(config)
}

fn by_budget(
    ask: &ThinkingAsk,
    rule: &ModelRule,
    said_by: &str,
    dropped: &mut Dropped,
) -> ThinkingConfig {
    let by_effort = |effort: &str| {
        let known = BUDGETS.iter().find(|(name, _)| *name == effort);
        known.map(|(_, budget)| *budget)
    };
    let budget = if ask.is_off() {
        if rule.thinks(Thinking::Off) {
            Some(0)
        } else {
            dropped.name(said_by);
            Some(SMALLEST_BUDGET)
        }
    } else if let Some(budget) = ask.budget {
        Some(i64::try_from(budget).unwrap_or(i64::MAX))
    } else if let Some(effort) = &ask.effort {
        let budget = by_effort(effort);
        if budget.is_none() {
            dropped.name(said_by);
        }
        budget
    } else {
        // Asked to think, and not how much: as much as it likes.
        ask.enabled.filter(|enabled| *enabled).map(|_| -1)
    };
    ThinkingConfig {
        include_thoughts: includes_thoughts(ask),
        thinking_budget: budget,
        thinking_level: None,
    }
}

fn includes_thoughts(ask: &ThinkingAsk) -> Option<bool> {
    if ask.is_off() {
        return None;
    }
    Some(!ask.exclude)
}

/// The level that a budget stands for, after Google's own mapping.
fn level_of(budget: u64) -> &'static str {
    match budget {
        0..=512 => "minimal",
        513..=4096 => "low",
        4097..=16_384 => "medium",
        _ => "high",
    }
}

/// The member that a caller should change.
fn said_by(request: &ChatRequest) -> &'static str {
    if request.reasoning_effort.is_value() {
        "reasoning_effort"
    } else if request.reasoning.is_value() {
        "reasoning"
    } else {
        "thinking"
    }
}
