//! Which files are made from the code, and from which part of it.

use gateway_providers::{
    capabilities,
    vendor::{self, Catalog},
};
use gateway_server::{config, openapi};

use super::{errors, failover, write::Document};
use crate::failure::{Failure, Outcome};

/// Makes all of them.
///
/// # Errors
/// When the built-in vendors cannot be read, which is a defect.
pub(super) fn make() -> Outcome<Vec<Document>> {
    let vendors = Catalog::builtin().map_err(|error| Failure::because("vendors.toml", error))?;
    Ok(vec![
        Document::new("openapi/openapi.json", openapi::pretty()),
        Document::new("openapi/openapi-3.2.json", openapi::pretty_3_2()),
        Document::new(
            "openapi/config.schema.json",
            format!("{:#}", config::json_schema()),
        ),
        Document::new("docs/vendors.md", vendor::docs::markdown(&vendors)),
        Document::new("docs/providers.md", capabilities::docs::markdown(&vendors)),
        Document::new("docs/errors.md", errors::markdown()),
        Document::new("docs/failover.md", failover::markdown()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_have_content_and_are_the_same_each_time() {
        let documents = make().unwrap();
        assert_eq!(documents, make().unwrap());
        for document in &documents {
            assert!(document.content.len() > 1_000, "{}", document.path);
        }
    }
}
