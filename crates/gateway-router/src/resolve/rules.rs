//! The rules themselves, one function each, tried in the order of [`RULES`].

use std::sync::Arc;

use gateway_providers::provider::SharedProvider;

use super::{
    Patience, ResolveError, Rule, Target,
    alias::AliasHit,
    error::{nobody_of_that_name, not_found},
    overrides::Overrides,
    pending_before,
    pool::SharedPool,
    table::RoutingTable,
};
use crate::{
    catalogue::{CatalogueSnapshot, ProviderList},
    select::Pace,
};

/// The alias that has a meaning even where nobody configured it.
pub(crate) const DEFAULT: &str = "default";

/// One possible target, by the provider's place in the table.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) provider: usize,
    pub(crate) model: String,
    /// From a closed set, see [`Target::known`](super::Target::known).
    pub(crate) known: bool,
    /// Whether the operator wrote it as a target of the alias that was asked for.
    pub(crate) by_alias: bool,
    /// See [`Target::weight`](super::Target::weight).
    pub(crate) weight: u32,
    /// See [`Target::overrides`](super::Target::overrides).
    pub(crate) overrides: Option<Arc<Overrides>>,
    /// See [`Target::pace`](super::Target::pace).
    pub(crate) pace: Option<Arc<Pace>>,
}

impl Choice {
    /// As a target at this provider, its own.
    pub(super) fn at(self, provider: SharedProvider) -> Target {
        Target {
            provider,
            model: self.model,
            known: self.known,
            weight: self.weight,
            overrides: self.overrides,
            pace: self.pace,
        }
    }
}

/// What a rule found: at least one choice.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) rule: Rule,
    pub(crate) choices: Vec<Choice>,
    /// The alias as configured, where the name is one.
    pub(crate) alias: Option<&'a str>,
    /// What that alias says beside its targets.
    pub(crate) pool: Option<&'a SharedPool>,
    /// Whether the choices are who lists the name, so that a further list could bring a further choice.
    pub(crate) by_listing: bool,
}

/// The rules' answer before policy and capabilities.
#[derive(Debug)]
pub(crate) struct Located<'a> {
    pub(crate) found: Result<Found<'a>, ResolveError>,
    pub(crate) patience: Patience,
}

pub(super) struct Question<'a> {
    pub(super) model: &'a str,
    pub(super) provider_query: Option<&'a str>,
    pub(super) table: &'a RoutingTable,
    pub(super) catalogue: &'a CatalogueSnapshot,
}

enum Step<'a> {
    /// The rule does not apply.
    Next,
    /// The rule decides.
    Done(Located<'a>),
}

type RuleFn = for<'a> fn(&Question<'a>) -> Step<'a>;

/// The order of the rules. A failover sequence of the request stands before them, see `sequence`.
const RULES: [RuleFn; 8] = [
    provider_query,
    exact_alias,
    default_model,
    single_backend,
    catalogue_id,
    prefix,
    bare_name,
    wildcard,
];

/// Asks rule after rule.
pub(crate) fn locate<'a>(
    model: &'a str,
    provider_query: Option<&'a str>,
    table: &'a RoutingTable,
    catalogue: &'a CatalogueSnapshot,
) -> Located<'a> {
    if model.is_empty() {
        return failed(ResolveError::ModelMissing, Patience::None);
    }
    if table.providers().is_empty() {
        return failed(ResolveError::NoBackend, Patience::None);
    }
    let question = Question {
        model,
        provider_query,
        table,
        catalogue,
    };
    for rule in RULES {
        if let Step::Done(located) = rule(&question) {
            return located;
        }
    }
    failed(
        not_found(model, table, catalogue),
        question.if_pending(Patience::Long),
    )
}

/// Rule 2: `?provider=p` pins p. `p/` is stripped where the model begins with exactly that, unless the whole
/// text is an id of p: OpenRouter really has ids such as `openrouter/auto`.
fn provider_query<'a>(question: &Question<'a>) -> Step<'a> {
    let Some(name) = question.provider_query else {
        return Step::Next;
    };
    let table = question.table;
    let Some(place) = table.provider(name) else {
        return Step::Done(failed(unknown_provider(name, table), Patience::None));
    };
    let own_prefix = question.model.strip_prefix(table.name_of(place));
    let stripped = own_prefix
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|rest| !rest.is_empty());
    let (model, patience) = match stripped {
        Some(_) if question.lists(place, question.model) => (question.model, Patience::None),
        Some(rest) if question.pending(place) => (rest, Patience::Short),
        Some(rest) => (rest, Patience::None),
        None => (question.model, Patience::None),
    };
    done(
        Rule::ProviderQuery,
        vec![question.choice(place, model)],
        patience,
    )
}

/// What `?provider=` is answered with when it names no configured provider.
pub(crate) fn unknown_provider(name: &str, table: &RoutingTable) -> ResolveError {
    match table.known_vendor(name) {
        Some(vendor) => ResolveError::ProviderNotConfigured {
            provider: vendor.id.clone(),
            needs: vendor.needs.clone(),
        },
        None => nobody_of_that_name(name, table),
    }
}

/// Rule 3: an alias of exactly that name.
fn exact_alias<'a>(question: &Question<'a>) -> Step<'a> {
    match question.table.aliases().exact(question.model) {
        Some(hit) => by_alias(Rule::Alias, hit, Patience::None),
        None => Step::Next,
    }
}

/// Rule 3, `default` where no alias is called so: `DEFAULT_MODEL`, resolved like any name; without it the only
/// model of a single backend.
fn default_model<'a>(question: &Question<'a>) -> Step<'a> {
    if question.model != DEFAULT {
        return Step::Next;
    }
    if let Some(model) = question
        .table
        .default_model()
        .filter(|model| *model != DEFAULT)
    {
        let mut located = locate(model, None, question.table, question.catalogue);
        if let Ok(found) = &mut located.found {
            found.rule = Rule::Default;
        }
        return Step::Done(located);
    }
    if !question.table.is_single_backend() || question.lists(0, DEFAULT) {
        return Step::Next;
    }
    match question.catalogue.only_model(0) {
        Some(model) => done(
            Rule::Default,
            vec![question.choice(0, model)],
            Patience::None,
        ),
        None => {
            let error = not_found(DEFAULT, question.table, question.catalogue);
            Step::Done(failed(error, question.if_pending(Patience::Long)))
        }
    }
}

/// Rule 4: one backend takes every name verbatim.
fn single_backend<'a>(question: &Question<'a>) -> Step<'a> {
    if !question.table.is_single_backend() {
        return Step::Next;
    }
    done(
        Rule::SingleBackend,
        vec![question.choice(0, question.model)],
        Patience::None,
    )
}

/// Rule 5: the whole text is an id with a slash that the catalogue knows. An id as this gateway publishes it,
/// `provider/id`, comes before ids of upstreams that happen to be spelled alike, so that what `GET /v1/models`
/// shows always means what it shows.
fn catalogue_id<'a>(question: &Question<'a>) -> Step<'a> {
    let Some((prefix, rest)) = question.model.split_once('/') else {
        return Step::Next;
    };
    let published = question.table.exact_provider(prefix);
    if let Some(place) = published.filter(|&place| question.lists(place, rest)) {
        return done(
            Rule::CatalogueId,
            vec![question.choice(place, rest)],
            Patience::None,
        );
    }
    let in_doubt = published.is_some_and(|place| question.pending(place));
    listed_by_some(question, Rule::CatalogueId, in_doubt)
}

/// Rule 6: `prefix/rest`, where the prefix names a configured provider. It needs no catalogue; where lists are
/// pending, one of them may still say that the whole text is an id (rule 5).
fn prefix<'a>(question: &Question<'a>) -> Step<'a> {
    let Some((prefix, rest)) = question.model.split_once('/') else {
        return Step::Next;
    };
    match question.table.provider(prefix) {
        Some(place) if !rest.is_empty() => done(
            Rule::Prefix,
            vec![question.choice(place, rest)],
            question.if_pending(Patience::Short),
        ),
        _ => Step::Next,
    }
}

/// Rule 7: a name that providers list; of several the default order's first.
fn bare_name<'a>(question: &Question<'a>) -> Step<'a> {
    listed_by_some(question, Rule::BareName, false)
}

/// Rule 8: the most specific wildcard.
fn wildcard<'a>(question: &Question<'a>) -> Step<'a> {
    match question.table.aliases().wildcard(question.model) {
        Some(hit) => by_alias(Rule::Wildcard, hit, question.if_pending(Patience::Short)),
        None => Step::Next,
    }
}

/// Everybody who lists the whole text, in the default order.
fn listed_by_some<'a>(question: &Question<'a>, rule: Rule, in_doubt: bool) -> Step<'a> {
    let mut places = question.catalogue.listed_by(question.model).to_vec();
    places.sort_by_key(|&place| question.table.rank(place));
    let Some(&first) = places.first() else {
        return Step::Next;
    };
    let in_doubt = in_doubt || pending_before(first, question.table, question.catalogue);
    let patience = if in_doubt {
        Patience::Short
    } else {
        Patience::None
    };
    let choices = places
        .iter()
        .map(|&place| question.choice(place, question.model))
        .collect();
    let found = Found {
        rule,
        choices,
        alias: None,
        pool: None,
        by_listing: true,
    };
    Step::Done(Located {
        found: Ok(found),
        patience,
    })
}

impl Question<'_> {
    pub(super) fn lists(&self, place: usize, model: &str) -> bool {
        self.catalogue
            .list(place)
            .is_some_and(|list| list.model(model).is_some())
    }

    pub(super) fn pending(&self, place: usize) -> bool {
        self.catalogue
            .list(place)
            .is_some_and(ProviderList::is_pending)
    }

    fn if_pending(&self, patience: Patience) -> Patience {
        if self.catalogue.any_pending() {
            patience
        } else {
            Patience::None
        }
    }

    pub(super) fn choice(&self, provider: usize, model: &str) -> Choice {
        Choice {
            provider,
            model: model.to_owned(),
            known: self.lists(provider, model),
            by_alias: false,
            weight: 1,
            overrides: None,
            pace: None,
        }
    }
}

fn by_alias(rule: Rule, hit: AliasHit<'_>, patience: Patience) -> Step<'_> {
    let found = Found {
        rule,
        choices: hit.choices,
        alias: Some(hit.name),
        pool: Some(hit.pool),
        by_listing: false,
    };
    Step::Done(Located {
        found: Ok(found),
        patience,
    })
}

fn done<'a>(rule: Rule, choices: Vec<Choice>, patience: Patience) -> Step<'a> {
    Step::Done(Located {
        found: Ok(Found {
            rule,
            choices,
            alias: None,
            pool: None,
            by_listing: false,
        }),
        patience,
    })
}

pub(super) fn failed<'a>(error: ResolveError, patience: Patience) -> Located<'a> {
    Located {
        found: Err(error),
        patience,
    }
}
