//! Why a request goes nowhere. The texts are for the caller; they name no host and no credential.

use gateway_providers::Operation;

use super::{hint, table::RoutingTable};
use crate::catalogue::CatalogueSnapshot;

/// Why no target was found for a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The request names no model (400, `missing_parameter`, param `model`).
    #[error("The request needs a `model`: a non-empty string.")]
    ModelMissing,
    /// Nothing serves a model of that name (404, `model_not_found`, param `model`).
    #[error("The model `{model}` does not exist here. {hint}")]
    ModelNotFound {
        /// The name, shortened where it is very long.
        model: String,
        /// What to do.
        hint: String,
    },
    /// `?provider=` names nothing known (400, `unknown_provider`, param `provider`).
    #[error("The provider `{provider}` is unknown. {}", list_known(known, *more))]
    UnknownProvider {
        /// The name, shortened where it is very long.
        provider: String,
        /// The names of the configured providers, of many the first.
        known: Vec<String>,
        /// How many there are beside those.
        more: usize,
    },
    /// `?provider=` names a vendor that is not configured (400, `provider_not_configured`, param `provider`).
    #[error("The provider `{provider}` is not configured: {needs}.")]
    ProviderNotConfigured {
        /// The vendor's id.
        provider: String,
        /// What switches it on.
        needs: String,
    },
    /// The operator has not released the model (403, `model_not_allowed`, param `model`).
    #[error("The model `{model}` is not allowed by this gateway's configuration.")]
    ModelNotAllowed {
        /// The name as it was asked for, shortened where it is very long.
        model: String,
    },
    /// The model's provider does not offer the operation; nothing was sent (501, `unsupported_operation`).
    #[error("The provider `{provider}` does not offer {operation}.")]
    UnsupportedOperation {
        /// The first provider that would have served it.
        provider: String,
        /// What was asked.
        operation: Operation,
    },
    /// No provider is configured at all (503, `no_available_channel`).
    #[error("No provider is configured.")]
    NoBackend,
}

/// So many providers' names stand in a message at most: anybody may ask for one that does not exist.
const MOST_NAMES: usize = 20;

fn list_known(known: &[String], more: usize) -> String {
    if known.is_empty() {
        return "No provider is configured.".to_owned();
    }
    let known = known.join(", ");
    match more {
        0 => format!("Configured are: {known}."),
        more => format!("Configured are: {known}, and {more} more."),
    }
}

/// A provider that nobody knows, and the names of those that are configured.
pub(super) fn nobody_of_that_name(provider: &str, table: &RoutingTable) -> ResolveError {
    let names = table.providers().iter().map(|provider| provider.name());
    ResolveError::UnknownProvider {
        provider: shown(provider),
        known: names.take(MOST_NAMES).map(str::to_owned).collect(),
        more: table.providers().len().saturating_sub(MOST_NAMES),
    }
}

/// Not found, with the best hint there is; or not allowed, where the policy knows the name already.
pub(crate) fn not_found(
    model: &str,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> ResolveError {
    if !table.policy().may_exist(model) {
        return ResolveError::ModelNotAllowed {
            model: shown(model),
        };
    }
    ResolveError::ModelNotFound {
        model: shown(model),
        hint: hint::for_missing(model, table, catalogue),
    }
}

/// A client's text as it may stand in a message: no control characters, not longer than 120 characters.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut short: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}
