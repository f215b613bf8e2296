//! What holds for some models only, as data: one table of pattern, rule and source (`model_rules.toml`).
//!
//! A parameter that a newer model refuses, another form of thinking: code asks the rule and never the model's
//! name. A newer unknown model of a family follows the family's newest row.

mod pattern;
mod rule;
mod table;

pub use self::{
    pattern::{ModelId, ModelPattern},
    rule::{ModelRule, ResponsesUse, Sampling, Thinking, ThinkingDefault},
    table::{ModelRules, RuleRow, RulesError},
};
