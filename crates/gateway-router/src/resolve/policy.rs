//! Which models the operator has released: `ALLOWED_MODELS` and `DISALLOWED_MODELS`.

use std::collections::HashSet;

/// The operator's lists. Names are compared without regard to case; where the list of allowed models is not
/// empty, it alone counts.
///
/// A model that is asked for by its own name is judged as the target that was found, whatever the spelling
/// was: by its published id (`provider/model`) and by its upstream id (`model`). An alias is judged by its own
/// name; an alias that is allowed by name brings its targets with it (the operator wrote both), while a target
/// that is disallowed by name stays disallowed behind every alias.
///
/// Refusing is wider than allowing: a disallowed name also covers ids whose part after the last slash is that
/// name (`gpt-oss-120b` covers `openai/gpt-oss-120b`); an allowed name does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelPolicy {
    allow: HashSet<String>,
    deny: HashSet<String>,
}

impl ModelPolicy {
    /// Reads two comma lists; items are trimmed, empty ones dropped.
    ///
    /// ```
    /// use gateway_router::resolve::ModelPolicy;
    ///
    /// let policy = ModelPolicy::parse("gpt-4o, groq/llama-3.3-70b", "");
    /// assert!(policy.permits_model("openai", "GPT-4o"));
    /// assert!(policy.permits_model("groq", "llama-3.3-70b"));
    /// assert!(!policy.permits_model("together", "llama-3.3-70b"));
    /// ```
    pub fn parse(allowed: &str, disallowed: &str) -> Self {
        Self::new(allowed.split(','), disallowed.split(','))
    }

    /// Takes two lists; items are trimmed, empty ones dropped.
    pub fn new<'a>(
        allowed: impl IntoIterator<Item = &'a str>,
        disallowed: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self {
            allow: names(allowed),
            deny: names(disallowed),
        }
    }

    /// Whether everything is allowed.
    pub fn is_open(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }

    /// Whether a provider's model may be used under its own name.
    pub fn permits_model(&self, provider: &str, model: &str) -> bool {
        if self.is_open() {
            return true;
        }
        let published = |model: &str| format!("{}/{model}", folded(provider));
        if !self.allow.is_empty() {
            let model = folded(model);
            return self.allow.contains(&model) || self.allow.contains(&published(&model));
        }
        // An upstream may trim a name, so spaces around it must not help.
        let model = folded(model.trim());
        !self.denies(&model) && !self.deny.contains(&published(&model))
    }

    /// Whether an alias may be used, by the name that was asked for or the name (or wildcard) as configured.
    pub fn permits_alias(&self, requested: &str, configured: &str) -> bool {
        if self.is_open() {
            return true;
        }
        let names = [folded(requested), folded(configured)];
        if !self.allow.is_empty() {
            return names.iter().any(|name| self.allow.contains(name));
        }
        !names.iter().any(|name| self.denies(name.trim()))
    }

    /// Whether an alias that may be used itself may lead to this model.
    pub fn permits_target_of_alias(&self, provider: &str, model: &str) -> bool {
        !self.allow.is_empty() || self.permits_model(provider, model)
    }

    /// Whether a name that leads nowhere may be called unknown: with a list of allowed models, what is not on
    /// it is 'not allowed', whether it exists or not.
    pub(super) fn may_exist(&self, name: &str) -> bool {
        self.permits_alias(name, name)
    }

    fn denies(&self, name: &str) -> bool {
        let last = name.rsplit('/').next().unwrap_or(name);
        self.deny.contains(name) || self.deny.contains(last)
    }
}

fn names<'a>(items: impl IntoIterator<Item = &'a str>) -> HashSet<String> {
    items
        .into_iter()
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(folded)
        .collect()
}

fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_trimmed_folded_and_without_empty_items() {
        assert!(ModelPolicy::parse(" , ,", ",").is_open());
        let policy = ModelPolicy::parse("", " GPT-4o ,, lab/Big");
        assert!(!policy.permits_model("openai", "gpt-4O"));
        assert!(!policy.permits_model("LAB", "big"));
        assert!(policy.permits_model("other", "big"));
    }

    #[test]
    fn allowing_wins_over_refusing() {
        let policy = ModelPolicy::parse("gpt-4o", "gpt-4o, claude");
        assert!(policy.permits_model("openai", "gpt-4o"));
        assert!(!policy.permits_model("openai", "gpt-4"));
    }

    #[test]
    fn refusing_reaches_further_than_allowing() {
        let deny = ModelPolicy::parse("", "gpt-oss-120b");
        assert!(!deny.permits_model("groq", "openai/gpt-oss-120b"));
        assert!(!deny.permits_model("groq", "openai/gpt-oss-120b "));
        assert!(!deny.permits_model("groq", " gpt-oss-120b"));
        let allow = ModelPolicy::parse("gpt-oss-120b", "");
        assert!(!allow.permits_model("groq", "somebody/gpt-oss-120b"));
        assert!(allow.permits_model("groq", "gpt-oss-120b"));
    }

    #[test]
    fn an_allowed_alias_brings_its_targets_and_a_refused_target_stays_refused() {
        let allow = ModelPolicy::parse("fast", "");
        assert!(allow.permits_alias("fast", "fast"));
        assert!(allow.permits_target_of_alias("groq", "llama"));
        assert!(!allow.permits_model("groq", "llama"));
        let deny = ModelPolicy::parse("", "llama");
        assert!(deny.permits_alias("fast", "fast"));
        assert!(!deny.permits_target_of_alias("groq", "llama"));
    }
}
