//! What the probes say is what happens.

use std::{collections::BTreeSet, sync::Arc};

use super::{FEATURES, Support, docs, probe};
use crate::{Catalog, VendorRow};

fn support(vendor: &str, model: &str, feature: &str) -> Option<Support> {
    let catalog = Catalog::builtin().unwrap();
    let row: &Arc<VendorRow> = catalog.get(vendor).unwrap();
    let provider = docs::stand_in(row, docs::nowhere()).unwrap();
    let feature = FEATURES.iter().find(|known| known.name == feature).unwrap();
    probe(&*provider, model, feature)
}

#[test]
fn names_and_requests_differ() {
    let names: BTreeSet<_> = FEATURES.iter().map(|feature| feature.name).collect();
    assert_eq!(names.len(), FEATURES.len());
    let plain = serde_json::json!({"messages": []});
    let requests: BTreeSet<_> = FEATURES
        .iter()
        .map(|feature| {
            let mut body = plain.clone();
            (feature.apply)(&mut body);
            body.to_string()
        })
        .collect();
    assert_eq!(requests.len(), FEATURES.len());
    assert!(!requests.contains(&plain.to_string()));
}

#[test]
fn a_provider_of_openais_own_words_gets_everything_as_it_is() {
    for feature in FEATURES {
        assert_eq!(
            support("openai", "gpt-4.1", feature.name),
            Some(Support::Works),
            "{}",
            feature.name
        );
    }
}

#[test]
fn rows_and_rules_take_out_and_rename() {
    for (vendor, model, feature, expected) in [
        ("openai", "gpt-6-astra", "temperature", Support::Dropped),
        ("mistral", "mistral-large-latest", "seed", Support::Mapped),
        ("mistral", "mistral-large-latest", "user", Support::Dropped),
        ("groq", "gpt-6-astra", "temperature", Support::Works),
    ] {
        assert_eq!(
            support(vendor, model, feature),
            Some(expected),
            "{vendor} {model} {feature}"
        );
    }
    assert_eq!(support("voyage", "voyage-3", "tools"), None);
}
