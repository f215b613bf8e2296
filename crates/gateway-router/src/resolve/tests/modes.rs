//! What the configuration changes: defaults, modes, wildcards, policy, capabilities, pending lists.

use super::*;

#[test]
fn default_stands_for_the_configured_model_or_the_only_one() {
    let with_default = |model: &str| {
        let model = model.to_owned();
        Setup::new(ALL, move |parts| {
            parts.aliases = vec![alias("fast", &["groq/x"])];
            parts.default_model = Some(model);
        })
    };
    for (model, expected) in [
        ("gpt-4o", "default: openai|gpt-4o"),
        ("groq/new", "default: groq|new"),
        ("fast", "default: groq|x"),
        (
            "Qwen/Qwen2.5-7B-Instruct",
            "default: vllm|Qwen/Qwen2.5-7B-Instruct",
        ),
    ] {
        assert_eq!(with_default(model).explain("default", None), expected);
    }
    let unset = "The model `default` does not exist here. No default model is set: \
                 set `DEFAULT_MODEL`, or give an alias named `default`.";
    assert_eq!(Setup::new(ALL, |_| {}).explain("default", None), unset);
    assert_eq!(with_default("default").explain("default", None), unset);

    let single = |ids: Option<&[&str]>| {
        Setup::new(&[("vllm", ids)], |parts| parts.single_backend = true).chat("default")
    };
    assert_eq!(
        explained(&single(Some(&["Qwen/Q"]))),
        "default: vllm|Qwen/Q"
    );
    assert_eq!(explained(&single(Some(&["a", "b"]))), unset);
    assert_eq!(
        explained(&single(Some(&["a", "default"]))),
        "single_backend: vllm|default"
    );
    assert_eq!(single(None).patience, Patience::Long);
    assert_eq!(single(Some(&["a", "b"])).patience, Patience::None);
}

#[test]
fn a_single_backend_gets_every_name_verbatim() {
    for ids in [None, Some(VLLM)] {
        let setup = Setup::new(&[("vllm", ids)], |parts| {
            parts.single_backend = true;
            parts.aliases = vec![alias("fast", &["vllm/Qwen/Qwen2.5-7B-Instruct"])];
        });
        for model in [
            "Qwen/Qwen2.5-7B-Instruct",
            "vllm/x",
            "x",
            " x ",
            "openai/gpt-oss-20b",
            "a/b/c:d",
        ] {
            assert_eq!(
                setup.explain(model, None),
                format!("single_backend: vllm|{model}")
            );
            assert_eq!(setup.chat(model).patience, Patience::None);
        }
        assert_eq!(
            setup.explain("fast", None),
            "alias: vllm|Qwen/Qwen2.5-7B-Instruct"
        );
        assert_eq!(
            setup.explain("vllm/x", Some("vllm")),
            "provider_query: vllm|x"
        );
    }
}

#[test]
fn wildcards_yield_to_everything_exact_and_to_the_more_specific() {
    let setup = Setup::new(ALL, |parts| {
        parts.aliases = vec![
            alias("*", &["openrouter/*"]),
            alias("claude-*", &["openrouter/anthropic/claude-*"]),
            alias("claude-haiku-4-5-*", &["groq/llama-3.3-70b-versatile"]),
            alias("*-latest", &["openrouter/*"]),
            alias("gpt-*", &["groq/*", "vllm/fixed"]),
        ];
    });
    assert_cases(
        &setup,
        &[
            (
                "claude-opus-4-7",
                None,
                "wildcard: openrouter|anthropic/claude-opus-4-7",
            ),
            (
                "claude-haiku-4-5-20251001",
                None,
                "wildcard: groq|llama-3.3-70b-versatile",
            ),
            (
                "claude-latest",
                None,
                "wildcard: openrouter|anthropic/claude-latest",
            ),
            ("x-latest", None, "wildcard: openrouter|x"),
            ("gpt-5", None, "wildcard: groq|5, vllm|fixed"),
            ("gpt-4o", None, "bare_name: openai|gpt-4o"),
            ("claude-", None, "wildcard: openrouter|claude-"),
            (
                "someone/some-model",
                None,
                "wildcard: openrouter|someone/some-model",
            ),
            ("openai/o9", None, "prefix: openai|o9"),
        ],
    );
    let known = |model| {
        setup
            .chat(model)
            .answer
            .unwrap()
            .targets()
            .map(|t| t.known)
            .collect::<Vec<_>>()
    };
    assert_eq!(known("claude-haiku-4-5-1"), [true]);
    assert_eq!(known("gpt-5"), [false, true]);
    assert_eq!(known("gpt-4o"), [true]);
    assert_eq!(known("openai/o9"), [false]);
}

#[test]
fn what_leads_nowhere_is_an_error_with_a_hint() {
    let setup = Setup::new(ALL, |_| {});
    let general =
        "Name it as `provider/model` or add `?provider=`; `GET /v1/models` lists what there is.";
    assert_cases(
        &setup,
        &[
            ("", None, "The request needs a `model`: a non-empty string."),
            (
                "",
                Some("bogus"),
                "The request needs a `model`: a non-empty string.",
            ),
            (
                "nothing-like-it",
                None,
                &format!("The model `nothing-like-it` does not exist here. {general}"),
            ),
            (
                "openai/",
                None,
                &format!("The model `openai/` does not exist here. {general}"),
            ),
            (
                "/gpt-4o",
                None,
                "The model `/gpt-4o` does not exist here. Did you mean `openai/gpt-4o`?",
            ),
            (
                "qwen-trubo",
                None,
                "The model `qwen-trubo` does not exist here. Did you mean `qwen/qwen-turbo`?",
            ),
            (
                "opnai/gpt-4o",
                None,
                "The model `opnai/gpt-4o` does not exist here. Did you mean `openai/gpt-4o`, `openrouter/openai/gpt-4o`?",
            ),
            (
                "openaigpt-4o",
                None,
                "The model `openaigpt-4o` does not exist here. Did you mean `openai/gpt-4o`, `openrouter/openai/gpt-4o`?",
            ),
            (
                " gpt-4o",
                None,
                "The model ` gpt-4o` does not exist here. Did you mean `openai/gpt-4o`?",
            ),
        ],
    );
    let long = "x\n".repeat(5_000);
    let text = setup.explain(&long, None);
    assert!(text.len() < 600 && !text.contains('\n'), "{text}");
    let empty = Setup::new(&[], |_| {});
    assert_eq!(
        empty.chat("gpt-4o").answer.unwrap_err(),
        ResolveError::NoBackend
    );
}

#[test]
fn an_operation_that_nobody_offers_is_refused_and_others_are_passed_over() {
    let world: World<'_> = &[("tgi", Some(&["m", "t"])), ("vllm", Some(&["m"]))];
    let tgi = Arc::new(Scripted::new("tgi", []).offering(&[Operation::Chat]));
    let setup = Setup::with(vec![tgi, provider("vllm", &[])], world, |_| {});
    let refused = setup
        .ask("tgi/m", None, Operation::Embeddings)
        .answer
        .unwrap_err();
    assert_eq!(
        refused,
        ResolveError::UnsupportedOperation {
            provider: "tgi".into(),
            operation: Operation::Embeddings
        }
    );
    assert_eq!(
        explained(&setup.ask("m", None, Operation::Embeddings)),
        "bare_name: vllm|m"
    );
    assert_eq!(explained(&setup.chat("m")), "bare_name: tgi|m, vllm|m");
}

#[test]
fn the_policy_judges_the_target_whatever_the_spelling() {
    let deny = Setup::new(ALL, |parts| {
        parts.policy = ModelPolicy::parse("", "openai/gpt-4o, gpt-oss-120b, Fast");
        parts.aliases = vec![
            alias("fast", &["groq/llama"]),
            alias("smart", &["openai/gpt-4o", "openai/gpt-4o-mini"]),
            alias("big", &["groq/openai/gpt-oss-120b"]),
            alias("o-*", &["openai/*"]),
        ];
    });
    let refused = |model: &str| {
        format!("The model `{model}` is not allowed by this gateway's configuration.")
    };
    assert_cases(
        &deny,
        &[
            ("openai/gpt-4o", None, &refused("openai/gpt-4o")),
            ("gpt-4o", None, &refused("gpt-4o")),
            ("OPENAI/GPT-4O", None, &refused("OPENAI/GPT-4O")),
            ("openai/gpt-4o ", None, &refused("openai/gpt-4o ")),
            ("gpt-4o", Some("openai"), &refused("gpt-4o")),
            ("openai/gpt-4o", Some("openai"), &refused("openai/gpt-4o")),
            ("openai/gpt-oss-120b", None, &refused("openai/gpt-oss-120b")),
            (
                "groq/openai/gpt-oss-120b",
                None,
                &refused("groq/openai/gpt-oss-120b"),
            ),
            ("fast", None, &refused("fast")),
            ("big", None, &refused("big")),
            ("o-gpt-4o", None, &refused("o-gpt-4o")),
            ("smart", None, "alias: openai|gpt-4o-mini"),
            ("o-gpt-4o-mini", None, "wildcard: openai|gpt-4o-mini"),
            (
                "openai/gpt-4o-mini",
                None,
                "catalogue_id: openai|gpt-4o-mini",
            ),
        ],
    );
    let allow = Setup::new(ALL, |parts| {
        parts.policy = ModelPolicy::parse("gpt-4o, fast", "gpt-4o");
        parts.aliases = vec![
            alias("fast", &["groq/llama"]),
            alias("smart", &["openai/gpt-4o"]),
        ];
        parts.default_model = Some("gpt-4o".into());
    });
    assert_cases(
        &allow,
        &[
            ("fast", None, "alias: groq|llama"),
            ("openai/gpt-4o", None, "catalogue_id: openai|gpt-4o"),
            ("GPT-4O", Some("openai"), "provider_query: openai|GPT-4O"),
            ("default", None, "default: openai|gpt-4o"),
            ("smart", None, &refused("smart")),
            ("groq/llama", None, &refused("groq/llama")),
            ("no-such-thing", None, &refused("no-such-thing")),
        ],
    );
}

#[test]
fn a_pending_list_is_waited_for_only_where_it_could_change_the_answer() {
    let cold: World<'_> = &[("openai", None), ("vllm", None), ("qwen", None)];
    let half: World<'_> = &[
        ("openai", Some(OPENAI)),
        ("vllm", None),
        ("qwen", Some(QWEN)),
    ];
    let warm: World<'_> = &[
        ("openai", Some(OPENAI)),
        ("vllm", Some(VLLM)),
        ("qwen", Some(QWEN)),
    ];
    let patience = |world, model, query| {
        let aliases =
            |parts: &mut TableParts| parts.aliases = vec![alias("fast", &["openai/gpt-4o"])];
        Setup::new(world, aliases)
            .ask(model, query, Operation::Chat)
            .patience
    };
    for (model, query, [when_cold, when_half]) in [
        ("openai/gpt-4o", None, [Patience::Short, Patience::None]),
        (
            "openai/gpt-oss-20b",
            None,
            [Patience::Short, Patience::Short],
        ),
        (
            "Qwen/Qwen2.5-7B-Instruct",
            None,
            [Patience::Short, Patience::Short],
        ),
        ("gpt-4o", None, [Patience::Long, Patience::None]),
        ("qwen-max", None, [Patience::Long, Patience::Short]),
        ("nothing", None, [Patience::Long, Patience::Long]),
        ("fast", None, [Patience::None, Patience::None]),
        ("x", Some("vllm"), [Patience::None, Patience::None]),
        ("vllm/x", Some("vllm"), [Patience::Short, Patience::Short]),
        ("x", Some("bogus"), [Patience::None, Patience::None]),
    ] {
        assert_eq!(patience(cold, model, query), when_cold, "{model} cold");
        assert_eq!(patience(half, model, query), when_half, "{model} half");
        assert_eq!(patience(warm, model, query), Patience::None, "{model} warm");
    }
    // Prefixes work without any list.
    let setup = Setup::new(cold, |_| {});
    assert_cases(
        &setup,
        &[("qwen/qwen-turbo", None, "prefix: qwen|qwen-turbo")],
    );
}

#[test]
fn a_refused_listing_may_wait_for_one_that_is_allowed() {
    let world: World<'_> = &[("openai", Some(&["m"])), ("other", None)];
    let setup = Setup::new(world, |parts| {
        parts.policy = ModelPolicy::parse("", "openai/m");
    });
    let verdict = setup.chat("m");
    assert!(matches!(
        verdict.answer,
        Err(ResolveError::ModelNotAllowed { .. })
    ));
    assert_eq!(verdict.patience, Patience::Long);
    assert_eq!(setup.chat("openai/m").patience, Patience::None);
}

#[test]
fn parts_that_contradict_each_other_make_no_table() {
    let error = |names: &[&str], more: fn(&mut TableParts)| {
        let providers = names
            .iter()
            .map(|name| provider(name, &[]) as SharedProvider)
            .collect();
        let mut parts = TableParts {
            providers,
            ..TableParts::default()
        };
        more(&mut parts);
        RoutingTable::new(parts).unwrap_err()
    };
    let none = |_: &mut TableParts| {};
    assert_eq!(
        error(&["a", "A"], none),
        TableError::DuplicateProvider("A".into())
    );
    assert_eq!(
        error(&["a/b"], none),
        TableError::ProviderName("a/b".into())
    );
    assert_eq!(
        error(&["a", "b"], |parts| parts.single_backend = true),
        TableError::NotOneBackend(2)
    );
    let of = |aliases: fn(&mut TableParts)| error(&["a"], aliases);
    assert_eq!(
        of(|p| p.aliases = vec![alias("x", &[])]),
        TableError::NoTarget("x".into())
    );
    assert_eq!(
        of(|p| p.aliases = vec![alias("*x*", &["a/m"])]),
        TableError::AliasName("*x*".into())
    );
    for name in ["x", "x-*"] {
        let twice = vec![alias(name, &["a/m"]), alias(name, &["a/n"])];
        let parts = TableParts {
            providers: vec![provider("a", &[])],
            aliases: twice,
            ..Default::default()
        };
        assert_eq!(
            RoutingTable::new(parts).unwrap_err(),
            TableError::DuplicateAlias(name.into())
        );
    }
    assert_eq!(
        of(|p| p.aliases = vec![alias("x", &["b/m"])]),
        TableError::UnknownTarget {
            alias: "x".into(),
            provider: "b".into()
        }
    );
    for text in ["", "a", "/m", "a/"] {
        assert_eq!(text.parse::<AliasTarget>(), Err(InvalidTarget(text.into())));
    }
}
