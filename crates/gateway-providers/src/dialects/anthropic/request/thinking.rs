//! Whether and how much the model thinks.
//!
//! `reasoning_effort`, `reasoning` and Anthropic's own `thinking` are put in the form that the model's rule
//! names:
//! - **adaptive**, with the effort (the nearest that the model has) in `output_config.effort`; a budget alone
//!   becomes an effort;
//! - **a budget** of tokens, for models that know nothing else: what the caller gives, else by the effort
//!   (`minimal` 1024, `low` 2048, `medium` 8192, `high` 16384, `xhigh` 32768, `max` 65536), but at most three
//!   quarters of `max_tokens`, of which it is a part. It is left out and named where `max_tokens` has no room
//!   for the 1024 tokens that are the least, and where a turn with tool calls goes on whose own thinking did not
//!   come back: the API refuses both.
//! - `none` switches it off where it can be; where it can only be kept to between tool calls, it is; where it
//!   cannot, the least effort is asked for and the member is named.
//!
//! Models that leave the text of their thinking out are asked for a summary when thinking is asked for by
//! OpenAI's or OpenRouter's member; `reasoning.exclude` asks for no text. Thinking gives way to a tool that must
//! be called where the model cannot have both.

use gateway_types::chat::ChatRequest;
use serde_json::Value;

use super::{
    super::wire::{Body, Object, Thinking},
    Notes,
};
use crate::{
    dialects::read::ThinkingAsk,
    rules::{ModelRule, Thinking as Form, ThinkingDefault},
};

/// The least budget: <https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>.
const LEAST_BUDGET: u64 = 1024;

/// The budget that stands for an effort, and up to which a budget stands for it.
const BUDGETS: &[(&str, u64)] = &[
    ("minimal", 1024),
    ("low", 2048),
    ("medium", 8192),
    ("high", 16384),
    ("xhigh", 32768),
    ("max", 65536),
];

/// The effort where thinking is asked for without one.
const USUAL_EFFORT: &str = "medium";

/// What else of the request thinking depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub(super) max_tokens: u64,
    /// Whether a tool must be called.
    pub(super) is_forced: bool,
    /// Whether a turn with tool calls goes on whose thinking did not come back.
    pub(super) is_mid_turn: bool,
}

/// How the model will think.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    thinking: Option<Thinking>,
    effort: Option<String>,
    /// Whether it will think.
    pub(super) thinks: bool,
}

/// What the caller wants.
#[derive(Debug, Default)]
struct Wanted {
    effort: Option<String>,
    budget: Option<u64>,
    display: Option<String>,
    /// The members that said it.
    said_by: Vec<&'static str>,
}

/// Takes the members and makes a plan of them.
pub(super) fn take(
    chat: &mut ChatRequest,
    circumstances: &Circumstances,
    notes: &mut Notes<'_>,
) -> Plan {
    let own = match chat.extra.shift_remove("thinking") {
        Some(Value::Object(own)) => Some(own),
        Some(other) => {
            chat.extra.insert("thinking".to_owned(), other);
            None
        }
        None => None,
    };
    let mut said_by = Vec::new();
    for (name, is_there) in [
        ("reasoning_effort", chat.reasoning_effort.is_value()),
        ("reasoning", chat.reasoning.is_value()),
        ("thinking", own.is_some()),
    ] {
        if is_there {
            said_by.push(name);
        }
    }
    let efforts = [
        chat.reasoning_effort.as_option().cloned(),
        chat.reasoning
            .as_option()
            .and_then(|options| options.effort.as_option().cloned()),
    ];
    let asked = ThinkingAsk::take(chat, &mut notes.dropped);
    // One of two that contradict each other is not followed.
    if let [Some(followed), Some(other)] = efforts
        && followed != other
    {
        notes.dropped.name("reasoning.effort");
    }
    let mut wanted = Wanted {
        effort: asked.effort.clone().filter(|effort| effort != "none"),
        budget: asked.budget.filter(|budget| *budget > 0),
        display: asked.exclude.then(|| "omitted".to_owned()),
        said_by,
    };
    if asked.is_off() {
        if asked.budget.is_some_and(|budget| budget > 0) || asked.enabled == Some(true) {
            notes.dropped.name("reasoning");
        }
        if own.is_some_and(|own| own.get("type").and_then(Value::as_str) != Some("disabled")) {
            notes.dropped.name("thinking");
        }
        return off(&wanted, notes);
    }
    if asked.says_something() && !asked.exclude {
        wanted.display = Some("summarized".to_owned());
    }
    match own {
        Some(own) => as_own(own, wanted, circumstances, notes),
        None if asked.says_something() => on(&wanted, circumstances, notes),
        None => unasked(&wanted, circumstances, notes.rule),
    }
}

impl Plan {
    /// Puts it into the body. An effort that the caller wrote in Anthropic's own words stays.
    pub(super) fn put(self, body: &mut Body) {
        body.thinking = self.thinking;
        if let Some(effort) = self.effort {
            body.output_config
                .entry("effort")
                .or_insert_with(|| effort.into());
        }
    }
}

/// Anthropic's own `thinking`. A model of which nothing is known gets it as it is.
fn as_own(
    mut own: Object,
    mut wanted: Wanted,
    circumstances: &Circumstances,
    notes: &mut Notes<'_>,
) -> Plan {
    let kind = own.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = kind.to_owned();
    let is_known = matches!(
        kind.as_str(),
        "enabled" | "adaptive" | "disabled" | "between_tools"
    );
    if notes.rule.thinking.is_empty() || !is_known {
        return Plan {
            thinks: kind != "disabled",
            thinking: Some(Thinking::Own(own)),
            effort: wanted.effort,
        };
    }
    if let Some(Value::String(display)) = own.get("display") {
        wanted.display = Some(display.clone());
        own.shift_remove("display");
    }
    if let Some(budget) = own.get("budget_tokens").and_then(Value::as_u64) {
        wanted.budget = Some(budget);
        own.shift_remove("budget_tokens");
    }
    notes.dropped.rest("thinking", &own, &["type"]);
    match kind.as_str() {
        "between_tools" if notes.rule.thinks(Form::BetweenTools) => Plan {
            thinking: Some(Thinking::BetweenTools),
            effort: wanted
                .effort
                .and_then(|effort| without_thinking(notes.rule, &effort)),
            thinks: true,
        },
        "disabled" | "between_tools" => off(&wanted, notes),
        _ => on(&wanted, circumstances, notes),
    }
}

/// Nobody asked for thinking; perhaps for no text of it.
fn unasked(wanted: &Wanted, circumstances: &Circumstances, rule: &ModelRule) -> Plan {
    let thinks = rule.thinking_default != ThinkingDefault::Off;
    let must_give_way = circumstances.is_forced && rule.forced_tool_while_thinking == Some(false);
    if thinks && must_give_way && rule.thinks(Form::Off) {
        return Plan {
            thinking: Some(Thinking::Disabled),
            ..Plan::default()
        };
    }
    let says_so = thinks && wanted.display.is_some() && rule.thinks(Form::Adaptive);
    Plan {
        thinking: says_so.then(|| Thinking::Adaptive {
            display: wanted.display.clone(),
        }),
        effort: None,
        thinks,
    }
}

fn off(wanted: &Wanted, notes: &mut Notes<'_>) -> Plan {
    let rule = notes.rule;
    let effort = wanted
        .effort
        .as_deref()
        .and_then(|effort| without_thinking(rule, effort));
    if rule.thinks(Form::Off) {
        return Plan {
            thinking: Some(Thinking::Disabled),
            effort,
            thinks: false,
        };
    }
    if rule.thinks(Form::BetweenTools) {
        return Plan {
            thinking: Some(Thinking::BetweenTools),
            effort,
            thinks: true,
        };
    }
    if rule.thinking_default == ThinkingDefault::Off {
        return Plan::default();
    }
    name(wanted, notes);
    Plan {
        thinking: None,
        effort: notes.rule.nearest_effort("none").map(str::to_owned),
        thinks: true,
    }
}

fn on(wanted: &Wanted, circumstances: &Circumstances, notes: &mut Notes<'_>) -> Plan {
    let rule = notes.rule;
    let effort = wanted.effort.as_deref();
    if circumstances.is_forced && rule.forced_tool_while_thinking == Some(false) {
        name(wanted, notes);
        return Plan {
            thinking: rule.thinks(Form::Off).then_some(Thinking::Disabled),
            effort: effort.and_then(|effort| without_thinking(rule, effort)),
            thinks: false,
        };
    }
    let takes_budget = rule.thinks(Form::Budget);
    if rule.thinks(Form::Adaptive) && !(takes_budget && wanted.budget.is_some()) {
        if wanted.budget.is_some() {
            name_budget(wanted, notes);
        }
        let effort = effort.or_else(|| wanted.budget.map(effort_of));
        return Plan {
            thinking: Some(Thinking::Adaptive {
                display: wanted.display.clone(),
            }),
            effort: effort
                .and_then(|effort| rule.nearest_effort(effort))
                .map(str::to_owned),
            thinks: true,
        };
    }
    let effort_there = effort
        .and_then(|effort| rule.nearest_effort(effort))
        .map(str::to_owned);
    if !takes_budget {
        if effort_there.is_none() {
            name(wanted, notes);
        }
        return Plan {
            thinking: None,
            thinks: rule.thinking_default != ThinkingDefault::Off,
            effort: effort_there,
        };
    }
    let budget = budget(wanted, circumstances.max_tokens).filter(|_| !circumstances.is_mid_turn);
    let Some(budget_tokens) = budget else {
        name(wanted, notes);
        return Plan {
            effort: effort_there,
            ..Plan::default()
        };
    };
    Plan {
        thinking: Some(Thinking::Enabled {
            budget_tokens,
            // These models show their thinking unless they are told not to.
            display: wanted
                .display
                .clone()
                .filter(|display| display != "summarized"),
        }),
        effort: effort_there,
        thinks: true,
    }
}

/// The budget, within `max_tokens`; `None` where there is no room for it.
fn budget(wanted: &Wanted, max_tokens: u64) -> Option<u64> {
    if max_tokens <= LEAST_BUDGET {
        return None;
    }
    let by_effort = || {
        let effort = wanted.effort.as_deref().unwrap_or(USUAL_EFFORT);
        let known = BUDGETS.iter().find(|(name, _)| *name == effort);
        known
            .map_or(8192, |(_, budget)| *budget)
            .min(max_tokens / 4 * 3)
    };
    let budget = wanted
        .budget
        .map_or_else(by_effort, |budget| budget.min(max_tokens - 1));
    Some(budget.max(LEAST_BUDGET))
}

/// The effort that a budget stands for.
fn effort_of(budget: u64) -> &'static str {
    let enough = BUDGETS.iter().find(|(_, most)| budget <= *most);
    enough.map_or("max", |(effort, _)| *effort)
}

/// The effort, as far as it goes together with thinking that is switched off.
fn without_thinking(rule: &ModelRule, effort: &str) -> Option<String> {
    let nearest = rule.nearest_effort(effort)?;
    let place = |effort: &str| rule.efforts.iter().position(|known| known == effort);
    let highest = rule.highest_effort_without_thinking.as_deref();
    match highest {
        Some(highest) if place(highest) < place(nearest) => Some(highest.to_owned()),
        _ => Some(nearest.to_owned()),
    }
}

fn name(wanted: &Wanted, notes: &mut Notes<'_>) {
    for member in &wanted.said_by {
        notes.dropped.name(*member);
    }
}

/// A budget that is only told as an effort.
fn name_budget(wanted: &Wanted, notes: &mut Notes<'_>) {
    for (member, budget) in [
        ("reasoning", "reasoning.max_tokens"),
        ("thinking", "thinking.budget_tokens"),
    ] {
        if wanted.said_by.contains(&member) {
            notes.dropped.name(budget);
        }
    }
}
