//! The vendors' document (`docs/vendors.md`), made from the rows, so that it says what the program does.

use std::fmt::Write as _;

use super::{
    catalog::Catalog,
    row::{ModelListShape, Quirk, VendorRow},
};

const HEAD: &str = "\
# Vendors

Made from `crates/gateway-providers/vendors.toml` by `cargo xtask codegen`. Do not edit.

A vendor is switched on by its key in the environment, or by a `[providers.NAME]` table of the configuration file.
A vendor that needs no key is switched on by its base URL in the environment. Where a row names several variables,
the first that is set wins. Most members of a row can be overridden for one provider, and a `[vendors.NAME]` table
adds a vendor of your own with the same members.

";

/// The document, in Markdown.
pub fn markdown(catalog: &Catalog) -> String {
    let mut text = HEAD.to_owned();
    text.push_str(
        "| vendor | base URL | environment | credential | operations |\n|---|---|---|---|---|\n",
    );
    for row in catalog.iter() {
        text.push_str(&table_line(row));
    }
    text.push_str("\n## What is different\n\n");
    for row in catalog.iter() {
        let differences = differences(row);
        if !differences.is_empty() {
            let _ = writeln!(text, "- **{}**: {}.", row.id, differences.join("; "));
        }
    }
    text.push_str("\n## Quirks\n\n");
    for quirk in Quirk::ALL {
        let _ = writeln!(text, "- `{}`: {}", quirk.name(), quirk.meaning());
    }
    text
}

fn table_line(row: &VendorRow) -> String {
    let name = match &row.docs {
        Some(docs) => format!("`{}` [{}]({docs})", row.id, row.display_name()),
        None => format!("`{}` {}", row.id, row.display_name()),
    };
    let base = row
        .base_url
        .as_deref()
        .map_or_else(|| "to be given".to_owned(), |base| format!("`{base}`"));
    let variables = row
        .variables
        .keys()
        .flat_map(|variable| row.variable_names(variable));
    let environment = row
        .key_names()
        .into_iter()
        .chain(row.url_names())
        .chain(variables);
    let credential = if row.key_required {
        row.auth.to_string()
    } else {
        format!("{} (optional)", row.auth)
    };
    let operations = row
        .operations
        .iter()
        .map(|operation| operation.name().to_owned());
    format!(
        "| {name} | {base} | {} | {credential} | {} |\n",
        codes(environment),
        operations.collect::<Vec<_>>().join(", ")
    )
}

/// What a row has beside its line in the table.
fn differences(row: &VendorRow) -> Vec<String> {
    let mut found = Vec::new();
    if row.local {
        found.push("runs on your own machines".to_owned());
    }
    for (operation, path) in &row.paths {
        found.push(format!("{operation} at `{path}`"));
    }
    for (name, value) in &row.query {
        found.push(format!("query `{name}={value}`"));
    }
    for (name, value) in &row.headers {
        found.push(format!("header `{name}: {value}`"));
    }
    found.extend(model_list(row));
    for (from, to) in &row.rename {
        found.push(format!("`{from}` is sent as `{to}`"));
    }
    if !row.drop.is_empty() {
        found.push(format!(
            "{} taken out of requests",
            codes(row.drop.iter().cloned())
        ));
    }
    if !row.quirks.is_empty() {
        found.push(format!(
            "quirks {}",
            codes(row.quirks.iter().map(|quirk| quirk.name().to_owned()))
        ));
    }
    if !row.takes_state.is_empty() {
        found.push(format!(
            "takes the state {} back",
            codes(row.takes_state.iter().cloned())
        ));
    }
    if !row.proxy.is_empty() {
        found.push(format!(
            "`/proxy` also lets {} through",
            codes(row.proxy.iter().map(ToString::to_string))
        ));
    }
    found
}

fn model_list(row: &VendorRow) -> Option<String> {
    let path = &row.models.path;
    let place = match row.models.shape {
        ModelListShape::None => Some("lists no models".to_owned()),
        ModelListShape::Openai if path.as_str() == "/models" => None,
        ModelListShape::Openai => Some(format!("models at `{path}`")),
        ModelListShape::Array => Some(format!("models at `{path}`, as a bare array")),
        ModelListShape::Cloudflare => Some(format!("models at `{path}`, in its own envelope")),
    };
    let known = (!row.models.static_models.is_empty()).then(|| {
        format!(
            "known without a list: {}",
            codes(row.models.static_models.iter().cloned())
        )
    });
    let parts: Vec<String> = place.into_iter().chain(known).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn codes(texts: impl Iterator<Item = String>) -> String {
    texts
        .map(|text| format!("`{text}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_committed_document_is_the_one_that_the_rows_give() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        if !docs.is_dir() {
            return; // A published crate stands alone, without the workspace's documents.
        }
        let committed = std::fs::read_to_string(docs.join("vendors.md")).unwrap_or_default();
        let made = markdown(&Catalog::builtin().unwrap());
        assert!(
            committed == made,
            "docs/vendors.md is out of date; run `cargo xtask codegen`, or \
             `cargo run -p gateway-providers --example vendor_docs > docs/vendors.md`"
        );
    }

    #[test]
    fn every_vendor_and_every_quirk_is_in_the_document() {
        let catalog = Catalog::builtin().unwrap();
        let text = markdown(&catalog);
        for row in catalog.iter() {
            assert!(text.contains(&format!("| `{}` ", row.id)), "{}", row.id);
        }
        for quirk in Quirk::ALL {
            assert!(text.contains(&format!("- `{}`: ", quirk.name())));
            assert_eq!(serde_json::to_value(quirk).unwrap(), quirk.name());
        }
    }
}
