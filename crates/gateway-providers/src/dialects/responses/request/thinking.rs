//! How much the model is to think, and what is told of it.

use gateway_types::chat::ChatRequest;
use serde_json::{Map, Value};

use crate::{
    dialects::{dropped::Dropped, read::ThinkingAsk},
    rules::{ModelRule, ThinkingDefault},
};

/// Members of `reasoning` that are Responses' own.
const OWN: &[&str] = &["summary", "generate_summary", "context", "mode"];

/// The effort that stands for thinking without a measure.
const USUAL_EFFORT: &str = "medium";

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Thinking {
    /// The request's `reasoning`.
    pub(super) object: Option<Map<String, Value>>,
    /// Whether the thinking is kept from the client.
    pub(super) exclude: bool,
    effort: Option<String>,
}

impl Thinking {
    /// Takes `reasoning_effort`, `reasoning` and `thinking`. A budget has no place here: it is named.
    pub(super) fn take(chat: &mut ChatRequest, rule: &ModelRule, dropped: &mut Dropped) -> Self {
        let mut object = Map::new();
        let mut budget_member = "thinking.budget_tokens";
        let mut effort_member = "thinking.type";
        if let Some(options) = chat.reasoning.as_mut() {
            if options.max_tokens.is_value() {
                budget_member = "reasoning.max_tokens";
            }
            if options.effort.is_value() {
                effort_member = "reasoning.effort";
            } else if options.enabled.is_value() {
                effort_member = "reasoning.enabled";
            }
            if let Some(summary) = options.summary.take().into_option() {
                object.insert("summary".to_owned(), summary.into());
            }
            for name in OWN {
                if let Some(value) = options.extra.shift_remove(*name) {
                    object.insert((*name).to_owned(), value);
                }
            }
        }
        if chat.reasoning_effort.is_value() {
            effort_member = "reasoning_effort";
        }
        let ask = ThinkingAsk::take(chat, dropped);
        if ask.budget.is_some() {
            dropped.name(budget_member);
        }
        let asked = effort(&ask);
        let effort = asked.map(|asked| available(asked, rule).to_owned());
        if let Some(effort) = &effort {
            object.insert("effort".to_owned(), effort.as_str().into());
        }
        if effort.as_deref() != asked {
            dropped.name(effort_member);
        }
        Self {
            object: Some(object).filter(|object| !object.is_empty()),
            exclude: ask.exclude,
            effort,
        }
    }

    /// Whether the model will think about this request.
    pub(super) fn thinks(&self, rule: &ModelRule) -> bool {
        match self.effort.as_deref() {
            Some(effort) => effort != "none",
            None => rule.thinking_default != ThinkingDefault::Off,
        }
    }

    /// Whether this model is known to think at all. Others refuse to be asked for their encrypted thinking.
    pub(super) fn is_known(&self, rule: &ModelRule) -> bool {
        self.object.is_some()
            || rule.thinking_default != ThinkingDefault::Off
            || !rule.efforts.is_empty()
            || !rule.thinking.is_empty()
    }
}

/// The effort, as near as the model has it here.
fn available<'a>(asked: &'a str, rule: &'a ModelRule) -> &'a str {
    if rule.responses_efforts.iter().any(|effort| effort == asked) {
        return asked;
    }
    rule.nearest_effort(asked).unwrap_or(asked)
}

/// The effort that is asked for.
fn effort(ask: &ThinkingAsk) -> Option<&str> {
    match &ask.effort {
        Some(effort) => Some(effort),
        None if ask.is_off() => Some("none"),
        None if ask.says_something() => Some(USUAL_EFFORT),
        None => None,
    }
}
