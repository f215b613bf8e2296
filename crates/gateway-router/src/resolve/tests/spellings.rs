//! What a name means: ids, prefixes, bare names, aliases, `?provider=`.

use super::*;

#[test]
fn slashes_mean_an_id_before_they_mean_a_provider() {
    let setup = Setup::new(ALL, |_| {});
    assert_cases(
        &setup,
        &[
            // Hugging Face ids whose first part is a configured provider's name, in any case.
            (
                "Qwen/Qwen2.5-7B-Instruct",
                None,
                "catalogue_id: vllm|Qwen/Qwen2.5-7B-Instruct",
            ),
            (
                "openai/gpt-oss-20b",
                None,
                "catalogue_id: vllm|openai/gpt-oss-20b",
            ),
            (
                "BAAI/bge-small-en-v1.5",
                None,
                "catalogue_id: vllm|BAAI/bge-small-en-v1.5",
            ),
            (
                "openai/gpt-oss-120b",
                None,
                "catalogue_id: groq|openai/gpt-oss-120b",
            ),
            ("qwen/qwen3-32b", None, "catalogue_id: groq|qwen/qwen3-32b"),
            // Published ids mean what the list shows, though OpenRouter has ids of the same spelling.
            ("openai/gpt-4o", None, "catalogue_id: openai|gpt-4o"),
            ("qwen/qwen-max", None, "catalogue_id: qwen|qwen-max"),
            ("ollama/llama3", None, "catalogue_id: ollama|llama3"),
            (
                "openrouter/openai/gpt-4o",
                None,
                "catalogue_id: openrouter|openai/gpt-4o",
            ),
            (
                "openrouter/openrouter/auto",
                None,
                "catalogue_id: openrouter|openrouter/auto",
            ),
            (
                "vllm/Qwen/Qwen2.5-7B-Instruct",
                None,
                "catalogue_id: vllm|Qwen/Qwen2.5-7B-Instruct",
            ),
            // Ids that only OpenRouter has.
            (
                "openai/gpt-4o:extended",
                None,
                "catalogue_id: openrouter|openai/gpt-4o:extended",
            ),
            (
                "openrouter/auto",
                None,
                "catalogue_id: openrouter|openrouter/auto",
            ),
        ],
    );
}

#[test]
fn a_prefix_is_everything_before_the_first_slash() {
    assert_cases(
        &Setup::new(ALL, |_| {}),
        &[
            // Unlisted models, colons, several slashes, case.
            (
                "groq/openai/gpt-oss-120b",
                None,
                "catalogue_id: groq|openai/gpt-oss-120b",
            ),
            (
                "groq/openai/gpt-oss-999b",
                None,
                "prefix: groq|openai/gpt-oss-999b",
            ),
            (
                "ollama/deepseek-r1:1.5b",
                None,
                "catalogue_id: ollama|deepseek-r1:1.5b",
            ),
            (
                "ollama/deepseek-r1:70b",
                None,
                "prefix: ollama|deepseek-r1:70b",
            ),
            ("OpenAI/gpt-5", None, "prefix: openai|gpt-5"),
            (
                "ollama/hf.co/a/b/c:Q8_0",
                None,
                "prefix: ollama|hf.co/a/b/c:Q8_0",
            ),
            ("openai//x", None, "prefix: openai|/x"),
        ],
    );
}

#[test]
fn bare_names_go_to_who_lists_them() {
    let setup = Setup::new(ALL, |_| {});
    assert_cases(
        &setup,
        &[
            ("gpt-4o", None, "bare_name: openai|gpt-4o"),
            (
                "deepseek-r1:1.5b",
                None,
                "bare_name: ollama|deepseek-r1:1.5b",
            ),
            (
                "hf.co/bartowski/Qwen2.5-7B-GGUF:Q4_K_M",
                None,
                "catalogue_id: ollama|hf.co/bartowski/Qwen2.5-7B-GGUF:Q4_K_M",
            ),
        ],
    );
    let several: World<'_> = &[
        ("a", Some(&["m"])),
        ("b", Some(&["m"])),
        ("c", Some(&["m", "x/m"])),
    ];
    let setup = Setup::new(several, |_| {});
    assert_cases(&setup, &[("m", None, "bare_name: a|m, b|m, c|m")]);
    let setup = Setup::new(several, |parts| {
        parts.default_order = ["not-configured", "C", "b"].map(str::to_owned).to_vec();
    });
    assert_cases(&setup, &[("m", None, "bare_name: c|m, b|m, a|m")]);
}

#[test]
fn the_provider_query_pins_and_strips_only_its_own_prefix() {
    let setup = Setup::new(ALL, |parts| {
        parts.aliases = vec![alias("fast", &["groq/x"])];
    });
    assert_cases(
        &setup,
        &[
            (
                "ollama/deepseek-r1:1.5b",
                Some("ollama"),
                "provider_query: ollama|deepseek-r1:1.5b",
            ),
            (
                "deepseek-r1:1.5b",
                Some("ollama"),
                "provider_query: ollama|deepseek-r1:1.5b",
            ),
            (
                "openai/gpt-oss-120b",
                Some("groq"),
                "provider_query: groq|openai/gpt-oss-120b",
            ),
            (
                "openrouter/auto",
                Some("openrouter"),
                "provider_query: openrouter|openrouter/auto",
            ),
            (
                "openrouter/openai/gpt-4o",
                Some("openrouter"),
                "provider_query: openrouter|openai/gpt-4o",
            ),
            (
                "openai/gpt-4o",
                Some("openrouter"),
                "provider_query: openrouter|openai/gpt-4o",
            ),
            (
                "Ollama/x",
                Some("ollama"),
                "provider_query: ollama|Ollama/x",
            ),
            ("ollama/x", Some("OLLAMA"), "provider_query: ollama|x"),
            ("ollama/", Some("ollama"), "provider_query: ollama|ollama/"),
            (
                "ollamas/x",
                Some("ollama"),
                "provider_query: ollama|ollamas/x",
            ),
            ("fast", Some("openai"), "provider_query: openai|fast"),
            ("gpt-4o", Some(""), "bare_name: openai|gpt-4o"),
        ],
    );
}

#[test]
fn unknown_and_unconfigured_providers_are_told_apart() {
    let setup = Setup::new(&[("openai", Some(OPENAI)), ("lab", None)], |parts| {
        parts.known_vendors = vec![KnownVendor {
            id: "groq".into(),
            needs: "set `GROQ_API_KEY`".into(),
        }];
    });
    let error = |query| {
        setup
            .ask("m", Some(query), Operation::Chat)
            .answer
            .unwrap_err()
    };
    assert_eq!(
        error("bogus"),
        ResolveError::UnknownProvider {
            provider: "bogus".into(),
            known: vec!["openai".into(), "lab".into()],
            more: 0,
        }
    );
    assert_eq!(
        error("GROQ"),
        ResolveError::ProviderNotConfigured {
            provider: "groq".into(),
            needs: "set `GROQ_API_KEY`".into()
        }
    );
    // As a prefix it is no choice of a provider, but the hint helps.
    assert_eq!(
        setup.explain("groq/llama", None),
        "The model `groq/llama` does not exist here. The provider `groq` is not configured: set `GROQ_API_KEY`."
    );
}

#[test]
fn aliases_come_before_ids_and_prefixes_and_keep_their_case() {
    let setup = Setup::new(ALL, |parts| {
        parts.aliases = vec![
            alias("gpt-4o", &["groq/llama-3.3-70b-versatile", "openai/gpt-4o"]),
            alias("openai/gpt-4o", &["openrouter/openai/gpt-4o"]),
            alias("default", &["vllm/Qwen/Qwen2.5-7B-Instruct"]),
        ];
    });
    assert_cases(
        &setup,
        &[
            (
                "gpt-4o",
                None,
                "alias: groq|llama-3.3-70b-versatile, openai|gpt-4o",
            ),
            ("openai/gpt-4o", None, "alias: openrouter|openai/gpt-4o"),
            ("default", None, "alias: vllm|Qwen/Qwen2.5-7B-Instruct"),
            (
                "Gpt-4o",
                None,
                "The model `Gpt-4o` does not exist here. Did you mean `gpt-4o`, `openai/gpt-4o`?",
            ),
        ],
    );
}

#[test]
fn of_many_providers_some_are_named_and_each_is_found() {
    let names: Vec<String> = (0..1_000).map(|n| format!("Lab-{n}")).collect();
    let world: Vec<(&str, Option<&[&str]>)> = names
        .iter()
        .map(|name| (name.as_str(), Some(&[][..])))
        .collect();
    let setup = Setup::new(&world, |_| {});
    let unknown = setup.explain("m", Some("bogus"));
    assert!(
        unknown.ends_with("Lab-18, Lab-19, and 980 more."),
        "{unknown}"
    );
    assert_eq!(setup.explain("lab-999/m", None), "prefix: Lab-999|m");
    assert_eq!(setup.explain("m", Some("LAB-7")), "provider_query: Lab-7|m");
}

#[test]
fn a_typo_among_ten_thousand_aliases_is_understood() {
    let setup = Setup::new(&[("lab", Some(&[]))], |parts| {
        let name = |n: usize| format!("team-{:02}-model-{:03}", n / 100, n % 100);
        let aliases = (0..10_000).map(|n| alias(&name(n), &["lab/m"]));
        parts.aliases = aliases.collect();
    });
    for typo in ["taem-17-model-042", "team-17-modl-042", "Team-17-model-42"] {
        let told = setup.explain(typo, None);
        assert!(told.contains("`team-17-model-042`"), "{told}");
    }
}
