//! What configuration may say, where requests go, and which paths of a client stay where they belong.

mod proxy;
mod resolve;

use std::sync::LazyLock;

use super::*;
use crate::vendor::Catalog;

/// Parsed once: the property tests ask for it thousands of times.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().unwrap());

fn vendor(id: &str) -> Arc<VendorRow> {
    Arc::clone(CATALOG.get(id).unwrap())
}

fn input(id: &str, base_url: Option<&str>) -> ProviderInput {
    let mut input = ProviderInput::new(vendor(id));
    input.base_url = base_url.map(ToOwned::to_owned);
    input.credential = Some(Secret::from("sk-secret-1234567890"));
    input
}

fn settings(id: &str, base_url: Option<&str>) -> ProviderSettings {
    ProviderSettings::resolve(input(id, base_url)).unwrap()
}

fn chat(id: &str, base_url: &str) -> String {
    settings(id, Some(base_url))
        .endpoint(Operation::Chat, "m")
        .unwrap()
        .into()
}
