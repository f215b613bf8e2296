//! Rule 1: the same model at each provider of a sequence; and when a default sequence counts.

use super::*;

fn ask(setup: &Setup, model: &str, sequence: &[&str], default_sequence: &[&str]) -> Verdict {
    let owned =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let (sequence, default_sequence) = (owned(sequence), owned(default_sequence));
    let request = ModelRequest {
        sequence: Some(&sequence),
        default_sequence: Some(&default_sequence),
        ..ModelRequest::new(model, Operation::Chat)
    };
    resolve(&request, &setup.table, &setup.catalogue)
}

fn explain(setup: &Setup, model: &str, sequence: &[&str]) -> String {
    explained(&ask(setup, model, sequence, &[]))
}

fn world() -> Setup {
    Setup::new(ALL, |parts| {
        parts.aliases = vec![
            alias("smart", &["vllm/a", "groq/b", "groq/c"]),
            alias("claude-*", &["openrouter/anthropic/claude-*"]),
            alias("openai/pinned", &["groq/x"]),
        ];
        parts.default_model = Some("qwen/turbo".to_owned());
        let vendor = |id: &str| KnownVendor {
            id: id.to_owned(),
            needs: "set `KEY`".to_owned(),
        };
        parts.known_vendors = vec![vendor("azure"), vendor("mistral")];
    })
}

#[test]
fn each_provider_is_asked_under_its_own_name() {
    let setup = world();
    let both = &["openai", "groq"][..];
    for (model, sequence, targets) in [
        ("m", both, "openai|m, groq|m"),
        ("m", &["groq", "OpenAI"], "groq|m, openai|m"),
        ("openai/m", both, "openai|m, groq|m"),
        ("GROQ/a/b:c", both, "openai|a/b:c, groq|a/b:c"),
        ("qwen/m", both, "openai|qwen/m, groq|qwen/m"),
        ("openai/", both, "openai|openai/, groq|openai/"),
        // An id of the provider's own begins with its name.
        (
            "openrouter/auto",
            &["openrouter", "openai"],
            "openrouter|openrouter/auto, openai|auto",
        ),
        // Aliases: their targets at each provider, and the name itself elsewhere.
        (
            "smart",
            &["groq", "vllm", "openai"],
            "groq|b, groq|c, vllm|a, openai|smart",
        ),
        ("openai/pinned", both, "openai|pinned, groq|x"),
        (
            "claude-9",
            &["openai", "openrouter"],
            "openai|claude-9, openrouter|anthropic/claude-9",
        ),
        ("default", both, "openai|qwen/turbo, groq|qwen/turbo"),
        ("default", &["qwen"], "qwen|turbo"),
        // Who is not configured is passed over; its prefix is one all the same.
        ("azure/m", &["azure", "openai"], "openai|m"),
    ] {
        let expected = format!("failover_sequence: {targets}");
        assert_eq!(
            explain(&setup, model, sequence),
            expected,
            "{model} {sequence:?}"
        );
    }
    assert_eq!(
        explain(&setup, "gpt-4o", &[]),
        "bare_name: openai|gpt-4o",
        "empty is absent"
    );
}

#[test]
fn names_that_do_not_fit() {
    let setup = world();
    let error = |sequence: &[&str]| ask(&setup, "m", sequence, &[]).answer.unwrap_err();
    assert!(
        matches!(error(&["openai", "bogus"]), ResolveError::UnknownProvider { provider, .. } if provider == "bogus")
    );
    assert!(
        matches!(error(&["mistral", "azure"]), ResolveError::ProviderNotConfigured { provider, .. } if provider == "mistral")
    );
    assert!(matches!(
        ask(&setup, "", &["openai"], &[]).answer,
        Err(ResolveError::ModelMissing)
    ));
}

#[test]
fn a_default_sequence_yields_to_whoever_says_where_it_goes() {
    let setup = world();
    for (model, expected) in [
        ("gpt-4o", "failover_sequence: openai|gpt-4o, groq|gpt-4o"),
        ("groq/new", "failover_sequence: openai|new, groq|new"),
        ("nowhere", "failover_sequence: openai|nowhere, groq|nowhere"),
        ("vllm/new", "prefix: vllm|new"),
        ("llama3", "bare_name: ollama|llama3"),
        ("smart", "alias: vllm|a, groq|b, groq|c"),
        ("claude-9", "wildcard: openrouter|anthropic/claude-9"),
        ("openai/pinned", "alias: groq|x"),
    ] {
        let verdict = ask(&setup, model, &[], &["openai", "groq"]);
        assert_eq!(explained(&verdict), expected, "{model}");
    }
    let names = ["openai".to_owned(), "groq".to_owned()];
    let pinned = ModelRequest {
        provider_query: Some("openai"),
        default_sequence: Some(&names),
        ..ModelRequest::new("gpt-4o", Operation::Chat)
    };
    let verdict = resolve(&pinned, &setup.table, &setup.catalogue);
    assert_eq!(explained(&verdict), "provider_query: openai|gpt-4o");
}

#[test]
fn who_may_move_on_and_who_may_not() {
    let setup = world();
    let moves_on = |verdict: Verdict| verdict.answer.unwrap().moves_on;
    assert!(moves_on(setup.chat("smart")));
    assert!(moves_on(ask(&setup, "m", &["openai", "groq"], &[])));
    assert!(!moves_on(setup.chat("openai/gpt-oss-20b")));
    assert!(!moves_on(setup.chat("gpt-4o")));
}

#[test]
fn the_policy_is_held_against_every_target() {
    let with = |allowed: &str, denied: &str| {
        Setup::new(ALL, |parts| {
            parts.aliases = vec![alias("smart", &["groq/b"])];
            parts.policy = ModelPolicy::parse(allowed, denied);
        })
    };
    let both = &["openai", "groq"];
    for (allowed, denied, model, expected) in [
        ("groq/m", "", "m", "failover_sequence: groq|m"),
        ("", "openai/m", "openai/m", "failover_sequence: groq|m"),
        // Who may use the alias may use its target, and nothing else under that name.
        (
            "smart",
            "",
            "smart",
            "failover_sequence: openai|smart, groq|b",
        ),
        ("", "b", "smart", "failover_sequence: openai|smart"),
        (
            "",
            "smart",
            "smart",
            "The model `smart` is not allowed by this gateway's configuration.",
        ),
        (
            "other",
            "",
            "m",
            "The model `m` is not allowed by this gateway's configuration.",
        ),
    ] {
        let setup = with(allowed, denied);
        assert_eq!(
            explain(&setup, model, both),
            expected,
            "{allowed}|{denied}|{model}"
        );
    }
}

#[test]
fn a_pending_list_is_waited_for_only_where_it_could_know_better() {
    let setup = Setup::new(&[("openrouter", None), ("openai", Some(OPENAI))], |_| {});
    let both = &["openai", "openrouter"];
    assert_eq!(ask(&setup, "gpt-4o", both, &[]).patience, Patience::None);
    assert_eq!(
        ask(&setup, "openrouter/auto", both, &[]).patience,
        Patience::Short
    );
}

#[test]
fn one_backend_gets_every_name_verbatim_in_a_sequence_too() {
    let setup = Setup::new(&[("vllm", None)], |parts| parts.single_backend = true);
    assert_eq!(
        explain(&setup, "vllm/x", &["vllm"]),
        "failover_sequence: vllm|vllm/x"
    );
}
