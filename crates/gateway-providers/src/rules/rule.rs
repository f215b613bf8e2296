//! One rule: what a model takes, and in which form.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What holds for a model. Everything is optional: what a rule does not say is as the dialect usually has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelRule {
    /// When `temperature`, `top_p` and `top_k` are taken. Always when left out.
    pub sampling: Sampling,
    /// The forms of thinking that can be asked for. Empty: it does not think, or nothing is known.
    pub thinking: BTreeSet<Thinking>,
    /// Whether it thinks when it is not asked to.
    pub thinking_default: ThinkingDefault,
    /// The efforts that can be asked for, in rising order. Empty: effort is not a parameter of this model.
    pub efforts: Vec<String>,
    /// Efforts that only the Responses API takes, beside [`efforts`](Self::efforts).
    pub responses_efforts: Vec<String>,
    /// The highest effort that goes together with switched-off thinking; any when left out.
    pub highest_effort_without_thinking: Option<String>,
    /// Whether an answer's JSON schema can be asked for by the provider's own means.
    pub structured_outputs: bool,
    /// Whether the last message may be the assistant's, to be continued. Yes when left out.
    pub prefill: Option<bool>,
    /// Whether the model can be made to call a tool, or one tool. Yes when left out.
    pub forced_tool: Option<bool>,
    /// Whether thinking goes together with a forced tool. Yes when left out.
    pub forced_tool_while_thinking: Option<bool>,
    /// Whether instructions may stand between other messages. No when left out.
    pub system_between: Option<bool>,
    /// Whether a reasoning signature must come back with tool calls.
    pub signatures_required: bool,
    /// The most tokens of one answer, where it must be told to the upstream and the caller says nothing.
    pub max_output_tokens: Option<u64>,
    /// Members of the request that it refuses: they are taken out and named.
    pub refuses: BTreeSet<String>,
    /// Members that it refuses unless the effort is `none`.
    pub refuses_while_thinking: BTreeSet<String>,
    /// `true` where `max_tokens` must be called `max_completion_tokens`.
    pub max_completion_tokens: bool,
    /// When a chat must go through the Responses API.
    pub responses: Option<ResponsesUse>,
    /// The version header or member that requests carry, where it depends on the model.
    pub api_version: Option<String>,
}

/// When sampling parameters are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sampling {
    /// Always.
    #[default]
    Taken,
    /// `temperature` or `top_p`, not both, and while it does not think.
    One,
    /// While it does not think.
    WithoutThinking,
    /// Never.
    Refused,
}

/// A way to ask for thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Thinking {
    /// With a budget of tokens.
    Budget,
    /// As much as the model finds right, guided by the effort.
    Adaptive,
    /// By a named level.
    Level,
    /// It can be switched off.
    Off,
    /// It can be kept to between tool calls.
    BetweenTools,
}

/// Whether a model thinks when it is not asked to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ThinkingDefault {
    /// No.
    #[default]
    Off,
    /// Yes.
    On,
    /// Yes, and it cannot be switched off.
    Always,
}

/// When a chat must go through the Responses API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponsesUse {
    /// Always: there is no chat.
    Always,
    /// When functions are offered and the effort is not `none`.
    WithTools,
}

impl ModelRule {
    /// Whether a form of thinking can be asked for.
    pub fn thinks(&self, form: Thinking) -> bool {
        self.thinking.contains(&form)
    }

    /// The effort nearest to what is asked that the model has, at least as much where there are two; `None`
    /// where the model has none.
    pub fn nearest_effort(&self, asked: &str) -> Option<&str> {
        const ORDER: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
        let rank = |effort: &str| ORDER.iter().position(|known| *known == effort);
        let Some(asked_rank) = rank(asked) else {
            return self
                .efforts
                .iter()
                .map(String::as_str)
                .find(|effort| *effort == asked);
        };
        self.efforts
            .iter()
            .filter_map(|effort| Some((effort.as_str(), rank(effort)?)))
            .min_by_key(|(_, rank)| (rank.abs_diff(asked_rank), usize::from(*rank < asked_rank)))
            .map(|(effort, _)| effort)
    }
}
