//! Public names with targets: exact ones in a hash map, wildcards by what stands before and behind their stars.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, OnceLock},
};

use super::{
    near::NearNames,
    overrides::Overrides,
    pool::{PoolSettings, SharedPool, Strategy},
    rules::Choice,
    wildcards::Wildcards,
};
use crate::select::Pace;

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
    /// In which order its targets are asked.
    pub strategy: Strategy,
    /// What else it says.
    pub settings: PoolSettings,
}

impl Alias {
    /// An alias whose targets are asked as they stand, shown, with nothing else said.
    pub fn new(name: impl Into<String>, targets: Vec<AliasTarget>) -> Self {
        Self {
            name: name.into(),
            targets,
            hidden: false,
            strategy: Strategy::default(),
            settings: PoolSettings::default(),
        }
    }
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
    /// Its share of the requests where the alias is weighted; with 0 it is asked after all others only.
    pub weight: u32,
    /// What is set in the requests that go there.
    pub overrides: Option<Arc<Overrides>>,
}

impl AliasTarget {
    /// A target of weight 1 that changes nothing in a request.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            weight: 1,
            overrides: None,
        }
    }

    /// Whether it is the same model at the same provider.
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.provider == other.provider && self.model == other.model
    }
}

/// A text that is no `provider/upstream-model`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no target; write `provider/upstream-model`")]
pub struct InvalidTarget(pub String);

impl FromStr for AliasTarget {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                Ok(Self::new(provider, model))
            }
            _ => Err(InvalidTarget(text.to_owned())),
        }
    }
}

/// An alias whose providers have been found.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) targets: Box<[RouteTarget]>,
    pub(crate) hidden: bool,
    pub(crate) pool: SharedPool,
}

/// A target whose provider has been found.
#[derive(Debug)]
pub(crate) struct RouteTarget {
    /// The provider's place in the table.
    pub(crate) provider: usize,
    pub(crate) model: String,
    pub(crate) weight: u32,
    pub(crate) overrides: Option<Arc<Overrides>>,
    pub(crate) pace: Option<Arc<Pace>>,
}

impl Route {
    /// The targets, the star of each model standing for what was captured.
    fn choices(&self, captured: Option<&str>) -> Vec<Choice> {
        let choice = |target: &RouteTarget| {
            let captured = captured.filter(|_| target.model.contains('*'));
            Choice {
                provider: target.provider,
                model: match captured {
                    Some(captured) => target.model.replacen('*', captured, 1),
                    None => target.model.clone(),
                },
                known: captured.is_none(),
                by_alias: true,
                weight: target.weight,
                overrides: target.overrides.clone(),
                pace: target.pace.clone(),
            }
        };
        self.targets.iter().map(choice).collect()
    }
}

/// All aliases.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    exact: HashMap<Arc<str>, Route>,
    /// Names in the order of the configuration.
    order: Vec<Arc<str>>,
    wildcards: Wildcards,
    /// The listed ones by their spelling; made where a name is first looked for that nobody has.
    near: OnceLock<NearNames>,
}

/// What an alias gave.
pub(crate) struct AliasHit<'a> {
    /// The alias as configured.
    pub(crate) name: &'a str,
    pub(crate) choices: Vec<Choice>,
    pub(crate) pool: &'a SharedPool,
}

impl Aliases {
    /// Adds one; gives the name back when there is one of that name.
    pub(super) fn add(&mut self, name: String, route: Route) -> Result<(), String> {
        match name.find('*') {
            Some(star) => return self.wildcards.add(name, star, route),
            None => {
                if self.exact.contains_key(name.as_str()) {
                    return Err(name);
                }
                let name: Arc<str> = name.into();
                self.order.push(Arc::clone(&name));
                self.exact.insert(name, route);
            }
        }
        Ok(())
    }

    /// Takes the measurements of an older gateway's targets over, where a target's model and its provider, by both
    /// places, are the same.
    pub(super) fn take_over_paces(&mut self, old: &Self, stays: impl Fn(usize, usize) -> bool) {
        for (name, route) in self.every_route_mut() {
            let Some(old) = old.route(name) else {
                continue;
            };
            for target in &mut route.targets {
                let same = |old: &&RouteTarget| {
                    old.model == target.model && stays(target.provider, old.provider)
                };
                let known = old.targets.iter().find(same);
                if let (Some(pace), Some(known)) =
                    (&mut target.pace, known.and_then(|old| old.pace.as_ref()))
                {
                    *pace = Arc::clone(known);
                }
            }
        }
    }

    fn every_route_mut(&mut self) -> impl Iterator<Item = (&str, &mut Route)> {
        let exact = self.exact.iter_mut();
        let exact = exact.map(|(name, route)| (&**name, route));
        let wildcards = self.wildcards.iter_mut();
        exact.chain(wildcards.map(|wildcard| (wildcard.name.as_str(), &mut wildcard.route)))
    }

    fn route(&self, name: &str) -> Option<&Route> {
        let wildcard = || self.wildcards.named(name);
        self.exact
            .get(name)
            .or_else(|| wildcard().map(|wildcard| &wildcard.route))
    }

    /// The alias of exactly that name.
    pub(crate) fn exact(&self, name: &str) -> Option<AliasHit<'_>> {
        let (name, route) = self.exact.get_key_value(name)?;
        Some(AliasHit {
            name,
            choices: route.choices(None),
            pool: &route.pool,
        })
    }

    /// Whether there is an alias of exactly that name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.exact.contains_key(name)
    }

    /// The most specific wildcard that matches.
    pub(crate) fn wildcard(&self, name: &str) -> Option<AliasHit<'_>> {
        let (wildcard, captured) = self.wildcards.find(name)?;
        Some(AliasHit {
            name: &wildcard.name,
            choices: wildcard.route.choices(Some(captured)),
            pool: &wildcard.route.pool,
        })
    }

    /// The names that may be shown, in the order of the configuration.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        self.shown().map(|name| &**name)
    }

    /// Those by their spelling.
    pub(super) fn near(&self) -> &NearNames {
        let shown = || self.shown().map(Arc::clone);
        self.near.get_or_init(|| NearNames::new(shown()))
    }

    fn shown(&self) -> impl Iterator<Item = &Arc<str>> {
        let is_shown = |name: &&Arc<str>| self.exact.get(*name).is_some_and(|route| !route.hidden);
        self.order.iter().filter(is_shown)
    }
}
