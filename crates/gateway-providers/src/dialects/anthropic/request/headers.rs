//! The version of the API and the names of beta features.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::super::host::{Host, VersionPlace};
use crate::dialects::Ask;

pub(super) const VERSION: HeaderName = HeaderName::from_static("anthropic-version");
pub(super) const BETA: HeaderName = HeaderName::from_static("anthropic-beta");

/// The version: the caller's, else the model's, else the usual one of the vendor's row or of the host.
pub(super) fn version(host: &Host, ask: &Ask<'_>) -> Option<String> {
    let of_rule = || ask.rule.api_version.clone();
    match host.version {
        VersionPlace::Header => text(ask.headers, &VERSION)
            .or_else(of_rule)
            .or_else(|| text(&ask.settings.headers, &VERSION)),
        // A caller's header speaks to Anthropic's own host; another host has versions of its own.
        VersionPlace::Member { usual } => of_rule().or_else(|| Some(usual.to_owned())),
    }
}

/// The features that the provider's configuration, the caller and the request itself want, each once.
pub(super) fn betas(ask: &Ask<'_>, needed: &BTreeSet<&'static str>) -> Vec<String> {
    let mut betas: Vec<String> = Vec::new();
    let asked = ask.settings.headers.get_all(&BETA).into_iter();
    let named = asked
        .chain(ask.headers.get_all(&BETA))
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    for name in named.chain(needed.iter().copied()) {
        if !name.is_empty() && !betas.iter().any(|known| known == name) {
            betas.push(name.to_owned());
        }
    }
    betas
}

/// Sets a header whose value was read from headers, or is our own.
pub(super) fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<String>) {
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(name, value);
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
