//! How upstreams are reached: what the sections come to, and what is refused.

use gateway_client::transport::{HttpVersion, TrustRoots};

use super::*;
use crate::config::ConnectionSettings;

/// The authority that signs what the test kit serves.
const AUTHORITY_PEM: &str = include_str!("../../../../gateway-testkit/fixtures/authority.cert.pem");

const LAB: &str = "[providers.lab]\nvendor = 'vllm'\nbase_url = 'http://10.0.0.5:8000'\n";

fn connection<'s>(settings: &'s Settings, provider: &str) -> &'s ConnectionSettings {
    let named = |known: &&super::super::ConfiguredProvider| known.settings.name == provider;
    &settings.providers.iter().find(named).unwrap().connection
}

fn proxy(settings: &Settings, provider: &str) -> Option<String> {
    let config = connection(settings, provider).transport();
    config.proxy.map(Into::into)
}

#[test]
fn a_provider_says_what_it_has_of_its_own_and_the_section_says_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, AUTHORITY_PEM).unwrap();
    let text = format!(
        "[connection]\nca_file = {file:?}\noutbound_proxy = '${{PROXY}}'\n[timeouts]\nconnect = '3s'\n{LAB}\
         connection = {{ outbound_proxy = 'direct', http_version = 'auto' }}\n[providers.groq]\napi_key = 'k'\n"
    );
    let variables = [
        ("PROXY", "http://me:pass@proxy.test:3128"),
        ("MISTRAL_API_KEY", "k"),
    ];
    let settings = good(&text, &variables);
    for name in ["groq", "mistral"] {
        let usual = connection(&settings, name);
        assert_eq!(usual.http_version, HttpVersion::Http1, "{name}");
        assert_eq!(usual.connect_timeout.as_secs(), 3, "{name}");
        let expected = Some("http://me:pass@proxy.test:3128/".to_owned());
        assert_eq!(proxy(&settings, name), expected, "{name}");
    }
    let lab = connection(&settings, "lab");
    assert_eq!(lab.http_version, HttpVersion::Negotiated);
    assert_eq!(proxy(&settings, "lab"), None);
    let authority = TrustRoots::PlatformAnd(AUTHORITY_PEM.into());
    assert_eq!(lab.trust_roots, authority);
    assert_eq!(
        connection(&settings, "groq"),
        connection(&settings, "mistral")
    );
    assert!(!format!("{settings:?}").contains("pass"));
}

#[test]
fn the_environments_proxy_is_used_where_it_is_named_and_nowhere_else() {
    let variables = [
        ("HTTPS_PROXY", "http://proxy.test:1"),
        ("ALL_PROXY", "http://proxy.test:1"),
    ];
    assert_eq!(proxy(&good(LAB, &variables), "lab"), None);
    let named = format!("{LAB}connection.outbound_proxy = \"${{HTTPS_PROXY:-direct}}\"\n");
    let proxied = Some("http://proxy.test:1/".to_owned());
    assert_eq!(proxy(&good(&named, &variables), "lab"), proxied);
    assert_eq!(proxy(&good(&named, &[]), "lab"), None);
    let generic = [(
        "GATEWAY__PROVIDERS__LAB__CONNECTION__OUTBOUND_PROXY",
        "https://p.test",
    )];
    let proxied = Some("https://p.test/".to_owned());
    assert_eq!(proxy(&good(LAB, &generic), "lab"), proxied);
}

#[test]
fn what_cannot_be_used_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("none.pem", "no certificate"),
        (
            "bad.pem",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let problems = bad(&format!("{LAB}connection.ca_file = {file:?}\n"), &[]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].contains("providers.lab.connection.ca_file: the file")
                && problems[0].contains("holds no certificate"),
            "{problems:?}"
        );
    }
    let problems = bad("[connection]\nca_file = '/nowhere/ca.pem'\n", &[]);
    assert!(
        problems[0].starts_with("g.toml:2:11: connection.ca_file: the file"),
        "{problems:?}"
    );
    for wrong in [
        "canary:3128",
        "socks5://canary:1080",
        "http://canary/path",
        "http://me:canary@h?x",
        "canary",
    ] {
        let problems = bad(
            &format!("[connection]\noutbound_proxy = '{wrong}'\n{LAB}"),
            &[],
        );
        assert!(
            problems[0].contains("connection.outbound_proxy: this is no proxy's address"),
            "{problems:?}"
        );
        assert!(!problems.concat().contains("canary"), "{problems:?}");
    }
    let problems = bad("[connection]\nhttp_version = '3'\n", &[]);
    assert!(
        problems[0].contains("expected one of: auto, 1.1, 2"),
        "{problems:?}"
    );
}

/// What strangers choose is checked by its addresses, which behind a proxy are not the gateway's to choose.
#[test]
fn a_proxy_and_places_that_others_choose_do_not_go_together() {
    for guarded in [
        "[caller_endpoints]\npublic = true\n",
        "[features]\nfetch_images = true\n",
    ] {
        let text =
            format!("[connection]\noutbound_proxy = 'http://proxy.test:3128'\n{guarded}{LAB}");
        let found = bad(&text, &[]);
        assert!(
            found
                .iter()
                .any(|line| line.contains("connection.outbound_proxy: ")),
            "{found:?}"
        );
        let own =
            format!("{guarded}{LAB}connection = {{ outbound_proxy = 'http://proxy.test:3128' }}\n");
        assert!(proxy(&good(&own, &[]), "lab").is_some());
    }
}
