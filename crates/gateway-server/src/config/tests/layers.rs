//! Which layer wins, and what each variable means.

use super::*;
use crate::config::{AuthSettings, Mode, VARIABLES};

fn with_flags(
    text: &str,
    variables: &[(&str, &str)],
    listen: &[&str],
    port: Option<u16>,
) -> Vec<String> {
    let flags = Flags {
        listen: listen.iter().map(|text| (*text).to_owned()).collect(),
        port,
    };
    addresses(&try_load(text, variables, &flags).unwrap())
}

#[test]
fn the_later_layer_wins_for_the_address() {
    const FILE: &str = "[server]\nlisten = ['127.0.0.2:1000', '127.0.0.3:1000']\n";
    let host_and_port = [("SERVER_HOST", "127.0.0.4"), ("SERVER_PORT", "4000")];
    let listen = ("LISTEN", "127.0.0.5:5000, localhost:5001");
    let generic = ("GATEWAY__SERVER__LISTEN", "127.0.0.6:6000");
    type Case<'a> = (
        &'a str,
        &'a [(&'a str, &'a str)],
        &'a [&'a str],
        Option<u16>,
        &'a [&'a str],
    );
    let cases: &[Case<'_>] = &[
        ("", &[], &[], None, &["127.0.0.1:8080"]),
        (FILE, &[], &[], None, &["127.0.0.2:1000", "127.0.0.3:1000"]),
        (FILE, &host_and_port, &[], None, &["127.0.0.4:4000"]),
        (
            FILE,
            &[("SERVER_PORT", "4000")],
            &[],
            None,
            &["127.0.0.2:4000"],
        ),
        (FILE, &[("SERVER_HOST", "::1")], &[], None, &["[::1]:1000"]),
        ("", &[("PORT", "3000")], &[], None, &["127.0.0.1:3000"]),
        (
            "",
            &[("PORT", "3000"), ("SERVER_PORT", "4000")],
            &[],
            None,
            &["127.0.0.1:4000"],
        ),
        (
            FILE,
            &[host_and_port[0], listen],
            &[],
            None,
            &["127.0.0.5:5000", "127.0.0.1:5001"],
        ),
        (FILE, &[listen, generic], &[], None, &["127.0.0.6:6000"]),
        (
            FILE,
            &[listen, generic],
            &["127.0.0.7:7000", "[::1]:7000"],
            None,
            &["127.0.0.7:7000", "[::1]:7000"],
        ),
        (FILE, &[generic], &[], Some(9000), &["127.0.0.6:9000"]),
        (
            FILE,
            &[],
            &["127.0.0.7:7000"],
            Some(9000),
            &["127.0.0.7:9000"],
        ),
    ];
    for (text, variables, listen, port, expected) in cases {
        assert_eq!(
            with_flags(text, variables, listen, *port),
            *expected,
            "{variables:?} {listen:?} {port:?}"
        );
    }
}

#[test]
fn every_named_variable_reaches_its_key() {
    let variables = [
        ("SERVER_READ_TIMEOUT", "11s"),
        ("SERVER_WRITE_TIMEOUT", "12s"),
        ("SERVER_IDLE_TIMEOUT", "2m"),
        ("SERVER_MAX_REQUEST_BODY_SIZE", "1048576"),
        ("CLIENT_TIMEOUT", "77s"),
        ("API_KEYS", KEY),
        ("AUTH_ENABLED", "true"),
        ("ALLOW_ANONYMOUS", "no"),
        ("ALLOWED_MODELS", "a, b"),
        ("DISALLOWED_MODELS", "c"),
        ("DEFAULT_MODEL", "lab/x"),
        ("ENABLE_VISION", "true"),
        ("ENABLE_IMAGES", "0"),
        ("LOG_FORMAT", "json"),
        ("RUST_LOG", "trace"),
        ("LOG_LEVEL", "warn"),
        ("METRICS_ENABLED", "false"),
        ("METRICS_LISTEN", "127.0.0.1:9464"),
    ];
    let settings = good(
        "[providers.lab]\nvendor = 'vllm'\nbase_url = 'http://h'\n",
        &variables,
    );
    assert_eq!(settings.server.body_idle_timeout.as_secs(), 11);
    assert_eq!(settings.server.write_stall_timeout.as_secs(), 12);
    assert_eq!(settings.server.keep_alive_timeout.as_secs(), 120);
    assert_eq!(settings.limits.max_request_body.0, 1 << 20);
    assert_eq!(settings.timeouts.call.total.as_secs(), 77);
    assert_eq!(settings.providers[0].settings.timeouts.total.as_secs(), 77);
    assert!(matches!(&settings.auth, AuthSettings::Keys(keys) if keys[0].key.expose() == KEY));
    assert!(
        settings.policy.permits_model("lab", "A") && !settings.policy.permits_model("lab", "d")
    );
    assert_eq!(settings.default_model.as_deref(), Some("lab/x"));
    assert!(settings.features.vision && !settings.features.images);
    assert_eq!(
        settings.logging.format,
        crate::config::section::LogFormat::Json
    );
    assert_eq!(settings.logging.level, "warn");
    assert!(!settings.metrics.enabled);
    assert_eq!(settings.metrics.listen.unwrap().port(), 9464);
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
}

#[test]
fn every_named_variable_stands_for_a_key_that_exists() {
    for variable in VARIABLES {
        let value = if variable.form == crate::config::Form::Switch {
            "maybe"
        } else {
            "\u{1}"
        };
        let result = try_load("", &[(variable.name, value)], &Flags::default());
        let text = result
            .err()
            .map(|problems| problems.to_string())
            .unwrap_or_default();
        assert!(
            !text.contains("there is no such key"),
            "{}: {text}",
            variable.name
        );
    }
}

#[test]
fn problems_name_the_variable_or_the_flag() {
    for (variables, start) in [
        (
            ("LISTEN", "everywhere"),
            "environment variable LISTEN: server.listen[0]: expected an address",
        ),
        (
            ("SERVER_PORT", "http"),
            "environment variable SERVER_PORT: server.listen[0]: expected a port",
        ),
        (
            ("ENABLE_VISION", "maybe"),
            "environment variable ENABLE_VISION: features.vision: expected true or false",
        ),
        (
            ("LOG_FORMAT", "xml"),
            "environment variable LOG_FORMAT: logging.format: expected one of: auto, pretty, json",
        ),
        (
            ("GATEWAY__SERVER__LISTN", "x"),
            "environment variable GATEWAY__SERVER__LISTN: server.listn: there is no such key",
        ),
        (
            ("CLIENT_TIMEOUT", "10"),
            "environment variable CLIENT_TIMEOUT: timeouts.total: expected a length of time",
        ),
        (
            ("BACKEND", "vlm"),
            "environment variable BACKEND: backend.kind: there is no kind of backend `vlm`",
        ),
        (
            ("AUTH_ENABLED", "true"),
            "environment variable AUTH_ENABLED: auth.required: authentication is required",
        ),
        (
            ("SERVER_TLS_CERT_PATH", "/c.pem"),
            "environment variable SERVER_TLS_CERT_PATH: server.tls: TLS is half",
        ),
    ] {
        let problems = bad("", &[variables]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(start), "{}", problems[0]);
    }
    let flags = Flags {
        listen: vec!["nowhere".into()],
        port: None,
    };
    let problems = try_load("", &[], &flags).unwrap_err();
    assert!(
        problems
            .to_string()
            .starts_with("flag --listen: server.listen[0]: expected"),
        "{problems}"
    );
}

#[test]
fn every_value_can_come_from_a_generic_variable() {
    let settings = good(
        "[providers.My-Lab]\nvendor = 'vllm'\nbase_url = 'http://old'\n[models.fast]\ntargets = ['my-lab/old']\n",
        &[
            ("GATEWAY__PROVIDERS__MY_LAB__BASE_URL", "http://new:8000/v1"),
            ("GATEWAY__PROVIDERS__MY_LAB__API_KEY", "123456"),
            ("GATEWAY__PROVIDERS__MY_LAB__TIMEOUTS__IDLE", "5s"),
            ("GATEWAY__PROVIDERS__MY_LAB__OPERATIONS", "[\"chat\"]"),
            ("GATEWAY__MODELS__FAST__TARGETS", "my-lab/a, my-lab/b"),
            ("GATEWAY__MODELS__FAST__HIDDEN", "true"),
            ("GATEWAY__LIMITS__MAX_HEADERS", "50"),
            (
                "GATEWAY__AUTH__API_KEYS",
                "first-key-of-the-team, ci=second-key-of-the-team",
            ),
        ],
    );
    assert_eq!(places(&settings), ["My-Lab=http://new:8000/v1"]);
    assert_eq!(settings.providers[0].settings.timeouts.idle.as_secs(), 5);
    assert_eq!(settings.providers[0].settings.operations().len(), 1);
    assert_eq!(routes(&settings), ["fast -> My-Lab/a, My-Lab/b"]);
    assert!(settings.aliases[0].hidden);
    assert_eq!(settings.limits.max_headers, 50);
    let AuthSettings::Keys(keys) = &settings.auth else {
        panic!("there are keys")
    };
    assert_eq!(keys[1].name.as_deref(), Some("ci"));
}

#[test]
fn old_names_are_taken_and_the_new_name_wins() {
    let settings = good("", &[("METRICS_ENABLE", "false")]);
    assert!(!settings.metrics.enabled);
    assert_eq!(
        settings.warnings,
        ["environment variable METRICS_ENABLE is now called METRICS_ENABLED"]
    );
    assert!(
        good(
            "",
            &[("METRICS_ENABLE", "false"), ("METRICS_ENABLED", "true")]
        )
        .metrics
        .enabled
    );
}

#[test]
fn api_keys_of_the_environment_replace_those_of_the_file_and_need_none_of_its_variables() {
    let settings = good(
        "[auth]\napi_keys = ['${NOT_SET}']\n",
        &[("API_KEYS", " one-key-of-sixteen ,,\n")],
    );
    let AuthSettings::Keys(keys) = &settings.auth else {
        panic!("there are keys")
    };
    assert_eq!(keys.len(), 1);
    assert!(
        matches!(good("", &[("API_KEYS", " , ")]).auth, AuthSettings::Open),
        "empty items are no keys"
    );
}

#[test]
fn open_mode_is_for_loopback_unless_the_operator_says_otherwise() {
    let exposed = ("LISTEN", "0.0.0.0:8080");
    assert_eq!(bad("", &[exposed]).len(), 1);
    assert_eq!(bad("", &[("LISTEN", "127.0.0.1:1,10.0.0.1:1")]).len(), 1);
    assert!(matches!(
        good("", &[exposed, ("API_KEYS", KEY)]).auth,
        AuthSettings::Keys(_)
    ));
    let open = good("", &[exposed, ("ALLOW_ANONYMOUS", "true")]);
    assert!(matches!(open.auth, AuthSettings::Open) && open.warnings.len() == 1);
    let both = good(
        "",
        &[exposed, ("ALLOW_ANONYMOUS", "true"), ("API_KEYS", KEY)],
    );
    assert!(matches!(both.auth, AuthSettings::Keys(_)) && both.warnings.len() == 1);
}

#[test]
fn vision_follows_the_mode_unless_it_is_said() {
    let backend = ("BACKEND_URL", "http://127.0.0.1:8000");
    let several = ("GROQ_API_KEY", "gsk-1");
    for (variables, mode, vision) in [
        (vec![], Mode::Demo, false),
        (vec![several], Mode::MultiProvider, false),
        (
            vec![several, ("ENABLE_VISION", "true")],
            Mode::MultiProvider,
            true,
        ),
        (vec![backend], Mode::SingleBackend, true),
        (
            vec![backend, ("ENABLE_VISION", "false")],
            Mode::SingleBackend,
            false,
        ),
    ] {
        let settings = good("", &variables);
        assert_eq!(
            (settings.mode, settings.features.vision),
            (mode, vision),
            "{variables:?}"
        );
    }
}

#[test]
fn variables_of_other_gateways_stand_for_keys_or_are_named() {
    let variables = [
        ("CLIENT_RESPONSE_HEADER_TIMEOUT", "45s"),
        ("CLIENT_TIMEOUT", "90s"),
        ("TELEMETRY_METRICS_PORT", "9464"),
        ("SERVER_HOST", "127.0.0.2"),
        ("SERVER_PORT", "9000"),
        ("MCP_ENABLED", "false"),
        ("GUARDRAILS_ENABLED", ""),
    ];
    let settings = good("", &variables);
    assert_eq!(settings.timeouts.call.first_token.as_secs(), 45);
    assert_eq!(settings.timeouts.call.total.as_secs(), 90);
    assert_eq!(
        settings.metrics.listen.unwrap().to_string(),
        "127.0.0.2:9464"
    );
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);

    let own = good(
        "",
        &[
            ("TELEMETRY_METRICS_PORT", "9464"),
            ("METRICS_LISTEN", "127.0.0.1:9500"),
        ],
    );
    assert_eq!(own.metrics.listen.unwrap().to_string(), "127.0.0.1:9500");
    let problems = bad("", &[("TELEMETRY_METRICS_PORT", "many")]);
    assert!(
        problems[0].contains("TELEMETRY_METRICS_PORT"),
        "{problems:?}"
    );

    let unsupported = [
        ("AUTH_OIDC_ISSUER", "https://id.test"),
        ("CLIENT_MAX_IDLE_CONNS", "20"),
        ("MCP_SERVERS", "http://mcp.test"),
        ("TELEMETRY_TRACING_ENABLED", "true"),
        ("ROUTING_CONFIG_PATH", "routes.yaml"),
        ("ENVIRONMENT", "production"),
    ];
    let settings = good("", &unsupported);
    let mut named = unsupported.map(|(name, _)| name);
    named.sort_unstable();
    assert_eq!(
        settings.warnings.len(),
        named.len(),
        "{:?}",
        settings.warnings
    );
    for (warning, name) in settings.warnings.iter().zip(named) {
        assert!(
            warning.starts_with(&format!("environment variable {name} ")),
            "{warning}"
        );
    }
    assert!(
        settings
            .warnings
            .iter()
            .any(|warning| warning.ends_with("MCP_SERVERS is not supported yet"))
    );
}
