//! Patterns of model ids.

use serde::{Deserialize, Serialize};

/// A pattern of model ids. `*` stands for any text; a pattern without one also fits the id with a date or a version
/// behind it. Letter case does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ModelPattern(String);

impl ModelPattern {
    /// Whether the pattern fits the whole id, or what stands in it behind a `/`, `.` or `:`.
    pub fn fits(&self, model: &ModelId) -> bool {
        model.forms.iter().any(|form| {
            let tails = form
                .match_indices(['/', '.', ':'])
                .filter_map(|(at, _)| form.get(at + 1..));
            std::iter::once(form.as_str())
                .chain(tails)
                .any(|tail| self.fits_tail(tail))
        })
    }

    fn fits_tail(&self, tail: &str) -> bool {
        if self.0.contains('*') {
            return glob(self.0.as_bytes(), tail.as_bytes());
        }
        tail.strip_prefix(self.0.as_str())
            .is_some_and(|rest| rest.is_empty() || is_version(rest))
    }
}

impl From<&str> for ModelPattern {
    fn from(text: &str) -> Self {
        Self(text.to_ascii_lowercase())
    }
}

/// A model's id as patterns look at it.
#[derive(Debug, Clone)]
pub struct ModelId {
    forms: Vec<String>,
}

impl From<&str> for ModelId {
    fn from(id: &str) -> Self {
        let plain = id.to_ascii_lowercase();
        let dashed = with_dashes(&plain);
        Self {
            forms: std::iter::once(plain).chain(dashed).collect(),
        }
    }
}

impl ModelId {
    /// The model's name as all who offer it would write it: without what stands before it and without a date or a
    /// version behind it.
    ///
    /// ```
    /// use gateway_providers::rules::ModelId;
    ///
    /// for id in ["claude-opus-5@20261002", "us.anthropic.claude-opus-5-v1:0", "anthropic/Claude-Opus-5"] {
    ///     assert_eq!(ModelId::from(id).name(), "claude-opus-5");
    /// }
    /// assert_eq!(ModelId::from("claude-sonnet-4.5-20250929").name(), "claude-sonnet-4-5");
    /// ```
    pub fn name(&self) -> &str {
        let id = self.forms.last().map(String::as_str).unwrap_or_default();
        let id = id.rsplit_once('/').map_or(id, |(_, name)| name);
        let id = id.split_once('@').map_or(id, |(name, _)| name);
        // Who writes dots in front writes a number behind: `anthropic.claude-x-v1:0`.
        let id = match id.rsplit_once('.') {
            Some((_, name)) => without_number(name),
            None => id,
        };
        let id = id.strip_suffix("-latest").unwrap_or(id);
        without_date(id)
    }
}

/// Without `-v1`, `-v1:0`.
fn without_number(name: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = name
        .rsplit_once(':')
        .filter(|(_, number)| is_number(number));
    let plain = plain.map_or(name, |(plain, _)| plain);
    let numbered = plain
        .rsplit_once("-v")
        .filter(|(_, number)| is_number(number));
    numbered.map_or(plain, |(name, _)| name)
}

/// Without `-20261002`, `-2026-10-02`.
fn without_date(name: &str) -> &str {
    let is_date = |at: &usize| {
        let date = name.get(at + 1..).unwrap_or_default();
        let shape: String = date.replace(|c: char| c.is_ascii_digit(), "0");
        date.starts_with("20") && matches!(shape.as_str(), "00000000" | "0000-00-00")
    };
    let at = name.match_indices('-').map(|(at, _)| at).find(is_date);
    at.and_then(|at| name.get(..at)).unwrap_or(name)
}

/// The id with a `-` for each dot between digits: some vendors write `claude-sonnet-4.5`.
fn with_dashes(id: &str) -> Option<String> {
    let bytes = id.as_bytes();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let between = |at: usize| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1));
    let dashed: String = id
        .char_indices()
        .map(|(at, c)| if c == '.' && between(at) { '-' } else { c })
        .collect();
    (dashed != id).then_some(dashed)
}

/// Whether the text behind an id only says which version of the model it is.
fn is_version(rest: &str) -> bool {
    let begins_with_digits = |text: &str, count: usize| {
        text.bytes().take(count).filter(u8::is_ascii_digit).count() == count
    };
    if rest.starts_with(['@', ':']) || rest.starts_with("-latest") {
        return true;
    }
    let Some(rest) = rest.strip_prefix('-') else {
        return false;
    };
    let is_year = begins_with_digits(rest, 4) && rest.starts_with("20");
    let is_number = rest
        .strip_prefix('v')
        .is_some_and(|number| begins_with_digits(number, 1));
    is_year || is_number
}

/// `*` stands for any text.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let Some(star) = memchr::memchr(b'*', pattern) else {
        return pattern == text;
    };
    let (before, rest) = pattern.split_at(star);
    let rest = rest.get(1..).unwrap_or_default();
    let Some(tail) = text.strip_prefix(before) else {
        return false;
    };
    rest.is_empty() || (0..=tail.len()).any(|skip| glob(rest, tail.get(skip..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_behind_any_prefix_and_before_any_version() {
        for (pattern, model, expected) in [
            ("claude-opus-4-7", "claude-opus-4-7-20260401", true),
            ("claude-opus-4-7", "us.anthropic.claude-opus-4-7-v1:0", true),
            ("claude-opus-4-7", "claude-opus-4-7@20260401", true),
            ("claude-opus-4-5", "anthropic/Claude-Opus-4.5", true),
            ("claude-opus-4", "claude-opus-4-20250514", true),
            ("claude-opus-4", "claude-opus-4-1", false),
            ("claude-opus-5", "claude-opus-5-5", false),
            ("gemini-2.5-*", "models/gemini-2.5-flash", true),
            ("gpt-5", "gpt-5-2025-08-07", true),
            ("gpt-5", "gpt-5.1", false),
            ("gpt-5", "gpt-5-mini", false),
            ("o1", "o1", true),
            ("o1", "o1-mini", false),
            ("o1*", "foo1", false),
            ("*-codex", "gpt-5-codex", true),
            ("*-codex", "gpt-5-codex-mini", false),
        ] {
            assert_eq!(
                ModelPattern::from(pattern).fits(&ModelId::from(model)),
                expected,
                "{pattern} {model}"
            );
        }
    }
}
