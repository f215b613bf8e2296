//! The providers' document (`docs/providers.md`), made by asking every dialect.

use std::{fmt::Write as _, sync::Arc};

use async_trait::async_trait;
use gateway_client::transport::{
    Transport, TransportError, TransportErrorKind, TransportRequest, TransportResponse,
};

use super::{FEATURES, Support, probe};
use crate::{
    Catalog, Provider, ProviderInput, ProviderSettings, VendorRow, provider::SharedProvider,
    registry::build_provider,
};

const HEAD: &str = "\
# Providers and features

Made by `cargo xtask codegen`, which puts one small request a feature into the words of each dialect and looks at what
becomes of it. Do not edit. A running gateway tells the same of its own providers and models at `GET /v1/capabilities`.

What a model refuses differs within a provider: the columns are for the model that is named.

";

/// The document, in Markdown: one column for each vendor whose row names an example model.
pub fn markdown(catalog: &Catalog) -> String {
    let transport = nowhere();
    let columns: Vec<(&VendorRow, SharedProvider, &str)> = catalog
        .iter()
        .filter_map(|row| {
            let model = row.example_model.as_deref()?;
            let provider = stand_in(row, Arc::clone(&transport))?;
            Some((row.as_ref(), provider, model))
        })
        .collect();
    let mut text = HEAD.to_owned();
    for support in Support::ALL {
        let _ = writeln!(text, "- **{}**: {}", support.name(), support.meaning());
    }
    let line = |cells: &mut dyn Iterator<Item = String>| {
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let head = columns
        .iter()
        .map(|(row, _, model)| format!("{} `{model}`", row.id));
    text.push('\n');
    text.push_str(&line(
        &mut std::iter::once("feature".to_owned()).chain(head),
    ));
    text.push_str(&"|---".repeat(columns.len() + 1));
    text.push_str("|\n");
    for feature in FEATURES {
        let cells = columns
            .iter()
            .map(|(_, provider, model)| cell(&**provider, model, feature));
        let name = format!("{} (`{}`)", feature.title, feature.name);
        text.push_str(&line(&mut std::iter::once(name).chain(cells)));
    }
    text
}

fn cell(provider: &dyn Provider, model: &str, feature: &super::Feature) -> String {
    probe(provider, model, feature)
        .map_or_else(|| "-".to_owned(), |support| support.name().to_owned())
}

/// A transport that is never asked for anything.
pub(super) fn nowhere() -> Arc<dyn Transport> {
    Arc::new(Nowhere)
}

/// Leads nowhere: documents are made without a network.
#[derive(Debug)]
struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    async fn send(&self, _: TransportRequest) -> Result<TransportResponse, TransportError> {
        let kind = TransportErrorKind::Connect;
        Err(TransportError::new(kind, "there is no network here"))
    }
}

/// A provider of that vendor which is never asked for anything.
pub(super) fn stand_in(
    row: &Arc<VendorRow>,
    transport: Arc<dyn Transport>,
) -> Option<SharedProvider> {
    let mut input = ProviderInput::new(Arc::clone(row));
    input.base_url = Some("http://127.0.0.1".to_owned());
    input.credential = Some("none-needed".into());
    build_provider(ProviderSettings::resolve(input).ok()?, transport).ok()
}
