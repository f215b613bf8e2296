//! No secret is ever printed, wherever it stands and whatever is wrong.

use super::*;
use crate::config::Summary;

const CANARY: &str = "canary-5f3a9c17e2";

#[test]
fn settings_and_summary_show_none() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), format!("{CANARY}-file\n")).unwrap();
    let text = format!(
        "[auth]\napi_keys = ['{CANARY}-a', 'ci={CANARY}-b']\n[providers.groq]\napi_key = '${{K}}'\n\
         headers = {{ x-extra = '{CANARY}-c' }}\n[providers.openai]\napi_key = 'file:key'\n\
         [providers.gemma]\nvendor = 'vllm'\nbase_url = 'http://h'\napi_key = '{CANARY}'\n"
    );
    let file = ConfigFile {
        path: folder.path().join("g.toml"),
        text,
    };
    let variables = format!("{CANARY}-env");
    let environment = environment(&[("K", &variables), ("MISTRAL_API_KEY", &variables)]);
    let settings = load(Some(&file), &environment, &Flags::default()).unwrap();
    assert_eq!(settings.providers.len(), 4);
    let printed = format!(
        "{settings:?} {file:?} {environment:?} {}",
        Summary(&settings)
    );
    assert!(!printed.contains(CANARY), "{printed}");
    let clean = |text: &str| {
        let redactor = &settings.providers[1].settings.redactor;
        String::from_utf8(redactor.redact(text.as_bytes()).into_owned()).unwrap()
    };
    assert!(
        !clean(&format!("bad key {CANARY}-file")).contains(CANARY),
        "the file's text without its line break"
    );
}

#[test]
fn problems_show_none_even_where_a_secret_stands_in_the_wrong_place() {
    for text in [
        "auth = 'C'",
        "[auth]\napi_keys = { a = 'C' }",
        "[auth]\nrequired = 'C'",
        "[providers.groq]\napi_key = ['C']",
        "[providers.groq]\napi_key = 'C'\nauth = 'C'",
        "[providers.groq]\napi_key = 'C'\nheaders = 'C'",
        "[providers.groq]\napi_key = 'C'\ntimeouts = 'C'",
        "[providers.groq]\napi_key = 'C'\nbase_url = 'https://user:C@x.test/v1'",
        "[providers.groq]\napi_key = \"C\\n\"\nenabled = 'C'",
        "[providers]\ngroq = 'C'",
        "[backend]\napi_key = 'C'",
        "[logging]\nformat = 'C'",
        "[timeouts]\nidle = 'C'",
        "[limits]\nmax_event = 'C'",
        "[server]\nlisten = ['C']",
        "[cors]\nallowed_origins = ['C']",
        "[auth]\napi_keys = ['C'",
        "[auth]\napi_keys = C",
    ] {
        let problems = bad(&text.replace('C', CANARY), &[]);
        assert!(!problems.concat().contains(CANARY), "{text}: {problems:?}");
    }
    for name in [
        "LISTEN",
        "ENABLE_VISION",
        "LOG_FORMAT",
        "CLIENT_TIMEOUT",
        "METRICS_LISTEN",
        "GATEWAY__AUTH",
    ] {
        let problems = bad("", &[(name, CANARY)]);
        assert!(!problems.concat().contains(CANARY), "{name}: {problems:?}");
    }
}

#[test]
fn warnings_about_keys_name_their_place_only() {
    let settings = good(
        "[auth]\napi_keys = ['short', 'a-key-for-the-whole-team', 'x=a-key-for-the-whole-team']\n",
        &[],
    );
    assert_eq!(
        settings.warnings,
        [
            "API key 1 has less than 16 characters and is easy to guess",
            "API key 3 is there twice; the first counts",
        ]
    );
}
