//! How much the model is to think, whichever member says it.

use gateway_types::{Number, chat::ChatRequest};
use serde_json::{Map, Value};

use crate::dialects::dropped::Dropped;

/// What the caller asks for. `reasoning_effort` is OpenAI's, `reasoning` OpenRouter's and `thinking` Anthropic's
/// (`budget_tokens`) or Cohere's (`token_budget`) way to say it; an earlier one of these wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ThinkingAsk {
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`, or a word of the provider's own.
    pub(crate) effort: Option<String>,
    /// The most tokens to think with.
    pub(crate) budget: Option<u64>,
    /// Whether to think at all.
    pub(crate) enabled: Option<bool>,
    /// Whether the thinking is left out of the answer.
    pub(crate) exclude: bool,
    /// The member that said it first: `reasoning_effort`, `reasoning` or `thinking`.
    pub(crate) said_by: &'static str,
    /// The member that holds the budget.
    pub(crate) budget_said_by: &'static str,
}

impl ThinkingAsk {
    /// Takes `reasoning_effort`, `reasoning` and `thinking`.
    pub(crate) fn take(request: &mut ChatRequest, dropped: &mut Dropped) -> Self {
        let effort = request.reasoning_effort.take().into_option();
        let mut ask = Self {
            effort: effort.map(|effort| effort.as_str().to_owned()),
            said_by: "reasoning_effort",
            ..Self::default()
        };
        if let Some(mut options) = request.reasoning.take().into_option() {
            if !ask.says_something() {
                ask.said_by = "reasoning";
            }
            let effort = options.effort.take().into_option();
            ask.effort = ask
                .effort
                .or_else(|| effort.map(|effort| effort.as_str().to_owned()));
            let budget = options.max_tokens.copied().and_then(Number::as_u64);
            if budget.is_some() {
                options.max_tokens.take();
                ask.budget_said_by = "reasoning.max_tokens";
            }
            ask.budget = budget;
            ask.enabled = options.enabled.take().into_option();
            ask.exclude = options.exclude.take().unwrap_or_default();
            dropped.rest("reasoning", &options, &[]);
        }
        if let Some(Value::Object(thinking)) = request.extra.get("thinking").cloned() {
            if !ask.says_something() {
                ask.said_by = "thinking";
            }
            request.extra.shift_remove("thinking");
            ask.read_thinking(thinking, dropped);
        }
        ask
    }

    /// Whether thinking is switched off.
    pub(crate) fn is_off(&self) -> bool {
        match (&self.effort, self.enabled) {
            (Some(effort), _) => effort == "none",
            (None, enabled) => enabled == Some(false) || self.budget == Some(0),
        }
    }

    /// Whether anything is asked for.
    pub(crate) fn says_something(&self) -> bool {
        self.effort.is_some() || self.budget.is_some() || self.enabled.is_some()
    }

    fn read_thinking(&mut self, mut thinking: Map<String, Value>, dropped: &mut Dropped) {
        let kind = thinking.get("type").and_then(Value::as_str);
        let enabled = match kind {
            Some("enabled" | "adaptive") => Some(true),
            Some("disabled") => Some(false),
            _ => None,
        };
        if enabled.is_some() {
            thinking.shift_remove("type");
            self.enabled = self.enabled.or(enabled);
        }
        for (name, path) in [
            ("budget_tokens", "thinking.budget_tokens"),
            ("token_budget", "thinking.token_budget"),
        ] {
            if let Some(budget) = thinking.get(name).and_then(Value::as_u64) {
                thinking.shift_remove(name);
                if self.budget.is_none() {
                    self.budget = Some(budget);
                    self.budget_said_by = path;
                }
            }
        }
        dropped.rest("thinking", &thinking, &[]);
    }
}
