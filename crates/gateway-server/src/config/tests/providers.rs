//! Which upstreams there are, in which order, and with whose key.

use gateway_providers::auth::Credential;

use super::*;
use crate::config::{Mode, ProviderSource};

/// The credential that a provider sends, as text.
fn credential(settings: &Settings, name: &str) -> Option<String> {
    let provider = settings
        .providers
        .iter()
        .find(|provider| provider.settings.name == name)?;
    match &provider.settings.credential {
        Credential::Header { value, .. } => value.to_str().ok().map(str::to_owned),
        Credential::Query { secret, .. } => Some(secret.expose().to_owned()),
        Credential::Aws(_) | Credential::None => None,
    }
}

#[test]
fn the_issues_example_is_accepted() {
    let text = r#"
[server]
listen = ["127.0.0.1:8080"]          # SERVER_HOST + SERVER_PORT, or LISTEN, override it

[auth]
api_keys = ["${GATEWAY_KEY}"]        # API_KEYS overrides it

[providers.groq]                     # the name is the vendor's where no vendor is given
api_key = "${GROQ_API_KEY}"

[providers.lab]                      # any number of providers of one vendor
vendor = "vllm"
base_url = "http://10.0.0.5:8000/v1" # GROQ_API_URL-like variables override a vendor's default

[models.default]                     # an alias: public name, targets in order
targets = ["lab/Qwen/Qwen2.5-7B-Instruct", "groq/llama-3.3-70b-versatile"]
"#;
    let settings = good(text, &[("GATEWAY_KEY", KEY), ("GROQ_API_KEY", "gsk-1")]);
    assert_eq!(settings.mode, Mode::MultiProvider);
    assert_eq!(
        places(&settings),
        [
            "groq=https://api.groq.com/openai/v1",
            "lab=http://10.0.0.5:8000/v1"
        ]
    );
    assert_eq!(
        routes(&settings),
        ["default -> lab/Qwen/Qwen2.5-7B-Instruct, groq/llama-3.3-70b-versatile"]
    );
    assert_eq!(
        credential(&settings, "groq").as_deref(),
        Some("Bearer gsk-1")
    );
    assert!(settings.demo.is_none());
    assert!(
        settings
            .known_vendors
            .iter()
            .any(|vendor| vendor.id == "openai" && vendor.needs.contains("OPENAI_API_KEY"))
    );
    assert!(
        settings
            .known_vendors
            .iter()
            .all(|vendor| vendor.id != "groq")
    );
}

#[test]
fn with_nothing_configured_the_demo_answers() {
    let settings = load(None, &Environment::default(), &Flags::default()).unwrap();
    assert_eq!(settings.mode, Mode::Demo);
    assert!(settings.demo.is_some() && settings.providers.is_empty());
    assert_eq!(routes(&settings), ["default -> demo/chat"]);
    assert_eq!(addresses(&settings), ["127.0.0.1:8080"]);
    let own = good(
        "[demo]\npace = '1ms'\n[models.default]\ntargets = ['demo/reasoning']\n",
        &[],
    );
    assert_eq!(routes(&own), ["default -> demo/reasoning"]);
    assert_eq!(own.demo.unwrap().pace.as_millis(), 1);
}

#[test]
fn the_demo_leaves_when_something_real_is_there_unless_it_is_asked_for() {
    let groq = ("GROQ_API_KEY", "gsk-1");
    assert!(good("", &[groq]).demo.is_none());
    for asked in [
        "[providers.demo]\n",
        "[demo]\nenabled = true\n",
        "[providers.demo]\nvendor = 'demo'\n",
    ] {
        let settings = good(asked, &[groq]);
        assert!(settings.demo.is_some(), "{asked}");
        assert_eq!(settings.mode, Mode::MultiProvider, "{asked}");
    }
    assert!(
        good("[providers.demo]\nenabled = false\n", &[groq])
            .demo
            .is_none()
    );
    assert_eq!(good("[providers.demo]\n", &[]).mode, Mode::Demo);
}

#[test]
fn the_environment_switches_vendors_on_after_those_of_the_file() {
    let keys = [
        ("GROQ_API_KEY", "gsk-1"),
        ("OPENAI_API_KEY", "sk-1"),
        ("MISTRAL_API_KEY", "m-1"),
        ("XAI_API_KEY", ""),
    ];
    let names = |text: &str| -> Vec<String> {
        good(text, &keys)
            .providers
            .iter()
            .map(|p| p.settings.name.clone())
            .collect()
    };
    assert_eq!(
        names(""),
        ["openai", "mistral", "groq"],
        "in the order of the catalogue"
    );
    let file = "[providers.zeta]\nvendor = 'vllm'\nbase_url = 'http://h'\n[providers.alpha]\nvendor = 'mistral'\n";
    assert_eq!(
        names(file),
        ["zeta", "alpha", "openai", "groq"],
        "as written; a vendor that is written is not added"
    );
    assert_eq!(
        names("[features]\ndiscover_providers = false\n[providers.groq]\n"),
        ["groq"]
    );
    assert_eq!(
        names("[providers.openai]\nenabled = false\n"),
        ["mistral", "groq"]
    );
    let settings = good("", &keys);
    assert_eq!(
        settings.providers[2].source,
        ProviderSource::Environment(vec!["GROQ_API_KEY".to_owned()])
    );
}

#[test]
fn a_vendors_variables_fill_what_the_file_leaves_open() {
    let keys = [
        ("GROQ_API_KEY", "gsk-1"),
        ("GROQ_API_URL", "http://proxy:9/openai/v1"),
    ];
    let settings = good("[providers.groq]\n", &keys);
    assert_eq!(places(&settings), ["groq=http://proxy:9/openai/v1"]);
    assert_eq!(
        credential(&settings, "groq").as_deref(),
        Some("Bearer gsk-1")
    );
    let settings = good(
        "[providers.groq]\napi_key = 'own'\nbase_url = 'https://own.test/v1'\n",
        &keys,
    );
    assert_eq!(places(&settings), ["groq=https://own.test/v1"]);
    assert_eq!(credential(&settings, "groq").as_deref(), Some("Bearer own"));
}

#[test]
fn a_vendors_key_is_not_sent_to_another_place_that_the_file_names() {
    let keys = [("OPENAI_API_KEY", "sk-1"), ("VLLM_API_KEY", "v-1")];
    let elsewhere = "[providers.openai]\nbase_url = 'https://elsewhere.test/v1'\n";
    let problems = bad(elsewhere, &keys);
    assert!(
        problems[0].contains("providers.openai.api_key: vendor `openai` needs a credential"),
        "{problems:?}"
    );
    let home = good(
        "[providers.openai]\nbase_url = 'https://api.openai.com/v1/'\n",
        &keys,
    );
    assert_eq!(credential(&home, "openai").as_deref(), Some("Bearer sk-1"));
    let lab = good(
        "[providers.lab]\nvendor = 'vllm'\nbase_url = 'http://10.0.0.5:8000'\n",
        &keys,
    );
    assert_eq!(credential(&lab, "lab"), None);
}

#[test]
fn one_backend_takes_names_as_they_are() {
    let url = ("BACKEND_URL", "http://host:8000");
    for (variables, place) in [
        (vec![url], "backend=http://host:8000/v1"),
        (vec![url, ("BACKEND", "vllm")], "vllm=http://host:8000/v1"),
        (
            vec![("BACKEND", "openai"), ("OPENAI_API_KEY", "sk-1")],
            "openai=https://api.openai.com/v1",
        ),
        (
            vec![url, ("BACKEND", "tgi"), ("GROQ_API_KEY", "gsk-1")],
            "tgi=http://host:8000/v1",
        ),
    ] {
        let settings = good("", &variables);
        assert_eq!(settings.mode, Mode::SingleBackend, "{variables:?}");
        assert_eq!(places(&settings), [place], "{variables:?}");
        assert!(settings.demo.is_none() && settings.aliases.is_empty());
    }
    let aliased = good(
        "[models.small]\ntargets = ['Qwen/Qwen2.5-7B', 'plain', 'vllm/x']\n",
        &[url, ("BACKEND", "vllm")],
    );
    assert_eq!(
        routes(&aliased),
        ["small -> vllm/Qwen/Qwen2.5-7B, vllm/plain, vllm/x"]
    );
    let key = good(
        "",
        &[
            url,
            ("BACKEND", "openai"),
            ("BACKEND_API_KEY", "own"),
            ("OPENAI_API_KEY", "sk-1"),
        ],
    );
    assert_eq!(credential(&key, "openai").as_deref(), Some("Bearer own"));
}

#[test]
fn every_kind_of_backend_that_is_promised_is_there() {
    for kind in [
        "vllm", "sglang", "tgi", "ollama", "localai", "llamacpp", "openai",
    ] {
        let settings = good(
            "",
            &[
                ("BACKEND", kind),
                ("BACKEND_URL", "http://h:1/v1"),
                ("BACKEND_API_KEY", "k"),
            ],
        );
        assert_eq!(places(&settings), [format!("{kind}=http://h:1/v1")]);
    }
}

#[test]
fn a_backend_beside_providers_is_the_first_of_them() {
    let settings = good(
        "[providers.groq]\napi_key = 'k'\n",
        &[("BACKEND_URL", "http://host:8000")],
    );
    assert_eq!(settings.mode, Mode::MultiProvider);
    assert_eq!(settings.providers.len(), 2);
    assert_eq!(settings.providers[0].source, ProviderSource::Backend);
    assert_eq!(settings.warnings.len(), 1);
}

#[test]
fn a_vendor_of_ones_own_is_as_good_as_a_built_in_one() {
    let settings = good(
        "[vendors.acme]\nbase_url = 'https://api.acme.test/v2'\noperations = ['chat']\nauth = 'x-header'\n\
         [providers.acme]\napi_key = 'k'\n[providers.two]\nvendor = 'acme'\napi_key = 'k'\n\
         headers = { 'x-team' = 't' }\ntimeouts = { connect = '1s' }\n",
        &[],
    );
    assert_eq!(
        places(&settings),
        [
            "acme=https://api.acme.test/v2",
            "two=https://api.acme.test/v2"
        ]
    );
    assert_eq!(credential(&settings, "two").as_deref(), Some("k"));
    assert_eq!(settings.providers[1].settings.headers["x-team"], "t");
    assert_eq!(
        settings.providers[1].connection.connect_timeout.as_secs(),
        1
    );
    assert_eq!(
        settings.providers[0].connection.connect_timeout.as_secs(),
        10
    );
}

#[test]
fn aliases_of_aliases_are_followed_and_switched_off_providers_left_out() {
    let settings = good(
        "[providers.a]\nvendor = 'vllm'\nbase_url = 'http://a'\n[providers.b]\nenabled = false\nvendor = 'vllm'\n\
         [models.both]\ntargets = ['one', 'b/y', 'a/z']\n[models.one]\ntargets = 'a/x'\nhidden = true\n\
         [models.'claude-*']\ntargets = ['a/*']\n",
        &[],
    );
    assert_eq!(
        routes(&settings),
        ["both -> a/x, a/z", "one -> a/x", "claude-* -> a/*"]
    );
    assert_eq!(
        settings.warnings,
        ["models.both.targets[1]: `b/y` is left out, as the provider is switched off"]
    );
}

#[test]
fn the_default_model_of_the_environment_stands_above_the_file() {
    let lab = "[providers.lab]\nvendor = 'vllm'\nbase_url = 'http://h'\n[models.default]\ntargets = ['lab/x']\n";
    let settings = good(lab, &[("DEFAULT_MODEL", "lab/y")]);
    assert_eq!(settings.default_model.as_deref(), Some("lab/y"));
    assert!(settings.aliases.is_empty() && settings.warnings.len() == 1);
}

#[test]
fn what_is_incomplete_in_the_environment_is_left_out_with_a_warning() {
    let settings = good(
        "",
        &[("CLOUDFLARE_API_KEY", "cf-1"), ("GROQ_API_KEY", "gsk-1")],
    );
    assert_eq!(settings.providers.len(), 1);
    assert!(
        settings.warnings[0].starts_with("provider `cloudflare`, asked for by CLOUDFLARE_API_KEY")
    );
}

#[test]
fn a_limit_brings_its_queue_with_it() {
    let limit = |text: &str| {
        let text = format!("[providers.groq]\napi_key = 'gsk-1'\n{text}");
        let limit = good(&text, &[]).providers[0].limit;
        limit.map(|limit| {
            let seconds = limit.queue_wait.as_secs();
            (limit.max_concurrent, limit.max_queued, seconds)
        })
    };
    assert_eq!(limit(""), None);
    assert_eq!(limit("max_concurrent = 8\n"), Some((8, 8, 10)));
    let all = "max_concurrent = 8\nmax_queued = 0\nqueue_wait = '2s'\n";
    assert_eq!(limit(all), Some((8, 0, 2)));
    for (text, place) in [
        (
            "max_concurrent = 0\n",
            "g.toml:3:18: providers.groq.max_concurrent: expected at least 1",
        ),
        (
            "max_queued = 3\n",
            "g.toml:3:14: providers.groq.max_queued: nobody waits",
        ),
        (
            "queue_wait = '1s'\n",
            "g.toml:3:14: providers.groq.queue_wait: nobody waits",
        ),
    ] {
        let problems = bad(&format!("[providers.groq]\napi_key = 'gsk-1'\n{text}"), &[]);
        assert!(
            problems.len() == 1 && problems[0].starts_with(place),
            "{problems:#?}"
        );
    }
}

#[test]
fn a_provider_with_a_list_can_be_asked_for_it() {
    let text = |probe: &str| format!("[providers.groq]\napi_key = 'gsk-1'\nprobe = '{probe}'\n");
    let probe = good(&text("30s"), &[]).providers[0].probe;
    assert_eq!(probe, Some(std::time::Duration::from_secs(30)));
    let problems = bad(&text("500ms"), &[]);
    assert_eq!(
        problems,
        ["g.toml:3:9: providers.groq.probe: expected at least 1s"]
    );
    let none = "[providers.groq]\napi_key = 'gsk-1'\nprobe = '30s'\nmodels = { shape = 'none' }\n";
    let problems = bad(none, &[]);
    let expected =
        "g.toml:3:9: providers.groq.probe: this provider has no model list that could be asked for";
    assert!(
        problems.len() == 1 && problems[0].starts_with(expected),
        "{problems:#?}"
    );
}

#[test]
fn an_alias_with_two_targets_can_hedge() {
    let text = |targets: &str| {
        let two = "[providers.groq]\napi_key = 'gsk-1'\n[providers.openai]\napi_key = 'sk-1'\n";
        format!("{two}[models.m]\nhedge = '800ms'\ntargets = {targets}\n")
    };
    let settings = good(&text("['groq/x', 'openai/y']"), &[]);
    let hedge = settings.aliases[0].settings.hedge;
    assert_eq!(hedge, Some(std::time::Duration::from_millis(800)));
    let problems = bad(&text("['groq/x']"), &[]);
    let expected = "g.toml:6:9: models.m.hedge: there is no second target";
    assert!(
        problems.len() == 1 && problems[0].starts_with(expected),
        "{problems:#?}"
    );
}
