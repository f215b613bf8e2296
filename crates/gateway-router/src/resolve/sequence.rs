//! Rule 1: a failover sequence, `["openai", "azure"]`: the same logical model at each of its providers, in their order.
//!
//! Each provider is asked for the model under the name that it has there: an alias through its targets, a prefix that
//! names a provider of the sequence taken off for all of them, everything else as it is.

use super::{
    ModelRequest, Patience, ResolveError, Rule,
    alias::AliasHit,
    rules::{
        Choice, DEFAULT, Found, Located, Question, failed, locate as locate_by_rules,
        unknown_provider,
    },
    table::RoutingTable,
};
use crate::catalogue::CatalogueSnapshot;

/// Asks the sequence where there is one, else rule after rule.
pub(super) fn locate<'a>(
    request: &ModelRequest<'a>,
    table: &'a RoutingTable,
    catalogue: &'a CatalogueSnapshot,
) -> Located<'a> {
    let said = |names: Option<&'a [String]>| names.filter(|names| !names.is_empty());
    let query = request.provider_query.filter(|name| !name.is_empty());
    if let Some(names) = said(request.sequence) {
        return in_sequence(request.model, names, table, catalogue);
    }
    let located = locate_by_rules(request.model, query, table, catalogue);
    match said(request.default_sequence).filter(|_| query.is_none()) {
        Some(names) if leads_into(&located, names, table) => {
            in_sequence(request.model, names, table, catalogue)
        }
        _ => located,
    }
}

/// Whether a request that says nothing about providers is one for the default sequence.
fn leads_into(located: &Located<'_>, names: &[String], table: &RoutingTable) -> bool {
    let named = |choice: &Choice| {
        let provider = table.name_of(choice.provider);
        names.iter().any(|name| name.eq_ignore_ascii_case(provider))
    };
    match &located.found {
        Ok(found) => found.alias.is_none() && found.choices.first().is_some_and(named),
        Err(error) => matches!(error, ResolveError::ModelNotFound { .. }),
    }
}

fn in_sequence<'a>(
    model: &'a str,
    names: &[String],
    table: &'a RoutingTable,
    catalogue: &'a CatalogueSnapshot,
) -> Located<'a> {
    if model.is_empty() {
        return failed(ResolveError::ModelMissing, Patience::None);
    }
    let places = match configured(names, table) {
        Ok(places) => places,
        Err(error) => return failed(error, Patience::None),
    };
    let question = Question {
        model: meant(model, table),
        provider_query: None,
        table,
        catalogue,
    };
    let aliases = table.aliases();
    let alias = aliases
        .exact(question.model)
        .or_else(|| aliases.wildcard(question.model));
    let stripped = stripped(question.model, names);
    let mut choices: Vec<Choice> = Vec::with_capacity(places.len());
    let mut patience = Patience::None;
    for place in places {
        let by_alias = targets_at(place, alias.as_ref());
        if !by_alias.is_empty() {
            choices.extend(by_alias);
            continue;
        }
        // A provider may have an id that begins with its own name, such as `openrouter/auto`.
        let name = match stripped.filter(|_| !table.is_single_backend()) {
            Some(_) if question.lists(place, question.model) => question.model,
            Some(rest) => {
                if question.pending(place) {
                    patience = Patience::Short;
                }
                rest
            }
            None => question.model,
        };
        choices.push(question.choice(place, name));
    }
    let found = Found {
        rule: Rule::Sequence,
        choices,
        alias: alias.as_ref().map(|hit| hit.name),
        pool: alias.map(|hit| hit.pool),
        by_listing: false,
    };
    Located {
        found: Ok(found),
        patience,
    }
}

/// The places of the sequence's providers that are configured.
fn configured(names: &[String], table: &RoutingTable) -> Result<Vec<usize>, ResolveError> {
    let mut places = Vec::with_capacity(names.len());
    let mut missing = None;
    for name in names {
        match table.provider(name) {
            Some(place) if places.contains(&place) => {}
            Some(place) => places.push(place),
            None => match unknown_provider(name, table) {
                error @ ResolveError::ProviderNotConfigured { .. } => {
                    missing = missing.or(Some(error));
                }
                error => return Err(error),
            },
        }
    }
    match missing {
        Some(error) if places.is_empty() => Err(error),
        _ if places.is_empty() => Err(ResolveError::NoBackend),
        _ => Ok(places),
    }
}

/// What `default` stands for, where it is no alias; every other name stands for itself.
pub(super) fn meant<'a>(model: &'a str, table: &'a RoutingTable) -> &'a str {
    if model != DEFAULT || table.aliases().contains(DEFAULT) {
        return model;
    }
    table.default_model().unwrap_or(model)
}

/// The name without its prefix, where that names a provider of the sequence, configured or not.
pub(super) fn stripped<'a>(model: &'a str, names: &[String]) -> Option<&'a str> {
    let (prefix, rest) = model.split_once('/')?;
    let named = names.iter().any(|name| name.eq_ignore_ascii_case(prefix));
    Some(rest).filter(|rest| named && !rest.is_empty())
}

fn targets_at(place: usize, alias: Option<&AliasHit<'_>>) -> Vec<Choice> {
    let choices = alias.iter().flat_map(|hit| &hit.choices);
    choices
        .filter(|choice| choice.provider == place)
        .cloned()
        .collect()
}
