//! Which paths of a client go upstream, and that they stay under the base URL.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::*;

/// Vendor, method, the client's path and query, where the request goes.
const HONEST: &[(&str, Method, &str, Option<&str>, &str)] = &[
    (
        "openai",
        Method::POST,
        "/v1/chat/completions",
        None,
        "https://api.openai.com/v1/chat/completions",
    ),
    (
        "openai",
        Method::POST,
        "/chat/completions",
        None,
        "https://api.openai.com/v1/chat/completions",
    ),
    (
        "openai",
        Method::POST,
        "chat/completions",
        Some(""),
        "https://api.openai.com/v1/chat/completions",
    ),
    (
        "openai",
        Method::GET,
        "/v1/models",
        Some("limit=2&x=%20"),
        "https://api.openai.com/v1/models?limit=2&x=%20",
    ),
    (
        "openai",
        Method::GET,
        "/v1/models/ft:gpt-4o:acme::id",
        None,
        "https://api.openai.com/v1/models/ft:gpt-4o:acme::id",
    ),
    (
        "groq",
        Method::POST,
        "/openai/v1/chat/completions",
        None,
        "https://api.groq.com/openai/v1/chat/completions",
    ),
    (
        "groq",
        Method::POST,
        "/v1/audio/speech",
        None,
        "https://api.groq.com/openai/v1/audio/speech",
    ),
    (
        "cloudflare",
        Method::GET,
        "/models/search",
        Some("page=2"),
        "https://h/ai/models/search?page=2",
    ),
    (
        "vllm",
        Method::GET,
        "/v1/models/Qwen/Qwen%20x",
        None,
        "http://localhost:8000/v1/models/Qwen/Qwen%20x",
    ),
];

#[test]
fn honest_proxy_paths_arrive() {
    for (id, method, path, query, expected) in HONEST {
        let base = (*id == "cloudflare").then_some("https://h/ai");
        let url = settings(id, base).proxy_url(method, path, *query);
        assert_eq!(url.as_ref().map(Url::as_str), Ok(*expected), "{id} {path}");
    }
    let mut azure = input("azure_deployments", None);
    azure
        .variables
        .insert("resource".to_owned(), "acme".to_owned());
    let azure = ProviderSettings::resolve(azure).unwrap();
    let send = |query| {
        azure
            .proxy_url(&Method::POST, "/deployments/gpt-4o/chat/completions", query)
            .unwrap()
    };
    assert_eq!(send(None).query(), Some("api-version=2024-10-21"));
    assert_eq!(
        send(Some("api-version=2025-01-01")).query(),
        Some("api-version=2025-01-01")
    );
}

#[test]
fn hostile_proxy_paths_do_not_arrive() {
    let settings = settings("openai", None);
    for path in [
        "",
        "/",
        "//",
        "//evil.com",
        "//evil.com/v1/chat/completions",
        "/\\evil.com",
        "\\\\evil.com",
        "/..",
        "/.",
        "/v1/..",
        "/v1/../admin",
        "/v1/./models",
        "/v1/%2e%2e/admin",
        "/v1/%2E/models",
        "/v1/.%2e/models",
        "/v1/..;/models",
        "/v1/models/a%2fb",
        "/v1/models/a%2Fb",
        "/v1/models/a%5cb",
        "/v1/models/%252e",
        "/v1/models/%00",
        "/v1/models/%0d%0a",
        "/v1/models/%7f",
        "/v1/models/a\tb",
        "/v1/models/a\nb",
        "/v1/models/a b",
        "/v1/models/\u{e4}",
        "/v1/models/%ff",
        "/v1/models/%",
        "/v1/models/%2",
        "/v1/models/%zz",
        "/v1/models/",
        "/v1//models",
        "/v1/models?x=y",
        "/v1/models#x",
        "http://evil.com/",
        "/http://evil.com/",
        "https:evil.com",
        "/@evil.com",
        "@evil.com",
        ":80@evil.com",
        "/v1/models/{x}",
        "/v1/files",
        "/v1/fine_tuning/jobs",
        "/v1/organization/admin_api_keys",
        "/dashboard/billing/usage",
        "/v1/assistants",
        "/v1",
        "/v1/v1/chat/completions",
        "/v1/chat",
        "/v1/chat/completions/x",
    ] {
        for method in [Method::GET, Method::POST] {
            assert!(
                settings.proxy_url(&method, path, None).is_err(),
                "{method} {path}"
            );
        }
    }
    for (method, path) in [
        (Method::DELETE, "/v1/models/ft:x"),
        (Method::GET, "/v1/chat/completions"),
        (Method::POST, "/v1/models"),
        (Method::CONNECT, "/v1/models"),
    ] {
        let refused = settings.proxy_url(&method, path, None);
        assert_eq!(refused, Err(ProxyPathError::NotAllowed), "{method} {path}");
    }
}

#[test]
fn a_callers_credential_in_the_query_is_refused() {
    let settings = settings("openai", None);
    let send = |query: &str| settings.proxy_url(&Method::GET, "/models", Some(query));
    for query in [
        "key=x",
        "KEY=x",
        "api_key=x",
        "api-key=x",
        "apiKey=x",
        "a=b&access_token=x",
        "k%65y=x",
        "subscription-key=x",
        "x-goog-api-key=x",
        "key",
        "token=x",
        "Authorization=Bearer%20x",
    ] {
        assert_eq!(
            send(query),
            Err(ProxyPathError::CredentialInQuery),
            "{query}"
        );
    }
    for query in [
        "a=b#c", "a=b c", "a=\r\n", "a=%", "a=\u{e4}", "a=\"", "a=<x>",
    ] {
        assert_eq!(send(query), Err(ProxyPathError::QueryCharacters), "{query}");
    }
    for query in [
        "max_tokens=5",
        "tokens=5",
        "keyword=x",
        "a[]=1",
        "after=model_1&limit=20",
    ] {
        assert!(send(query).is_ok(), "{query}");
    }
}

#[test]
fn an_operator_can_open_and_close_proxy_paths() {
    let mut open = input("openai", None);
    open.overrides.proxy = Some(vec!["GET /files/**".parse().unwrap()]);
    let open = ProviderSettings::resolve(open).unwrap();
    assert!(
        open.proxy_url(&Method::GET, "/v1/files/file-1/content", None)
            .is_ok()
    );
    assert_eq!(
        open.proxy_url(&Method::POST, "/v1/chat/completions", None),
        Err(ProxyPathError::NotAllowed)
    );
}

/// Text made of the pieces that path tricks are made of, and enough honest ones that a part gets through.
fn tricky() -> impl Strategy<Value = String> {
    let honest = prop::sample::select(vec![
        "/",
        "/",
        "/",
        "v1",
        "models",
        "chat",
        "completions",
        "a",
        "a=b",
        "%20",
    ]);
    let trick = prop::sample::select(vec![
        "..", ".", "%2e", "%2F", "%5c", "\\", "@", ":", "?", "#", "//", "evil.com", "http:", "%00",
        "\t", ";", "&", "%25", "%", "\u{e4}", " ",
    ]);
    let piece = prop_oneof![3 => honest, 1 => trick];
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

#[test]
fn the_tricky_texts_are_neither_all_refused_nor_all_let_through() {
    let settings = wide_open();
    let mut runner = TestRunner::deterministic();
    let (mut passed, mut refused) = (0, 0);
    for _ in 0..500 {
        let path = tricky().new_tree(&mut runner).unwrap().current();
        match settings.proxy_url(&Method::GET, &path, None) {
            Ok(_) => passed += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(
        passed > 50 && refused > 50,
        "{passed} passed, {refused} refused"
    );
}

/// A provider whose allow-list lets everything through: what is left must hold on its own.
fn wide_open() -> ProviderSettings {
    let mut input = input("openai", Some("https://api.openai.com/tenant/v1"));
    input.overrides.proxy = Some(vec!["GET /**".parse().unwrap()]);
    ProviderSettings::resolve(input).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_path_a_client_sends_the_request_stays_under_the_base(path in tricky(), query in tricky(), with_query: bool) {
        let settings = wide_open();
        let query = with_query.then_some(query.as_str());
        if let Ok(url) = settings.proxy_url(&Method::GET, &path, query) {
            prop_assert_eq!(url.origin(), settings.base_url.origin());
            prop_assert!(url.path().starts_with("/tenant/v1/"), "{}", url);
            prop_assert!(url.fragment().is_none() && url.username().is_empty());
            // What is sent is what was checked: the URL type has changed nothing.
            let sent: Vec<&str> = url.path().split('/').collect();
            let asked: Vec<&str> = path.split('/').collect();
            prop_assert!(sent.ends_with(asked.last().map(std::slice::from_ref).unwrap()));
            let resolves_away = |segment: &str| ["", ".", ".."].contains(&segment);
            prop_assert!(!url.path().split('/').skip(1).any(resolves_away), "{}", url);
        }
    }
}
