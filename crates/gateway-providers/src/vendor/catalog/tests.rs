//! The built-in rows hold what a row promises, and the environment switches on what it names.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    Auth, Operation, ProviderSettings, Secret, SettingsError,
    vendor::{ModelListShape, Quirk},
};

fn catalog() -> Catalog {
    Catalog::builtin().unwrap()
}

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A provider of the row with everything given that the row asks for.
fn configured(row: &Arc<VendorRow>) -> ProviderInput {
    let mut input = ProviderInput::new(Arc::clone(row));
    input.credential = Some(Secret::from("sk-test-1234567890"));
    input.variables = row
        .variables
        .keys()
        .map(|name| (name.clone(), "acme-1".to_owned()))
        .collect();
    if row.base_url.is_none() {
        input.base_url = Some("https://upstream.test".to_owned());
    }
    input
}

#[test]
fn every_row_can_be_configured_and_every_operation_has_a_place() {
    let catalog = catalog();
    assert!(catalog.iter().len() >= 35, "{}", catalog.iter().len());
    for row in catalog.iter() {
        let settings = ProviderSettings::resolve(configured(row))
            .unwrap_or_else(|error| panic!("{}: {error}", row.id));
        assert!(!settings.operations().is_empty(), "{}", row.id);
        for operation in settings.operations() {
            let url = settings.endpoint(*operation, "some/model").unwrap();
            assert!(
                !url.path().contains("//") && !url.path().contains(['{', '}']),
                "{url}"
            );
            assert!(!url.as_str().contains("/v1/v1"), "{url}");
        }
        let listed = row.models.shape != ModelListShape::None;
        assert_eq!(settings.models_url().is_some(), listed, "{}", row.id);
        for overridden in row.paths.keys() {
            assert!(
                row.operations.contains(overridden),
                "{}: path of {overridden}",
                row.id
            );
        }
    }
}

#[test]
fn hosted_vendors_are_reached_by_tls_and_local_ones_on_this_machine() {
    for row in catalog().iter() {
        let Some(base) = &row.base_url else { continue };
        let local = base.starts_with("http://localhost:");
        assert!(local || base.starts_with("https://"), "{base}");
        assert_eq!(local, row.local, "{}", row.id);
        assert_eq!(row.key_required, !row.local, "{}", row.id);
        assert!(!base.ends_with('/'), "{base}");
    }
}

#[test]
fn no_two_vendors_listen_to_one_variable() {
    let mut seen = BTreeMap::new();
    for row in catalog().iter() {
        for name in row.key_names().into_iter().chain(row.url_names()) {
            if let Some(other) = seen.insert(name.clone(), row.id.clone()) {
                panic!("{name}: {other} and {}", row.id);
            }
        }
    }
    // Variables that are set for other ends must not switch a vendor on.
    for name in [
        "GITHUB_TOKEN",
        "OPENAI_BASE_URL",
        "OPENAI_API_BASE",
        "OLLAMA_HOST",
        "API_KEY",
    ] {
        assert!(!seen.contains_key(name), "{name}");
    }
}

#[test]
fn the_vendors_that_people_were_promised_are_there() {
    let catalog = catalog();
    let promised = "openai azure azure_deployments groq mistral deepseek moonshot qwen xai together fireworks \
                    openrouter perplexity cerebras nvidia sambanova deepinfra hyperbolic siliconflow zai minimax \
                    huggingface github cloudflare vllm sglang tgi llamacpp ollama localai lmstudio custom";
    for id in promised.split_whitespace() {
        assert!(catalog.get(id).is_some(), "{id}");
    }
}

#[test]
fn known_facts_about_single_vendors() {
    let catalog = catalog();
    let row = |id: &str| catalog.get(id).unwrap();
    let url = |id: &str, operation: Operation, model: &str| {
        let settings = ProviderSettings::resolve(configured(row(id))).unwrap();
        settings.endpoint(operation, model).map(String::from)
    };
    assert!(!row("tgi").operations.contains(&Operation::Embeddings));
    assert_eq!(url("tgi", Operation::Embeddings, "m"), None);
    assert_eq!(
        url("azure_deployments", Operation::Chat, "gpt 4/o").as_deref(),
        Some(
            "https://acme-1.openai.azure.com/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21"
        )
    );
    assert_eq!(
        url("azure", Operation::Chat, "m").as_deref(),
        Some("https://acme-1.openai.azure.com/openai/v1/chat/completions")
    );
    assert_eq!(
        url("cloudflare", Operation::Embeddings, "@cf/baai/bge").as_deref(),
        Some("https://api.cloudflare.com/client/v4/accounts/acme-1/ai/v1/embeddings")
    );
    assert_eq!(
        url("github", Operation::Chat, "m").as_deref(),
        Some("https://models.github.ai/inference/chat/completions")
    );
    assert_eq!(
        url("perplexity", Operation::Chat, "m").as_deref(),
        Some("https://api.perplexity.ai/chat/completions")
    );
    assert_eq!(row("azure").auth.to_string(), "x-header: api-key");
    assert_eq!(
        row("mistral").rename.get("seed").map(String::as_str),
        Some("random_seed")
    );
    assert!(row("mistral").quirks.contains(&Quirk::NoStreamOptions));
    assert_eq!(row("together").models.shape, ModelListShape::Array);
    assert_eq!(row("openai").auth, Auth::Bearer);
}

#[test]
fn the_environment_switches_vendors_on_in_the_rows_order() {
    let found = catalog().discover(&environment(&[
        ("GROQ_API_KEY", "gsk_1234567890"),
        ("OPENAI_API_KEY", " sk-1234567890\n"),
        ("OPENAI_API_URL", "https://eu.api.openai.com/v1"),
        ("DASHSCOPE_API_KEY", "sk-0987654321"),
        ("MISTRAL_API_KEY", ""),
        ("DEEPSEEK_API_URL", "https://api.deepseek.com"),
        ("OLLAMA_API_URL", "http://10.0.0.5:11434"),
        ("VLLM_API_KEY", "token-abc123"),
    ]));
    let names: Vec<&str> = found
        .iter()
        .map(|found| found.input.name.as_str())
        .collect();
    assert_eq!(names, ["openai", "qwen", "groq", "ollama"]);
    assert_eq!(found[0].variables, ["OPENAI_API_KEY", "OPENAI_API_URL"]);
    assert_eq!(
        found[0].input.credential.as_ref().unwrap().expose(),
        "sk-1234567890"
    );
    assert!(!format!("{found:?}").contains("1234567890"));
    let openai = ProviderSettings::resolve(found[0].input.clone()).unwrap();
    assert_eq!(openai.base_url.as_str(), "https://eu.api.openai.com/v1");
    let ollama = ProviderSettings::resolve(found[3].input.clone()).unwrap();
    assert_eq!(ollama.base_url.as_str(), "http://10.0.0.5:11434/v1");
}

#[test]
fn a_vendor_that_is_on_but_incomplete_says_what_is_missing() {
    let key_only = catalog().discover(&environment(&[(
        "AZURE_OPENAI_API_KEY",
        "0123456789abcdef",
    )]));
    let error = ProviderSettings::resolve(key_only[0].input.clone()).unwrap_err();
    assert!(
        matches!(error, SettingsError::VariableMissing { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("AZURE_RESOURCE"), "{error}");
    let complete = catalog().discover(&environment(&[
        ("AZURE_OPENAI_API_KEY", "0123456789abcdef"),
        ("AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com/"),
    ]));
    let azure = ProviderSettings::resolve(complete[0].input.clone()).unwrap();
    assert_eq!(
        azure.base_url.as_str(),
        "https://acme.openai.azure.com/openai/v1"
    );
}

#[test]
fn a_users_row_is_added_or_takes_a_builtin_rows_place() {
    let mut catalog = catalog();
    let count = catalog.iter().len();
    let row = |id: &str| -> VendorRow {
        toml::from_str(&format!(
            "id = '{id}'\nbase_url = 'https://acme.test/v1'\noperations = ['chat']"
        ))
        .unwrap()
    };
    catalog.merge(row("acme")).unwrap();
    catalog.merge(row("groq")).unwrap();
    assert_eq!(catalog.iter().len(), count + 1);
    assert_eq!(
        catalog.get("groq").unwrap().operations,
        BTreeSet::from([Operation::Chat])
    );
    assert_eq!(
        catalog.merge(row("a/b")),
        Err(CatalogError::Id("a/b".to_owned()))
    );
    assert_eq!(
        catalog
            .discover(&environment(&[("ACME_API_KEY", "k")]))
            .len(),
        1
    );
}

#[test]
fn what_no_row_has_is_refused() {
    for (text, part) in [
        ("operations = ['chat']\nbase = 'x'", "unknown field `base`"),
        ("operations = ['chats']", "unknown variant `chats`"),
        ("name = 'x'", "missing field `operations`"),
        ("operations = []\nquirks = ['odd']", "unknown variant `odd`"),
        ("operations = []\npaths = { chat = '/../x' }", "is no path"),
        ("operations = []\nproxy = ['chat']", "is no path"),
    ] {
        let error = Catalog::parse(&format!("[[vendor]]\nid = 'a'\n{text}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    let twice = "[[vendor]]\nid = 'a'\noperations = []\n".repeat(2);
    assert_eq!(
        Catalog::parse(&twice).unwrap_err(),
        CatalogError::Duplicate("a".to_owned())
    );
}
