//! The rules by model.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

use super::{
    ModelRule,
    pattern::{ModelId, ModelPattern},
};

static BUILTIN: &str = include_str!("../../model_rules.toml");

/// Rules in their order. For a model the first row with a pattern that fits is taken; a model that no row names has
/// the empty rule. A clone shares the rows.
///
/// ```
/// use gateway_providers::rules::{ModelRules, Sampling};
///
/// let rules = ModelRules::builtin()?;
/// assert_eq!(rules.of("us.anthropic.claude-opus-4-7-v1:0").sampling, Sampling::Refused);
/// assert_eq!(rules.of("llama-3").sampling, Sampling::Taken);
/// # Ok::<(), gateway_providers::rules::RulesError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelRules {
    /// Shared one by one: each provider has its own selection of them.
    rows: Arc<[Arc<RuleRow>]>,
}

/// Why a table of rules cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table of model rules cannot be read: {0}")]
pub struct RulesError(String);

#[derive(Debug, Deserialize)]
struct Table {
    #[serde(default)]
    rule: Vec<RuleRow>,
}

/// A row: for which models, from where, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = false)))]
pub struct RuleRow {
    /// Patterns of ids, e.g. `claude-opus-5` or `gpt-6*`.
    pub models: Vec<ModelPattern>,
    /// Ids of the only vendors that it is for; any vendor when empty. A request in OpenAI's own words is touched only
    /// by rows that name its vendor.
    #[serde(default)]
    pub vendors: Vec<String>,
    /// Where it is written: an address.
    #[serde(default)]
    pub source: String,
    /// What holds.
    #[serde(flatten)]
    pub rule: ModelRule,
}

impl ModelRules {
    /// The built-in table.
    ///
    /// # Errors
    /// Never for the table that a release was built with: a test reads it.
    pub fn builtin() -> Result<&'static Self, RulesError> {
        static PARSED: OnceLock<Result<ModelRules, RulesError>> = OnceLock::new();
        PARSED
            .get_or_init(|| Self::parse(BUILTIN))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// What is wrong, in the words of the parser.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let table: Table = toml::from_str(text).map_err(|error| RulesError(error.to_string()))?;
        Ok(table.rule.into_iter().collect())
    }

    /// With further rows, which come before those that are there.
    #[must_use]
    pub fn with_first(&self, rows: impl IntoIterator<Item = RuleRow>) -> Self {
        let mut rows = rows.into_iter().map(Arc::new).peekable();
        if rows.peek().is_none() {
            return self.clone();
        }
        Self {
            rows: rows.chain(self.rows.iter().cloned()).collect(),
        }
    }

    /// The rows that may hold at a vendor.
    #[must_use]
    pub fn at(&self, vendor: &str) -> Self {
        self.only(|row| row.vendors.is_empty() || row.names(vendor))
    }

    /// The rows that name a vendor.
    #[must_use]
    pub fn naming(&self, vendor: &str) -> Self {
        self.only(|row| row.names(vendor))
    }

    fn only(&self, is_wanted: impl Fn(&RuleRow) -> bool) -> Self {
        let wanted = self.rows.iter().filter(|row| is_wanted(row));
        Self {
            rows: wanted.cloned().collect(),
        }
    }

    /// The rule for a model, by the id that its upstream gave it.
    pub fn of(&self, model: &str) -> &ModelRule {
        static NONE: OnceLock<ModelRule> = OnceLock::new();
        let none = || NONE.get_or_init(ModelRule::default);
        if self.rows.is_empty() {
            return none();
        }
        let id = ModelId::from(model);
        self.rows
            .iter()
            .find(|row| row.models.iter().any(|pattern| pattern.fits(&id)))
            .map_or_else(none, |row| &row.rule)
    }

    /// All rows in their order.
    pub fn rows(&self) -> impl Iterator<Item = &RuleRow> {
        self.rows.iter().map(|row| &**row)
    }
}

impl RuleRow {
    fn names(&self, vendor: &str) -> bool {
        self.vendors.iter().any(|known| known == vendor)
    }
}

/// Written out: a derived one accepts any member beside a flattened struct, and a mistyped one would do nothing.
impl<'de> Deserialize<'de> for RuleRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// The members that say for which models a rule is.
        #[derive(Deserialize)]
        struct Head {
            models: Vec<ModelPattern>,
            #[serde(default)]
            vendors: Vec<String>,
            #[serde(default)]
            source: String,
        }
        let mut members = Map::<String, Value>::deserialize(deserializer)?;
        let head = ["models", "vendors", "source"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), members.shift_remove(name)?)))
            .collect::<Map<_, _>>();
        let Head {
            models,
            vendors,
            source,
        } = serde_json::from_value(head.into()).map_err(D::Error::custom)?;
        let rule = serde_json::from_value(members.into()).map_err(D::Error::custom)?;
        Ok(Self {
            models,
            vendors,
            source,
            rule,
        })
    }
}

impl FromIterator<RuleRow> for ModelRules {
    fn from_iter<I: IntoIterator<Item = RuleRow>>(rows: I) -> Self {
        Self {
            rows: rows.into_iter().map(Arc::new).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Catalog,
        rules::{ResponsesUse, Sampling, Thinking, ThinkingDefault},
    };

    fn builtin() -> &'static ModelRules {
        ModelRules::builtin().unwrap()
    }

    #[test]
    fn every_row_has_a_source_patterns_and_known_vendors() {
        let catalog = Catalog::builtin().unwrap();
        for row in builtin().rows() {
            assert!(row.source.starts_with("https://"), "{row:?}");
            assert!(!row.models.is_empty(), "{row:?}");
            for vendor in &row.vendors {
                assert!(catalog.get(vendor).is_some(), "{vendor}");
            }
        }
    }

    #[test]
    fn a_table_with_a_member_that_no_rule_has_is_refused() {
        let text = "[[rule]]\nmodels = ['a']\nsource = 'https://x'\nsamplign = 'refused'\n";
        assert!(ModelRules::parse(text).is_err());
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table with a row a model")]
    fn claudes_follow_their_rows_and_unknown_ones_the_strictest() {
        for (model, sampling, forms, default, forced, prefill) in [
            (
                "claude-sonnet-4-5-20250929",
                Sampling::One,
                &[Thinking::Budget, Thinking::Off][..],
                ThinkingDefault::Off,
                true,
                true,
            ),
            (
                "claude-opus-4-6",
                Sampling::WithoutThinking,
                &[Thinking::Budget, Thinking::Adaptive, Thinking::Off],
                ThinkingDefault::Off,
                true,
                false,
            ),
            (
                "claude-opus-4-8",
                Sampling::Refused,
                &[Thinking::Adaptive, Thinking::Off],
                ThinkingDefault::Off,
                true,
                false,
            ),
            (
                "claude-sonnet-5",
                Sampling::Refused,
                &[Thinking::Adaptive, Thinking::Off],
                ThinkingDefault::On,
                true,
                false,
            ),
            (
                "claude-sonnet-5-5",
                Sampling::Refused,
                &[Thinking::Adaptive, Thinking::BetweenTools],
                ThinkingDefault::On,
                false,
                false,
            ),
            (
                "claude-fable-5",
                Sampling::Refused,
                &[Thinking::Adaptive],
                ThinkingDefault::Always,
                true,
                false,
            ),
            (
                "claude-fable-5-1",
                Sampling::Refused,
                &[Thinking::Adaptive],
                ThinkingDefault::Always,
                false,
                false,
            ),
            (
                "claude-opus-5-5",
                Sampling::Refused,
                &[Thinking::Adaptive],
                ThinkingDefault::Always,
                false,
                false,
            ),
            (
                "claude-zebra-9",
                Sampling::Refused,
                &[Thinking::Adaptive],
                ThinkingDefault::Always,
                false,
                false,
            ),
        ] {
            let rule = builtin().of(model);
            assert_eq!(rule.sampling, sampling, "{model}");
            assert_eq!(
                rule.thinking.iter().copied().collect::<Vec<_>>(),
                forms,
                "{model}"
            );
            assert_eq!(rule.thinking_default, default, "{model}");
            assert_eq!(rule.forced_tool.unwrap_or(true), forced, "{model}");
            assert_eq!(rule.prefill.unwrap_or(true), prefill, "{model}");
        }
    }

    #[test]
    fn openais_rules_hold_at_openai_only() {
        let at = builtin().naming("openai");
        for (model, responses, refuses_temperature) in [
            ("gpt-4.1", None, false),
            ("gpt-5-chat-latest", None, false),
            ("o3-2025-04-16", None, true),
            ("gpt-5-mini-2025-08-07", None, true),
            ("gpt-5.1", None, false),
            ("gpt-5.1-codex", Some(ResponsesUse::Always), true),
            ("gpt-5.4-mini", Some(ResponsesUse::WithTools), false),
            ("gpt-6-astra", Some(ResponsesUse::WithTools), true),
            ("gpt-7-nova", Some(ResponsesUse::WithTools), true),
        ] {
            let rule = at.of(model);
            assert_eq!(rule.responses, responses, "{model}");
            assert_eq!(
                rule.refuses.contains("temperature"),
                refuses_temperature,
                "{model}"
            );
        }
        assert_eq!(
            builtin().naming("groq").of("gpt-6-astra"),
            &ModelRule::default()
        );
        assert_eq!(
            builtin().at("openrouter").of("openai/gpt-6-astra"),
            &ModelRule::default()
        );
    }

    #[test]
    fn geminis_think_by_budget_or_by_level() {
        for (model, form, signatures) in [
            ("gemini-2.5-flash", Some(Thinking::Budget), false),
            ("gemini-3-pro-preview", Some(Thinking::Level), true),
            ("models/gemini-3.7-flash", Some(Thinking::Level), true),
            ("gemini-3-pro-image-preview", Some(Thinking::Level), false),
            ("gemini-2.0-flash", None, false),
            ("gemini-4-argon", Some(Thinking::Level), true),
            ("gemini-flash-latest", Some(Thinking::Level), true),
        ] {
            let rule = builtin().of(model);
            assert_eq!(rule.thinking.iter().next().copied(), form, "{model}");
            assert_eq!(rule.signatures_required, signatures, "{model}");
        }
    }

    #[test]
    fn own_rows_come_first() {
        let own: RuleRow = toml::from_str("models = ['gpt-6*']\nmax_output_tokens = 7").unwrap();
        let rules = builtin().with_first([own]);
        assert_eq!(rules.of("gpt-6-astra").max_output_tokens, Some(7));
    }
}
