//! From a model's name to the targets that serve it. Pure: a table, a snapshot of the catalogue, a question;
//! no clock, no IO, no lock.
//!
//! The rules, the first hit wins (see `rules` for each):
//! 1. a failover sequence of the request,
//! 2. `?provider=`,
//! 3. an exact alias, `default` included,
//! 4. the single backend, verbatim,
//! 5. an exact id of the catalogue,
//! 6. `provider/rest`,
//! 7. a bare name that a provider lists,
//! 8. wildcard aliases, the most specific first,
//! 9. otherwise: not found.

mod alias;
mod error;
mod explain;
mod guest;
mod hint;
mod near;
mod overrides;
mod policy;
mod pool;
mod rules;
mod sequence;
mod table;
mod wildcards;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use gateway_providers::{Operation, provider::SharedProvider};

pub use self::{
    alias::{Alias, AliasTarget, InvalidTarget},
    error::ResolveError,
    explain::{Candidate, Explanation, LeftOut},
    overrides::{InvalidOverride, Overrides, RESERVED_MEMBERS},
    policy::ModelPolicy,
    pool::{Pool, PoolSettings, PoolTimeouts, Strategy},
    table::{KnownVendor, RoutingTable, TableError, TableParts},
};
pub(crate) use self::{
    error::not_found,
    explain::{explain, explain_with_guest},
    guest::Seating,
    near::NearNames,
    rules::{DEFAULT, Found, Located, locate, unknown_provider},
};
use crate::{
    catalogue::{CatalogueSnapshot, ProviderList},
    select::Pace,
};

/// What a request says about where it wants to go.
#[derive(Debug, Clone, Copy)]
pub struct ModelRequest<'a> {
    /// The model's name as the client wrote it. Never trimmed, never changed in case.
    pub model: &'a str,
    /// The value of `?provider=`. An empty one counts as absent.
    pub provider_query: Option<&'a str>,
    /// The caller's failover sequence: the same model at each of these providers, in their order. An empty one counts
    /// as absent.
    pub sequence: Option<&'a [String]>,
    /// The sequence for a request that brings none. It counts where the request names no provider, and where the
    /// model's name leads to a provider of the sequence or nowhere: an alias and another provider's model keep their
    /// meaning. An empty one counts as absent.
    pub default_sequence: Option<&'a [String]>,
    /// What is asked of the model.
    pub operation: Operation,
}

impl<'a> ModelRequest<'a> {
    /// A request that names a model and nothing else.
    pub fn new(model: &'a str, operation: Operation) -> Self {
        Self {
            model,
            provider_query: None,
            sequence: None,
            default_sequence: None,
            operation,
        }
    }
}

/// One place that serves a request: a provider, and the model's name there.
#[derive(Debug, Clone)]
pub struct Target {
    /// The provider. In a plan, of several accounts the first one; which of them is asked is decided when it is sent.
    pub provider: SharedProvider,
    /// The model as the upstream takes it.
    pub model: String,
    /// Whether the model's name is from a closed set: listed by the provider, or written in the configuration.
    /// Only then may it be the label of a metric; every other name is the client's invention.
    pub known: bool,
    /// Its share of a weighted alias's requests; 1 where nothing is said.
    pub weight: u32,
    /// What is set in the requests that go there.
    pub overrides: Option<Arc<Overrides>>,
    /// What is measured of it, where its alias asks the one that answers soonest.
    pub pace: Option<Arc<Pace>>,
}

/// Where a request goes: at least one target, in the order in which they are tried.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The first target.
    pub primary: Target,
    /// Further targets that serve the same request.
    pub fallbacks: Vec<Target>,
    /// Whether a fault moves on to the fallbacks: an alias and a failover sequence say so. Providers that merely list
    /// a model of the same name are nobody's wish.
    pub moves_on: bool,
    /// The rule that decided.
    pub matched: Rule,
    /// The alias that the targets come from.
    pub pool: Option<Arc<Pool>>,
}

impl Plan {
    /// All targets in their order.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        std::iter::once(&self.primary).chain(&self.fallbacks)
    }

    /// The targets that may be tried, in their order.
    pub(crate) fn into_order(self) -> Vec<Target> {
        let mut order = vec![self.primary];
        if self.moves_on {
            order.extend(self.fallbacks);
        }
        order
    }
}

/// The rule that decided where a request goes; for logs and explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A failover sequence names the providers.
    Sequence,
    /// `?provider=` names the provider.
    ProviderQuery,
    /// The name is an alias.
    Alias,
    /// The name is `default`, and no alias is called so.
    Default,
    /// There is one backend, which gets every name as it is.
    SingleBackend,
    /// The name is an id of the catalogue: as published, `provider/id`, or as its upstream lists it.
    CatalogueId,
    /// The part before the first slash is a provider's name.
    Prefix,
    /// A provider lists the name.
    BareName,
    /// A wildcard alias matches.
    Wildcard,
}

impl Rule {
    /// Every rule, in the order in which they are tried.
    pub const ALL: [Self; 9] = [
        Self::Sequence,
        Self::ProviderQuery,
        Self::Alias,
        Self::Default,
        Self::SingleBackend,
        Self::CatalogueId,
        Self::Prefix,
        Self::BareName,
        Self::Wildcard,
    ];

    /// What has to be so for the rule to decide, as a sentence without its end.
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Sequence => "a failover sequence names the providers",
            Self::ProviderQuery => "?provider= names the provider",
            Self::Alias => "the name is an alias",
            Self::Default => "the name is `default`",
            Self::SingleBackend => "there is one backend, which gets every name",
            Self::CatalogueId => "the name is an id that a provider lists",
            Self::Prefix => "the name begins with a provider's name",
            Self::BareName => "a provider lists the name",
            Self::Wildcard => "a wildcard alias matches",
        }
    }

    /// A short name for logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sequence => "failover_sequence",
            Self::ProviderQuery => "provider_query",
            Self::Alias => "alias",
            Self::Default => "default",
            Self::SingleBackend => "single_backend",
            Self::CatalogueId => "catalogue_id",
            Self::Prefix => "prefix",
            Self::BareName => "bare_name",
            Self::Wildcard => "wildcard",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An answer, and whether lists that have not come yet could change it.
#[derive(Debug)]
pub struct Verdict {
    /// The answer as of this snapshot.
    pub answer: Result<Plan, ResolveError>,
    /// How long it is worth to wait for lists that are pending.
    pub patience: Patience,
}

/// How long an answer may wait for providers whose lists have never come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// No pending list can change the answer.
    None,
    /// There is an answer that works; a pending list might know a more exact one.
    Short,
    /// There is no answer without the pending lists.
    Long,
}

/// How long each kind of [`Patience`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// For [`Patience::Short`]. Default 500 ms.
    pub short: Duration,
    /// For [`Patience::Long`]. Default 5 s.
    pub long: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            short: Duration::from_millis(500),
            long: Duration::from_secs(5),
        }
    }
}

impl Waits {
    /// The time for a kind of patience; `None` where there is nothing to wait for.
    pub fn of(&self, patience: Patience) -> Option<Duration> {
        match patience {
            Patience::None => None,
            Patience::Short => Some(self.short),
            Patience::Long => Some(self.long),
        }
    }
}

/// Finds the targets of a request.
///
/// The model that is found is judged, not only the name that was asked for: whatever spelling leads to a
/// target, the [`ModelPolicy`] sees the target. Targets that do not offer the operation are left out, so
/// nothing is sent to them.
pub fn resolve(
    request: &ModelRequest<'_>,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> Verdict {
    judged(
        request,
        sequence::locate(request, table, catalogue),
        table,
        catalogue,
    )
}

/// What policy and capabilities leave of the rules' answer.
fn judged(
    request: &ModelRequest<'_>,
    located: Located<'_>,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> Verdict {
    let Located { found, patience } = located;
    let by_listing = found.as_ref().is_ok_and(|found| found.by_listing);
    let answer = found
        .and_then(|found| permitted(request.model, found, table))
        .and_then(|found| capable(request.operation, found, table));
    if !by_listing || !catalogue.any_pending() {
        return Verdict { answer, patience };
    }
    let first = answer
        .as_ref()
        .ok()
        .map(|plan| plan.primary.provider.name());
    let still_open = patience_for_listed(first, table, catalogue);
    Verdict {
        answer,
        patience: patience.max(still_open),
    }
}

/// How long to wait with a name that providers list, when the first of them that may serve it is this one, or
/// when none may: a list that is pending could bring a better one.
pub(crate) fn patience_for_listed(
    first: Option<&str>,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> Patience {
    let Some(place) = first.and_then(|name| table.exact_provider(name)) else {
        return if catalogue.any_pending() {
            Patience::Long
        } else {
            Patience::None
        };
    };
    if pending_before(place, table, catalogue) {
        Patience::Short
    } else {
        Patience::None
    }
}

/// Whether a list is pending whose provider would be preferred to this one.
fn pending_before(place: usize, table: &RoutingTable, catalogue: &CatalogueSnapshot) -> bool {
    let rank = table.rank(place);
    let pending = |place| catalogue.list(place).is_some_and(ProviderList::is_pending);
    catalogue.any_pending()
        && (0..table.providers().len()).any(|other| table.rank(other) < rank && pending(other))
}

/// Takes out the targets that the policy refuses.
pub(crate) fn permitted<'a>(
    requested: &str,
    mut found: Found<'a>,
    table: &RoutingTable,
) -> Result<Found<'a>, ResolveError> {
    if table.policy().is_open() {
        return Ok(found);
    }
    let alias = found.alias;
    found
        .choices
        .retain(|choice| is_permitted(choice, requested, alias, table));
    if found.choices.is_empty() {
        Err(ResolveError::ModelNotAllowed {
            model: error::shown(requested),
        })
    } else {
        Ok(found)
    }
}

/// Whether the policy lets a request go there.
fn is_permitted(
    choice: &rules::Choice,
    requested: &str,
    alias: Option<&str>,
    table: &RoutingTable,
) -> bool {
    let policy = table.policy();
    let provider = table.name_of(choice.provider);
    if choice.by_alias {
        alias.is_some_and(|name| policy.permits_alias(requested, name))
            && policy.permits_target_of_alias(provider, &choice.model)
    } else {
        policy.permits_model(provider, &choice.model)
    }
}

/// Takes out the targets that do not offer the operation, and makes the plan.
fn capable(
    operation: Operation,
    found: Found<'_>,
    table: &RoutingTable,
) -> Result<Plan, ResolveError> {
    let mut refused = None;
    let mut targets = Vec::with_capacity(found.choices.len());
    for choice in found.choices {
        let Some(provider) = table.providers().get(choice.provider) else {
            continue;
        };
        if provider.supports(operation) {
            targets.push(choice.at(provider.clone()));
        } else if refused.is_none() {
            refused = Some(provider.name().to_owned());
        }
    }
    let mut targets = targets.into_iter();
    match targets.next() {
        Some(primary) => Ok(Plan {
            primary,
            fallbacks: targets.collect(),
            moves_on: !found.by_listing,
            matched: found.rule,
            pool: found.pool.cloned(),
        }),
        None => Err(match refused {
            Some(provider) => ResolveError::UnsupportedOperation {
                provider,
                operation,
            },
            None => ResolveError::NoBackend,
        }),
    }
}
