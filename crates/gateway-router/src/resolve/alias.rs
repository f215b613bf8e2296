//! Public names with targets: exact ones in a hash map, wildcards in the order of their specificity.

use std::{cmp::Reverse, collections::HashMap, str::FromStr};

use super::rules::Choice;

/// A public model name with its targets in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The public name, case-sensitive. One `*` in it makes it a wildcard that stands for one or more
    /// characters, e.g. `claude-*`.
    pub name: String,
    /// The targets in the order in which they are tried.
    pub targets: Vec<AliasTarget>,
    /// Whether `GET /v1/models` leaves it out. Wildcards are never listed.
    pub hidden: bool,
}

/// A target as configured: `provider/upstream-model`.
///
/// ```
/// use gateway_router::resolve::AliasTarget;
///
/// let target: AliasTarget = "lab/Qwen/Qwen2.5-7B-Instruct".parse()?;
/// assert_eq!(target.provider, "lab");
/// assert_eq!(target.model, "Qwen/Qwen2.5-7B-Instruct");
/// # Ok::<(), gateway_router::resolve::InvalidTarget>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasTarget {
    /// The configured provider's name.
    pub provider: String,
    /// The model as the upstream takes it. In a wildcard's target a `*` stands for what the wildcard matched.
    pub model: String,
}

/// A text that is no `provider/upstream-model`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no target; write `provider/upstream-model`")]
pub struct InvalidTarget(pub String);

impl FromStr for AliasTarget {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => Ok(Self {
                provider: provider.to_owned(),
                model: model.to_owned(),
            }),
            _ => Err(InvalidTarget(text.to_owned())),
        }
    }
}

/// An alias whose providers have been found.
#[derive(Debug)]
pub(crate) struct Route {
    /// By the provider's place in the table.
    pub(crate) targets: Vec<(usize, String)>,
    pub(crate) hidden: bool,
}

/// A name with one `*`.
#[derive(Debug)]
struct Pattern {
    name: String,
    star: usize,
    route: Route,
}

impl Pattern {
    /// The part that the star stands for.
    fn capture<'a>(&self, name: &'a str) -> Option<&'a str> {
        let (before, star_and_after) = self.name.split_at_checked(self.star)?;
        let after = star_and_after.strip_prefix('*')?;
        name.strip_prefix(before)?
            .strip_suffix(after)
            .filter(|captured| !captured.is_empty())
    }
}

/// All aliases.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    exact: HashMap<String, Route>,
    /// Names in the order of the configuration.
    order: Vec<String>,
    /// The most literal characters first; of equals the longer beginning, then the text's order.
    patterns: Vec<Pattern>,
}

/// What an alias gave.
pub(crate) struct AliasHit<'a> {
    /// The alias as configured.
    pub(crate) name: &'a str,
    pub(crate) choices: Vec<Choice>,
}

impl Aliases {
    /// Adds one; gives the name back when there is one of that name.
    pub(super) fn add(&mut self, name: String, route: Route) -> Result<(), String> {
        match name.find('*') {
            Some(star) => {
                if self.patterns.iter().any(|other| other.name == name) {
                    return Err(name);
                }
                self.patterns.push(Pattern { name, star, route });
            }
            None => {
                if self.exact.contains_key(&name) {
                    return Err(name);
                }
                self.order.push(name.clone());
                self.exact.insert(name, route);
            }
        }
        Ok(())
    }

    /// To be called once all have been added.
    pub(super) fn sort(&mut self) {
        self.patterns.sort_by(|a, b| {
            let key = |pattern: &Pattern| Reverse((pattern.name.len(), pattern.star));
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
    }

    /// The alias of exactly that name.
    pub(crate) fn exact(&self, name: &str) -> Option<AliasHit<'_>> {
        let (name, route) = self.exact.get_key_value(name)?;
        let choices = route
            .targets
            .iter()
            .map(|(provider, model)| Choice {
                provider: *provider,
                model: model.clone(),
                known: true,
                by_alias: true,
            })
            .collect();
        Some(AliasHit { name, choices })
    }

    /// Whether there is an alias of exactly that name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.exact.contains_key(name)
    }

    /// The most specific wildcard that matches.
    pub(crate) fn wildcard(&self, name: &str) -> Option<AliasHit<'_>> {
        let (pattern, captured) = self
            .patterns
            .iter()
            .find_map(|pattern| Some((pattern, pattern.capture(name)?)))?;
        let choices = pattern
            .route
            .targets
            .iter()
            .map(|(provider, model)| Choice {
                provider: *provider,
                model: model.replacen('*', captured, 1),
                known: !model.contains('*'),
                by_alias: true,
            })
            .collect();
        Some(AliasHit {
            name: &pattern.name,
            choices,
        })
    }

    /// The names that may be shown, in the order of the configuration.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        self.order
            .iter()
            .map(String::as_str)
            .filter(|name| self.exact.get(*name).is_some_and(|route| !route.hidden))
    }
}
