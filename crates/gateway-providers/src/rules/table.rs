//! The rules by model.

use std::sync::OnceLock;

use serde::Deserialize;

use super::ModelRule;

static BUILTIN: &str = include_str!("../../model_rules.toml");

/// All rules. For a model the first row with a pattern that fits is taken; a model that no row names has the empty
/// rule.
#[derive(Debug, Clone, Default)]
pub struct ModelRules {
    rows: Vec<Row>,
}

/// Why a table of rules cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the table of model rules cannot be read: {0}")]
pub struct RulesError(String);

#[derive(Debug, Clone, Deserialize)]
struct Table {
    #[serde(default)]
    rule: Vec<Row>,
}

/// A row: for which models, from where, and what.
#[derive(Debug, Clone, Deserialize)]
struct Row {
    /// Patterns of ids in lower case; `*` stands for any text.
    models: Vec<String>,
    /// Where it is written.
    #[expect(dead_code, reason = "read by who keeps the table, and by documents")]
    source: String,
    #[serde(flatten)]
    rule: ModelRule,
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
        Ok(Self { rows: table.rule })
    }

    /// The rule for a model, by the id that its upstream gave it: whatever stands before the family's name
    /// (`us.anthropic.`, `models/`, `publishers/google/models/`) does not matter.
    pub fn of(&self, model: &str) -> &ModelRule {
        static NONE: OnceLock<ModelRule> = OnceLock::new();
        let model = model.to_ascii_lowercase();
        self.rows
            .iter()
            .find(|row| row.models.iter().any(|pattern| fits(pattern, &model)))
            .map_or_else(|| NONE.get_or_init(ModelRule::default), |row| &row.rule)
    }
}

/// Whether a pattern fits the whole id, or what stands in it behind a `/`, `.` or `:`.
fn fits(pattern: &str, model: &str) -> bool {
    let tails = model
        .match_indices(['/', '.', ':'])
        .filter_map(|(at, _)| model.get(at + 1..));
    std::iter::once(model)
        .chain(tails)
        .any(|tail| glob(pattern.as_bytes(), tail.as_bytes()))
}

/// `*` stands for any text. Linear in the text for each `*`.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let Some((star, rest)) = pattern
        .iter()
        .position(|byte| *byte == b'*')
        .and_then(|at| Some((at, pattern.get(at + 1..)?)))
    else {
        return pattern == text;
    };
    let Some(tail) = pattern
        .get(..star)
        .and_then(|before| text.strip_prefix(before))
    else {
        return false;
    };
    (0..=tail.len()).any(|skip| tail.get(skip..).is_some_and(|tail| glob(rest, tail)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_behind_any_prefix_and_nowhere_else() {
        for (pattern, model, expected) in [
            ("claude-opus-4-7*", "claude-opus-4-7-20260401", true),
            (
                "claude-opus-4-7*",
                "us.anthropic.claude-opus-4-7-v1:0",
                true,
            ),
            ("gemini-2.5-*", "models/gemini-2.5-flash", true),
            ("o1", "o1", true),
            ("o1", "o1-mini", false),
            ("o1*", "foo1", false),
            ("*-codex", "gpt-5-codex", true),
        ] {
            assert_eq!(fits(pattern, model), expected, "{pattern} {model}");
        }
    }

    #[test]
    fn the_built_in_table_is_read() {
        let rules = ModelRules::builtin().unwrap();
        assert_eq!(rules.of("no-such-model"), &ModelRule::default());
    }
}
