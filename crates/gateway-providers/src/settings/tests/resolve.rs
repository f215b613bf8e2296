//! What configuration may say, and where operations go.

use proptest::prelude::*;

use super::*;
use crate::Auth;

/// Vendor, configured base URL, where chat goes.
const BASE_URLS: &[(&str, &str, &str)] = &[
    (
        "vllm",
        "http://host:8000",
        "http://host:8000/v1/chat/completions",
    ),
    (
        "vllm",
        "http://host:8000/",
        "http://host:8000/v1/chat/completions",
    ),
    (
        "vllm",
        "http://host:8000/v1",
        "http://host:8000/v1/chat/completions",
    ),
    (
        "vllm",
        "http://host:8000/v1/",
        "http://host:8000/v1/chat/completions",
    ),
    (
        "vllm",
        "http://host:8000/team/v1",
        "http://host:8000/team/v1/chat/completions",
    ),
    (
        "vllm",
        "HTTP://host/llm",
        "http://host/llm/chat/completions",
    ),
    (
        "custom",
        "http://[::1]:9",
        "http://[::1]:9/v1/chat/completions",
    ),
    (
        "groq",
        "http://mock:1",
        "http://mock:1/openai/v1/chat/completions",
    ),
    (
        "perplexity",
        "http://mock:1",
        "http://mock:1/chat/completions",
    ),
    (
        "cloudflare",
        "https://h/accounts/1/ai",
        "https://h/accounts/1/ai/v1/chat/completions",
    ),
    (
        "cloudflare",
        "https://h/accounts/1/ai/v1",
        "https://h/accounts/1/ai/v1/chat/completions",
    ),
    (
        "github",
        "https://models.github.ai/inference",
        "https://models.github.ai/inference/chat/completions",
    ),
    (
        "databricks",
        "https://dbc-1.cloud.databricks.com",
        "https://dbc-1.cloud.databricks.com/serving-endpoints/chat/completions",
    ),
];

#[test]
fn base_urls_are_completed_and_joined_without_repeating_the_version() {
    for (id, base, expected) in BASE_URLS {
        assert_eq!(chat(id, base), *expected, "{id} {base}");
    }
    let mut root = input("custom", Some("http://h"));
    root.overrides.base_path = Some("/".to_owned());
    let root = ProviderSettings::resolve(root).unwrap();
    assert_eq!(
        root.endpoint(Operation::Chat, "m").unwrap().as_str(),
        "http://h/chat/completions"
    );
    let cloudflare = settings("cloudflare", Some("https://h/ai/v1"));
    assert_eq!(
        cloudflare.models_url().unwrap().as_str(),
        "https://h/ai/models/search"
    );
}

#[test]
fn base_urls_that_cannot_be_right_are_refused_without_showing_a_password() {
    for base in [
        "",
        "host:8000",
        "ftp://host",
        "file:///etc/passwd",
        "http://",
        "http:/host",
        "http://user:pa55word@host/v1",
        "http://user@host",
        "http://host/v1?key=pa55word",
        "http://host/#x",
        "http://ho st/",
        "http://host\\@evil/",
        "http://host/{id}",
        "http://host//v1",
        "http://host:99999/",
        "javascript:alert(1)",
        "http://host/\n",
    ] {
        let error = ProviderSettings::resolve(input("vllm", Some(base))).unwrap_err();
        assert!(
            matches!(error, SettingsError::BaseUrl { .. }),
            "{base}: {error}"
        );
        assert!(!error.to_string().contains("pa55word"), "{error}");
    }
}

#[test]
fn variables_cannot_move_a_base_url() {
    for value in [
        "",
        "a/b",
        "evil.com#",
        "evil.com/",
        "a..b",
        ".",
        "a b",
        "a@b",
        "a:b",
        "%2e",
        "a?b",
    ] {
        let mut input = input("azure", None);
        input
            .variables
            .insert("resource".to_owned(), value.to_owned());
        assert!(ProviderSettings::resolve(input).is_err(), "{value}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let mut keyless = input("groq", None);
    keyless.credential = None;
    let error = ProviderSettings::resolve(keyless).unwrap_err();
    assert!(error.to_string().contains("GROQ_API_KEY"), "{error}");
    let error = ProviderSettings::resolve(input("custom", None)).unwrap_err();
    assert!(error.to_string().contains("CUSTOM_API_URL"), "{error}");
    for name in ["", "a/b", ".", "..", "a b", "ä"] {
        let mut named = input("groq", None);
        named.name = name.to_owned();
        assert_eq!(
            ProviderSettings::resolve(named).unwrap_err(),
            SettingsError::Name(name.to_owned())
        );
    }
}

#[test]
fn a_provider_overrides_its_vendors_row() {
    let mut input = input("mistral", Some("https://eu.mistral.test/v1"));
    input.name = "eu".to_owned();
    input
        .headers
        .insert("x-team".to_owned(), Secret::from("team-secret-123"));
    input.overrides = toml::from_str(
        "auth = { type = 'x-header', name = 'api-key' }\noperations = ['chat', 'embeddings']\nquirks = []\n\
         paths = { embeddings = '/v2/embed' }\nquery = { region = 'eu' }\nrename = { seed = '' }\ndrop = ['logit_bias']",
    )
    .unwrap();
    let settings = ProviderSettings::resolve(input).unwrap();
    assert!(settings.supports(Operation::Embeddings) && !settings.supports(Operation::Moderations));
    assert_eq!(
        settings
            .endpoint(Operation::Embeddings, "m")
            .unwrap()
            .as_str(),
        "https://eu.mistral.test/v1/v2/embed?region=eu"
    );
    assert_eq!(settings.endpoint(Operation::Moderations, "m"), None);
    assert!(!settings.has(Quirk::NoStreamOptions));
    assert!(
        !settings.vendor.rename.contains_key("seed")
            && settings.vendor.rename.contains_key("max_completion_tokens")
    );
    assert!(settings.vendor.drop.contains("logit_bias") && settings.vendor.drop.contains("user"));
    assert!(matches!(settings.vendor.auth, Auth::Header { .. }));
    assert!(settings.headers["x-team"].is_sensitive());
    assert!(
        settings.redactor.finds(b"you sent team-secret-123")
            && settings.redactor.finds(b"sk-secret-1234567890")
    );
    let printed = format!(
        "{settings:?} {:?} {:?}",
        settings.headers, settings.credential
    );
    assert!(
        !printed.contains("1234567890") && !printed.contains("team-secret"),
        "{printed}"
    );
}

#[test]
fn headers_that_are_the_gateways_own_are_refused() {
    for name in [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "content-type",
        "a b",
        "",
    ] {
        let mut input = input("groq", None);
        input.headers.insert(name.to_owned(), Secret::from("x"));
        assert!(
            matches!(
                ProviderSettings::resolve(input),
                Err(SettingsError::Header { .. })
            ),
            "{name}"
        );
    }
    let mut input = input("groq", None);
    input
        .headers
        .insert("x-a".to_owned(), Secret::from("a\r\nb: c"));
    assert!(matches!(
        ProviderSettings::resolve(input),
        Err(SettingsError::Header { .. })
    ));
}

proptest! {
    #[test]
    fn any_model_name_is_one_segment(model in "\\PC{0,20}|[./%\\\\?#@:]{0,8}") {
        let mut input = input("azure_deployments", Some("https://acme.test/openai"));
        input.variables.clear();
        let settings = ProviderSettings::resolve(input).unwrap();
        let url = settings.endpoint(Operation::Chat, &model).unwrap();
        prop_assert_eq!(url.origin(), settings.base_url.origin());
        prop_assert!(url.path().starts_with("/openai/deployments/") && url.path().ends_with("/chat/completions"), "{}", url);
        prop_assert_eq!(url.path().split('/').count(), 6, "{}", url);
        prop_assert_eq!(url.query(), Some("api-version=2024-10-21"));
    }
}
